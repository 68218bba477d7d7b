package etcdstore_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
)

// TestLead has two replicas stand for election: one leads, and when it stands down the
// other does.
func TestLead(t *testing.T) {
	t.Parallel()
	prefix := t.TempDir()
	a, b := openThrough(t, prefix, &between{}), openThrough(t, prefix, &between{})
	type term struct {
		who string
		ctx context.Context
	}
	led := make(chan term)
	lead := func(who string, s *etcdstore.Store) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Lead(ctx, "test", slog.New(slog.DiscardHandler), func(ctx context.Context) {
				led <- term{who, context.WithoutCancel(ctx)} // it does not hear of its end
				<-ctx.Done()
			})
		}()
		return func() {
			cancel()
			<-ended
		}
	}
	stopA := lead("a", a)
	first := <-led
	stopB := lead("b", b)
	defer stopB()
	put := func(ctx context.Context, s *etcdstore.Store) error {
		return s.Update(ctx, func(tx state.Tx) error { return tx.Put("x", nil) })
	}
	if err := put(first.ctx, a); err != nil {
		t.Errorf("the leader's Update = %v", err)
	}
	stopA()
	second := <-led
	if first.who != "a" || second.who != "b" {
		t.Errorf("%s led and then %s; want a and b", first.who, second.who)
	}
	if err := put(first.ctx, a); !errors.Is(err, etcdstore.ErrDeposed) {
		t.Errorf("Update of the one before = %v, want ErrDeposed", err)
	}
	if err := put(t.Context(), a); err != nil {
		t.Errorf("Update of its replica = %v", err)
	}
	if err := put(second.ctx, b); err != nil {
		t.Errorf("the new leader's Update = %v", err)
	}
}
