package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/seal"
)

// OpenStore opens the store that the configuration names, and seals it as that says.
// A crash leaves a part of it sealed as before; the next call goes on.
func OpenStore(ctx context.Context, c config.Config, log *slog.Logger) (state.Store, error) {
	store, err := openSealed(ctx, c, log)
	if err != nil {
		return nil, err
	}
	var owed bool
	err = store.View(ctx, func(tx state.Tx) (err error) {
		owed, err = state.OwesRewrite(tx)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if !owed {
		return store, nil
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	path, err := c.StatePath()
	if err != nil {
		return nil, err
	}
	if _, err := boltstore.Rewrite(ctx, path); err != nil {
		log.WarnContext(ctx, "state not rewritten", "err", err)
	}
	return openSealed(ctx, c, log)
}

func openSealed(ctx context.Context, c config.Config, log *slog.Logger) (state.Store, error) {
	path, err := c.StatePath()
	if err != nil {
		return nil, fmt.Errorf("STATE_URL %w", err)
	}
	keys, err := c.StateKeys()
	if err != nil {
		return nil, fmt.Errorf("STATE_KEY %w", err)
	}
	below, err := boltstore.Open(path)
	if err != nil {
		return nil, err
	}
	store, pass, err := seal.Open(ctx, below, keys)
	if pass.Renewed > 0 {
		log.InfoContext(ctx, "state sealed anew", "records", pass.Renewed)
	}
	for _, place := range pass.Aside {
		log.ErrorContext(ctx, "sealed record does not open", "key", place)
	}
	if err != nil {
		return nil, errors.Join(err, below.Close())
	}
	return store, nil
}
