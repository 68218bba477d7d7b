package app

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/chat"
	"latchkey/internal/graph"
)

const (
	// peopleEvery is how often everybody who is linked is looked up. Slack tells of each
	// who leaves; this finds whom it told while the bot was down.
	peopleEvery = 24 * time.Hour
	// peoplePause keeps within the calls that Slack takes: 100 in a minute.
	peoplePause = 700 * time.Millisecond
)

// followPeople takes everything from who has left unheard, at the start and daily.
func (a *App) followPeople(ctx context.Context) {
	for ctx.Err() == nil {
		people, err := a.service.Linked(ctx)
		if err != nil {
			a.o.Log.WarnContext(ctx, "who is linked could not be listed", "err", err)
		}
		for _, p := range people {
			if !a.stay(ctx, p) {
				return
			}
		}
		if !wait(ctx, peopleEvery) {
			return
		}
	}
}

// stay looks up one person. It returns false when ctx has ended.
func (a *App) stay(ctx context.Context, p access.Person) bool {
	for range 3 {
		gone, mail, err := a.slack.Gone(ctx, p)
		switch {
		case err != nil:
		case gone:
			err = a.service.Left(ctx, p, approvals.InSlack)
		default:
			err = a.service.MailIs(ctx, p, mail)
		}
		if !wait(ctx, max(peoplePause, chat.Patience(err))) {
			return false
		}
		if err == nil {
			return true
		}
		a.o.Log.InfoContext(ctx, "a person could not be looked up", "user", p.User, "err", err)
	}
	return true // the next day, then
}

// readsMail says in the log when policy.yml trusts mail addresses that Slack does not tell.
func (a *App) readsMail(ctx context.Context) {
	if len(a.policy.get().StaffByMail) == 0 {
		return
	}
	if may, err := a.slack.ReadsMail(ctx); err == nil && !may {
		a.o.Log.WarnContext(ctx, "policy.yml trusts e-mail addresses that the Slack app may not read", "scope", "users:read.email")
	}
}

// leftSlack takes everything from a person of whom Slack tells that they are gone.
func (a *App) leftSlack(ctx context.Context, p access.Person) error {
	return a.service.Left(ctx, p, approvals.InSlack)
}

// followAccounts takes everything from staff whose account in Entra was disabled or
// deleted, as often as the relationships are read. An account that is not found must be
// missing twice.
func (a *App) followAccounts(ctx context.Context, enabled accounts) {
	missing := map[access.PrincipalID]bool{}
	for {
		if err := a.lookAtAccounts(ctx, enabled, missing); err != nil && ctx.Err() == nil {
			a.o.Log.WarnContext(ctx, "the accounts of the staff were not read", "err", err)
		}
		t := time.NewTimer(a.o.Config.PollInterval)
		select {
		case <-t.C:
		case <-a.peopleBell:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// accounts tells of users whether they are enabled, see [graph.Client.Enabled].
type accounts func(context.Context, []access.PrincipalID, func(access.PrincipalID, bool, error)) error

func (a *App) lookAtAccounts(ctx context.Context, enabled accounts, missing map[access.PrincipalID]bool) error {
	staff, err := a.service.Principals(ctx)
	if err != nil || len(staff) == 0 {
		return err
	}
	gone, faults := endedAccounts(graph.Background(ctx), staff, missing, enabled)
	for _, p := range gone {
		faults = errors.Join(faults, a.service.Left(ctx, p, approvals.InEntra))
	}
	return faults
}

// endedAccounts finds whose account was ended, and remembers who was not found this time.
func endedAccounts(
	ctx context.Context, staff map[access.PrincipalID]access.Person, missing map[access.PrincipalID]bool, enabled accounts,
) (gone []access.Person, faults error) {
	err := enabled(ctx, slices.Sorted(maps.Keys(staff)), func(id access.PrincipalID, is bool, err error) {
		switch {
		case access.CodeOf(err) == access.NotFound && missing[id], err == nil && !is:
			gone = append(gone, staff[id])
		case access.CodeOf(err) == access.NotFound:
			missing[id] = true
		case err != nil:
			faults = errors.Join(faults, err)
		default:
			delete(missing, id)
		}
	})
	return gone, errors.Join(err, faults)
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
