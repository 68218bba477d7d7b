package schedule

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cause"
	"latchkey/internal/state"
)

const (
	// followEvery is how often the relationships of offers are read that wait
	// for a step of the customer or of Microsoft.
	followEvery = 15 * time.Second
	// mostFollowed bounds one such pass; the whole read comes to the others.
	mostFollowed = 20
)

// followFor waits, and meanwhile follows offers that may move. It reports false
// when ctx has ended.
func (s *Sync) followFor(ctx context.Context, wait time.Duration, wake <-chan struct{}) bool {
	for {
		turned(s.Turned)
		step := min(wait, followEvery)
		woken, ok := pauseOr(ctx, step, wake)
		if !ok {
			return false
		}
		if wait -= step; woken || wait <= 0 {
			return true
		}
		if err := s.Follow(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "offers not followed", "err", err)
		}
	}
}

// pauseOr waits, or until woken.
func pauseOr(ctx context.Context, wait time.Duration, wake <-chan struct{}) (woken, ok bool) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return false, true
	case <-wake:
		return true, true
	case <-ctx.Done():
		return false, false
	}
}

// Follow reads the relationships of offers that may move at any moment, each by
// itself, and writes what differs. One that Graph does not know is left to the
// whole read.
func (s *Sync) Follow(ctx context.Context) error {
	ctx, _ = cause.Begin(ctx)
	s.looks.begin()
	read := s.reading()
	err := read.follow(ctx)
	if !read.wrote {
		return err
	}
	return errors.Join(err, s.Store.Update(ctx, func(tx state.Tx) error { return s.passed(tx, false) }))
}

func (r *reading) follow(ctx context.Context) error {
	var ids []access.RelationshipID
	var aside []error
	err := r.Store.View(ctx, func(tx state.Tx) error {
		offers, bad, err := state.FollowedOffers(tx, mostFollowed)
		ids, aside = nil, bad
		for _, o := range offers {
			ids = append(ids, o.Relationship)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.setAside(aside...)
	for _, id := range ids {
		rel, err := r.Graph.Relationship(ctx, id)
		if access.CodeOf(err) == access.NotFound {
			continue
		}
		if err != nil {
			return errors.Join(r.flush(ctx), err)
		}
		r.pending = append(r.pending, state.MirroredRelationship{Relationship: rel})
	}
	return r.flush(ctx)
}
