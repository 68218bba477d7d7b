package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// logs plays the logs of tenants and those who take what is read of them.
type logs struct {
	store   state.Store
	now     time.Time
	size    int                          // entries of a page
	entries map[access.ActLog][]entry    // of every tenant
	closed  map[access.TenantID]error    // why a tenant cannot be read
	without map[access.ActLog]error      // why a log cannot be
	before  func(call int) error         // may fail a call of a page
	after   func(call int) error         // may fail one that was answered
	taking  func() (before, after error) // may fail what takes
	calls   int
	opened  map[access.TenantID]int
	taken   map[string]int // how often each entry was
	gone    bool           // links lead nowhere
	other   func()         // what a second runner does between a read and its taking
}

type entry struct {
	act    access.Act
	ours   bool
	number int // in which order they came into the log
}

func newLogs() *logs {
	return &logs{
		store: statetest.Memory(), now: start, size: 3, entries: map[access.ActLog][]entry{}, opened: map[access.TenantID]int{},
		closed: map[access.TenantID]error{}, without: map[access.ActLog]error{}, taken: map[string]int{},
	}
}

func (l *logs) job() *schedule.Activity {
	return &schedule.Activity{
		Store: l.store, Open: l.open, Take: l.take, RetryAfter: func(error) time.Duration { return 0 },
		Customers: func() []access.TenantID { return []access.TenantID{"a", "b"} },
		Now:       func() time.Time { return l.now }, Pause: time.Second, Log: quiet(),
	}
}

func (l *logs) open(_ context.Context, tenant access.TenantID) (schedule.TenantLogs, error) {
	l.opened[tenant]++
	return tenantLog{l, tenant}, l.closed[tenant]
}

func (l *logs) take(ctx context.Context, tenant access.TenantID, acts []access.Act, c access.ActivityCursor) (out access.ActivityCursor, err error) {
	var late error
	if other := l.other; other != nil {
		l.other = nil // it is not overtaken itself
		other()
		l.other = other
	}
	if l.taking != nil {
		if err, late = l.taking(); err != nil {
			return c, err
		}
	}
	var fresh []access.Act
	err = l.store.Update(ctx, func(tx state.Tx) error {
		known, err := state.ActivityCursor(tx, tenant)
		if err != nil {
			return err
		}
		if fresh, out = nil, known; known.Rev != c.Rev {
			return nil
		}
		fresh, out = known.Fresh(acts), c
		out.Rev++
		return state.PutActivityCursor(tx, out)
	})
	for _, a := range fresh {
		l.taken[string(a.Log)+a.ID]++
	}
	return out, errors.Join(err, late)
}

func (l *logs) add(log access.ActLog, id string, at time.Time, ours bool) {
	l.entries[log] = append(l.entries[log], entry{access.Act{ID: id, Log: log, At: at, Tenant: "a"}, ours, len(l.entries[log])})
}

type tenantLog struct {
	*logs
	tenant access.TenantID
}

// Page answers with the newest entries first. A link names how many entries were given,
// and the list that it belongs to does not change any more.
func (l tenantLog) Page(_ context.Context, log access.ActLog, from, to time.Time, link string) (acts []access.Act, oldest time.Time, next string, err error) {
	l.calls++
	if l.before != nil {
		if err := l.before(l.calls); err != nil {
			return nil, oldest, "", err
		}
	}
	if err := l.without[log]; err != nil {
		return nil, oldest, "", err
	}
	given, asOf := 0, len(l.entries[log])
	if link != "" {
		if l.gone {
			return nil, oldest, "", schedule.ErrPageGone
		}
		parts := strings.Split(link, " ")
		given, _ = strconv.Atoi(parts[0])
		asOf, _ = strconv.Atoi(parts[1])
		lower, _ := strconv.ParseInt(parts[2], 10, 64)
		upper, _ := strconv.ParseInt(parts[3], 10, 64)
		from, to = time.Unix(lower, 0), time.Unix(upper, 0)
	}
	if to.IsZero() {
		to = l.now.Add(time.Hour)
	}
	var all []entry
	for _, e := range l.entries[log] {
		if l.tenant == "a" && e.number < asOf && !e.act.At.Before(from) && !e.act.At.After(to) {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b entry) int { return b.act.At.Compare(a.act.At) })
	for _, e := range all[given:min(given+l.size, len(all))] {
		if oldest = e.act.At; e.ours {
			acts = append(acts, e.act)
		}
	}
	if given+l.size < len(all) {
		next = fmt.Sprint(given+l.size, " ", asOf, " ", from.Unix(), " ", to.Unix())
	}
	if l.after != nil {
		if err := l.after(l.calls); err != nil {
			return nil, oldest, "", err
		}
	}
	return acts, oldest, next, nil
}

func (l *logs) cursor(t *testing.T, tenant access.TenantID) (c access.ActivityCursor) {
	t.Helper()
	view(t, l.store, func(tx state.Tx) (err error) {
		c, err = state.ActivityCursor(tx, tenant)
		return err
	})
	return c
}

// TestActivityTakesEachOnce lets entries come in time and late, and calls and takers fail
// before and after they did their work, links die, visits end in the middle and a second
// runner comes between: at the end each entry of the partner's people was taken once.
func TestActivityTakesEachOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // a test that can be repeated
		l, want := newLogs(), map[string]bool{}
		fails := func() error {
			if rnd.IntN(6) == 0 {
				return errNet
			}
			return nil
		}
		add := func(i int) {
			log, ours := []access.ActLog{access.ActSignIn, access.ActAudit}[rnd.IntN(2)], rnd.IntN(3) > 0
			at := l.now.Add(-time.Duration(rnd.IntN(6500)) * time.Second).Truncate(10 * time.Minute) // many at one moment
			id := strconv.Itoa(i)
			l.add(log, id, at, ours)
			if ours {
				want[string(log)+id] = true
			}
		}
		for i := range 60 {
			add(i)
		}
		job := l.job()
		for round := range 40 {
			l.before, l.after = func(int) error { return fails() }, func(int) error { return fails() }
			l.taking = func() (error, error) { return fails(), fails() } //nolint:staticcheck // two moments
			l.gone = rnd.IntN(4) == 0
			l.other = func() {
				if rnd.IntN(5) == 0 {
					_ = l.job().One(t.Context(), "a")
				}
			}
			_ = job.One(t.Context(), "a") // as the next does
			l.now = l.now.Add(time.Duration(rnd.IntN(100)) * time.Minute)
			for i := range rnd.IntN(8) {
				add(100*(round+1) + i)
			}
		}
		l.before, l.after, l.taking, l.gone, l.other = nil, nil, nil, false, nil
		for range 20 {
			if err := job.One(t.Context(), "a"); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		for key := range want {
			if l.taken[key] != 1 {
				t.Errorf("seed %d: %s was taken %d times", seed, key, l.taken[key])
			}
		}
		if len(l.taken) != len(want) {
			t.Errorf("seed %d: %d entries were taken, want %d", seed, len(l.taken), len(want))
		}
		c := l.cursor(t, "a")
		if c.State() != access.ActivityRead || !c.Until().Equal(l.now.Add(-2*time.Hour)) || c.Problem != "" || len(c.SignIns.Seen) > len(want)/2 {
			t.Errorf("seed %d: the cursor is %+v", seed, c)
		}
		if t.Failed() {
			return
		}
	}
}

// TestActivityStates tells a customer that does not let the bot read, a tenant without a
// licence and one that refuses from what passes, and notices when that changes.
func TestActivityStates(t *testing.T) {
	t.Parallel()
	const read, none = access.ActivityRead, access.ActivityUnknown
	for _, row := range []struct {
		name            string
		set             func(*logs)
		signIns, audits access.ActivityState
		problem, fails  bool
		kept            time.Duration // of the directory's log
		next            time.Duration
	}{
		{name: "LetIn", set: func(*logs) {}, signIns: read, audits: read, kept: 30 * 24 * time.Hour, next: time.Hour},
		{name: "NotLetIn", set: func(l *logs) { l.without[access.ActSignIn] = schedule.ErrNotLetIn },
			signIns: access.ActivityNotAllowed, audits: access.ActivityNotAllowed, next: time.Hour},
		{name: "NoLicence", set: func(l *logs) { l.without[access.ActSignIn] = schedule.ErrNoLicence },
			signIns: access.ActivityNoLicence, audits: read, kept: 7 * 24 * time.Hour, next: time.Hour},
		{name: "Refused", set: func(l *logs) {
			l.without[access.ActSignIn], l.without[access.ActAudit] = schedule.ErrRefused, schedule.ErrRefused
		}, signIns: access.ActivityRefused, audits: access.ActivityRefused, problem: true, next: time.Hour},
		{name: "Down", set: func(l *logs) { l.without[access.ActSignIn] = errNet }, signIns: none, audits: none, problem: true, fails: true, next: 10 * time.Minute},
		{name: "NotOpened", set: func(l *logs) { l.closed["a"] = errNet }, signIns: none, audits: none, problem: true, fails: true, next: 10 * time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := newLogs()
			l.add(access.ActAudit, "1", start, true)
			row.set(l)
			job := l.job()
			if err := job.One(t.Context(), "a"); (err != nil) != row.fails {
				t.Errorf("One = %v", err)
			}
			c := l.cursor(t, "a")
			if c.SignIns.State != row.signIns || c.Audits.State != row.audits || (c.Problem != "") != row.problem {
				t.Errorf("the cursor is %+v", c)
			}
			if !c.TriedAt.Equal(start) || !c.NextAt.Equal(start.Add(row.next)) || (c.ReadAt.IsZero()) == (row.audits == read) {
				t.Errorf("tried %s, next %s, read %s", c.TriedAt, c.NextAt, c.ReadAt)
			}
			if row.kept > 0 && !c.Audits.Since.Equal(start.Add(-row.kept)) {
				t.Errorf("read from %s on", c.Audits.Since)
			}
			clear(l.without)
			clear(l.closed)
			l.now = start.Add(time.Hour)
			if err := job.One(t.Context(), "a"); err != nil || l.taken["audit1"] != 1 {
				t.Errorf("when nothing is in the way any more: %v, taken %v", err, l.taken)
			}
			if c := l.cursor(t, "a"); c.SignIns.State != read || c.Audits.State != read || c.Problem != "" {
				t.Errorf("then the cursor is %+v", c)
			}
		})
	}
}

// TestActivityAfterALongRest reads no more than Microsoft keeps, and does not say that it
// has read what was lost.
func TestActivityAfterALongRest(t *testing.T) {
	t.Parallel()
	l := newLogs()
	job := l.job()
	if err := job.One(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	l.now = start.Add(50 * 24 * time.Hour)
	if err := job.One(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if c := l.cursor(t, "a").SignIns; !c.Since.Equal(l.now.Add(-30*24*time.Hour)) || c.Covers(start.Add(time.Hour), start.Add(2*time.Hour)) {
		t.Errorf("the cursor is %+v", c)
	}
}

// TestActivityRun looks at each tenant once an hour, at one that keeps the bot out as well,
// and writes no more than once where there is nothing new.
func TestActivityRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLogs()
		writes := newCounting()
		l.store = writes
		l.closed["b"] = schedule.ErrNotLetIn
		job := l.job()
		job.Now = time.Now
		update(t, l.store, func(tx state.Tx) error { return state.PutKnown(tx, state.Known{Tenant: "c", Name: "C"}) })
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		l.now = time.Now()
		go func() { job.Run(ctx, nil); close(ended) }()
		time.Sleep(4*time.Hour + 30*time.Minute) // in the time of the test
		stop()
		<-ended
		for _, tenant := range []access.TenantID{"a", "b", "c"} {
			if l.opened[tenant] != 5 {
				t.Errorf("%s was looked at %d times in four hours and a half, want 5", tenant, l.opened[tenant])
			}
			if n := writes.written("activitylog/" + string(tenant)); n > 5 {
				t.Errorf("of %s %d writes", tenant, n)
			}
		}
	})
}
