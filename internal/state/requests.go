package state

import (
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
)

// Due says what time alone does to a request or its grant, or to an offer.
type Due struct {
	At      time.Time
	Kind    DueKind
	Request access.RequestID
	Offer   access.OfferID // of [DueOffer], which has no request
	// Relationship is that of [DueEnding], and Alert that of [DueAlert].
	Relationship access.RelationshipID
	Alert        access.AlertID
	Customer     access.TenantID // of [DueSummary] and [DueReviewPlan]
	Review       access.ReviewID // of [DueReview]
}

// ID names what is due.
func (d Due) ID() string {
	return string(d.Request) + string(d.Offer) + string(d.Relationship) + string(d.Alert) + string(d.Customer) + string(d.Review)
}

// DueKind is the part of a [Due] that says which rule applies.
type DueKind string

const (
	DueLapse   DueKind = "lapse"   // nobody decided in time
	DueRemind  DueKind = "remind"  // nobody has decided yet
	DueExpire  DueKind = "expire"  // the grant's time is over, or it was never confirmed
	DueBegin   DueKind = "begin"   // the access of an approved request begins
	DueWarn    DueKind = "warn"    // the grant's time is over soon
	DueOffer   DueKind = "offer"   // the offer was not sent, or not approved, in time
	DueEnding  DueKind = "ending"  // a relationship ends soon
	DueAlert   DueKind = "alert"   // an alert is not muted any more
	DueSummary DueKind = "summary" // of a day

	DueBreakGlass DueKind = "breakglass" // nobody has signed it off yet
	DueReview     DueKind = "review"     // of an access review a reminder, or its end
	DueReviewPlan DueKind = "reviewplan" // an access review is to be started
)

// Request returns the request, or [ErrNotFound].
func Request(tx Tx, id access.RequestID) (access.Request, error) {
	return Load[access.Request](tx, Path("request", string(id)))
}

// PutRequest writes the request and its indexes.
func PutRequest(tx Tx, r access.Request) error {
	old, err := Request(tx, r.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("request", string(r.ID)), r); err != nil {
		return err
	}
	return reindex(tx, string(r.ID), requestIndexes(old), requestIndexes(r))
}

func requestIndexes(r access.Request) []string {
	if r.ID == "" {
		return nil
	}
	keys := []string{
		Path("idx/requester", string(r.Requester.User), string(r.ID)),
		Path("idx/customer", string(r.Customer), string(r.ID)),
	}
	if r.State == access.Pending {
		keys = append(keys,
			pendingKey(r),
			openKey(r.Requester, r.ID, "request"),
			dueKey(Due{At: r.DecideBy, Kind: DueLapse, Request: r.ID}))
	}
	if at, ok := r.NextReminder(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueRemind, Request: r.ID}))
	}
	if _, ok := r.Next(); ok {
		keys = append(keys, openKey(r.Requester, r.ID, "request"), Path("idx/ahead", string(r.Customer), string(r.ID)))
	}
	if at, ok := r.Begins(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueBegin, Request: r.ID}))
	}
	if r.State == access.Pending && r.Extends != "" {
		keys = append(keys, Path("idx/extends", string(r.Extends), string(r.ID)))
	}
	at, ended := endedRequest(r)
	return endedAt(keys, ended, at, "request", string(r.ID))
}

// pendingKey finds a request that asks for the same: an extension of the same access, or
// the same roles from the same moment on.
func pendingKey(r access.Request) string {
	parts := []string{"idx/pending", string(r.Requester.User), string(r.Customer), string(r.Container())}
	switch {
	case r.Extends != "":
		parts = append(parts, string(r.Extends))
	case r.Scheduled():
		parts = append(parts, TimeKey(r.StartAt))
	}
	return Path(parts...)
}

// Extending lists the requests that ask for more time of the access and wait.
func Extending(tx Tx, id access.RequestID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/extends", string(id))+"/")
}

// AheadOf lists the approved requests for the customer whose access is still to begin.
func AheadOf(tx Tx, customer access.TenantID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/ahead", string(customer))+"/")
}

// AllAhead lists the approved requests whose access is still to begin, whoever asked.
func AllAhead(tx Tx) ([]access.RequestID, error) { return lastParts(tx, "idx/ahead/") }

// PendingTwin returns the pending request of the same person for the same roles
// of the same customer and the same beginning, and false when there is none.
func PendingTwin(tx Tx, r access.Request) (access.RequestID, bool, error) {
	id, err := tx.Get(pendingKey(r))
	if errors.Is(err, ErrNotFound) {
		return "", false, nil
	}
	return access.RequestID(id), err == nil, err
}

// GrantKeys is the prefix of the keys of grants.
const GrantKeys = "grant/"

// Grant returns the grant, or [ErrNotFound].
func Grant(tx Tx, id access.RequestID) (access.Grant, error) {
	return Load[access.Grant](tx, Path("grant", string(id)))
}

// PutGrant writes the grant and its indexes.
func PutGrant(tx Tx, g access.Grant) error {
	old, err := Grant(tx, g.Request)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := Save(tx, Path("grant", string(g.Request)), g); err != nil {
		return err
	}
	return reindex(tx, string(g.Request), grantIndexes(old), grantIndexes(g))
}

func grantIndexes(g access.Grant) []string {
	if g.Request == "" {
		return nil
	}
	var keys []string
	if at, ok := g.Due(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueExpire, Request: g.Request}))
	}
	if at, ok := g.NextWarning(); ok {
		keys = append(keys, dueKey(Due{At: at, Kind: DueWarn, Request: g.Request}))
	}
	if g.Live() {
		keys = append(keys, Path("idx/holder", string(g.Container), string(g.Principal), string(g.Request)))
	}
	if !g.Final() {
		keys = append(keys,
			Path("idx/granted", string(g.Customer), string(g.Request)),
			openKey(g.Requester, g.Request, "grant"))
	}
	return endedAt(keys, g.Final(), g.EndedAt, "grant", string(g.Request))
}

// Holders lists the live grants that need the principal's membership of the
// container's group.
func Holders(tx Tx, c access.ContainerID, p access.PrincipalID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/holder", string(c), string(p))+"/")
}

// HoldersIn lists the live grants that put somebody into a group: none into one that
// the bot did not make.
func HoldersIn(tx Tx, g access.GroupID, p access.PrincipalID) ([]access.RequestID, error) {
	c, err := ContainerOfGroup(tx, g)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Holders(tx, c, p)
}

// HeldContainer lists the live grants of the container, whoever they are for.
func HeldContainer(tx Tx, c access.ContainerID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/holder", string(c))+"/")
}

// GrantsOf lists the grants for the customer that are not over.
func GrantsOf(tx Tx, customer access.TenantID) ([]access.RequestID, error) {
	return lastParts(tx, Path("idx/granted", string(customer))+"/")
}

// OpenOf lists the requests of a person that wait for a decision or whose grant
// is not over.
func OpenOf(tx Tx, u access.UserID) ([]access.RequestID, error) {
	var out []access.RequestID
	for item, err := range tx.Scan(Path("idx/open", string(u)) + "/") {
		if err != nil {
			return nil, err
		}
		out = append(out, access.RequestID(item.Value))
	}
	return slices.Compact(out), nil
}

// openKey differs between a request and its grant, so that it does not matter
// which of them is written first.
func openKey(p access.Person, id access.RequestID, of string) string {
	return Path("idx/open", string(p.User), string(id), of)
}

// DueUntil lists what is due at now, earliest first, at most limit of them. It
// reads nothing that is not due.
func DueUntil(tx Tx, now time.Time, limit int) ([]Due, error) {
	var out []Due
	for item, err := range tx.Scan("idx/due/") {
		if err != nil {
			return nil, err
		}
		d, err := parseDue(item.Key)
		if err != nil {
			return nil, err
		}
		if d.At.After(now) || len(out) == limit {
			break
		}
		out = append(out, d)
	}
	return out, nil
}

// NextDue returns the next thing that is due, and false when nothing is.
func NextDue(tx Tx) (Due, bool, error) {
	for item, err := range tx.Scan("idx/due/") {
		if err != nil {
			return Due{}, false, err
		}
		d, err := parseDue(item.Key)
		return d, err == nil, err
	}
	return Due{}, false, nil
}

func dueKey(d Due) string {
	return Path("idx/due", TimeKey(d.At), string(d.Kind), d.ID())
}

func parseDue(key string) (Due, error) {
	p := strings.Split(key, "/")
	at, err := ParseTimeKey(p[2])
	d := Due{At: at, Kind: DueKind(p[3])}
	switch d.Kind {
	case DueOffer:
		d.Offer = access.OfferID(p[4])
	case DueEnding:
		d.Relationship = access.RelationshipID(p[4])
	case DueAlert:
		d.Alert = access.AlertID(p[4])
	case DueReview:
		d.Review = access.ReviewID(p[4])
	case DueSummary, DueReviewPlan:
		d.Customer = access.TenantID(p[4])
	case DueLapse, DueRemind, DueExpire, DueBreakGlass, DueBegin, DueWarn:
		d.Request = access.RequestID(p[4])
	}
	return d, err
}

func lastParts(tx Tx, prefix string) ([]access.RequestID, error) {
	var out []access.RequestID
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return nil, err
		}
		out = append(out, access.RequestID(item.Key[strings.LastIndexByte(item.Key, '/')+1:]))
	}
	return out, nil
}
