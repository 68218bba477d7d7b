package approvals

import (
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// inPerson has the contacts who may decide on a request be told of it in person, because
// its card cannot be in the customer's channel, and returns how many are. They find the
// buttons in the app's Home. Whom Slack does not let the bot write to, the operators hear
// of as of everything that cannot be said.
func (s *Service) inPerson(tx state.Tx, cause access.Event, e outbox.Effect) (int, error) {
	if e.Kind != outbox.SlackCard {
		return 0, nil
	}
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
	contacts, err := state.ContactsOf(tx, r.Customer)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range contacts {
		if c.Person.User == "" || c.Over(s.now()) || c.Person.Same(r.Requester) {
			continue
		}
		n++
		lane := fmt.Sprintf("%s/slack/%s", r.ID, c.Person.User)
		err := s.owe(tx, cause, lane+"/"+string(outbox.NoticeReminder), outbox.SlackNotice, lane, outbox.NoticePayload{
			Notice: outbox.NoticeReminder, User: c.Person.User, Request: r.ID, Customer: r.Customer, Person: c.Person,
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
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
