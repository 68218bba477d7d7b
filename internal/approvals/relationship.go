package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// RelationshipStory is a relationship with what is known here about it.
type RelationshipStory struct {
	Customer Customer
	Mirrored *state.MirroredRelationship // nil when it has not been read
	Offer    *access.Offer               // nil when nobody asked for it here
	Grants   []Entry                     // access in force, or on its way, through it
	ReadAt   time.Time
	// ReplacedBy is the offer that is to take its place; nil when there is none.
	ReplacedBy *access.Offer
	Provider   state.Provider // zero when there is none
}

// Name is what people call the relationship.
func (r RelationshipStory) Name() string {
	switch {
	case r.Mirrored != nil && r.Mirrored.Name != "":
		return r.Mirrored.Name
	case r.Offer != nil:
		return r.Offer.Name
	case r.Mirrored != nil:
		return string(r.Mirrored.ID)
	}
	return ""
}

// Relationship returns the relationship that the text names: by the id of its
// offer, its own id, its name or the beginning of it, or by a customer that has
// only one which is not over. Only linked staff and bot admins may look.
func (s *Service) Relationship(ctx context.Context, o Origin, text string) (RelationshipStory, error) {
	var out RelationshipStory
	err := s.view(ctx, o, subject{act: "relationship show"}, func(tx state.Tx) error {
		var err error
		if id, ok := access.ParseOfferID(text); ok {
			offer, err := loadOffer(tx, id)
			if err != nil {
				return err
			}
			out, err = s.story(tx, offer.Customer, offer.Relationship, &offer)
			return err
		}
		m, err := s.pickRelationship(tx, text)
		if err != nil {
			return err
		}
		out, err = s.story(tx, m.Customer, m.ID, nil)
		return err
	})
	return out, err
}

// pickRelationship finds the one mirrored relationship that the text names.
func (s *Service) pickRelationship(tx state.Tx, text string) (state.MirroredRelationship, error) {
	var none state.MirroredRelationship
	key := fold(text)
	if key == "" || len(text) > 200 {
		return none, access.Refuse(access.Invalid, "Name a relationship, by its name or id; `/access list <customer>` shows them.")
	}
	customers, err := s.directory(tx)
	if err != nil {
		return none, err
	}
	of := map[access.TenantID]bool{}
	for _, c := range customers {
		if slices.Contains(c.keys(), key) {
			of[c.Tenant] = true
		}
	}
	fits := [...]func(state.MirroredRelationship) bool{
		func(m state.MirroredRelationship) bool { return fold(string(m.ID)) == key || fold(m.Name) == key },
		func(m state.MirroredRelationship) bool { return of[m.Customer] && !over(m.Status) },
		func(m state.MirroredRelationship) bool { return strings.HasPrefix(fold(m.Name), key) },
	}
	var found [len(fits)][]state.MirroredRelationship // the first that fit, each way; one more than are named
	for m, err := range state.EachRelationship(tx) {
		if err != nil {
			return none, err
		}
		for i, fit := range fits {
			if len(found[i]) <= maxChoices && fit(m) {
				found[i] = append(found[i], m)
			}
		}
	}
	for _, found := range found {
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			names := make([]string, 0, maxChoices)
			for _, m := range found[:min(maxChoices, len(found))] {
				names = append(names, "`"+m.Name+"`")
			}
			return none, access.Refuse(access.Invalid, "More than one relationship could be “%s”: %s. Use the whole name.", text, strings.Join(names, ", "))
		}
	}
	return none, access.Refuse(access.NotFound, "No relationship is called “%s”. `/access list <customer>` shows those of a customer.", text)
}

func over(status access.RelationshipStatus) bool {
	return status == access.RelationshipExpired || status == access.RelationshipTerminated
}

// story gathers what is known of a relationship of the customer.
func (s *Service) story(tx state.Tx, tenant access.TenantID, id access.RelationshipID, offer *access.Offer) (RelationshipStory, error) {
	out := RelationshipStory{Offer: offer}
	info, err := state.Mirror(tx)
	if err != nil {
		return out, err
	}
	out.ReadAt = info.ReadAt
	if tenant != "" {
		out.Customer, err = s.customer(tx, tenant)
		if access.CodeOf(err) == access.NotFound {
			out.Customer, err = Customer{Tenant: tenant, Name: string(tenant)}, nil
		}
		if err != nil {
			return out, err
		}
		if strings.TrimSpace(out.Customer.Name) == "" {
			out.Customer.Name = string(tenant)
		}
	}
	if id == "" {
		return out, nil
	}
	known, err := state.Relationships(tx, tenant)
	if err != nil {
		return out, err
	}
	if i := slices.IndexFunc(known, func(m state.MirroredRelationship) bool { return m.ID == id }); i >= 0 {
		out.Mirrored = &known[i]
		if p := known[i].Provider; p != "" {
			if out.Provider, err = state.ProviderOf(tx, p); err != nil {
				return out, err
			}
		}
	}
	if offer == nil {
		if o, err := state.OfferOf(tx, id); err == nil {
			out.Offer = &o
		} else if _, bad := state.Unreadable(err); !bad && !errors.Is(err, state.ErrNotFound) {
			return out, err
		}
	}
	others, err := state.ReadableOffersTo(tx, tenant)
	if err != nil {
		return out, err
	}
	for _, o := range others {
		if o.Replaces.Relationship == id && o.Replacing() {
			out.ReplacedBy = &o
		}
	}
	out.Grants, err = grantsThrough(tx, tenant, id)
	return out, err
}

// grantsThrough lists the grants whose access goes through the relationship.
func grantsThrough(tx state.Tx, tenant access.TenantID, id access.RelationshipID) ([]Entry, error) {
	ids, err := state.GrantsOf(tx, tenant)
	if err != nil {
		return nil, err
	}
	all, _, err := entries(tx, ids)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range all {
		c, err := state.Container(tx, e.Grant.Container)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return nil, err
		}
		if c.Relationship == id {
			out = append(out, e)
		}
	}
	return out, nil
}

// MayTerminate makes the checks of [Service.Terminate] but for what was typed.
func (s *Service) MayTerminate(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	var out RelationshipStory
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, _, err = s.terminable(tx, o, customer, id)
		return err
	})
	return out, s.might(ctx, o, subject{act: "relationship terminate", customer: customer}, err)
}

// Terminate ends a relationship. Only a bot admin may, and only who has typed
// the name of the customer.
func (s *Service) Terminate(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID, typed string) (RelationshipStory, error) {
	var out RelationshipStory
	about := subject{act: "relationship terminate", customer: customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		story, ended, err := s.terminable(tx, o, customer, id)
		if err != nil {
			return err
		}
		if !names(typed, story.Customer.Name) {
			return access.Refuse(access.Invalid, "Type %s to confirm. Nothing was ended.", story.Customer.Name)
		}
		out = story
		return s.terminate(tx, story, id, ended, named(tx, o.Actor), now)
	})
	return out, err
}

// terminate owes the end of a relationship, for whoever may end it.
func (s *Service) terminate(tx state.Tx, story RelationshipStory, id access.RelationshipID, ended access.Offer, by access.Person, now time.Time) error {
	customer := story.Customer.Tenant
	ev, err := s.relationshipEvent(tx, access.EventTerminating, id, customer, by, now, map[string]string{})
	if err != nil {
		return err
	}
	if err := state.PutAct(tx, state.Act{Relationship: id, Kind: state.ActTerminate, By: by, At: now}); err != nil {
		return err
	}
	if story.Offer != nil {
		if err := s.moved(tx, *story.Offer, ended, by, now); err != nil {
			return err
		}
	}
	return s.owe(tx, ev, outbox.RelationshipLane(id), outbox.GraphTerminate, outbox.RelationshipLane(id),
		outbox.TerminatePayload{Relationship: id, Customer: customer, Name: story.Name(), By: by})
}

// names reports whether what was typed is the name, whatever its case and its
// punctuation.
func names(typed, name string) bool {
	if key := fold(name); key != "" {
		return fold(typed) == key
	}
	return strings.TrimSpace(typed) != "" && strings.TrimSpace(typed) == strings.TrimSpace(name)
}

// terminable returns the story, and what becomes of its offer.
func (s *Service) terminable(tx state.Tx, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, access.Offer, error) {
	story, err := s.changeable(tx, o, customer, id)
	if err != nil {
		return story, access.Offer{}, err
	}
	ended, err := story.terminable(named(tx, o.Actor))
	return story, ended, err
}

// terminable returns what becomes of the offer, where there is one.
func (r RelationshipStory) terminable(by access.Person) (access.Offer, error) {
	if r.Offer != nil {
		return r.Offer.Terminate(by)
	}
	switch status := r.Mirrored.Status; status {
	case access.RelationshipActive, access.RelationshipExpiring:
		return access.Offer{}, nil
	case access.RelationshipApprovalPending:
		return access.Offer{}, access.Refuse(access.Conflict,
			"%s waits for the customer's approval. Microsoft has no way to take that back; it goes by itself 90 days after it was sent.", r.Name())
	default:
		return access.Offer{}, access.Refuse(access.Conflict, "%s is not active, so there is nothing to end: Microsoft says %s.", r.Name(), status)
	}
}

// Extend has a relationship renew itself at its end, or not any more. Only a bot
// admin may. Microsoft asks for no word of the customer, so its channel is told.
func (s *Service) Extend(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID, on bool) (RelationshipStory, error) {
	var out RelationshipStory
	about := subject{act: "relationship extend", customer: customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		story, err := s.changeable(tx, o, customer, id)
		if err != nil {
			return err
		}
		if err := extensible(story, on); err != nil {
			return err
		}
		if err := once(tx, outbox.RelationshipLane(id), outbox.RelationshipLane(id), outbox.GraphExtend); err != nil {
			return err
		}
		by := named(tx, o.Actor)
		ev, err := s.relationshipEvent(tx, access.EventExtending, id, customer, by, now, map[string]string{"auto-extend": onOff(on)})
		if err != nil {
			return err
		}
		if err := state.PutAct(tx, state.Act{Relationship: id, Kind: state.ActExtend, By: by, At: now}); err != nil {
			return err
		}
		out = story
		return s.owe(tx, ev, outbox.RelationshipLane(id), outbox.GraphExtend, outbox.RelationshipLane(id),
			outbox.ExtendPayload{Relationship: id, Customer: customer, Name: story.Name(), On: on, By: by})
	})
	return out, err
}

func extensible(story RelationshipStory, on bool) error {
	switch {
	case !story.active():
		return access.Refuse(access.Conflict, "%s is not active. Whether it renews itself can be changed once it is.", story.Name())
	case on && holdsGlobal(story.Held()):
		return noGlobalExtension()
	}
	return nil
}

// changeable loads a relationship for a bot admin.
func (s *Service) changeable(tx state.Tx, o Origin, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	if err := s.admin(o.Actor); err != nil {
		return RelationshipStory{}, err
	}
	return s.known(tx, customer, id)
}

// known loads a relationship of the customer, or refuses what there is not.
func (s *Service) known(tx state.Tx, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	story, err := s.story(tx, customer, id, nil)
	if err == nil && (id == "" || story.Mirrored == nil && story.Offer == nil || story.Offer != nil && story.Offer.Customer != customer) {
		err = access.Refuse(access.NotFound, "This relationship is not known (any more). `/access list <customer>` shows what there is.")
	}
	return story, err
}

func (s *Service) relationshipEvent(
	tx state.Tx, kind access.EventKind, id access.RelationshipID, customer access.TenantID, by access.Person, now time.Time, detail map[string]string,
) (access.Event, error) {
	detail["relationship"] = string(id)
	return audit.Append(tx, access.Event{At: now, Actor: by, Kind: kind, Customer: customer, Detail: detail})
}

// tellChannel tells the customer's channel of a change, where it has one, in the
// customer's language.
func (s *Service) tellChannel(tx state.Tx, cause access.Event, customer access.TenantID, sentences ...access.Sentence) error {
	c, ok := s.Policy().Customer(customer)
	if !ok {
		return nil
	}
	said := make([]string, len(sentences))
	for i, one := range sentences {
		said[i] = c.Language.Sentence(one)
	}
	lane := fmt.Sprintf("notice/%s", customer)
	return s.owe(tx, cause, lane, outbox.SlackOfferNotice, lane,
		outbox.OfferNoticePayload{Notice: outbox.NoticeRelationship, Customer: customer, Text: strings.Join(said, " ")})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
