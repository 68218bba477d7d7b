package approvals

import (
	"errors"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// inPerson has the customer's contacts be told in person of what waits for their word,
// because its card cannot be in the customer's channel, and returns how many are. Whom
// Slack does not let the bot write to, the operators hear of as of everything that cannot
// be said.
func (s *Service) inPerson(tx state.Tx, cause access.Event, e outbox.Effect) (int, error) {
	switch e.Kind {
	case outbox.SlackCard:
		return s.requestInPerson(tx, cause, e)
	case outbox.SlackOfferCard:
		return s.offerInPerson(tx, cause, e)
	case outbox.SlackReviewCard:
		return s.reviewInPerson(tx, cause, e)
	}
	return 0, nil
}

// requestInPerson tells those who may decide on it. They find the buttons in the app's Home.
func (s *Service) requestInPerson(tx state.Tx, cause access.Event, e outbox.Effect) (int, error) {
	p, err := outbox.Payload[outbox.CardPayload](e)
	if err != nil || p.Card != outbox.CustomerCard {
		return 0, nil //nolint:nilerr // what cannot be read has nobody to be told of
	}
	r, err := state.Request(tx, p.Request)
	if absent(err) {
		return 0, nil
	}
	if err != nil || r.State != access.Pending || r.Stage() != access.ByContacts {
		return 0, err
	}
	told, err := s.contactsInSlack(tx, r.Customer)
	told = slices.DeleteFunc(told, func(c access.Contact) bool { return c.Person.Same(r.Requester) })
	for _, c := range told {
		lane := personalLane(string(r.ID), c)
		err = errors.Join(err, s.owe(tx, cause, lane+"/"+string(outbox.NoticeReminder), outbox.SlackNotice, lane, outbox.NoticePayload{
			Notice: outbox.NoticeReminder, User: c.Person.User, Request: r.ID, Customer: r.Customer, Person: c.Person,
		}))
	}
	return len(told), err
}

// offerInPerson leads to Microsoft's admin center, where an offer is approved.
func (s *Service) offerInPerson(tx state.Tx, cause access.Event, e outbox.Effect) (int, error) {
	p, err := outbox.Payload[outbox.OfferCardPayload](e)
	if err != nil || p.Card != outbox.CustomerCard {
		return 0, nil //nolint:nilerr // what cannot be read has nobody to be told of
	}
	o, err := state.Offer(tx, p.Offer)
	if absent(err) {
		return 0, nil
	}
	if err != nil || o.State != access.OfferSent {
		return 0, err
	}
	told, err := s.contactsInSlack(tx, o.Customer)
	for _, c := range told {
		lane := personalLane(string(o.ID), c)
		err = errors.Join(err, s.owe(tx, cause, lane+"/"+string(outbox.NoticeOfferInPerson), outbox.SlackOfferNotice, lane, outbox.OfferNoticePayload{
			Notice: outbox.NoticeOfferInPerson, Offer: o.ID, Customer: o.Customer, User: c.Person.User,
		}))
	}
	return len(told), err
}

// reviewInPerson leads to the page on which an access review is answered. A review of
// several cards is told of once.
func (s *Service) reviewInPerson(tx state.Tx, cause access.Event, e outbox.Effect) (int, error) {
	p, err := outbox.Payload[outbox.ReviewCardPayload](e)
	if err != nil || p.Card != 1 {
		return 0, nil //nolint:nilerr // what cannot be read has nobody to be told of
	}
	r, err := state.Review(tx, p.Review)
	if absent(err) {
		return 0, nil
	}
	if err != nil || r.State != access.ReviewOpen || len(r.Waiting()) == 0 {
		return 0, err
	}
	told, err := s.contactsInSlack(tx, r.Customer)
	for _, c := range told {
		lane := personalLane(string(r.ID), c)
		err = errors.Join(err, s.owe(tx, cause, lane+"/"+string(outbox.NoticeReviewReminder), outbox.SlackNotice, lane, outbox.NoticePayload{
			Notice: outbox.NoticeReviewReminder, User: c.Person.User, Review: r.ID, Customer: r.Customer, Person: c.Person,
		}))
	}
	return len(told), err
}

// contactsInSlack are those of the customer who can be told anything in person.
func (s *Service) contactsInSlack(tx state.Tx, customer access.TenantID) ([]access.Contact, error) {
	all, err := state.ContactsOf(tx, customer)
	return slices.DeleteFunc(all, func(c access.Contact) bool { return c.Person.User == "" || c.Over(s.now()) }), err
}

// personalLane is the lane of what one contact is told about something.
func personalLane(about string, c access.Contact) string {
	return fmt.Sprintf("%s/slack/%s", about, c.Person.User)
}

// notSaid tells the operators when something cannot be said in a channel, though people
// can mend that: the bot is not in it, for instance. It is tried on and on.
func (s *Service) notSaid(tx state.Tx, e outbox.Effect, cause error) error {
	channel := s.Policy().Operations
	first := e.Heard == 0 && access.CodeOf(cause) != ""
	if channel == "" || s.forOperators(e) || !first && !worthTelling(e) {
		return nil
	}
	why := "Slack does not take it; the bot's log says more."
	if access.CodeOf(cause) != "" {
		why = sentence(cause)
	}
	ev := access.Event{Seq: uint64(e.Attempts)} //nolint:gosec // counts from 1
	return s.owe(tx, ev, e.ID+"/trouble", outbox.SlackNotice, e.Lane+"/trouble", outbox.NoticePayload{
		Notice: outbox.NoticeTrouble, Channel: channel, Text: fmt.Sprintf(
			"%s is not there yet (%s; tries: %d). %s The bot keeps trying.", StepName(e.Kind), e.ID, e.Attempts, why),
	})
}
