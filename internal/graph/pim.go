package graph

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

const (
	// endStep is how much later the end of a grant is fixed when giving it takes
	// long. Within a step every try asks for the same end, so that a schedule with
	// that end is known to be what an earlier try made.
	endStep = 2 * time.Minute
	// shortest is the shortest that PIM schedules from now on, and nearest how near
	// an end is put at most: a minute more, for clocks that differ.
	shortest = 5 * time.Minute
	nearest  = shortest + time.Minute
	// youngAgain is the wait until a schedule that PIM does not remove yet is
	// removed again.
	youngAgain = 15 * time.Second
)

// scheduled is the driver by which PIM for Groups makes the member, with an end at
// which Entra removes it again.
type scheduled struct {
	membership
	now      func() time.Time
	patience int // leases for which PIM may not know the group yet
}

var _ driver = scheduled{}

var errTooShort = errors.New("it would be shorter than PIM makes one")

// ends returns when the grant ends, and when the membership must: counted from the
// approval in whole steps, so that the wait for Entra costs the person little and
// no two tries within a step differ.
func (t terms) ends(now time.Time) (own, want time.Time) {
	late := max(now.Sub(t.approved), 0)
	own = t.approved.Add(late - late%endStep + t.span).Truncate(time.Second)
	if !t.fixed.IsZero() {
		own = t.fixed
	}
	if t.others.After(own) {
		return own, t.others
	}
	return own, own
}

func (d scheduled) give(ctx context.Context, p place, t terms) (time.Time, error) {
	own, want := t.ends(d.now())
	if want.Before(d.now().Add(shortest)) {
		return time.Time{}, &unenforced{access.TooShort, errTooShort}
	}
	found, err := d.client.Schedules(ctx, p.group, p.who)
	if err != nil {
		return time.Time{}, d.refusal(p, err)
	}
	if !endsAt(found, want) {
		if err := d.set(ctx, p, want); err != nil {
			return time.Time{}, err
		}
		if found, err = d.client.Schedules(ctx, p.group, p.who); err != nil {
			return time.Time{}, d.refusal(p, err)
		}
	}
	in, err := d.client.IsMember(ctx, p.group, p.who)
	if err == nil && (!in || !endsAt(found, want)) {
		err = outbox.NotYet(lookAgain / 2)
	}
	return own, err
}

// endsAt reports whether there is a schedule, and nothing but what ends then.
func endsAt(all []Schedule, end time.Time) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(s Schedule) bool { return !s.End.Equal(end) })
}

// set gives the membership that end, whether or not there is one: lists may not
// show yet what there is.
func (d scheduled) set(ctx context.Context, p place, end time.Time) error {
	err := d.ask(ctx, pimAssign, p, end)
	if codeOf(err) == pimExists {
		err = d.ask(ctx, pimUpdate, p, end)
		if codeOf(err) == pimAbsent { // a member that PIM does not want to know of
			return &unenforced{access.HeldWithout, err}
		}
	}
	if err != nil {
		return d.refusal(p, err)
	}
	d.log.InfoContext(ctx, "schedule set", "group", p.group, "principal", p.who, "request", p.request, "until", end)
	return nil
}

func (d scheduled) ask(ctx context.Context, action string, p place, end time.Time) error {
	return d.client.askPIM(ctx, action, p, d.now().Truncate(time.Second), end)
}

// refusal tells what PIM will never do from what it may do later.
func (d scheduled) refusal(p place, err error) error {
	code, is := codeOf(err), status(err)
	switch {
	case !definite(is):
		return err
	case code == pimNobody:
		return unknownRequester()
	case code == pimPending:
		return outbox.NotYet(lookAgain)
	case is == http.StatusNotFound && p.tries < d.patience: // PIM may not have heard of the group yet
		return outbox.NotYet(lookAgain)
	case code == pimTooShort:
		return &unenforced{access.TooShort, err}
	case strings.Contains(strings.ToLower(code), "license"):
		return &unenforced{access.NoLicence, err}
	case is == http.StatusForbidden:
		return &unenforced{access.NoPermission, err}
	}
	return &unenforced{access.NotAccepted, err}
}

// definite reports whether the same request would be refused again.
func definite(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	}
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}

// keep writes without a look first, for what a list shows may be older. Nearer
// than PIM takes it, the end stays a few minutes off: the bot is there before.
func (d scheduled) keep(ctx context.Context, p place, until time.Time) error {
	if least := d.now().Add(nearest).Truncate(time.Second); until.Before(least) {
		found, err := d.client.Schedules(ctx, p.group, p.who)
		if err == nil && !endsAfter(found, least) {
			return nil
		}
		until = least
	}
	err := d.ask(ctx, pimUpdate, p, until)
	if code := codeOf(err); code == pimPending {
		return outbox.NotYet(lookAgain)
	}
	if definite(status(err)) { // a plain membership: there is no end to move
		d.log.InfoContext(ctx, "schedule not moved", "group", p.group, "principal", p.who, "request", p.request, "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	found, err := d.client.Schedules(ctx, p.group, p.who)
	if err == nil && !endsAt(found, until) {
		err = outbox.NotYet(lookAgain / 2)
	}
	return err
}

// take has PIM remove the member. Whatever keeps PIM from it (it knows of none, the
// schedule is younger than five minutes, there is no licence any more, it does not
// answer), the membership itself is ended. What is left of a schedule is removed
// as soon as PIM lets it be.
func (d scheduled) take(ctx context.Context, p place) error {
	asked := d.ask(ctx, pimRemove, p, time.Time{})
	if asked != nil {
		if err := d.remove(ctx, p); err != nil {
			return err
		}
	}
	in, err := d.inside(ctx, p)
	switch {
	case err != nil:
		return err
	case in:
		if asked == nil { // PIM takes its time: do not wait for it
			err = d.remove(ctx, p)
		}
		return cmp.Or(err, outbox.NotYet(lookAgain/2))
	case asked != nil && !definite(status(asked)):
		return asked
	}
	found, err := d.client.Schedules(ctx, p.group, p.who)
	switch {
	case definite(status(err)): // PIM is not for us any more, nor is anything scheduled
	case err != nil:
		return err
	case endsAfter(found, d.now()) && codeOf(asked) == pimTooShort:
		return outbox.NotYet(youngAgain)
	case endsAfter(found, d.now()):
		return outbox.NotYet(lookAgain / 2)
	}
	d.gone(ctx, p)
	return nil
}

// endsAfter reports whether there is a schedule that ends later, or never.
func endsAfter(all []Schedule, at time.Time) bool {
	return slices.ContainsFunc(all, func(s Schedule) bool { return s.End.IsZero() || s.End.After(at) })
}
