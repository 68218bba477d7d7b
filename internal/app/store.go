package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/etcdstore"
	"latchkey/internal/state/seal"
)

// Opened is the store of a configuration.
type Opened struct {
	state.Store
	// Replicas is the same store where several processes may have it open; else nil.
	Replicas *etcdstore.Store
}

// OpenStore opens the store that the configuration names, and seals it as that says.
// A crash leaves a part of it sealed as before; the next call goes on.
func OpenStore(ctx context.Context, c config.Config, log *slog.Logger) (Opened, error) {
	store, err := openSealed(ctx, c, log)
	if err != nil || store.Replicas != nil {
		return store, err
	}
	var owed bool
	err = store.View(ctx, func(tx state.Tx) (err error) {
		owed, err = state.OwesRewrite(tx)
		return err
	})
	if err != nil {
		return Opened{}, errors.Join(err, store.Close())
	}
	if !owed {
		return store, nil
	}
	if err := store.Close(); err != nil {
		return Opened{}, err
	}
	path, err := c.StatePath()
	if err != nil {
		return Opened{}, err
	}
	if _, err := boltstore.Rewrite(ctx, path); err != nil {
		log.WarnContext(ctx, "state not rewritten", "err", err)
	}
	return openSealed(ctx, c, log)
}

func openSealed(ctx context.Context, c config.Config, log *slog.Logger) (Opened, error) {
	keys, err := c.StateKeys()
	if err != nil {
		return Opened{}, fmt.Errorf("STATE_KEY %w", err)
	}
	below, err := OpenUnsealed(ctx, c)
	if err != nil {
		return Opened{}, err
	}
	if err := unshared(ctx, below, keys); err != nil {
		return Opened{}, errors.Join(err, below.Close())
	}
	store, pass, err := seal.Open(ctx, below.Store, keys)
	if pass.Renewed > 0 {
		log.InfoContext(ctx, "state sealed anew", "records", pass.Renewed)
	}
	for _, place := range pass.Aside {
		log.ErrorContext(ctx, "sealed record does not open", "key", place)
	}
	if err != nil {
		return Opened{}, errors.Join(err, below.Close())
	}
	return Opened{store, below.Replicas}, nil
}

// unshared refuses to seal a state otherwise while replicas run on it: they could not read
// it any more, nor the next start what they write.
func unshared(ctx context.Context, at Opened, keys [][]byte) error {
	if at.Replicas == nil {
		return nil
	}
	renews, err := seal.Renews(ctx, at.Store, keys)
	if err != nil || !renews {
		return err
	}
	who, err := at.Replicas.Deserted(ctx)
	if err == nil && len(who) > 0 {
		err = fmt.Errorf("STATE_KEY is another than before, and %d replicas run on the state with that one: stop all of them first; nothing was changed", len(who))
	}
	return err
}

// OpenUnsealed opens the store that the configuration names as it is, sealed or not: for
// whoever moves it and need not read it.
func OpenUnsealed(ctx context.Context, c config.Config) (Opened, error) {
	if !c.InCluster() {
		path, err := c.StatePath()
		if err != nil {
			return Opened{}, fmt.Errorf("STATE_URL %w", err)
		}
		file, err := boltstore.Open(path)
		if err != nil {
			return Opened{}, err
		}
		return Opened{Store: file}, nil
	}
	at, err := c.StateCluster()
	if err != nil {
		return Opened{}, fmt.Errorf("STATE_URL %w", err)
	}
	cluster, err := etcdstore.Open(ctx, etcdstore.Config{
		Endpoints: at.Endpoints, Prefix: at.Prefix, TLS: at.TLS, Username: at.User, Password: c.StatePassword.Reveal(),
	})
	if err != nil {
		return Opened{}, err
	}
	return Opened{cluster, cluster}, nil
}

// OpenToRead opens the store that the configuration names, as far as its keys allow, and
// changes nothing in it: a file that no process may write meanwhile, or a cluster beside
// those that do.
func OpenToRead(ctx context.Context, c config.Config) (state.Store, error) {
	keys, err := c.StateKeys()
	if err != nil {
		return nil, fmt.Errorf("STATE_KEY %w", err)
	}
	below, err := openPlainToRead(ctx, c)
	if err != nil {
		return nil, err
	}
	store, err := seal.OpenToRead(ctx, below, keys)
	if err != nil {
		return nil, errors.Join(err, below.Close())
	}
	return store, nil
}

func openPlainToRead(ctx context.Context, c config.Config) (state.Store, error) {
	if c.InCluster() {
		cluster, err := OpenUnsealed(ctx, c)
		return cluster.Store, err
	}
	path, err := c.StatePath()
	if err != nil {
		return nil, fmt.Errorf("STATE_URL %w", err)
	}
	return boltstore.OpenToRead(path)
}
