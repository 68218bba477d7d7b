package approvals

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// OfferAsk is a relationship that a bot admin wants from a customer.
type OfferAsk struct {
	Customer   access.TenantID
	Roles      []access.RoleID
	Days       int
	AutoExtend bool
	// Replaces is the relationship whose place it is to take; empty for none.
	Replaces access.RelationshipID
	// Typed is the name of the customer, which confirms a replacement.
	Typed string
}

// Offer asks a customer for a relationship: it is made at Microsoft, sent to the
// customer for approval, and shown in its channel. Only a bot admin may, and
// only for roles that policy lets people ask for.
func (s *Service) Offer(ctx context.Context, o Origin, a OfferAsk) (access.Offer, error) {
	var made access.Offer
	about := subject{act: "relationship request", customer: a.Customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		offer, err := s.drafted(tx, o, a, now)
		if err != nil {
			return err
		}
		if a.Replaces != "" && !names(a.Typed, offer.CustomerName) {
			return access.Refuse(access.Invalid, "Type %s to confirm. Nothing was asked for.", offer.CustomerName)
		}
		if err := state.PutOffer(tx, offer); err != nil {
			return err
		}
		ev, err := s.offerEvent(tx, offer, o.Actor, now, termsDetail(offer, s.Policy().Version))
		if err != nil {
			return err
		}
		made = offer
		return errors.Join(
			s.owe(tx, ev, string(offer.ID), outbox.GraphOffer, offerLane(offer), outbox.OfferPayload{Offer: offer.ID}),
			s.oweOfferCards(tx, ev, offer))
	})
	return made, err
}

func termsDetail(o access.Offer, version string) map[string]string {
	detail := map[string]string{
		"roles": joinRoles(o.Roles), "days": strconv.Itoa(o.Days), "auto-extend": strconv.FormatBool(o.AutoExtend), "policy": version,
	}
	if len(o.Groups) > 0 {
		ids := make([]string, len(o.Groups))
		for i, g := range o.Groups {
			ids[i] = string(g.Group)
		}
		detail["groups"] = strings.Join(ids, " ")
	}
	if o.Replaces.Any() {
		detail["replaces"] = string(o.Replaces.Relationship)
	}
	return detail
}

// drafted checks everything and returns the offer, not yet stored.
func (s *Service) drafted(tx state.Tx, o Origin, a OfferAsk, now time.Time) (access.Offer, error) {
	var none access.Offer
	if err := s.admin(o.Actor); err != nil {
		return none, err
	}
	p := s.Policy()
	c, ok := p.Customer(a.Customer)
	if !ok {
		return none, access.Refuse(access.Forbidden,
			"This customer is not in policy.yml, so nothing can be asked for there.").In("customer")
	}
	// Through the relationship people will ask for its roles: what they may not
	// ask for need not be in it.
	if err := p.Allows(a.Roles); err != nil {
		return none, err
	}
	if a.AutoExtend && holdsGlobal(a.Roles) {
		return none, noGlobalExtension()
	}
	offer, err := access.NewOffer(access.Offer{
		Requester: named(tx, o.Actor), Customer: c.Tenant, CustomerName: c.Name,
		Roles: a.Roles, Days: a.Days, AutoExtend: a.AutoExtend, Groups: p.GroupsFor(a.Roles),
	}, now)
	if err == nil && a.Replaces != "" {
		offer, err = s.replacing(tx, o, offer, a.Replaces)
	}
	if err != nil {
		return none, err
	}
	if twin, ok, err := state.OfferTwin(tx, offer); err != nil {
		return none, err
	} else if ok {
		return none, access.Refuse(access.Conflict,
			"%s was already asked for the same roles: %s is not decided yet. `/access relationship show %s` shows it.", c.Name, twin, twin)
	}
	if offer.ID, err = s.freeOfferID(tx); err != nil {
		return none, err
	}
	mark, err1 := s.NewNonce()
	salt, err2 := s.NewNonce()
	offer.Name, offer.Salt = offerName(offer, mark), salt
	return offer, errors.Join(err1, err2)
}

func holdsGlobal(ids []access.RoleID) bool {
	for _, id := range ids {
		if strings.EqualFold(string(id), string(roles.GlobalAdministrator)) {
			return true
		}
	}
	return false
}

func noGlobalExtension() error {
	return access.Refuse(access.Invalid,
		"Microsoft extends no relationship that holds Global Administrator. Leave that role out, or the extension.")
}

// freeOfferID draws ids until one is free.
func (s *Service) freeOfferID(tx state.Tx) (access.OfferID, error) {
	for range 20 {
		drawn, err := s.NewID()
		if err != nil {
			return "", err
		}
		id := access.OfferID("O-" + strings.TrimPrefix(string(drawn), "R-"))
		if _, err := state.Offer(tx, id); errors.Is(err, state.ErrNotFound) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", errors.New("no free offer id in 20 draws")
}

const (
	longestName = 50 // what Microsoft takes
	markLength  = 12
)

// offerName is what Microsoft will call the relationship. The customer reads it
// in its admin center; the mark at its end is what makes it the only one.
func offerName(o access.Offer, mark string) string {
	tail := " " + string(o.ID) + " " + mark[:min(len(mark), markLength)]
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' {
			return r
		}
		return ' '
	}, o.CustomerName)
	name := []rune(strings.Join(strings.Fields(plain), " "))
	name = name[:min(len(name), longestName-len(tail))]
	return strings.TrimSpace(string(name)) + tail
}

// DeclineOffer records a contact's no. The customer can still approve the offer
// at Microsoft until it lapses, which both cards say.
func (s *Service) DeclineOffer(ctx context.Context, o Origin, id access.OfferID, note string) (access.Offer, error) {
	var out access.Offer
	err := s.act(ctx, o, subject{act: "relationship decline"}, func(tx state.Tx, now time.Time) error {
		offer, err := s.declined(tx, o, id, note, now)
		if err != nil {
			return err
		}
		if err := state.PutOffer(tx, offer); err != nil {
			return err
		}
		ev, err := s.offerEvent(tx, offer, o.Actor, now, map[string]string{"note": audit.Digest(offer.Salt, note)})
		if err != nil {
			return err
		}
		out = offer
		return errors.Join(s.oweOfferCards(tx, ev, offer), s.tellRequester(tx, ev, offer, outbox.NoticeOfferDeclined))
	})
	return out, err
}

// MayDeclineOffer makes the checks of [Service.DeclineOffer] without declining.
func (s *Service) MayDeclineOffer(ctx context.Context, o Origin, id access.OfferID) (access.Offer, error) {
	var out access.Offer
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		var err error
		if out, err = loadOffer(tx, id); err != nil {
			return err
		}
		_, err = s.declined(tx, o, id, "", now)
		return err
	})
	return out, s.audited(ctx, o, subject{act: "relationship decline", customer: out.Customer}, err)
}

func (s *Service) declined(tx state.Tx, o Origin, id access.OfferID, note string, now time.Time) (access.Offer, error) {
	offer, err := loadOffer(tx, id)
	if err != nil {
		return offer, err
	}
	c, err := s.contact(tx, o, offer.Customer, offer.CustomerName)
	if err != nil {
		return offer, err
	}
	return offer.Decline(c.Person, note, now)
}

func loadOffer(tx state.Tx, id access.OfferID) (access.Offer, error) {
	o, err := state.Offer(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return o, access.RefuseAnyone(access.NotFound, "Nobody asked for a relationship as %s.", id)
	}
	return o, err
}

// OfferEntry returns an offer for its cards. It checks nobody's authority: who
// reads a card is decided by where it is posted.
func (s *Service) OfferEntry(ctx context.Context, id access.OfferID) (access.Offer, error) {
	var out access.Offer
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = state.Offer(tx, id)
		return err
	})
	return out, err
}

// offerLane is where everything queues that makes or unmakes what is offered.
func offerLane(o access.Offer) string { return string(o.ID) + "/graph" }
