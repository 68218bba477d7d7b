package approvals

import (
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// alarm tells the contacts of a customer who do not read its channel of what was taken
// without their word: by mail who is not in Slack and, where there is no channel, in person
// who is. Where no mail can go either, the operators are told to call.
func (s *Service) alarm(tx state.Tx, cause access.Event, id access.RequestID, now time.Time) error {
	v, err := state.BreakGlassReview(tx, id)
	if err != nil {
		return err
	}
	mailed, err := s.oweAlarms(tx, cause, v)
	if err != nil {
		return err
	}
	if c, ok := s.Policy().Customer(v.Customer); !ok || c.Channel != "" {
		return nil // the card in the channel is the word
	}
	if err := s.tellContacts(tx, cause, v); err != nil || mailed > 0 {
		return err
	}
	if err := s.unheard(tx, v, now); err != nil {
		return err
	}
	return s.oweTrouble(tx, cause, id, fmt.Sprintf(
		"BREAK-GLASS: %s cannot be told of the access that %s took without its approval: it has no Slack channel, and no contact who is written to by mail. CALL THEM NOW.",
		v.CustomerName, v.Requester.Name))
}

// oweAlarms sends a mail to each contact who is not in Slack, each in a lane of its own, and
// returns how many.
func (s *Service) oweAlarms(tx state.Tx, cause access.Event, v access.BreakGlassReview) (int, error) {
	if !s.Mails {
		return 0, nil
	}
	n := 0
	contacts, err := callable(tx, v)
	if err != nil {
		return n, err
	}
	for _, c := range contacts {
		if c.User != "" || c.Mail == "" {
			continue
		}
		n++
		lane := fmt.Sprintf("%s/mail/%s", v.Request, boxOf(c.Mail))
		if err := s.owe(tx, cause, lane+"/"+string(outbox.MailAlarm), outbox.GraphAlarm, lane, outbox.LetterPayload{
			Occasion: outbox.MailAlarm, To: c.Mail, Customer: v.Customer, Request: v.Request,
		}); err != nil {
			return n, err
		}
	}
	return n, nil
}

// unheard records that the customer could not be told at once.
func (s *Service) unheard(tx state.Tx, v access.BreakGlassReview, now time.Time) error {
	if !v.UnheardAt.IsZero() {
		return nil
	}
	v.UnheardAt = now
	v.Rev++
	return state.PutBreakGlassReview(tx, v)
}

// alarmTrouble alarms the operators when the mail about a break-glass access does not get
// through. It is tried for ever.
func (s *Service) alarmTrouble(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.LetterPayload](e)
	if err != nil {
		return err
	}
	v, err := state.BreakGlassReview(tx, p.Request)
	if err != nil {
		return err
	}
	hopeless := access.CodeOf(cause) != "" && access.CodeOf(cause) != access.Unavailable
	if !(e.Heard == 0 && hopeless) && !worthTelling(e) {
		return nil
	}
	if c, ok := s.Policy().Customer(v.Customer); !ok || c.Channel == "" {
		if err := s.unheard(tx, v, s.now()); err != nil {
			return err
		}
	}
	channel := s.Policy().Operations
	if channel == "" {
		return nil
	}
	ev := access.Event{Seq: uint64(e.Attempts)} //nolint:gosec // counts from 1
	text := fmt.Sprintf(
		"BREAK-GLASS: %s of %s has not been told by mail of the access that %s took without their approval (%d tries). %s CALL THEM NOW. The bot keeps trying.",
		p.To, v.CustomerName, v.Requester.Name, e.Attempts, sentence(cause))
	return s.owe(tx, ev, e.ID+"/trouble", outbox.SlackNotice, e.Lane+"/trouble", outbox.NoticePayload{
		Notice: outbox.NoticeTrouble, Channel: channel, Request: v.Request, Customer: v.Customer, Text: text,
	})
}
