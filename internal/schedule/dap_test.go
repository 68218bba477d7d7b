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

var errBusy, errUnknown = errors.New("busy"), errors.New("no such customer")

// partner is Partner Center, which may fail.
type partner struct {
	mu    sync.Mutex
	held  map[access.TenantID]bool
	fail  error
	asked []access.TenantID
	times []time.Time
}

func (p *partner) read(_ context.Context, c access.TenantID) (state.DAP, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.times = append(p.asked, c), append(p.times, time.Now())
	return state.DAP{Held: p.held[c], Relationship: "reseller"}, p.fail
}

// told returns what was asked about so far, and when.
func (p *partner) told() ([]access.TenantID, []time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked), slices.Clone(p.times)
}

func (p *partner) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.asked)
}

func legacy(p *partner, s state.Store, seen func(_ state.Tx, old, now state.DAP) error) *schedule.DAP {
	return &schedule.DAP{
		Store: s, Read: p.read, Problem: func(error) string { return "It did not answer." },
		Gone: func(err error) bool { return errors.Is(err, errUnknown) },
		RetryAfter: func(err error) time.Duration {
			if errors.Is(err, errBusy) {
				return time.Hour
			}
			return 0
		},
		Customers: func() []access.TenantID { return []access.TenantID{"a", "b"} },
		Now:       time.Now, Interval: 5 * time.Minute, Pause: time.Second, Log: slog.New(slog.DiscardHandler), Seen: seen,
	}
}

func dapOf(t *testing.T, s state.Store, c access.TenantID) (d state.DAP) {
	t.Helper()
	if err := s.View(context.Background(), func(tx state.Tx) (err error) {
		d, _, err = state.DAPOf(tx, c)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDAPEveryone also reads the customers that Graph names, those that came later
// too, after the others.
func TestDAPEveryone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, s := &partner{}, statetest.Memory()
		name := func(at time.Time, all ...access.TenantID) {
			err := s.Update(t.Context(), func(tx state.Tx) error {
				err := state.PutMirror(tx, state.MirrorInfo{ReadAt: at})
				for _, c := range all {
					err = errors.Join(err, state.PutKnown(tx, state.Known{Tenant: c}))
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		name(time.Now(), "a", "c")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); legacy(p, s, nil).Run(ctx, nil) }()
		time.Sleep(10 * time.Second)
		if got, _ := p.told(); !slices.Equal(got, []access.TenantID{"a", "b", "c"}) {
			t.Errorf("read %v, want each once", got)
		}
		name(time.Now(), "d")
		time.Sleep(6 * time.Minute)
		if got, _ := p.told(); len(got) != 7 || !slices.Contains(got, "d") {
			t.Errorf("read %v, want d too", got)
		}
		stop()
		<-done
	})
}

// TestDAPOne keeps what was known when a read fails.
func TestDAPOne(t *testing.T) {
	t.Parallel()
	s, p := statetest.Memory(), &partner{held: map[access.TenantID]bool{"a": true}}
	var told []state.DAP
	d := legacy(p, s, func(_ state.Tx, _, d state.DAP) error { told = append(told, d); return nil })
	if _, err := d.One(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	first := dapOf(t, s, "a")
	if !first.Held || first.ReadAt.IsZero() || first.Relationship != "reseller" {
		t.Errorf("read = %+v", first)
	}
	p.fail = errors.New("no")
	if _, err := d.One(t.Context(), "a"); err == nil {
		t.Error("a failed read returned no error")
	}
	failed := dapOf(t, s, "a")
	if !failed.Held || !failed.ReadAt.Equal(first.ReadAt) || failed.Problem == "" {
		t.Errorf("after a failure = %+v", failed)
	}
	if len(told) != 2 {
		t.Errorf("told %d times, want 2", len(told))
	}
}

// TestDAPGone believes that a customer left when Partner Center says twice, a minute
// apart, that it does not know them, and then asks no more often than of others.
func TestDAPGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := statetest.Memory(), &partner{held: map[access.TenantID]bool{"a": true}}
		var ties []string
		d := legacy(p, s, func(_ state.Tx, old, now state.DAP) error {
			ties = append(ties, old.Relationship+"→"+now.Relationship)
			return nil
		})
		d.Customers = func() []access.TenantID { return []access.TenantID{"a"} }
		one := func(err error) state.DAP {
			p.fail = err
			got, _ := d.One(t.Context(), "a")
			return got
		}
		one(nil)
		one(errUnknown)
		time.Sleep(59 * time.Second)
		one(errUnknown)
		one(errBusy)
		one(errUnknown)
		time.Sleep(time.Minute)
		if got := one(errUnknown); !got.Held || got.Problem == "" || !got.ReadAt.Equal(time.Now()) {
			t.Errorf("in the end it is %+v", got)
		}
		want := []string{"→reseller", "reseller→reseller", "reseller→reseller", "reseller→reseller", "reseller→reseller", "reseller→none"}
		if !slices.Equal(ties, want) {
			t.Errorf("told of %q, want %q", ties, want)
		}
		before := p.count()
		ctx, stop := context.WithTimeout(t.Context(), 4*time.Minute)
		defer stop()
		d.Run(ctx, nil)
		if n := p.count() - before; n != 0 {
			t.Errorf("asked %d times more within the interval", n)
		}
		if got := one(nil); got.Problem != "" || !got.GoneSince.IsZero() || got.Relationship != "reseller" {
			t.Errorf("back again it is %+v", got)
		}
	})
}

// TestDAPRested tells, after a round in which something differed, that it is over:
// once, and again when that failed.
func TestDAPRested(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := statetest.Memory(), &partner{held: map[access.TenantID]bool{}}
		d := legacy(p, s, nil)
		told := 0
		d.Rested = func(state.Tx) error {
			if told++; told == 1 {
				return errNet
			}
			return nil
		}
		ctx, stop := context.WithTimeout(t.Context(), 16*time.Minute)
		defer stop()
		d.Run(ctx, nil)
		if told != 2 {
			t.Errorf("told %d times of what nobody had read before, want a failure and a success", told)
		}
		p.held["a"] = true
		ctx, stop = context.WithTimeout(t.Context(), 6*time.Minute)
		defer stop()
		d.Run(ctx, nil)
		if told != 3 {
			t.Errorf("told %d times, want once more of what differs", told)
		}
	})
}

// TestDAPRun reads slowly, each customer once in the interval, sooner for who
// waits, and lets Partner Center rest when it asks for that.
func TestDAPRun(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		run  func(t *testing.T, s state.Store, p *partner, bell chan struct{})
	}{
		{"OnceInTheInterval", func(t *testing.T, _ state.Store, p *partner, _ chan struct{}) {
			time.Sleep(4 * time.Minute)
			asked, times := p.told()
			if got := slices.Sorted(slices.Values(asked)); !slices.Equal(got, []access.TenantID{"a", "b"}) {
				t.Errorf("asked about %v", got)
			}
			if gap := times[1].Sub(times[0]); gap < time.Second {
				t.Errorf("two customers %v apart", gap)
			}
			time.Sleep(2 * time.Minute)
			if p.count() != 4 {
				t.Errorf("asked %d times in six minutes, want 4", p.count())
			}
		}},
		{"SomebodyWaits", func(t *testing.T, s state.Store, p *partner, bell chan struct{}) {
			time.Sleep(time.Minute)
			put(t, s, func(tx state.Tx) error {
				return state.PutDAPAsk(tx, state.DAPAsk{Customer: "b", By: access.Person{User: "U1"}, At: time.Now()})
			})
			bell <- struct{}{}
			time.Sleep(2 * time.Second)
			if asked, _ := p.told(); len(asked) != 3 || asked[2] != "b" {
				t.Errorf("asked about %v", asked)
			}
		}},
		{"Damaged", func(t *testing.T, s state.Store, p *partner, _ chan struct{}) {
			time.Sleep(time.Minute)
			damage(t, s, "mirror/dap/a")
			time.Sleep(6 * time.Minute)
			if asked, _ := p.told(); len(asked) != 4 {
				t.Errorf("asked about %v, want both again", asked)
			}
			if d := dapOf(t, s, "a"); d.ReadAt.IsZero() {
				t.Error("the damaged record was not mended")
			}
		}},
		{"BellsWithoutEnd", func(t *testing.T, s state.Store, p *partner, bell chan struct{}) {
			time.Sleep(time.Minute)
			looks := 0
			for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
				select {
				case bell <- struct{}{}:
					looks++
				default:
				}
			}
			if looks > 12 {
				t.Errorf("the bell was heard %d times in ten seconds, want once a second", looks)
			}
		}},
		{"RemovalUnderWay", func(t *testing.T, s state.Store, p *partner, bell chan struct{}) {
			time.Sleep(time.Minute)
			put(t, s, func(tx state.Tx) error {
				return state.PutTicket(tx, state.Ticket{ID: "t", Act: state.TicketDAP, Customer: "a", TakenAt: time.Now()})
			})
			bell <- struct{}{}
			time.Sleep(65 * time.Second)
			if n := p.count(); n < 3 || n > 6 {
				t.Errorf("asked %d times about a removal under way in a minute", n)
			}
		}},
		{"Busy", func(t *testing.T, _ state.Store, p *partner, bell chan struct{}) {
			time.Sleep(30 * time.Minute)
			select {
			case bell <- struct{}{}:
			default:
			}
			time.Sleep(20 * time.Minute)
			if p.count() != 1 {
				t.Errorf("asked %d times within the hour that it asked for", p.count())
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, p, bell := statetest.Memory(), &partner{held: map[access.TenantID]bool{}}, make(chan struct{}, 1)
				if row.name == "Busy" {
					p.fail = errBusy
				}
				d := legacy(p, s, nil)
				ctx, stop := context.WithCancel(context.Background())
				var run sync.WaitGroup
				run.Go(func() { d.Run(ctx, bell) })
				row.run(t, s, p, bell)
				stop()
				run.Wait()
			})
		})
	}
}

func put(t *testing.T, s state.Store, fn func(state.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}
