package approvals

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// offerOutcomes are the outcomes of the effects of offers and relationships.
func (s *Service) offerOutcomes() map[string]outbox.Handler {
	return map[string]outbox.Handler{
		outbox.GraphOffer:       {Done: s.offerSent, Retrying: s.offerTrouble, Failed: s.offerRefused},
		outbox.GraphRetract:     {Done: s.retracted, Failed: s.dead},
		outbox.GraphTerminate:   {Done: s.terminated, Retrying: s.terminateTrouble, Failed: s.terminateRefused},
		outbox.GraphExtend:      {Done: s.extended, Failed: s.extendRefused},
		outbox.GraphAssign:      {Done: s.assigned, Retrying: s.assignTrouble, Failed: s.assignRefused},
		outbox.GraphReduce:      {Done: s.reduced, Retrying: s.reduceTrouble, Failed: s.reduceRefused},
		outbox.GraphConsent:     {Done: s.consented, Retrying: s.consentTrouble, Failed: s.consentRefused},
		outbox.SlackOfferCard:   {Failed: s.dead, Retrying: s.notSaid},
		outbox.SlackOfferNotice: {Failed: s.dead, Retrying: s.notSaid},
		outbox.SlackAlertCard:   {Failed: s.dead},
		outbox.SlackFile:        {Done: s.fileShown, Failed: s.fileRefused},
		outbox.SlackReviewCard:  {Failed: s.dead, Retrying: s.notSaid},
	}
}

// readBack decodes the result of an effect on a relationship; nil means that
// there is none.
func readBack(e outbox.Effect, raw json.RawMessage) (*access.Relationship, error) {
	var found *outbox.RelationshipResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, fmt.Errorf("result of %s: %w", e.ID, err)
	}
	if found == nil {
		return nil, nil
	}
	return &found.Relationship, nil
}

// offerSent shows the offer to the customer. Microsoft may have moved on since:
// then so does the offer.
func (s *Service) offerSent(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	o, err := offerOf(tx, e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil || rel == nil {
		return err // it was given up before it was made
	}
	now := s.now()
	sent := o.Sent(rel.ID, now)
	if err := s.moved(tx, o, sent, access.Person{}, now); err != nil {
		return err
	}
	if err := s.moved(tx, sent, sent.Seen(*rel, now), access.Person{}, now); err != nil {
		return err
	}
	// The mirror may have read more before it was known whose this is.
	known, err := state.Relationships(tx, o.Customer)
	if err != nil {
		return err
	}
	for _, m := range known {
		if m.ID == rel.ID {
			return s.Followed(tx, m.Relationship)
		}
	}
	return nil
}

// offerRefused gives the offer up and has what was made of it removed.
func (s *Service) offerRefused(tx state.Tx, e outbox.Effect, cause error) error {
	o, err := offerOf(tx, e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	now := s.now()
	return s.givenUp(tx, o, o.GiveUp(sentence(cause), now), now)
}

// givenUp stores an offer that is not made any more and owes the removal of what
// a try may have left.
func (s *Service) givenUp(tx state.Tx, before, after access.Offer, now time.Time) error {
	if err := s.moved(tx, before, after, access.Person{}, now); err != nil || after.State != access.OfferFailed {
		return err
	}
	cause := access.Event{Seq: uint64(after.Rev)} //nolint:gosec // counts from 1
	return s.owe(tx, cause, string(after.ID), outbox.GraphRetract, offerLane(after), outbox.OfferPayload{Offer: after.ID})
}

// retracted notices when what was given up had got through.
func (s *Service) retracted(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	o, err := offerOf(tx, e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil || rel == nil {
		return err
	}
	now := s.now()
	slipped := o.Slipped(rel.ID, now)
	if err := s.moved(tx, o, slipped, access.Person{}, now); err != nil {
		return err
	}
	return s.moved(tx, slipped, slipped.Seen(*rel, now), access.Person{}, now)
}

// lapseOffer does what time demands of an offer.
func (s *Service) lapseOffer(tx state.Tx, id access.OfferID, now time.Time) error {
	o, err := state.Offer(tx, id)
	if err != nil {
		return err
	}
	lapsed, err := o.Lapse(now)
	if err != nil {
		return quiet(err)
	}
	return s.givenUp(tx, o, lapsed, now)
}

func (s *Service) offerTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	o, err := offerOf(tx, e)
	if err != nil || o.State != access.OfferDrafted {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: o.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"The relationship %s for %s could not be sent in %d tries: %s The bot keeps trying until %s and then gives it up.",
		o.ID, o.CustomerName, e.Attempts, sentence(cause), access.FormatTime(o.CreatedAt.Add(access.DraftWithin))))
}

// worthTelling is true of the 5th failure and each time their number doubles. A
// failure that ended with its process is heard of with the next one.
func worthTelling(e outbox.Effect) bool {
	for n := 5; n <= e.Attempts; n *= 2 {
		if n > e.Heard {
			return true
		}
	}
	return false
}

func offerOf(tx state.Tx, e outbox.Effect) (access.Offer, error) {
	p, err := outbox.Payload[outbox.OfferPayload](e)
	if err != nil {
		return access.Offer{}, err
	}
	return state.Offer(tx, p.Offer)
}

// terminated moves the offer on, or tells of a relationship that has none.
func (s *Service) terminated(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.TerminatePayload](e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil {
		return err
	}
	if rel == nil { // Microsoft does not know it any more
		rel = &access.Relationship{ID: p.Relationship, Customer: p.Customer, Status: access.RelationshipTerminated}
	}
	now := s.now()
	ev, err := s.relationshipEvent(tx, access.EventTerminated, p.Relationship, p.Customer, p.By, now, map[string]string{"status": string(rel.Status)})
	if err != nil {
		return err
	}
	if err := s.replacedBy(tx, p.Relationship, p.Customer, now); err != nil {
		return err
	}
	if err := s.reviewRemoved(tx, p.Customer, relationshipRow(p.Relationship)); err != nil {
		return err
	}
	o, err := state.OfferOf(tx, p.Relationship)
	if err == nil {
		if err := s.moved(tx, o, o.Seen(*rel, now), p.By, now); err != nil {
			return err
		}
		if o.Requester.Same(p.By) {
			return nil // they have the card
		}
		return s.answer(tx, ev, p.By, fmt.Sprintf("Microsoft is ending the relationship %s with %s.", p.Name, o.CustomerName))
	}
	if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	text := access.Say("The relationship %s is ended: %s ended it, and Microsoft has confirmed that. Nobody gets access through it any more.", p.Name, p.By.Name)
	return errors.Join(s.answer(tx, ev, p.By, text.String()), s.tellChannel(tx, ev, p.Customer, text))
}

func (s *Service) terminateTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	if !worthTelling(e) {
		return nil
	}
	p, err := outbox.Payload[outbox.TerminatePayload](e)
	if err != nil {
		return err
	}
	return s.troubleOf(tx, access.Event{Seq: uint64(e.Attempts), Customer: p.Customer}, e.ID, fmt.Sprintf( //nolint:gosec // counts from 1
		"The relationship %s should be ended but could not be in %d tries: %s The bot keeps trying.", p.Name, e.Attempts, sentence(cause)))
}

func (s *Service) terminateRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.TerminatePayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	if err := state.DropAct(tx, p.Relationship, state.ActTerminate); err != nil {
		return err
	}
	now := s.now()
	if o, err := state.OfferOf(tx, p.Relationship); err == nil {
		if err := s.moved(tx, o, o.NotTerminated(), access.Person{}, now); err != nil {
			return err
		}
	} else if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if err := s.keptBy(tx, p.Relationship, p.Customer, "Microsoft did not end it: "+sentence(cause), now); err != nil {
		return err
	}
	if err := s.reviewFailed(tx, p.Customer, relationshipRow(p.Relationship), sentence(cause)); err != nil {
		return err
	}
	return s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "relationship terminate",
		fmt.Sprintf("The relationship %s was not ended. %s", p.Name, sentence(cause)), now, cause)
}

// seen moves the offer of a relationship on to what was read back, where it has one.
func (s *Service) seen(tx state.Tx, r access.Relationship, by access.Person, now time.Time) error {
	o, err := state.OfferOf(tx, r.ID)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.moved(tx, o, o.Seen(r, now), by, now)
}

// extended tells both sides that the relationship renews itself, or not any
// more.
func (s *Service) extended(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.ExtendPayload](e)
	if err != nil {
		return err
	}
	rel, err := readBack(e, raw)
	if err != nil || rel == nil {
		return err
	}
	now := s.now()
	ev, err := s.relationshipEvent(tx, access.EventExtended, p.Relationship, p.Customer, p.By, now, map[string]string{"auto-extend": onOff(p.On)})
	if err != nil {
		return err
	}
	if err := s.seen(tx, *rel, p.By, now); err != nil {
		return err
	}
	text := access.Say("The relationship %s ends by itself at %s; it does not renew itself any more. Changed by %s.", p.Name, rel.End, p.By.Name)
	switch {
	case p.On:
		text = access.Say("The relationship %s now renews itself for 180 days at its end, until somebody ends it. Changed by %s.", p.Name, p.By.Name)
	case rel.End.IsZero():
		text = access.Say("The relationship %s ends by itself; it does not renew itself any more. Changed by %s.", p.Name, p.By.Name)
	}
	return errors.Join(s.reply(tx, ev, p.By.User, text.String()), s.tellChannel(tx, ev, p.Customer, text))
}

func (s *Service) extendRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.ExtendPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	if err := state.DropAct(tx, p.Relationship, state.ActExtend); err != nil {
		return err
	}
	return s.notChanged(tx, e, p.Relationship, p.Customer, p.By, "relationship extend",
		fmt.Sprintf("The extension of the relationship %s was not changed. %s", p.Name, sentence(cause)), s.now(), cause)
}

// notChanged audits a change that Microsoft refused and tells who wanted it.
func (s *Service) notChanged(
	tx state.Tx, e outbox.Effect, id access.RelationshipID, customer access.TenantID, by access.Person, act, text string, now time.Time, cause error,
) error {
	code := access.CodeOf(cause)
	if code == "" {
		code = access.Unavailable
	}
	ev, err := s.relationshipEvent(tx, access.EventRefused, id, customer, by, now,
		map[string]string{"act": act, "code": string(code), "effect": e.ID})
	if err != nil {
		return err
	}
	return s.answer(tx, ev, by, text)
}
