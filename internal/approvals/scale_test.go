package approvals_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// counting is a store that counts what is read of it.
type counting struct {
	state.Store
	reads int
}

func (c *counting) View(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.View(ctx, func(tx state.Tx) error { return fn(&countingTx{tx, c}) })
}

func (c *counting) Update(ctx context.Context, fn func(state.Tx) error) error {
	return c.Store.Update(ctx, func(tx state.Tx) error { return fn(&countingTx{tx, c}) })
}

type countingTx struct {
	state.Tx
	of *counting
}

func (c *countingTx) Get(key string) ([]byte, error) {
	c.of.reads++
	return c.Tx.Get(key)
}

func (c *countingTx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		for item, err := range c.Tx.Scan(prefix) {
			c.of.reads++
			if !yield(item, err) {
				return
			}
		}
	}
}

// TestManyRequests has many requests that are over, of a year, lie in the store. What
// people ask for reads what it tells of and no more, so the bounds are the same however
// many there are: LATCHKEY_REQUESTS=100000 makes them a hundred thousand.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	many := requestsOr(t, 5000)
	w := newBoltWorld(t)
	w.past(t, many)
	open := w.active(t)
	counted := &counting{Store: w.store}
	w.Store = counted
	for _, row := range []struct {
		name string
		most int // reads
		ask  func() error
	}{
		{"mine", 100, func() error { _, err := w.Mine(t.Context(), w.by(ana, "")); return err }},
		{"show", 100, func() error { _, err := w.Show(t.Context(), w.by(ana, ""), open); return err }},
		{"show one of long ago", 100, func() error { _, err := w.Show(t.Context(), w.by(ana, ""), "R-900000"); return err }},
		{"list", 200, func() error { _, err := w.Overview(t.Context(), w.by(ana, ""), contoso); return err }},
		{"summary of a day", 2000, func() error {
			_, err := w.DailySummary(t.Context(), state.Partner, access.DayOf(w.now.AddDate(0, 0, 1), time.UTC), "")
			return err
		}},
		{"end", 300, func() error { _, err := w.Revoke(t.Context(), w.by(ana, ""), open, ""); return err }},
		{"request", 300, func() error {
			_, err := w.Submit(t.Context(), w.by(bo, ""), anAsk())
			return err
		}},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		counted.reads = 0
		if err := row.ask(); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d reads, %d kB", row.name, counted.reads, (after.TotalAlloc-before.TotalAlloc)>>10)
		if counted.reads > row.most {
			t.Errorf("%s reads %d records, and may read %d", row.name, counted.reads, row.most)
		}
	}
	w.Store = w.store
}

// requestsOr is how many requests a test is to have: n, or what LATCHKEY_REQUESTS says.
func requestsOr(t *testing.T, n int) int {
	t.Helper()
	if text := os.Getenv("LATCHKEY_REQUESTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// past writes n requests that were denied, one after the other in the year before now,
// each with its events.
func (w *world) past(t *testing.T, n int) {
	t.Helper()
	id := w.asked(t)
	if _, err := w.decide(carol, id, access.Deny); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	like := w.request(t, id)
	const batch = 5000 // in one transaction
	for from := 0; from < n; from += batch {
		w.put(t, func(tx state.Tx) error {
			for i := from; i < min(from+batch, n); i++ {
				r := like
				r.ID = access.RequestID(fmt.Sprintf("R-%05d", 900_000+i))
				at := w.now.AddDate(-1, 0, 0).Add(time.Duration(i) * 364 * 24 * time.Hour / time.Duration(n))
				r.CreatedAt, r.DecideBy = at, at.Add(time.Hour)
				if err := state.PutRequest(tx, r); err != nil {
					return err
				}
				_, err := audit.Append(tx, access.Event{At: at, Actor: carol, Kind: access.EventDenied, Customer: contoso, Request: r.ID})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// TestManyCustomers offers customers in a list of Slack's, which takes a hundred: none,
// all that there are, or the first hundred, and every other to who types its name.
func TestManyCustomers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100, 101, 5000} {
		w := newWorld(t)
		w.policy.Customers = nil
		for i := range n {
			w.policy.Customers = append(w.policy.Customers, policy.Customer{
				Name: fmt.Sprintf("Customer %04d", i), Tenant: access.TenantID(fmt.Sprintf("%08x-0000-4000-8000-000000000000", i)),
				Domains: []string{fmt.Sprintf("c%04d.example", i)},
			})
		}
		all, err := w.Customers(t.Context(), w.by(ana, ""), "", 100)
		if err != nil || len(all) != min(n, 100) {
			t.Errorf("of %d customers %d are offered, %v; want %d", n, len(all), err, min(n, 100))
		}
		if n == 0 {
			continue
		}
		last := fmt.Sprintf("%04d", n-1)
		found, err := w.Customers(t.Context(), w.by(ana, ""), "customer "+last, 100)
		if err != nil || len(found) != 1 || found[0].Name != "Customer "+last {
			t.Errorf("of %d customers the last is found as %+v, %v", n, found, err)
		}
	}
}
