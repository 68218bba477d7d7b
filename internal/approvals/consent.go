package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Consent approves, or rejects, a relationship that the indirect provider made
// for us. Only a bot admin may. The customer's own approval is another matter.
func (s *Service) Consent(ctx context.Context, o Origin, customer access.TenantID, id access.RelationshipID, approve bool) (RelationshipStory, error) {
	var out RelationshipStory
	about := subject{act: "relationship " + consentWord(approve), customer: customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		story, err := s.changeable(tx, o, customer, id)
		if err != nil {
			return err
		}
		c, err := consentable(tx, story, id)
		if err != nil {
			return err
		}
		by := named(tx, o.Actor)
		c.Relationship, c.Customer, c.Answered, c.Approve, c.By = id, customer, now, approve, by
		if c.SeenAt.IsZero() {
			c.SeenAt = now
		}
		if err := state.PutConsent(tx, c); err != nil {
			return err
		}
		ev, err := s.relationshipEvent(tx, access.EventConsenting, id, customer, by, now, map[string]string{"consent": consentWord(approve)})
		if err != nil {
			return err
		}
		out = story
		return s.owe(tx, ev, outbox.RelationshipLane(id), outbox.GraphConsent, outbox.RelationshipLane(id),
			outbox.ConsentPayload{Relationship: id, Customer: customer, Name: story.Name(), Approve: approve, By: by})
	})
	return out, err
}

func consentWord(approve bool) string {
	if approve {
		return "approve"
	}
	return "reject"
}

// consentable returns what is known of our consent, when it may be given now.
func consentable(tx state.Tx, story RelationshipStory, id access.RelationshipID) (state.Consent, error) {
	c, err := state.ConsentOf(tx, id)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return c, err
	}
	switch {
	case !c.Answered.IsZero() && c.Approve:
		return c, access.Refuse(access.Conflict, "%s has approved %s already, at %s.", c.By.Name, story.Name(), access.FormatTime(c.Answered))
	case !c.Answered.IsZero():
		return c, access.Refuse(access.Conflict, "%s has rejected %s already, at %s.", c.By.Name, story.Name(), access.FormatTime(c.Answered))
	case !story.WaitsForUs():
		return c, access.Refuse(access.Conflict, "%s does not wait for your consent (any more). `/access relationship show` tells how it stands.", story.Name())
	}
	return c, nil
}

// WaitsForUs reports whether the indirect provider made the relationship and our
// own consent is what it waits for.
func (r RelationshipStory) WaitsForUs() bool {
	return r.Mirrored != nil && waitsForUs(r.Mirrored.Relationship)
}

func waitsForUs(r access.Relationship) bool {
	return r.ConsentPending && !over(r.Status) &&
		r.Status != access.RelationshipTerminationRequested && r.Status != access.RelationshipTerminating
}

// consentSeen tells the operators once of a relationship that waits for our
// consent, and forgets it when it does not any more.
func (s *Service) consentSeen(tx state.Tx, r access.Relationship, now time.Time) error {
	_, err := state.ConsentOf(tx, r.ID)
	unknown := errors.Is(err, state.ErrNotFound)
	switch {
	case err != nil && !unknown:
		return err
	case !waitsForUs(r) && unknown, waitsForUs(r) && !unknown:
		return nil
	case !waitsForUs(r):
		return state.DeleteConsent(tx, r.ID)
	}
	if err := state.PutConsent(tx, state.Consent{Relationship: r.ID, Customer: r.Customer, SeenAt: now}); err != nil {
		return err
	}
	ev, err := s.relationshipEvent(tx, access.EventConsentAwaited, r.ID, r.Customer, access.Person{}, now, map[string]string{"provider": string(r.Provider)})
	if err != nil {
		return err
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeConsent, Relationship: r.ID})
}

// tellOperators says something in their channel, where there is one.
func (s *Service) tellOperators(tx state.Tx, cause access.Event, n outbox.NoticePayload) error {
	n.Channel, n.Customer = s.Policy().Operations, cause.Customer
	if n.Channel == "" {
		return nil
	}
	return s.oweNotice(tx, cause, n)
}

// consented tells everybody whom our answer concerns.
func (s *Service) consented(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.ConsentPayload](e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil {
		return err
	}
	now := s.now()
	if rel == nil { // Microsoft does not know it any more
		return errors.Join(state.DeleteConsent(tx, p.Relationship),
			s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "relationship "+consentWord(p.Approve),
				fmt.Sprintf("The relationship %s is gone: Microsoft does not know it any more.", p.Name), now,
				access.Refuse(access.NotFound, "It is gone.")))
	}
	ev, err := s.relationshipEvent(tx, access.EventConsented, p.Relationship, p.Customer, p.By, now,
		map[string]string{"consent": consentWord(p.Approve), "status": string(rel.Status)})
	if err != nil {
		return err
	}
	customer, err := s.customerName(tx, p.Customer)
	if err != nil {
		return err
	}
	ours, theirs := consentWords(p, *rel, customer)
	return errors.Join(s.reply(tx, ev, p.By.User, ours), s.tellChannel(tx, ev, p.Customer, theirs...),
		s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: ours}))
}

// consentWords are what is told to our own people and to the customer's.
func consentWords(p outbox.ConsentPayload, rel access.Relationship, customer string) (ours string, theirs []access.Sentence) {
	if !p.Approve {
		return fmt.Sprintf("The relationship %s with %s, which the provider made, is rejected: %s rejected it, and Microsoft has confirmed that. Nobody here gets access through it.", p.Name, customer, p.By.Name),
			[]access.Sentence{access.Say("The relationship %s, which our provider asked you for on our behalf, was rejected by %s: we do not want it, and nobody of ours gets access through it. There is nothing to approve.", p.Name, p.By.Name)}
	}
	ours = fmt.Sprintf("The relationship %s with %s, which the provider made, is approved on your side: %s approved it, and Microsoft has confirmed that.", p.Name, customer, p.By.Name)
	theirs = []access.Sentence{access.Say("The relationship %s, which our provider asked you for on our behalf, has our own consent now, given by %s.", p.Name, p.By.Name)}
	switch rel.Status {
	case access.RelationshipActive:
		ours, theirs = ours+" It is active.", append(theirs, access.Say("It is active."))
	case access.RelationshipApprovalPending:
		ours += " It still waits for the customer's approval."
		theirs = append(theirs, access.Say("It waits for your approval in the Microsoft 365 admin center, under Settings, Partner relationships."))
	}
	// How to part with the provider alone, and what stays.
	return ours, append(theirs,
		access.Say("To remove only the provider's own access: open Settings, Partner relationships there, choose the provider (not us), and end what it holds. "+
			"What stays: our own relationships with you, and who you buy from, with all orders, subscriptions and licences."))
}

func (s *Service) consentTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	p, err := outbox.Payload[outbox.ConsentPayload](e)
	if err != nil {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"The provider's relationship %s could not be answered in %d tries: %s The bot keeps trying.", p.Name, e.Attempts, sentence(cause)))
}

func (s *Service) consentRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.ConsentPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	c, err := state.ConsentOf(tx, p.Relationship)
	if err == nil { // it can be answered again
		c.Answered, c.Approve, c.By = time.Time{}, false, access.Person{}
		err = state.PutConsent(tx, c)
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	word := map[bool]string{true: "approved", false: "rejected"}[p.Approve]
	return s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "relationship "+consentWord(p.Approve),
		fmt.Sprintf("The relationship %s was not %s. %s", p.Name, word, sentence(cause)), s.now(), cause)
}

// ConsentStory returns a relationship for the notice that it waits. It checks
// nobody's authority: who reads the notice is decided by where it is posted.
func (s *Service) ConsentStory(ctx context.Context, customer access.TenantID, id access.RelationshipID) (RelationshipStory, error) {
	var out RelationshipStory
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = s.story(tx, customer, id, nil)
		if err == nil && out.Mirrored == nil {
			err = state.ErrNotFound
		}
		return err
	})
	return out, err
}

// providersOf reads what is known of the indirect providers of relationships.
func providersOf(tx state.Tx, all []state.MirroredRelationship) (map[access.TenantID]state.Provider, error) {
	out := map[access.TenantID]state.Provider{}
	for _, m := range all {
		if _, ok := out[m.Provider]; ok || m.Provider == "" {
			continue
		}
		p, err := state.ProviderOf(tx, m.Provider)
		if err != nil {
			return nil, err
		}
		out[m.Provider] = p
	}
	return out, nil
}
