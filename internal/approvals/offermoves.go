package approvals

import (
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Followed moves an offer on when the mirror of its relationship changes, in the
// transaction that writes the mirror. A relationship that nobody asked for here
// changes nothing.
func (s *Service) Followed(tx state.Tx, r access.Relationship) error {
	now := s.now()
	if err := s.consentSeen(tx, r, now); err != nil {
		return err
	}
	before, err := state.OfferOf(tx, r.ID)
	switch {
	case err == nil:
		if err := s.moved(tx, before, before.Seen(r, now), access.Person{}, now); err != nil {
			return err
		}
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	return errors.Join(s.advanceAll(tx, r.Customer, now), s.reviewSeen(tx, r.Customer, now))
}

// moved stores what has become of an offer, logs it, and has both sides see it.
func (s *Service) moved(tx state.Tx, before, after access.Offer, by access.Person, now time.Time) error {
	if after.Rev == before.Rev {
		return nil
	}
	if err := state.PutOffer(tx, after); err != nil {
		return err
	}
	kind := access.EventKind("offer." + string(after.State))
	if after.State == before.State {
		kind = access.EventOfferChanged
	}
	cause, err := s.offerEventAs(tx, kind, after, by, now, moveDetail(after))
	if err != nil {
		return err
	}
	err = s.oweOfferCards(tx, cause, after)
	if after.State == before.State {
		return err
	}
	if after.State == access.OfferSent {
		err = errors.Join(err, s.oweLetters(tx, cause, outbox.LetterPayload{Occasion: outbox.MailOffer, Customer: after.Customer, Offer: after.ID}))
	}
	if after.Overruled() && !before.Overruled() {
		err = errors.Join(err, s.oweOfferNotice(tx, cause, after, outbox.OfferNoticePayload{Notice: outbox.NoticeOfferOverruled}))
	}
	err = errors.Join(err, s.tellMove(tx, cause, before, after), s.giveGroups(tx, cause, after))
	if err == nil && after.Replaces.Open() {
		err = s.advance(tx, after.ID, now)
	}
	return err
}

func moveDetail(o access.Offer) map[string]string {
	detail := map[string]string{}
	if o.Overruled() {
		detail["declined"] = o.DeclinedAt.Format(time.RFC3339)
	}
	if o.EndReason != "" {
		detail["reason"] = string(o.EndReason)
	}
	if o.State == access.OfferActive && !o.End.IsZero() {
		detail["until"], detail["auto-extend"] = o.End.Format(time.RFC3339), onOff(o.AutoExtend)
	}
	return detail
}

// tellMove tells those whom the step concerns.
func (s *Service) tellMove(tx state.Tx, cause access.Event, before, after access.Offer) error {
	switch after.State {
	case access.OfferActive:
		if before.State == access.OfferTerminating {
			return nil // it has been active all the time; who wanted it ended is told why not
		}
		return s.tellBoth(tx, cause, after, outbox.NoticeOfferActive)
	case access.OfferEnded:
		return s.tellBoth(tx, cause, after, outbox.NoticeOfferEnded)
	case access.OfferLapsed:
		return s.tellRequester(tx, cause, after, outbox.NoticeOfferLapsed)
	case access.OfferFailed:
		return errors.Join(
			s.tellRequester(tx, cause, after, outbox.NoticeOfferFailed),
			s.troubleOf(tx, cause, string(after.ID), fmt.Sprintf("The relationship %s could not be sent to %s: %s", after.ID, after.CustomerName, after.FailNote)))
	case access.OfferDeclined: // given up here, but the customer has it
		return s.troubleOf(tx, cause, string(after.ID), fmt.Sprintf(
			"The relationship %s was given up, but Microsoft had sent it to %s already. It can be approved there until %s; if it is, terminate it.",
			after.ID, after.CustomerName, access.FormatTime(after.ApproveBy)))
	case access.OfferDrafted, access.OfferSent, access.OfferApproved, access.OfferTerminating:
	}
	return nil
}

// offerEvent logs that the offer reached the state that it is in.
func (s *Service) offerEvent(tx state.Tx, o access.Offer, by access.Person, now time.Time, detail map[string]string) (access.Event, error) {
	return s.offerEventAs(tx, access.EventKind("offer."+string(o.State)), o, by, now, detail)
}

func (s *Service) offerEventAs(
	tx state.Tx, kind access.EventKind, o access.Offer, by access.Person, now time.Time, detail map[string]string,
) (access.Event, error) {
	detail["offer"] = string(o.ID)
	if o.Relationship != "" {
		detail["relationship"] = string(o.Relationship)
	}
	return audit.Append(tx, access.Event{
		At: now, Actor: by, Kind: kind, Customer: o.Customer, Detail: detail,
	})
}

// oweOfferCards has both cards of the offer show the state that the transaction
// leaves. The customer has none before the offer is sent.
func (s *Service) oweOfferCards(tx state.Tx, cause access.Event, o access.Offer) error {
	cards := []string{outbox.RequesterCard}
	if !o.SentAt.IsZero() {
		cards = append(cards, outbox.CustomerCard)
	}
	for _, card := range cards {
		lane, scope := fmt.Sprintf("%s/slack/%s", o.ID, card), fmt.Sprintf("%s/%s", o.ID, card)
		payload := outbox.OfferCardPayload{Offer: o.ID, Card: card}
		if err := s.owe(tx, cause, scope, outbox.SlackOfferCard, lane, payload); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) tellRequester(tx state.Tx, cause access.Event, o access.Offer, what outbox.NoticeKind) error {
	return s.oweOfferNotice(tx, cause, o, outbox.OfferNoticePayload{Notice: what, User: o.Requester.User})
}

func (s *Service) tellBoth(tx state.Tx, cause access.Event, o access.Offer, what outbox.NoticeKind) error {
	return errors.Join(s.tellRequester(tx, cause, o, what),
		s.oweOfferNotice(tx, cause, o, outbox.OfferNoticePayload{Notice: what}))
}

// oweOfferNotice says something once. Notices follow the card that the reader
// has, in its lane. An alert waits for nothing.
func (s *Service) oweOfferNotice(tx state.Tx, cause access.Event, o access.Offer, n outbox.OfferNoticePayload) error {
	n.Offer, n.Customer = o.ID, o.Customer
	card, to := outbox.CustomerCard, "channel"
	switch {
	case n.User != "":
		card, to = outbox.RequesterCard, string(n.User)
	case n.Notice == outbox.NoticeOfferOverruled:
		card, to = "alert", "alert"
	}
	scope := fmt.Sprintf("%s/%s/%s", o.ID, to, n.Notice)
	return s.owe(tx, cause, scope, outbox.SlackOfferNotice, fmt.Sprintf("%s/slack/%s", o.ID, card), n)
}

// troubleOf tells the operators, where there are any. What it is about, an offer
// or a relationship, keeps the troubles of two apart.
func (s *Service) troubleOf(tx state.Tx, cause access.Event, about, text string) error {
	channel := s.Policy().Operations
	if channel == "" {
		return nil
	}
	return s.owe(tx, cause, about+"/trouble", outbox.SlackNotice, fmt.Sprintf("notice/%s", channel), outbox.NoticePayload{
		Notice: outbox.NoticeTrouble, Channel: channel, Customer: cause.Customer, Text: text,
	})
}
