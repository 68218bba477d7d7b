package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// checkpoint has all that is in the log signed, and customers told of it.
func (w *world) checkpoint(t *testing.T) {
	t.Helper()
	for _, do := range []func() (bool, error){
		func() (bool, error) { return w.Checkpoint(t.Context()) },
		func() (bool, error) { return w.PostCheckpoints(t.Context()) },
	} {
		for more := true; more; {
			var err error
			if more, err = do(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// posted lists whom the notices that are owed tell of a checkpoint.
func (w *world) posted(t *testing.T) (to []access.ChannelID) {
	t.Helper()
	err := w.store.View(t.Context(), func(tx state.Tx) error {
		all, err := outbox.Pending(tx)
		for _, e := range all {
			if e.Kind != outbox.SlackNotice {
				continue
			}
			n, err := outbox.Payload[outbox.NoticePayload](e)
			if err != nil {
				return err
			}
			if n.Notice == outbox.NoticeCheckpoint {
				to = append(to, n.Channel)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestPostCheckpoints tells each customer of what is signed a month after the first of it,
// in its own channel, and again only where something is new.
func TestPostCheckpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	private, public, err := audit.NewKey("latchkey.test/log")
	if err != nil {
		t.Fatal(err)
	}
	w.AuditKey = func() string { return private }
	happens := func(customers ...access.TenantID) {
		t.Helper()
		if err := w.store.Update(t.Context(), func(tx state.Tx) error {
			for _, c := range customers {
				if _, err := audit.Append(tx, access.Event{At: w.now, Kind: access.EventRefused, Customer: c}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		name string
		wait time.Duration
		of   []access.TenantID
		told int // altogether
	}{
		{"TheFirst", 0, []access.TenantID{contoso, adatum, "unknown"}, 0},
		{"Soon", 29 * 24 * time.Hour, []access.TenantID{contoso}, 0},
		{"AMonth", 25 * time.Hour, nil, 2},
		{"NothingNew", 31 * 24 * time.Hour, nil, 2},
		{"New", time.Hour, []access.TenantID{contoso}, 3},
		{"NewAgainSoon", time.Hour, []access.TenantID{contoso, adatum}, 4},
		{"ClockPutBack", -90 * 24 * time.Hour, []access.TenantID{contoso}, 5},
		{"SoonAfterThat", time.Hour, []access.TenantID{contoso}, 5},
	}
	for _, step := range steps {
		w.now = w.now.Add(step.wait)
		happens(step.of...)
		w.checkpoint(t)
		w.checkpoint(t)
		if to := w.posted(t); len(to) != step.told {
			t.Errorf("%s: told %v, want %d", step.name, to, step.told)
		}
	}
	if err := w.store.View(t.Context(), func(tx state.Tx) error {
		held, err := audit.VerifyBy(tx, audit.Trust{Keys: []string{public}})
		if held.Signed != held.Events {
			t.Errorf("%d of %d events are signed", held.Signed, held.Events)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

// TestCheckpointWithoutAKey signs nothing where there is no key, and says so.
func TestCheckpointWithoutAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Checkpoint(t.Context()); err == nil {
		t.Error("it signs with nothing")
	}
	if err := w.AuditKeyInForce(t.Context()); err == nil {
		t.Error("nothing is in force")
	}
}
