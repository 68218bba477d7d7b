package approvals

import (
	"context"
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// DAPStory is what is known of a customer's legacy delegated administration.
type DAPStory struct {
	Customer Customer
	DAP      state.DAP
	Known    bool // it has been asked about, though perhaps in vain
	Active   int  // active relationships (GDAP), which stay
}

// DAP returns what is known. Only linked staff and bot admins may look.
func (s *Service) DAP(ctx context.Context, o Origin, tenant access.TenantID) (DAPStory, error) {
	var out DAPStory
	err := s.view(ctx, o, subject{act: "dap", customer: tenant}, func(tx state.Tx) (err error) {
		out, err = s.dapStory(tx, tenant)
		return err
	})
	return out, err
}

func (s *Service) dapStory(tx state.Tx, tenant access.TenantID) (out DAPStory, err error) {
	if out.Customer, err = s.customer(tx, tenant); err != nil {
		return out, err
	}
	if out.DAP, out.Known, err = state.DAPOf(tx, tenant); err != nil {
		return out, err
	}
	known, _, err := state.ReadableRelationships(tx, tenant)
	for _, m := range known {
		if m.Status == access.RelationshipActive {
			out.Active++
		}
	}
	return out, err
}

// CheckDAP has it read again soon, and who asks told of what is found.
func (s *Service) CheckDAP(ctx context.Context, o Origin, tenant access.TenantID) (DAPStory, error) {
	var out DAPStory
	err := s.act(ctx, o, subject{act: "dap check", customer: tenant}, func(tx state.Tx, now time.Time) (err error) {
		if err := s.reader(tx, o.Actor); err != nil {
			return err
		}
		if out, err = s.dapStory(tx, tenant); err != nil {
			return err
		}
		if !out.Customer.InPolicy {
			return access.Refuse(access.NotFound, "%s is not in policy.yml, so Partner Center is not asked about it.", out.Customer.Name)
		}
		return state.PutDAPAsk(tx, state.DAPAsk{Customer: tenant, By: named(tx, o.Actor), At: now})
	})
	return out, err
}

// MayRemoveDAP makes the checks of [Service.RemoveDAP] but for what was typed.
func (s *Service) MayRemoveDAP(ctx context.Context, o Origin, tenant access.TenantID) (DAPStory, error) {
	var out DAPStory
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, _, err = s.removable(tx, o.Actor, tenant)
		return err
	})
	return out, s.audited(ctx, o, subject{act: "dap remove", customer: tenant}, err)
}

// RemoveDAP lets a bot admin sign in once, to remove it: Microsoft takes that
// from a signed-in person only. It returns the secret of the link to the
// sign-in, which is good for a few minutes and for this person.
func (s *Service) RemoveDAP(ctx context.Context, o Origin, tenant access.TenantID, typed string) (secret string, out DAPStory, err error) {
	err = s.act(ctx, o, subject{act: "dap remove", customer: tenant}, func(tx state.Tx, now time.Time) error {
		story, staff, err := s.removable(tx, o.Actor, tenant)
		if err != nil {
			return err
		}
		if !names(typed, story.Customer.Name) {
			return access.Refuse(access.Invalid, "Type %s to confirm. Nothing was removed.", story.Customer.Name)
		}
		out = story
		secret, err = s.issue(tx, state.TicketDAP, tenant, staff.Person, staff.Principal, now)
		return err
	})
	return secret, out, err
}

func (s *Service) removable(tx state.Tx, who access.Person, tenant access.TenantID) (DAPStory, access.Staff, error) {
	staff, err := s.signer(tx, who)
	if err != nil {
		return DAPStory{}, staff, err
	}
	story, err := s.dapStory(tx, tenant)
	switch {
	case err != nil:
	case !story.Customer.InPolicy:
		err = access.Refuse(access.NotFound, "%s is not in policy.yml, so Partner Center is not asked about it.", story.Customer.Name)
	case story.Known && !story.DAP.ReadAt.IsZero() && !story.DAP.Held:
		err = access.Refuse(access.Conflict, "%s has no legacy administration (DAP) any more, as read from Partner Center at %s.",
			story.Customer.Name, access.FormatTime(story.DAP.ReadAt))
	}
	return story, staff, err
}

// signer is a bot admin who is linked, for the one who signs in must be known.
func (s *Service) signer(tx state.Tx, who access.Person) (access.Staff, error) {
	if err := s.admin(who); err != nil {
		return access.Staff{}, err
	}
	staff, err := s.staff(tx, who)
	if err == nil && staff.Principal == "" {
		err = access.Refuse(access.Forbidden, "You are not linked to a user in Entra yet, so your sign-in could not be told from another's.")
	}
	return staff, err
}

// InviteReseller lets a bot admin sign in once, to fetch the link by which a
// customer accepts the reseller.
func (s *Service) InviteReseller(ctx context.Context, o Origin, tenant access.TenantID) (secret string, out DAPStory, err error) {
	err = s.act(ctx, o, subject{act: "reseller link", customer: tenant}, func(tx state.Tx, now time.Time) error {
		staff, err := s.signer(tx, o.Actor)
		if err != nil {
			return err
		}
		if out, err = s.dapStory(tx, tenant); err != nil {
			return err
		}
		secret, err = s.issue(tx, state.TicketInvite, tenant, staff.Person, staff.Principal, now)
		return err
	})
	return secret, out, err
}

// dapPatience is how long an act that was taken may stay without an outcome.
// Within it, that nothing has changed yet proves nothing.
const dapPatience = 5 * time.Minute

// DAPSeen settles what waited for a read of the customer: removals, and people
// who asked.
func (s *Service) DAPSeen(tx state.Tx, d state.DAP) error {
	now := s.now()
	told, err := s.settleRemovals(tx, d, now)
	if err != nil {
		return err
	}
	asks, err := state.DAPAsks(tx)
	if err != nil {
		return err
	}
	for _, a := range asks {
		if a.Customer != d.Customer {
			continue
		}
		if err := state.DeleteDAPAsk(tx, a); err != nil {
			return err
		}
		if slices.Contains(told, a.By.User) {
			continue
		}
		story, err := s.dapStory(tx, d.Customer)
		if err != nil {
			return err
		}
		cause := access.Event{Seq: uint64(max(0, a.At.UnixMilli())), Customer: d.Customer} //nolint:gosec // not negative
		if err := s.reply(tx, cause, a.By.User, dapFinding(story)); err != nil {
			return err
		}
	}
	return nil
}

func dapFinding(story DAPStory) string {
	switch d := story.DAP; {
	case d.Problem != "":
		return fmt.Sprintf("Whether %s still has legacy administration (DAP) could not be read: %s", story.Customer.Name, d.Problem)
	case d.Held:
		return fmt.Sprintf("%s still has legacy administration (DAP), as read from Partner Center just now.", story.Customer.Name)
	}
	return fmt.Sprintf("%s has no legacy administration (DAP), as read from Partner Center just now.", story.Customer.Name)
}

// settleRemovals ends the removals under way that the read tells of, and
// returns who was told.
func (s *Service) settleRemovals(tx state.Tx, d state.DAP, now time.Time) (told []access.UserID, err error) {
	all, err := state.AllTickets(tx)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if t.Act != state.TicketDAP || t.Customer != d.Customer || !t.Underway() {
			continue
		}
		late := now.Sub(t.TakenAt) >= dapPatience
		switch {
		case d.Problem != "":
			continue // the next read tells
		case !d.Held:
			err = s.dapRemoved(tx, t, now)
		case late:
			err = s.dapKept(tx, t, "Partner Center still shows it.", now)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		told = append(told, t.By.User)
	}
	return told, nil
}

func (s *Service) dapRemoved(tx state.Tx, t state.Ticket, now time.Time) error {
	ev, name, err := s.settled(tx, t, access.EventDAPRemoved, now, map[string]string{"principal": string(t.Principal)})
	if err != nil {
		return err
	}
	text := access.Say("Legacy administration (DAP) of %s is removed: %s removed it, and Partner Center has confirmed that. "+
		"It cannot be given back; relationships (GDAP) are not touched.", name, t.By.Name)
	if err := s.reply(tx, ev, t.By.User, text.String()); err != nil {
		return err
	}
	return s.tellChannel(tx, ev, t.Customer, text)
}

func (s *Service) dapKept(tx state.Tx, t state.Ticket, why string, now time.Time) error {
	ev, name, err := s.settled(tx, t, access.EventDAPKept, now, map[string]string{"principal": string(t.Principal)})
	if err != nil {
		return err
	}
	return s.reply(tx, ev, t.By.User, fmt.Sprintf(
		"Legacy administration (DAP) of %s was not removed. %s Start again with `/access dap remove`.", name, why))
}

// settled closes a ticket, audits what became of it and returns what the
// customer is called.
func (s *Service) settled(tx state.Tx, t state.Ticket, kind access.EventKind, now time.Time, detail map[string]string) (access.Event, string, error) {
	t.SettledAt = now
	if err := state.PutTicket(tx, t); err != nil {
		return access.Event{}, "", err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Actor: t.By, Kind: kind, Customer: t.Customer, Detail: detail})
	if err != nil {
		return ev, "", err
	}
	name := string(t.Customer)
	if c, err := s.customer(tx, t.Customer); err == nil {
		name = c.Name
	}
	return ev, name, nil
}
