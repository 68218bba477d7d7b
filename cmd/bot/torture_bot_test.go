package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/app"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// A trap is what waits for a tortured bot in its own process, between it and its store.
type trap struct {
	// Kill is the steps of the outbox at which the process kills itself, before their commit
	// or after it, once for each effect; or, with Kinds, once for each kind of effect and
	// at every step. Empty: never.
	Kill  string `json:",omitempty"`
	Kinds bool   `json:",omitempty"`
	// Share has it die at one of so many of those, of which Part says which.
	Share uint32 `json:",omitempty"`
	Part  uint32 `json:",omitempty"`
	// Slow is how long every commit takes, every eighth one eight times as long, and every
	// hundredth so long that nobody waits for it.
	Slow time.Duration `json:",omitempty"`
	// Seed is a bug that the bot is to have.
	Seed string `json:",omitempty"`
}

// The steps of an effect's way through the outbox. Each is one commit.
const (
	stepOwed    = "owed"      // by a use case, or by the outcome of another effect
	stepLeased  = "leased"    // a runner has it
	stepAwaited = "awaited"   // its work has begun at the remote and is not over
	stepRetried = "retried"   // a try has failed
	stepFreed   = "freed"     // a start took it back from a life before
	stepDone    = "done"      // and what it means is written
	stepAside   = "set aside" // it cannot be done
)

// A step is one effect's, in one transaction.
type step struct{ what, kind, id string }

// tortureBot is the command that runs the bot as "bot serve -world" does, with a trap.
func tortureBot() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	world := os.Args[len(os.Args)-1]
	o, err := sandbox.Join(ctx, world)
	if err == nil {
		o.Log = logger(o.Config, o.Config.LogLevel, os.Stderr)
		o.Protocol = o.Now // so that hours of trouble pass in a moment
		var s *snare
		s, err = newSnare(filepath.Dir(world))
		o.Between = s.between
	}
	var bot *app.App
	if err == nil {
		bot, err = app.New(ctx, o)
	}
	if err == nil {
		err = bot.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		return exitFailed
	}
	return exitOK
}

const (
	trapFile = "trap.json" // the trap, as the test sets it
	stepFile = "steps.log" // the steps that were seen, and those at which the process died
)

// snare is the store of a bot that is in a trap. What it has done outlives its process.
type snare struct {
	state.Store
	trap trap
	dir  string

	mu      sync.Mutex
	log     *os.File
	sprung  map[string]bool
	commits int
}

func newSnare(dir string) (*snare, error) {
	s := &snare{dir: dir, sprung: map[string]bool{}}
	raw, err := os.ReadFile(filepath.Join(dir, trapFile))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s.trap); err != nil {
		return s, err
	}
	path := filepath.Join(dir, stepFile)
	before, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return s, err
	}
	for line := range strings.Lines(string(before)) {
		if where, ok := strings.CutPrefix(strings.TrimSpace(line), "killed "); ok {
			s.sprung[where] = true
		}
	}
	s.log, err = os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return s, err
}

func (s *snare) between(store state.Store) state.Store {
	s.Store = store
	return s
}

// Update runs the transaction and lets the trap act before and after its commit.
func (s *snare) Update(ctx context.Context, fn func(state.Tx) error) error {
	var steps []step
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		w := &watched{Tx: tx, seed: s.trap.Seed, was: map[string]*outbox.Effect{}}
		if err := fn(w); err != nil {
			return err
		}
		var err error
		if steps, err = w.steps(); err != nil {
			return err
		}
		if err := sow(tx, s.trap.Seed, steps, w.was); err != nil {
			return err
		}
		s.meet("before", steps)
		s.drag()
		return nil
	})
	if err == nil {
		s.meet("after", steps)
	}
	return err
}

// meet kills the process where the trap says so.
func (s *snare) meet(when string, steps []step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range steps {
		if when == "after" {
			fmt.Fprintf(s.log, "seen %s %s\n", one.what, one.kind)
		}
		at := when + " " + one.what
		where := at + " " + one.id
		if at == "before "+stepOwed {
			where = at + " " + drawn.ReplaceAllString(one.id, "$1*")
		}
		switch {
		case s.trap.Kill == "":
			continue
		case s.trap.Kinds:
			where = at + " " + one.kind
		case !slices.Contains(strings.Split(s.trap.Kill, ", "), at):
			continue
		}
		if s.sprung[where] || !s.trap.takes(where) {
			continue
		}
		fmt.Fprintf(s.log, "killed %s\n", where)
		syscall.Kill(os.Getpid(), syscall.SIGKILL) //nolint:errcheck // there is no way back
		select {}
	}
}

// takes reports whether the trap is for that place.
func (t trap) takes(where string) bool {
	h := fnv.New32a()
	h.Write([]byte(where)) //nolint:errcheck // it never fails
	return t.Share == 0 || h.Sum32()%t.Share == t.Part
}

// drawn is what is another in the id of an effect when what was not committed is done anew.
var drawn = regexp.MustCompile(`\b([RO]-)[0-9A-Z]{5}\b|(/)\d{4}\b`)

// drag lets the commit take as long as the disk of the trap does, which may be full.
func (s *snare) drag() {
	limit := syscall.Rlimit{Cur: math.MaxUint64, Max: math.MaxUint64}
	if _, err := os.Stat(filepath.Join(s.dir, fullFile)); err == nil {
		limit.Cur = 16 << 10 // less than the file has: no page can be written
	}
	syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit) //nolint:errcheck // the test sees that nothing was hit
	if s.trap.Slow == 0 {
		return
	}
	s.mu.Lock()
	fmt.Fprintln(s.log, "slowed")
	s.commits++
	wait := s.trap.Slow
	switch {
	case s.commits%100 == 0:
		wait = 2500 * time.Millisecond
	case s.commits%8 == 0:
		wait *= 8
	}
	s.mu.Unlock()
	time.Sleep(wait)
}

const (
	effectKey = "outbox/effect/"
	deadKey   = "outbox/dead/"
)

// watched sees which effects a transaction touches.
type watched struct {
	state.Tx
	seed string
	ids  []string
	was  map[string]*outbox.Effect // as they were before; nil: not there
}

func (w *watched) Put(key string, value []byte) error {
	value, wrote := w.meddle(key, value)
	if !wrote {
		return nil
	}
	if err := w.touch(key); err != nil {
		return err
	}
	return w.Tx.Put(key, value)
}

// meddle has a bot that is seeded so write another event than it should, or none, or no
// entry of an index.
func (w *watched) meddle(key string, value []byte) (_ []byte, wrote bool) {
	denied := strings.HasPrefix(key, "event/") && bytes.Contains(value, []byte(access.EventDenied))
	switch {
	case w.seed == seedIndex && strings.HasPrefix(key, "idx/ended/"), w.seed == seedLog && denied:
		return nil, false
	case w.seed == seedForge && denied:
		return bytes.Replace(value, []byte(access.EventDenied), []byte(access.EventLapsed), 1), true
	}
	return value, true
}

func (w *watched) Delete(key string) error {
	if err := w.touch(key); err != nil {
		return err
	}
	return w.Tx.Delete(key)
}

func (w *watched) touch(key string) error {
	id, ok := strings.CutPrefix(key, effectKey)
	if !ok {
		return nil
	}
	if _, known := w.was[id]; known {
		return nil
	}
	e, err := w.effect(id)
	w.ids, w.was[id] = append(w.ids, id), e
	return err
}

// effect is nil when it is not there.
func (w *watched) effect(id string) (*outbox.Effect, error) {
	e, err := state.Load[outbox.Effect](w.Tx, effectKey+id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return &e, err
}

// steps says what the transaction means for each effect that it has touched.
func (w *watched) steps() (out []step, err error) {
	for _, id := range w.ids {
		was := w.was[id]
		is, err := w.effect(id)
		if err != nil {
			return nil, err
		}
		one := step{id: id}
		switch {
		case was == nil && is == nil:
			continue
		case was == nil:
			one.what, one.kind = stepOwed, is.Kind
			if is.LeaseOwner != "" { // and begun by the same commit
				out = append(out, one)
				one.what = stepLeased
			}
		case is == nil:
			one.what, one.kind = stepDone, was.Kind
			if _, err := w.Get(deadKey + id); err == nil {
				one.what = stepAside
			}
		case is.LeaseOwner != "" && is.Term != was.Term:
			one.what, one.kind = stepLeased, is.Kind
		case was.LeaseOwner == "" || is.LeaseOwner != "":
			continue
		case is.Attempts == was.Attempts:
			one.what, one.kind = stepAwaited, is.Kind
		case strings.HasPrefix(is.LastError, "the process ended"):
			one.what, one.kind = stepFreed, is.Kind
		default:
			one.what, one.kind = stepRetried, is.Kind
		}
		out = append(out, one)
	}
	return out, nil
}
