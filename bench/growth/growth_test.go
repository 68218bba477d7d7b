package growth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/bench/growth"
	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/checkup"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func filled(t *testing.T, size growth.Size) state.Store {
	t.Helper()
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the folder goes with it
	if err := growth.Fill(t.Context(), s, size, now); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFill has `bot state check` and `bot audit verify` look at a history.
func TestFill(t *testing.T) {
	t.Parallel()
	s := filled(t, growth.Size{Ended: 480, Active: 120})
	r, err := checkup.Of(t.Context(), s)
	if err != nil || !r.Good {
		t.Fatalf("the check finds %v, %+v", err, r.Findings)
	}
	if r.Records["request"] != 600 || r.Records["grant"] != 600-3*480/16 || r.Records["card"] != 1200 {
		t.Errorf("there are %v", r.Records)
	}
	err = s.View(t.Context(), func(tx state.Tx) error {
		texts, err := audit.VerifyTexts(tx)
		if len(texts.Altered) > 0 {
			t.Errorf("the log was told other reasons: %v", texts.Altered)
		}
		last := time.Time{}
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			if e.At.Before(last) || e.At.After(now) {
				t.Errorf("event %d is of %s, after one of %s", e.Seq, e.At, last)
			}
			last = e.At
		}
		granted, err2 := state.AllGranted(tx)
		if len(granted) != 120 {
			t.Errorf("%d grants are in force, want 120", len(granted))
		}
		if due, _ := state.DueUntil(tx, now, 1); len(due) > 0 {
			t.Errorf("%v is due", due)
		}
		if err == nil {
			err = err2
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestLife lives one life through the use cases, and finds that the one that is written
// for it has left the same records and the same events.
func TestLife(t *testing.T) {
	t.Parallel()
	s := filled(t, growth.Size{Ended: 1})
	was := left(t, s, growth.ID(0))
	w := use(t, s)
	r, err := w.Submit(t.Context(), approvals.Origin{Actor: growth.Staff(0)}, approvals.Ask{
		Customer: growth.Customer(0), Roles: []access.RoleID{"29232cdf-9323-42fd-ade2-1d097af3e4de"}, Duration: 4 * time.Hour,
		Justification: "mailbox of Kim does not open, INC-0000000",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.pass(t, 9*time.Minute)
	if _, err := w.Decide(t.Context(), approvals.Origin{Actor: growth.Contact(0), Channel: "C0C0000"}, r.ID, 1, access.Approve, ""); err != nil {
		t.Fatal(err)
	}
	w.pass(t, 2*time.Second)
	w.pass(t, 4*time.Hour-15*time.Minute)
	w.pass(t, 15*time.Minute)
	w.pass(t, 2*time.Second)
	is := left(t, s, r.ID)
	for _, key := range slices.Sorted(maps.Keys(is)) {
		if was[key] != is[key] {
			t.Errorf("%s\n  written: %s\n  lived:   %s", key, was[key], is[key])
		}
	}
	for key := range was {
		if _, ok := is[key]; !ok && !strings.HasPrefix(key, "card/") { // which Slack's side of the bot writes
			t.Errorf("%s is not left by a life: %s", key, was[key])
		}
	}
}

// lived is the use cases on a store, with Microsoft and Slack played.
type lived struct {
	*approvals.Service
	now time.Time
}

func use(t *testing.T, s state.Store) *lived {
	t.Helper()
	p, err := policy.Parse("policy.yml", growth.Policy())
	if err != nil {
		t.Fatal(err)
	}
	w := &lived{now: now}
	clock := func() time.Time { return w.now }
	w.Service = &approvals.Service{
		Store: s, Policy: func() *policy.Policy { return p }, Now: clock, Protocol: clock, Tenant: growth.Tenant,
		Team: func() access.TeamID { return growth.Team }, NewID: func() (access.RequestID, error) { return "R-ZZZZZ", nil },
		NewNonce: func() (string, error) { return strings.Repeat("0", 32), nil },
	}
	return w
}

// pass lets time pass, and does what is due and owed then.
func (w *lived) pass(t *testing.T, d time.Duration) {
	t.Helper()
	w.now = w.now.Add(d)
	var due []state.Due
	err := w.Store.View(t.Context(), func(tx state.Tx) (err error) {
		due, err = state.DueUntil(tx, w.now, 10)
		return err
	})
	for _, one := range due {
		if err == nil {
			err = w.Due(t.Context(), one)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if d != 2*time.Second {
		return // Microsoft takes as long
	}
	handlers := w.Outcomes()
	for kind, h := range handlers {
		h.Do = func(context.Context, outbox.Effect) (json.RawMessage, error) {
			if kind != outbox.GraphContainer {
				return json.RawMessage("{}"), nil
			}
			id := access.ContainerOf(growth.Customer(0), []access.RoleID{"29232cdf-9323-42fd-ade2-1d097af3e4de"})
			return json.RawMessage(fmt.Sprintf(`{"Group":"g-%s","Assignment":"a-%[1]s","Relationship":"other"}`, id)), nil
		}
		handlers[kind] = h
	}
	runner := &outbox.Runner{
		Store: w.Store, Handlers: handlers, Owner: "one", Now: func() time.Time { return w.now }, Lease: time.Minute, Workers: 1,
		Backoff: func(int) time.Duration { return time.Second }, Log: slog.New(slog.DiscardHandler),
	}
	for range 5 {
		if _, err := runner.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// times are moments and hashes, and what else one life does not share with another.
var times = regexp.MustCompile(`20\d\d-\d\d-\d\dT[0-9:.]+Z|20\d{6}T\d{6}\.\d{3}Z|[0-9a-f]{64}|"Salt":"[0-9a-f]{32}"|"PolicyVersion":"[^"]*"|"policy":"[^"]*"|"Name":"everybody"|"Name":"[^"]*rule[^"]*"|"Seq":\d+|"Prev":"[^"]*"`)

// left is what a request has left under its own keys, with its events in their order.
func left(t *testing.T, s state.Store, id access.RequestID) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := s.View(t.Context(), func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			if key := item.Key; strings.Contains(key, string(id)) && !strings.HasPrefix(key, "idx/event/") {
				out[same(key, id)] = same(string(item.Value), id)
			}
		}
		events, err := audit.Of(tx, id)
		for i, e := range events {
			if e.Kind == access.EventContainerReady {
				continue
			}
			raw, _ := json.Marshal(e)
			out[fmt.Sprintf("event %d", i)] = same(string(raw), id)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(text string, id access.RequestID) string {
	return times.ReplaceAllString(strings.ReplaceAll(text, string(id), "R"), "…")
}

// TestCustomersSummary counts what was at a customer by its requests, and finds what a walk
// over the whole log does.
func TestCustomersSummary(t *testing.T) {
	t.Parallel()
	s := filled(t, growth.Size{Ended: 320, Active: 80})
	w := use(t, s)
	asked, refused := map[access.TenantID]int{}, map[access.TenantID]int{}
	err := s.View(t.Context(), func(tx state.Tx) error {
		for e, err := range audit.All(tx) {
			if err != nil {
				return err
			}
			if e.At.Before(now.AddDate(0, 0, -364).Truncate(24 * time.Hour)) {
				continue
			}
			switch e.Kind {
			case access.EventRequested:
				asked[e.Customer]++
			case access.EventDenied, access.EventLapsed, access.EventWithdrawn:
				refused[e.Customer]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 400 {
		c := growth.Customer(i)
		got, err := w.Summarize(t.Context(), approvals.Origin{Actor: access.Person{Team: growth.Team, User: growth.Admin}}, c, 365)
		if err != nil || got.Asked != asked[c] || got.Refused != refused[c] {
			t.Errorf("%s: %d asked and %d refused, %v; want %d and %d", c, got.Asked, got.Refused, err, asked[c], refused[c])
		}
	}
}
