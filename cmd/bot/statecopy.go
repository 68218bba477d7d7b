package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/app"
	"latchkey/internal/config"
	"latchkey/internal/state"
)

// stateCopy moves the state of stopped bots from one store into another. Both are named
// as STATE_URL is; the other settings of the state are for both.
func stateCopy(ctx context.Context, in invocation) error {
	if len(in.args) != 2 || in.args[0] == in.args[1] {
		return errUsage{"say from where to where, both as in STATE_URL"}
	}
	var places [2]state.Place
	for i, at := range in.args {
		s, err := openPlace(ctx, in, at, i == 0)
		if err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // what was written is committed
		places[i] = state.Place{Store: s, Name: at}
	}
	done, err := state.Copy(ctx, places[0], places[1], func(items int) { fmt.Fprintf(in.stderr, "\r%d items", items) })
	if done.Items > 0 {
		fmt.Fprintln(in.stderr)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(in.stdout, "%s holds all that %s did: %d items, %d bytes, sha256 %x, read back.\nSet STATE_URL to %s. No bot starts on the other any more.\n",
		places[1].Name, places[0].Name, done.Items, done.Bytes, done.Digest, places[1].Name)
	return nil
}

// openPlace opens one of the stores, and refuses where a bot runs on it. A file that is to
// be read must be there.
func openPlace(ctx context.Context, in invocation, at string, there bool) (app.Opened, error) {
	c, err := config.LoadState(ctx, otherState{in.env, at})
	if err != nil {
		return app.Opened{}, err
	}
	if path, err := c.StatePath(); there && err == nil {
		if _, err := os.Stat(path); err != nil {
			return app.Opened{}, fmt.Errorf("there is no state in %s: %w", at, err)
		}
	}
	s, err := app.OpenUnsealed(ctx, c)
	if err != nil || s.Replicas == nil {
		return s, err // a file that a bot has open does not open
	}
	who, err := s.Replicas.Deserted(ctx)
	if err == nil && len(who) > 0 {
		err = fmt.Errorf("%d bots run on %s (%s): stop them first", len(who), at, strings.Join(who, ", "))
	}
	if err != nil {
		return app.Opened{}, errors.Join(err, s.Close())
	}
	return s, nil
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
