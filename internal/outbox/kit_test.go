package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

var (
	start  = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	errNet = errors.New("the connection was lost")
)

const (
	lease   = time.Minute
	backoff = 5 * time.Second
	kind    = "remote.post"
)

// clock is protocol time that only the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// remote is a system that does whatever it is asked, and twice when asked twice.
// It can be asked for a mark.
type remote struct {
	mu     sync.Mutex
	posted []string // ids in the order in which they came
}

func (r *remote) post(e outbox.Effect) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posted = append(r.posted, e.ID)
}

func (r *remote) has(id string) bool { return slices.Contains(r.list(), id) }

func (r *remote) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.posted)
}

// world is a store, a remote, and runners that come and go.
type world struct {
	t *testing.T
	*clock
	*remote
	store state.Store
	// try is what happens at a try, before the handler does its work. It is
	// called with the number of the try, which counts from 1, and says whether
	// the handler goes on; if not, its error is what Do returns.
	try   func(e outbox.Effect, n int) (goOn bool, err error)
	done  func(tx state.Tx, e outbox.Effect) error // what Done does besides counting
	mu    sync.Mutex
	tries map[string]int
	from  cause.Cause // what is owed comes from it
}

func newWorld(t *testing.T, store state.Store) *world {
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return &world{t: t, clock: &clock{now: start}, remote: &remote{}, store: store, tries: map[string]int{}}
}

// stores are the stores that the faults are tried on.
var stores = map[string]func(t *testing.T) state.Store{
	"Memory": func(*testing.T) state.Store { return statetest.Memory() },
	"Bolt": func(t *testing.T) state.Store {
		s, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	},
}

// runner returns a runner of the world under a name.
func (w *world) runner(owner string) *outbox.Runner {
	return &outbox.Runner{
		Store:    w.store,
		Handlers: map[string]outbox.Handler{kind: w.handler()},
		Owner:    owner,
		Now:      w.Now,
		Backoff:  func(attempt int) time.Duration { return time.Duration(attempt) * backoff },
		Lease:    lease,
		Workers:  2,
		Log:      slog.New(slog.DiscardHandler),
	}
}

// handler looks before it repeats, and counts in the store what its outcomes
// were told.
func (w *world) handler() outbox.Handler {
	return outbox.Handler{
		Do: func(_ context.Context, e outbox.Effect) (json.RawMessage, error) {
			w.mu.Lock()
			w.tries[e.ID]++
			n := w.tries[e.ID]
			w.mu.Unlock()
			result := json.RawMessage(`"` + e.ID + `"`)
			if w.try != nil {
				if goOn, err := w.try(e, n); !goOn {
					return result, err
				}
			}
			if !e.Repeated() || !w.has(e.ID) {
				w.post(e)
			}
			return result, nil
		},
		Done: func(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
			if w.done != nil {
				if err := w.done(tx, e); err != nil {
					return err
				}
			}
			if want := `"` + e.ID + `"`; string(result) != want {
				return fmt.Errorf("Done of %s was given %s", e.ID, result)
			}
			return count(tx, "told/done/"+e.ID)
		},
		Retrying: func(tx state.Tx, e outbox.Effect, _ error) error { return count(tx, "told/retrying/"+e.ID) },
		Failed:   func(tx state.Tx, e outbox.Effect, _ error) error { return count(tx, "told/failed/"+e.ID) },
	}
}

// count appends a stroke to the value of key.
func count(tx state.Tx, key string) error {
	old, err := tx.Get(key)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	return tx.Put(key, append(old, '|'))
}

// told returns how often an outcome of the effect was told.
func (w *world) told(outcome, id string) int {
	w.t.Helper()
	return len(statetest.Contents(w.t, w.store)["told/"+outcome+"/"+id])
}

// enqueue owes effects, each written as "lane:id".
func (w *world) enqueue(effects ...string) {
	w.t.Helper()
	observed := state.Observed{Store: w.store, Committed: func() {}}
	err := observed.Update(cause.With(w.t.Context(), w.from), func(tx state.Tx) error {
		for _, s := range effects {
			lane, id, _ := strings.Cut(s, ":")
			e := outbox.Effect{ID: id, Lane: lane, Kind: kind, Payload: json.RawMessage(`{}`)}
			if err := outbox.Enqueue(tx, e, w.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Errorf("Enqueue: %v", err)
	}
}

// once lets the runner do what is due. The goroutine may end in the middle, as a
// process does that crashes; once then reports false.
func (w *world) once(r *outbox.Runner) (next time.Time, survived bool) {
	ended := make(chan struct{})
	var err error
	go func() {
		defer close(ended)
		next, err = r.Once(w.t.Context())
		survived = true
	}()
	<-ended
	if err != nil {
		w.t.Errorf("Once: %v", err)
	}
	return next, survived
}

// drain lets the runners go on in turn, and time pass, until nothing is owed.
func (w *world) drain(runners ...*outbox.Runner) {
	w.t.Helper()
	for range 100 {
		for _, r := range runners {
			w.once(r)
		}
		if len(w.pending()) == 0 {
			return
		}
		w.advance(lease / 2)
	}
	w.t.Errorf("these are still owed: %v", w.pending())
}

// release ends every lease, as a process does that has just opened the store.
func (w *world) release() {
	w.t.Helper()
	err := w.store.Update(w.t.Context(), func(tx state.Tx) error { return outbox.Release(tx, w.Now(), w.runner("").Backoff, nil) })
	if err != nil {
		w.t.Errorf("Release: %v", err)
	}
}

func (w *world) pending() map[string]outbox.Effect { return w.listed(outbox.Pending) }
func (w *world) dead() map[string]outbox.Effect    { return w.listed(outbox.Dead) }

func (w *world) listed(list func(state.Tx) ([]outbox.Effect, error)) map[string]outbox.Effect {
	w.t.Helper()
	out := map[string]outbox.Effect{}
	err := w.store.View(w.t.Context(), func(tx state.Tx) error {
		effects, err := list(tx)
		for _, e := range effects {
			out[e.ID] = e
		}
		return err
	})
	if err != nil {
		w.t.Errorf("list effects: %v", err)
	}
	return out
}

// wantPosted checks that the remote holds exactly these, each once, and those
// whose ids begin with the same letter in this order: they share a lane.
func (w *world) wantPosted(want ...string) {
	w.t.Helper()
	byLane := func(ids []string) map[string][]string {
		out := map[string][]string{}
		for _, id := range ids {
			out[id[:1]] = append(out[id[:1]], id)
		}
		return out
	}
	if got := w.list(); !maps.EqualFunc(byLane(got), byLane(want), slices.Equal[[]string]) {
		w.t.Errorf("the remote holds %q, want %q", got, want)
	}
}

// wantNothingLeft checks that the outbox left no key behind but its counter and
// the dead.
func (w *world) wantNothingLeft(dead ...string) {
	w.t.Helper()
	for key := range statetest.Contents(w.t, w.store) {
		id, isDead := strings.CutPrefix(key, "outbox/dead/")
		switch {
		case isDead && slices.Contains(dead, id):
		case strings.HasPrefix(key, "outbox/") && key != "outbox/seq":
			w.t.Errorf("the outbox left %s behind", key)
		}
	}
	if got := w.dead(); len(got) != len(dead) {
		w.t.Errorf("%d are dead, want %q", len(got), dead)
	}
}
