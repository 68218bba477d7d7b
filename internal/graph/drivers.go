package graph

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// A driver makes and ends memberships. Each method may run again after any of its
// steps, and returns when what it did was read back.
type driver interface {
	// give makes the person a member and returns until when, zero where Entra
	// knows of no end. What Entra will never do is an [*unenforced] error.
	give(ctx context.Context, p place, t terms) (until time.Time, err error)
	// keep moves the end that Entra knows of, to earlier or later, for a person
	// who stays a member.
	keep(ctx context.Context, p place, until time.Time) error
	// take ends the membership, however it was made. No error of it is permanent.
	take(ctx context.Context, p place) error
}

// place is somebody's membership of a group, and the grant for which it is touched. The
// pass is for what gives it, or moves its end.
type place struct {
	group   access.GroupID
	who     access.PrincipalID
	request access.RequestID
	tries   int // leases of the effect so far
	pass    pass
	in      shown[bool] // whether they were in it already when the pass was made
}

// terms is how long a membership is needed: for as long as the grant lasts, which
// may have an end that does not move, and at least until the last of the others that
// are in force ends.
type terms struct {
	approved time.Time
	span     time.Duration
	fixed    time.Time // zero: by the span
	others   time.Time
}

// unenforced says why Entra does not put an end to a membership by itself.
type unenforced struct {
	why access.FallBack
	err error
}

func (e *unenforced) Error() string { return "not enforced (" + string(e.why) + "): " + e.err.Error() }
func (e *unenforced) Unwrap() error { return e.err }

// driver is the one that the grant was made for.
func (f *Effects) driver(g access.Grant) driver {
	plain := membership{f.Client, f.Log}
	if g.Scheduled() {
		return scheduled{membership: plain, now: f.Now, patience: f.misses()}
	}
	return plain
}

// give gives the grant its membership by its driver, and as a plain membership
// where that driver cannot.
func (f *Effects) give(
	ctx context.Context, e outbox.Effect, j job, others []access.Grant, way pass, in shown[bool],
) (outbox.JoinResult, error) {
	g := j.grant
	p := place{group: j.container.Group, who: g.Principal, request: g.Request, tries: e.Term, pass: way, in: in}
	plain := membership{f.Client, f.Log}
	t := terms{approved: g.ApprovedAt, span: g.Duration, fixed: g.Until}
	for _, o := range others {
		if g.Scheduled() && !o.Scheduled() { // it must not get an end because of this one
			_, err := plain.give(ctx, p, t)
			return outbox.JoinResult{FellBack: access.HeldWithout}, err
		}
		if o.ExpiresAt.After(t.others) {
			t.others = o.ExpiresAt
		}
	}
	until, err := f.driver(g).give(ctx, p, t)
	refusal, ok := errors.AsType[*unenforced](err)
	if !ok {
		return outbox.JoinResult{Until: until}, err
	}
	f.Log.InfoContext(ctx, "no schedule", "group", p.group, "principal", p.who, "request", p.request, "reason", refusal.why, "err", refusal.err)
	_, err = plain.give(ctx, p, t)
	return outbox.JoinResult{FellBack: refusal.why}, err
}

// lastEnd is when the last of the grants ends that keep a membership, and false
// where Entra is to know of no end: one of them is a plain membership, or none is
// in force yet.
func lastEnd(others []access.Grant) (last time.Time, ok bool) {
	for _, o := range others {
		if !o.Scheduled() {
			return time.Time{}, false
		}
		if o.State == access.Active && o.ExpiresAt.After(last) {
			last = o.ExpiresAt
		}
	}
	return last, !last.IsZero()
}

// others lists the other live grants that need the membership of g.
func others(tx state.Tx, g access.Grant) ([]access.Grant, error) {
	holders, err := state.Holders(tx, g.Container, g.Principal)
	if err != nil {
		return nil, err
	}
	var out []access.Grant
	for _, id := range holders {
		if id == g.Request {
			continue
		}
		o, err := state.Grant(tx, id)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			o, err = access.Grant{Request: id}, nil // it keeps the membership, whatever it is
		}
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// membership is the driver by which the bot alone adds and removes the member.
type membership struct {
	client *Client
	log    *slog.Logger
}
