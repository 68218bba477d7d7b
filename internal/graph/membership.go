package graph

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

var _ driver = membership{}

func (d membership) give(ctx context.Context, p place, _ terms) (time.Time, error) {
	if p.in.err != nil || p.in.is {
		return time.Time{}, p.in.err
	}
	err := d.client.addMember(ctx, p.pass)
	if isNotFound(err) { // the group was there a moment ago
		return time.Time{}, unknownRequester()
	}
	if err != nil {
		return time.Time{}, err
	}
	d.log.InfoContext(ctx, "member added", "group", p.group, "principal", p.who, "request", p.request)
	in, err := d.client.IsMember(ctx, p.group, p.who)
	if err == nil && !in {
		err = outbox.NotYet(lookAgain / 2)
	}
	return time.Time{}, err
}

func unknownRequester() error {
	return never(access.NotFound, "Entra does not know the requester any more. Link them to their Entra user again.")
}

// keep does nothing: Entra knows of no end.
func (d membership) keep(context.Context, place, time.Time) error { return nil }

// take removes without a look first: the directory may not show yet what a give
// did a moment ago, and believing it would leave the access behind.
func (d membership) take(ctx context.Context, p place) error {
	if err := d.remove(ctx, p); err != nil {
		return err
	}
	in, err := d.inside(ctx, p)
	if err == nil && in {
		err = outbox.NotYet(lookAgain / 2)
	}
	if err == nil {
		d.gone(ctx, p)
	}
	return err
}

// remove ends the membership. Where that is not allowed to us (any more), nobody is left to
// remove who is not there at any of several looks.
func (d membership) remove(ctx context.Context, p place) error {
	err := d.client.RemoveMember(ctx, p.group, p.who)
	if access.CodeOf(err) != access.Forbidden || p.tries <= looks {
		return err
	}
	if in, unread := d.inside(ctx, p); unread != nil || in {
		return err
	}
	return nil
}

// inside reports whether the person is a member: without a group nobody is.
func (d membership) inside(ctx context.Context, p place) (bool, error) {
	in, err := d.client.IsMember(ctx, p.group, p.who)
	if isNotFound(err) {
		return false, nil
	}
	return in, err
}

func (d membership) gone(ctx context.Context, p place) {
	d.log.InfoContext(ctx, "member removed", "group", p.group, "principal", p.who, "request", p.request)
}
