package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"

	"latchkey/internal/access"
)

// Logs reads the logs of one customer's tenant, as an application that the customer has
// let in for that and nothing else. Of what it reads it keeps what people of the partner
// did; what the customer's own people do goes no further than its memory. It is not safe
// for concurrent use.
type Logs struct {
	client  *Client
	tenant  access.TenantID
	partner access.TenantID
	ours    func(access.PrincipalID) bool
	sent    []time.Time // when the last calls went out
}

// LogPage is one page of a log.
type LogPage struct {
	Acts   []access.Act // of people of the partner, in the log's order: the newest first
	Next   string       // the address of the page after it; "" at the log's end
	Oldest time.Time    // when the oldest of its entries was, whoever it is of; zero: it has none
}

var (
	// ErrNoLicence means that the tenant has no licence with which this log can be read.
	// Source: Microsoft Graph, "List signIns": Microsoft Entra ID P1 or P2.
	ErrNoLicence = errors.New("the tenant has no licence for this log")
	// ErrRefused means that Microsoft lets the reader into the tenant and not read there,
	// or keeps it out by a policy of the tenant's.
	ErrRefused = errors.New("the tenant refuses the reader")
	// ErrPageGone means that Graph does not know a page any more to which it linked before:
	// the log must be read from its newest entry on.
	ErrPageGone = errors.New("the page is gone")
)

// keptOut are the answers of the token endpoint by which a tenant keeps the reader out that
// it has let in: Conditional Access for applications, and a tenant that is no more.
var keptOut = []string{"AADSTS53003", "AADSTS530004", "AADSTS90002"}

// noLicence is Graph's code for a report that the tenant's licences do not have.
const noLicence = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"

const (
	logPage = "500" // entries; the most is 1000, of which each may have tens of policies
	// reportCalls is how many calls of the logs Graph answers in reportWindow, of each
	// application in each tenant. Source: Microsoft Graph, service-specific throttling limits.
	reportCalls  = 5
	reportWindow = 10 * time.Second
)

// Logs begins to read a tenant's logs. It makes no call yet. Ours tells a person of the
// partner where an entry does not name the tenant that they are of.
func (r Reader) Logs(tenant, partner access.TenantID, ours func(access.PrincipalID) bool) (*Logs, error) {
	c, err := r.in(tenant)
	if err != nil {
		return nil, fmt.Errorf("read the tenant's logs: %w", err)
	}
	return &Logs{client: c, tenant: tenant, partner: partner, ours: ours}, nil
}

// Page reads of a log the page with the newest entries from then on and, unless that is
// zero, up to a moment, both of which belong to it; or the page that link leads to, which
// must be a [LogPage].Next of the same log and time. It waits where Graph would refuse a
// further call. Its error is, or joins, [ErrNotLetIn], [ErrNoLicence], [ErrRefused] or
// [ErrPageGone] where it is none of a passing kind. Source: Microsoft Graph v1.0,
// auditLogs/signIns and auditLogs/directoryAudits; permission AuditLog.Read.All.
func (l *Logs) Page(ctx context.Context, log access.ActLog, from, to time.Time, link string) (LogPage, error) {
	k := kindOf(log)
	r, err := l.client.request(abs.GET, k.query(from, to), "auditLogs", k.path)
	if err == nil && link != "" {
		r, err = l.client.follow(link)
	}
	if err != nil {
		return LogPage{}, fmt.Errorf("%s: %w", k.doing, err)
	}
	if err := l.pace(ctx); err != nil {
		return LogPage{}, err
	}
	p, err := receive[*page](Background(ctx), l.client, k.doing, r, newPage(k.factory))
	switch {
	case err != nil && link != "" && (status(err) == http.StatusBadRequest || status(err) == http.StatusGone):
		return LogPage{}, errors.Join(ErrPageGone, err)
	case err != nil:
		return LogPage{}, whyUnread(err)
	case !p.whole:
		return LogPage{}, fmt.Errorf("%s: graph answered without a list", k.doing)
	}
	if p.next != "" { // what cannot be followed is no page
		if _, err := l.client.follow(p.next); err != nil {
			return LogPage{}, fmt.Errorf("%s: %w", k.doing, err)
		}
	}
	out := LogPage{Next: p.next}
	for _, item := range p.items {
		if e, ok := item.(interface{ act() entryAct }); ok {
			l.take(&out, log, e.act())
		}
	}
	return out, nil
}

// logKind is how a log is asked for.
type logKind struct {
	doing, path, moment string
	order               string // what has the newest come first; "" where they do by themselves
	factory             serialization.ParsableFactory
}

func kindOf(log access.ActLog) logKind {
	if log == access.ActAudit {
		return logKind{"read the directory's log", "directoryAudits", "activityDateTime", "activityDateTime desc", newAuditEntry}
	}
	return logKind{"read the sign-ins", "signIns", "createdDateTime", "", newSignInEntry}
}

func (k logKind) query(from, to time.Time) url.Values {
	filter := k.moment + " ge " + from.UTC().Format(time.RFC3339)
	if !to.IsZero() {
		filter += " and " + k.moment + " le " + to.UTC().Format(time.RFC3339Nano)
	}
	q := url.Values{"$top": {logPage}, "$filter": {filter}}
	if k.order != "" {
		q.Set("$orderby", k.order)
	}
	return q
}

// whyUnread tells what only the customer can mend from what passes.
func whyUnread(err error) error {
	if e, ok := errors.AsType[*signInError](err); ok {
		switch {
		case slices.Contains(notLetIn, e.reason):
			return errors.Join(ErrNotLetIn, err)
		case slices.Contains(keptOut, e.reason):
			return errors.Join(ErrRefused, err)
		}
		return err
	}
	if r := refused(err); r != nil && r.ResponseStatusCode == http.StatusForbidden {
		if strings.EqualFold(r.code, noLicence) {
			return errors.Join(ErrNoLicence, err)
		}
		return errors.Join(ErrRefused, err)
	}
	return err
}

// pace waits while as many calls went out as Graph answers in its window.
func (l *Logs) pace(ctx context.Context) error {
	now := l.client.gate.now
	if n := len(l.sent); n >= reportCalls {
		if err := pause(ctx, max(l.sent[n-reportCalls].Add(reportWindow).Sub(now()), 0)); err != nil {
			return err
		}
		l.sent = l.sent[n-reportCalls+1:]
	}
	l.sent = append(l.sent, now())
	return nil
}

// take adds what an entry tells, when it is of somebody of the partner. What has no id or
// no moment is nothing that could be told again.
func (l *Logs) take(p *LogPage, log access.ActLog, e entryAct) {
	at, ok := moment(e.at)
	if e.id == "" || !ok || at.IsZero() {
		return
	}
	if p.Oldest.IsZero() || at.Before(p.Oldest) {
		p.Oldest = at
	}
	who := principal(e.person)
	theirs := strings.EqualFold(e.home, string(l.partner))
	if e.home == "" {
		theirs = who != "" && l.ours != nil && l.ours(who)
	}
	if !theirs {
		return
	}
	p.Acts = append(p.Acts, access.Act{
		ID: e.id, Log: log, At: at, Tenant: l.tenant, Person: who, Name: e.name,
		What: e.what, Target: e.target, Failed: e.failed, Correlation: e.correlation,
	}.Bounded())
}

var objectID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// principal is an object id as the partner's directory has it; what is none is nobody's.
func principal(id string) access.PrincipalID {
	if !objectID.MatchString(id) || strings.Trim(id, "0-") == "" {
		return ""
	}
	return access.PrincipalID(strings.ToLower(id))
}

// entryAct is what is wanted of an entry of either log.
type entryAct struct {
	id, at, home, person, name, what, target, correlation string
	failed                                                bool
}

// signInEntry is an entry of the sign-in log. Of its properties v1.0 names none that tells
// whether somebody came by delegated administration; whose they are tells homeTenantId.
type signInEntry struct {
	id, at, home, person, upn, name, app, resource, correlation string
	failed                                                      bool
}

func newSignInEntry(serialization.ParseNode) (serialization.Parsable, error) {
	return &signInEntry{}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (e *signInEntry) GetFieldDeserializers() fields {
	return fields{
		"id": text(&e.id), "createdDateTime": text(&e.at), "homeTenantId": text(&e.home), "userId": text(&e.person),
		"userPrincipalName": text(&e.upn), "userDisplayName": text(&e.name), "appDisplayName": text(&e.app),
		"resourceDisplayName": text(&e.resource), "correlationId": text(&e.correlation),
		"status": func(n serialization.ParseNode) error {
			code, err := n.GetChildNode("errorCode")
			if err != nil || code == nil {
				return nil //nolint:nilerr // an entry that does not say is taken for a success
			}
			number, err := code.GetFloat64Value()
			e.failed = err == nil && deref(number) != 0
			return nil
		},
	}
}

// Serialize writes nothing: entries are only read.
func (e *signInEntry) Serialize(serialization.SerializationWriter) error { return nil }

func (e *signInEntry) act() entryAct {
	return entryAct{e.id, e.at, e.home, e.person, either(e.upn, e.name), e.app, e.resource, e.correlation, e.failed}
}

// auditEntry is an entry of the directory's log.
type auditEntry struct {
	directoryAudit
	id, what, result, correlation string
}

func newAuditEntry(serialization.ParseNode) (serialization.Parsable, error) {
	return &auditEntry{}, nil
}

// GetFieldDeserializers implements the interface of what can be parsed.
func (e *auditEntry) GetFieldDeserializers() fields {
	f := e.directoryAudit.GetFieldDeserializers()
	f["id"], f["activityDisplayName"] = text(&e.id), text(&e.what)
	f["result"], f["correlationId"] = text(&e.result), text(&e.correlation)
	return f
}

func (e *auditEntry) act() entryAct {
	target := ""
	if len(e.changed) > 0 {
		target = either(e.changed[0].upn, e.changed[0].name)
	}
	failed := strings.EqualFold(e.result, "failure") || strings.EqualFold(e.result, "timeout")
	return entryAct{e.id, e.at, e.user.home, e.user.id, either(e.user.upn, e.user.name), e.what, target, e.correlation, failed}
}

// either is the first that says anything.
func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
