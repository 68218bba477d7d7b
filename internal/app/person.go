package app

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

// Records is the state of a bot that does not run, for what whoever runs it does to it.
type Records struct {
	*approvals.Service
	o     Options
	store state.Store
}

// OpenRecords opens the state. While the bot runs, one in a file is not to be had.
func OpenRecords(ctx context.Context, o Options) (*Records, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	p, err := openRulebook(o.Config.PolicyFile)
	if err != nil {
		return nil, err
	}
	store, err := OpenStore(ctx, o.Config, o.Log)
	if err != nil {
		return nil, err
	}
	if err := state.Migrate(ctx, store); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &Records{o: o, store: store, Service: &approvals.Service{
		Store: store, Policy: p.get, Now: o.Now, Protocol: time.Now, Team: func() access.TeamID { return "" },
		NewID:    func() (access.RequestID, error) { return access.NewRequestID(rand.Reader) },
		NewNonce: func() (string, error) { return nonce(16) },
	}}, nil
}

// Close closes the state, and has a file be rewritten that keeps what was deleted.
func (r *Records) Close(ctx context.Context) error {
	if err := r.store.Close(); err != nil {
		return err
	}
	again, err := OpenStore(ctx, r.o.Config, r.o.Log)
	if err != nil {
		return err
	}
	return again.Close()
}

// goOnForgetting ends what a crash has left of the deletion of somebody's data.
func (a *App) goOnForgetting(ctx context.Context) {
	if err := a.service.GoOnForgetting(ctx); err != nil && ctx.Err() == nil {
		a.o.Log.ErrorContext(ctx, "a person is not forgotten yet", "err", err)
	}
}
