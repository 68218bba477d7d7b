package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/app"
	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
)

// stateCopy moves the state of stopped bots from one store into another. Both are named
// as STATE_URL is; the other settings of the state are for both.
func stateCopy(ctx context.Context, in invocation) error {
	if len(in.args) != 2 || in.args[0] == in.args[1] {
		return errUsage{"say from where to where, both as in STATE_URL"}
	}
	var places [2]state.Place
	for i, at := range in.args {
		s, err := openPlace(ctx, in, at)
		if err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // what was written is committed
		places[i] = state.Place{Store: s, Name: at}
	}
	done, err := state.Copy(ctx, places[0], places[1], func(items int) { fmt.Fprintf(in.stderr, "\r%d items", items) })
	fmt.Fprintln(in.stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s holds all that %s did: %d items, %d bytes, sha256 %x, read back.\nSet STATE_URL to %s. No bot starts on the other any more.\n",
		places[1].Name, places[0].Name, done.Items, done.Bytes, done.Digest, places[1].Name)
	return nil
}

// openPlace opens one of the stores, and refuses where a bot runs on it.
func openPlace(ctx context.Context, in invocation, at string) (app.Opened, error) {
	c, err := config.LoadState(ctx, otherState{in.env, at})
	if err != nil {
		return app.Opened{}, err
	}
	s, err := app.OpenUnsealed(ctx, c)
	if err != nil || s.Replicas == nil {
		return s, err // a file that a bot has open does not open
	}
	if err := deserted(ctx, in, s.Replicas, at); err != nil {
		return app.Opened{}, errors.Join(err, s.Close())
	}
	return s, nil
}

// forgotten is after how long the cluster knows no more of a bot that was killed.
const forgotten = 10 * time.Second

// deserted refuses where bots run. One that has just been killed is waited for.
func deserted(ctx context.Context, in invocation, cluster *etcdstore.Store, at string) error {
	for end, told := time.Now().Add(forgotten), false; ; {
		who, err := cluster.Everybody(ctx)
		switch {
		case err != nil || len(who) == 0:
			return err
		case time.Now().After(end):
			return fmt.Errorf("%d bots run on %s (%s): stop them first", len(who), at, strings.Join(who, ", "))
		case !told:
			fmt.Fprintf(in.stderr, "Waiting up to %s for %d bots to end.\n", forgotten, len(who))
			told = true
		}
		select {
		case <-time.After(time.Second / 2):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// otherState is the environment with another STATE_URL.
type otherState struct {
	envconfig.Lookuper
	url string
}

// Lookup returns the value of a setting.
func (o otherState) Lookup(name string) (string, bool) {
	if name == "STATE_URL" {
		return o.url, true
	}
	return o.Lookuper.Lookup(name)
}
