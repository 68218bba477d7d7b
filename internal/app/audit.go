package app

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"time"

	"latchkey/internal/audit"
	"latchkey/internal/config"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/stream"
)

// prepareAudit has the audit log ready to be signed, and refuses a key that is none.
func (a *App) prepareAudit(ctx context.Context) error {
	if key := a.o.Config.AuditKey.Reveal(); key != "" {
		if _, err := audit.PublicKey(key); err != nil {
			return fmt.Errorf("AUDIT_KEY: %w", err)
		}
	}
	return a.store.Update(ctx, func(tx state.Tx) error {
		return audit.Prepare(tx, "latchkey/"+strings.ToLower(a.o.Config.EntraTenantID))
	})
}

// streaming is a stream of the audit log with the bell that tells it of commits.
type streaming struct {
	*stream.Stream
	what string // is sent
	bell chan struct{}
}

// streamsOf says where the settings have the audit log sent.
func streamsOf(o Options) (all []streaming, err error) {
	add := func(what, setting string, address config.Secret, parse func(string) (stream.Target, error)) (stream.Target, error) {
		if !address.IsSet() {
			return stream.Target{}, nil
		}
		t, err := parse(address.Reveal())
		if err != nil {
			return t, fmt.Errorf("%s %w", setting, err)
		}
		all = append(all, streaming{&stream.Stream{Place: t.Place, Name: t.Name, Source: stream.Checkpoints()}, what, make(chan struct{}, 1)})
		return t, nil
	}
	t, err := add("events", "AUDIT_STREAM_URL", o.Config.AuditStreamURL, stream.Parse)
	if err != nil {
		return nil, err
	}
	if t.Place != nil {
		all[0].Source = stream.Events(t.Format, o.Version)
	}
	_, err = add("checkpoints", "AUDIT_CHECKPOINT_URL", o.Config.AuditCheckpointURL, stream.ParseCheckpoints)
	return all, err
}

// follows has the streams read the store, and be measured.
func (a *App) follows() {
	for _, s := range a.streams {
		s.Store, s.Now, s.Backoff, s.Log = a.store, a.o.Now, outbox.Backoff(mathrand.Float64), a.o.Log.With("component", "stream")
		s.Behind = func(by time.Duration) { a.monitor.metrics.Behind(s.what, by) }
	}
}
