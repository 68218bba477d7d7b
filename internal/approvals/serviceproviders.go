package approvals

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Others is what is known of the other organisations that administer a customer's
// tenant.
type Others struct {
	state.ServiceProviders
	Named []state.Provider // the others, in the order of their tenants
	Asked time.Time        // when the customer was asked to let the bot read them; zero when it was not
	// MayAsk means that it has not been asked, or not for a while.
	MayAsk bool
}

// askAgainAfter is how long a customer is left in peace that was asked.
const askAgainAfter = time.Hour

// others reads what is known. A damaged record counts as nothing known: the next
// read takes its place.
func others(tx state.Tx, tenant access.TenantID, now time.Time) (Others, error) {
	known, err := state.ServiceProvidersOf(tx, tenant)
	if _, damaged := state.Unreadable(err); err != nil && !damaged {
		return Others{}, err
	}
	out := Others{ServiceProviders: known}
	for _, t := range known.Others {
		p, err := state.ProviderOf(tx, t)
		if _, damaged := state.Unreadable(err); err != nil && !damaged {
			return Others{}, err
		}
		p.Tenant = t
		out.Named = append(out.Named, p)
	}
	asked, err := state.LetInAskOf(tx, tenant)
	if _, damaged := state.Unreadable(err); err != nil && !damaged && !errors.Is(err, state.ErrNotFound) {
		return Others{}, err
	}
	out.Asked = asked.At
	out.MayAsk = now.Sub(asked.At) >= askAgainAfter
	return out, nil
}

// AskToLetIn asks a customer, in its channel, to let the bot read who else
// administers its tenant. Only bot admins may. Until the customer has answered
// the bot looks again, ever more slowly.
func (s *Service) AskToLetIn(ctx context.Context, o Origin, tenant access.TenantID) (Customer, error) {
	var c Customer
	err := s.act(ctx, o, subject{act: "ask to let in", customer: tenant}, func(tx state.Tx, now time.Time) (err error) {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		if c, err = s.customer(tx, tenant); err != nil {
			return err
		}
		if !c.InPolicy {
			return access.Refuse(access.NotFound, "%s is not in policy.yml, so the bot has no channel in which to ask.", c.Name)
		}
		known, err := others(tx, tenant, now)
		switch {
		case err != nil:
			return err
		case known.LetIn:
			return access.Refuse(access.Conflict, "%s lets the bot read this already. `/access list` shows what it read.", c.Name)
		case !known.MayAsk:
			return access.Refuse(access.Conflict, "%s was asked at %s. Give its admins an hour before you ask again.", c.Name, access.FormatTime(known.Asked))
		}
		if err := state.PutLetInAsk(tx, state.LetInAsk{Customer: tenant, By: named(tx, o.Actor), At: now}); err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{At: now, Actor: named(tx, o.Actor), Kind: access.EventLetInAsked, Customer: tenant})
		if err != nil {
			return err
		}
		lane := fmt.Sprintf("notice/%s", tenant)
		return s.owe(tx, ev, lane, outbox.SlackOfferNotice, lane, outbox.OfferNoticePayload{Notice: outbox.NoticeLetIn, Customer: tenant})
	})
	return c, err
}

// OthersSeen settles what waited for a read of the customer: who asked hears that
// the customer has let the bot in, and what it found.
func (s *Service) OthersSeen(tx state.Tx, read state.ServiceProviders) error {
	asked, err := state.LetInAskOf(tx, read.Customer)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) || !read.LetIn {
		return nil
	}
	if err != nil {
		return err
	}
	if err := state.DeleteLetInAsk(tx, read.Customer); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: s.now(), Kind: access.EventLetIn, Customer: read.Customer})
	if err != nil {
		return err
	}
	c, err := s.customer(tx, read.Customer)
	if err != nil {
		c.Name = string(read.Customer)
	}
	known, err := others(tx, read.Customer, s.now())
	if err != nil {
		return err
	}
	return s.reply(tx, ev, asked.By.User, fmt.Sprintf("%s lets the bot read who else administers its tenant. %s", c.Name, known.sentence()))
}

// sentence says who the others are.
func (o Others) sentence() string {
	if len(o.Named) == 0 {
		return "There is no other partner with delegated administration."
	}
	names := make([]string, len(o.Named))
	for i, p := range o.Named {
		names[i] = p.Name
		if p.Name == "" {
			names[i] = "the tenant " + string(p.Tenant)
		}
	}
	return "Other partners with delegated administration: " + strings.Join(names, ", ") + "."
}
