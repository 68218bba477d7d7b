package approvals

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// remind tells those who were asked that a request still waits: the customer's channel,
// or the operators', where colleagues are. With the last reminder the requester and the
// operators hear it, too: they know whom to call.
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
		if n.Channel = c.Channel; r.Stage() == access.ByPeers {
			n.Channel = p.Operations
		}
		err = s.oweNotice(tx, ev, n)
	}
	if r.Stage() == access.ByContacts {
		err = errors.Join(err, s.oweLetters(tx, ev, outbox.LetterPayload{Occasion: outbox.MailReminder, Customer: r.Customer, Request: r.ID}))
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

// Undecided lists those who may still say a word on the request, of the colleagues or of
// the contacts, whoever's turn it is. Where any colleague may, nobody is named.
func (s *Service) Undecided(ctx context.Context, r access.Request) ([]access.Person, error) {
	var out []access.Person
	err := s.Store.View(ctx, func(tx state.Tx) error {
		all, err := s.deciders(tx, r)
		out = nil
		for _, d := range all {
			if !r.Said(d) && !d.By.CouldBe(r.Requester) {
				out = append(out, d.By)
			}
		}
		return err
	})
	return out, err
}

// deciders lists those whose turn it is, as the decisions that they could make.
func (s *Service) deciders(tx state.Tx, r access.Request) ([]access.Decision, error) {
	var out []access.Decision
	if r.Stage() == access.ByPeers {
		if r.Rule.PeersOf == "" {
			return nil, nil
		}
		peers, err := s.peers(tx, r, s.now())
		for _, p := range peers {
			out = append(out, access.Decision{By: p})
		}
		return out, err
	}
	contacts, err := s.contacts(tx, r.Customer)
	for _, c := range contacts {
		out = append(out, access.Decision{By: c.Person, For: c.For})
	}
	return out, err
}
