package schedule_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// tenants is the customers' tenants, which may fail or keep the bot out.
type tenants struct {
	mu     sync.Mutex
	others map[access.TenantID][]access.TenantID // nil: not let in
	fail   error
	asked  []access.TenantID
}

func (w *tenants) read(_ context.Context, c access.TenantID) ([]access.TenantID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, c)
	if w.fail != nil {
		return nil, w.fail
	}
	others, in := w.others[c]
	if !in {
		return nil, schedule.ErrNotLetIn
	}
	return others, nil
}

func (w *tenants) count(c access.TenantID) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, asked := range w.asked {
		if asked == c {
			n++
		}
	}
	return n
}

func (w *tenants) set(change func(*tenants)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func others(w *tenants, s state.Store, seen func(state.Tx, state.ServiceProviders) error) *schedule.ServiceProviders {
	return &schedule.ServiceProviders{
		Store: s, Read: w.read, Now: time.Now, Pause: time.Second, Log: slog.New(slog.DiscardHandler), Seen: seen,
		Name: func(_ context.Context, t access.TenantID) (string, string, error) {
			return "The " + string(t), string(t) + ".example", nil
		},
		RetryAfter: func(error) time.Duration { return 0 },
		Customers:  func() []access.TenantID { return []access.TenantID{"a", "b"} },
	}
}

func providersKnown(t *testing.T, s state.Store, c access.TenantID) (out state.ServiceProviders, names []string) {
	t.Helper()
	err := s.View(context.Background(), func(tx state.Tx) (err error) {
		if out, err = state.ServiceProvidersOf(tx, c); err != nil {
			return err
		}
		for _, o := range out.Others {
			p, err := state.ProviderOf(tx, o)
			if err != nil {
				return err
			}
			names = append(names, p.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, names
}

func TestServiceProvidersRun(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		run  func(t *testing.T, s state.Store, w *tenants, bell chan struct{})
	}{
		{"OnceADay", func(t *testing.T, s state.Store, w *tenants, _ chan struct{}) {
			time.Sleep(25 * time.Hour)
			if n := w.count("a"); n != 2 {
				t.Errorf("read %d times in 25 hours, want 2", n)
			}
			if n := w.count("b"); n != 5 {
				t.Errorf("who has not let it in was tried %d times in 25 hours, want 5", n)
			}
			got, names := providersKnown(t, s, "a")
			if !got.LetIn || !slices.Equal(names, []string{"The x", "The y"}) {
				t.Errorf("known %+v %v", got, names)
			}
			if got, _ := providersKnown(t, s, "b"); got.LetIn || got.Others != nil || got.TriedAt.IsZero() || !got.ReadAt.IsZero() {
				t.Errorf("of who has not let it in is known %+v", got)
			}
		}},
		{"SoonAfterAsking", func(t *testing.T, s state.Store, w *tenants, bell chan struct{}) {
			time.Sleep(time.Hour)
			put(t, s, func(tx state.Tx) error { return state.PutLetInAsk(tx, state.LetInAsk{Customer: "b", At: time.Now()}) })
			bell <- struct{}{}
			before := w.count("b")
			time.Sleep(10 * time.Minute)
			w.set(func(w *tenants) { w.others["b"] = []access.TenantID{"x"} })
			time.Sleep(4 * time.Minute)
			if got, _ := providersKnown(t, s, "b"); !got.LetIn {
				t.Error("let in after ten minutes, and not seen within four")
			}
			if n := w.count("b") - before; n > 20 {
				t.Errorf("tried %d times in 14 minutes", n)
			}
		}},
		{"TakenBack", func(t *testing.T, s state.Store, w *tenants, _ chan struct{}) {
			time.Sleep(time.Hour)
			w.set(func(w *tenants) { delete(w.others, "a") })
			time.Sleep(24 * time.Hour)
			if got, _ := providersKnown(t, s, "a"); got.LetIn || got.Others != nil || !got.ReadAt.IsZero() {
				t.Errorf("after the customer took it back is known %+v", got)
			}
		}},
		{"Down", func(t *testing.T, s state.Store, w *tenants, _ chan struct{}) {
			time.Sleep(time.Hour)
			w.set(func(w *tenants) { w.fail = errors.New("down") })
			time.Sleep(24 * time.Hour)
			got, _ := providersKnown(t, s, "a")
			if !got.LetIn || len(got.Others) != 2 || got.Problem == "" {
				t.Errorf("while it is down is known %+v", got)
			}
			w.set(func(w *tenants) { w.fail = nil })
			time.Sleep(2 * time.Minute)
			if got, _ := providersKnown(t, s, "a"); got.Problem != "" {
				t.Errorf("after it came back is known %+v", got)
			}
		}},
		{"Damaged", func(t *testing.T, s state.Store, w *tenants, _ chan struct{}) {
			time.Sleep(time.Hour)
			damage(t, s, "mirror/serviceproviders/a")
			damage(t, s, "mirror/provider/x")
			damage(t, s, "letin/asked/b")
			time.Sleep(7 * time.Hour)
			if got, names := providersKnown(t, s, "a"); !got.LetIn || !slices.Equal(names, []string{"The x", "The y"}) {
				t.Errorf("known %+v %v", got, names)
			}
			if n := w.count("b"); n != 2 {
				t.Errorf("the other customer was tried %d times in eight hours, want 2", n)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := statetest.Memory()
				w := &tenants{others: map[access.TenantID][]access.TenantID{"a": {"y", "x"}}}
				ctx, stop := context.WithCancel(t.Context())
				bell, ended := make(chan struct{}), make(chan struct{})
				go func() { others(w, s, nil).Run(ctx, bell); close(ended) }()
				row.run(t, s, w, bell)
				stop()
				<-ended
			})
		})
	}
}

// TestServiceProvidersSeen holds that who is told of a read is told in its
// transaction: if that fails nothing is written.
func TestServiceProvidersSeen(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	w := &tenants{others: map[access.TenantID][]access.TenantID{"a": {"x"}}}
	errTold := errors.New("told in vain")
	p := others(w, s, func(state.Tx, state.ServiceProviders) error { return errTold })
	if err := p.One(t.Context(), "a"); !errors.Is(err, errTold) {
		t.Errorf("One = %v, want %v", err, errTold)
	}
	if got, _ := providersKnown(t, s, "a"); !got.TriedAt.IsZero() {
		t.Errorf("written all the same: %+v", got)
	}
}
