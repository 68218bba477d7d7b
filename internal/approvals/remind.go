package approvals

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// remind tells the customer's channel that a request still waits. With the last reminder
// the requester and the operators hear it, too: they know whom to call.
func (s *Service) remind(tx state.Tx, r access.Request, now time.Time) error {
	r, due := r.Remind(now)
	if !due {
		return nil
	}
	if err := state.PutRequest(tx, r); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventReminded, Customer: r.Customer, Request: r.ID})
	if err != nil {
		return err
	}
	p := s.Policy()
	n := outbox.NoticePayload{Notice: outbox.NoticeReminder, Request: r.ID, Customer: r.Customer}
	if c, ok := p.Customer(r.Customer); ok {
		n.Channel = c.Channel
		err = s.oweNotice(tx, ev, n)
	}
	if !r.LastReminder() {
		return err
	}
	n.Channel, n.User, n.Notice = "", r.Requester.User, outbox.NoticeUnanswered
	err = errors.Join(err, s.oweNotice(tx, ev, n))
	if p.Operations != "" {
		n.User, n.Channel = "", p.Operations
		err = errors.Join(err, s.oweNotice(tx, ev, n))
	}
	return err
}

// Undecided lists the contacts who may still say a word on the request.
func (s *Service) Undecided(ctx context.Context, r access.Request) ([]access.Person, error) {
	var out []access.Person
	err := s.Store.View(ctx, func(tx state.Tx) error {
		all, err := state.ContactsOf(tx, r.Customer)
		out = nil
		for _, c := range all {
			said := slices.ContainsFunc(r.Decisions, func(d access.Decision) bool { return d.By.CouldBe(c.Person) })
			if !said && !c.Person.CouldBe(r.Requester) {
				out = append(out, c.Person)
			}
		}
		return err
	})
	return out, err
}
