package app

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/web"
)

// browsers keeps what is under way in people's browsers in the store, for all replicas.
type browsers struct{ store state.Store }

var _ web.Browsers = browsers{}

func (b browsers) Begin(ctx context.Context, one web.Begun, now time.Time) error {
	return b.store.Update(ctx, func(tx state.Tx) error { return state.Begin(tx, state.Begun(one), now) })
}

func (b browsers) Take(ctx context.Context, begun, browser string) (one web.Begun, ok bool, err error) {
	err = b.store.Update(ctx, func(tx state.Tx) error {
		found, err := state.TakeBegun(tx, begun, browser)
		one = web.Begun(found)
		return err
	})
	return one, err == nil, known(err)
}

func (b browsers) Open(ctx context.Context, s web.Session, now time.Time) error {
	return b.store.Update(ctx, func(tx state.Tx) error { return state.OpenSession(tx, state.Session(s), now) })
}

func (b browsers) Find(ctx context.Context, name string) (s web.Session, ok bool, err error) {
	err = b.store.View(ctx, func(tx state.Tx) error {
		found, err := state.FindSession(tx, name)
		s = web.Session(found)
		return err
	})
	return s, err == nil, known(err)
}

func (b browsers) End(ctx context.Context, name string) error {
	return b.store.Update(ctx, func(tx state.Tx) error { return state.EndSession(tx, name) })
}

// known is an error but that there is nothing.
func known(err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	return err
}
