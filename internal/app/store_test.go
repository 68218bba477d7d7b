package app_test

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"latchkey/internal/app"
	"latchkey/internal/config"
	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// TestKeyChangesAlone does not seal a state otherwise while a replica runs on it, which
// could not read it any more, and whose writes nobody could read.
func TestKeyChangesAlone(t *testing.T) {
	t.Parallel()
	c, err := etcdtest.Start(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	log := slog.New(slog.DiscardHandler)
	key := func(b string) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(b, 32))) }
	with := func(keys ...string) config.Config {
		return config.Config{
			StateURL: "etcd://" + strings.TrimPrefix(c.Endpoints()[0], "http://") + "/keys", StateKey: config.NewSecret(strings.Join(keys, ",")),
		}
	}
	for _, keys := range [][2][]string{{nil, {key("1")}}, {{key("1")}, {key("2"), key("1")}}} {
		runs, err := app.OpenStore(t.Context(), with(keys[0]...), log)
		if err != nil {
			t.Fatal(err)
		}
		if err := runs.Update(t.Context(), func(tx state.Tx) error { return tx.Put("grant/1", []byte("{}")) }); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		present, gone := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(gone)
			runs.Replicas.Present(ctx, "one", log, func(ctx, _ context.Context) {
				close(present)
				<-ctx.Done()
			})
		}()
		<-present
		for within := time.Second; ; within *= 2 { // it waits for as long as it may
			soon, cancel := context.WithTimeout(t.Context(), within)
			other, err := app.OpenStore(soon, with(keys[1]...), log)
			cancel()
			if err == nil {
				other.Close() //nolint:errcheck // the test has failed
			}
			if err == nil || !strings.Contains(err.Error(), "1 replicas run on the state") {
				if errors.Is(err, context.DeadlineExceeded) && within < time.Minute {
					continue // the machine is slow, and the cluster was not read in time
				}
				t.Errorf("OpenStore with another key, beside a replica: %v", err)
			}
			break
		}
		if err := runs.View(t.Context(), func(tx state.Tx) error { _, err := tx.Get("grant/1"); return err }); err != nil {
			t.Errorf("the replica that runs: %v", err)
		}
		stop()
		<-gone
		if err := runs.Close(); err != nil {
			t.Fatal(err)
		}
		alone, err := app.OpenStore(t.Context(), with(keys[1]...), log)
		if err != nil {
			t.Fatalf("OpenStore with another key, alone: %v", err)
		}
		if err := alone.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
