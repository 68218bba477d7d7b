package telemetry_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
	"latchkey/internal/telemetry"
)

// scrape returns the lines that Prometheus reads, but for comments.
func scrape(t *testing.T, m *telemetry.Metrics) map[string]bool {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", telemetry.PathMetrics, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			lines[strings.TrimSpace(line)] = true
		}
	}
	return lines
}

func has(t *testing.T, m *telemetry.Metrics, want ...string) {
	t.Helper()
	lines := scrape(t, m)
	for _, line := range want {
		if lines[line] {
			continue
		}
		t.Errorf("lacks %s", line)
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		for have := range lines {
			if strings.HasPrefix(have, name) {
				t.Logf("has %s", have)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	m := telemetry.New("latchkey 1.2.3")
	m.Delivered("http", "command", "acknowledged", 20*time.Millisecond)
	m.Tried("graph.join", "done", time.Second)
	m.Committed(2 * time.Millisecond)
	m.Ready("store", true)
	m.Alive("outbox", false)
	log := slog.New(m.Log(slog.NewTextHandler(new(strings.Builder), nil))).With("component", "x").WithGroup("g")
	log.Warn("something")
	has(t, m,
		`latchkey_build_info{version="latchkey 1.2.3"} 1`,
		`latchkey_deliveries_total{kind="command",mode="http",outcome="acknowledged"} 1`,
		`latchkey_ack_seconds_bucket{kind="command",mode="http",le="0.025"} 1`,
		`latchkey_ack_seconds_bucket{kind="command",mode="http",le="0.01"} 0`,
		`latchkey_effect_tries_total{kind="graph.join",outcome="done"} 1`,
		`latchkey_commit_seconds_count 1`, `latchkey_ready{condition="store"} 1`, `latchkey_alive{part="outbox"} 0`,
		`latchkey_log_lines_total{level="warn"} 1`,
	)
}

// world is a store of which a tally knows.
type world struct {
	state.Store
	*telemetry.Metrics
	now time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Metrics: telemetry.New("test"), now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	inner := statetest.Memory()
	now := func() time.Time { return w.now }
	tally := &telemetry.Tally{Store: inner, Metrics: w.Metrics, Now: now, Protocol: now, Log: slog.New(slog.DiscardHandler)}
	w.Store = state.Observed{Store: inner, Committed: func() {}, Changed: tally.Changed, Watched: telemetry.Watched()}
	w.put(t, func(tx state.Tx) error { // before it looks for the first time
		return outbox.Enqueue(tx, outbox.Effect{ID: "R-1/1/slack.card", Lane: "slack", Kind: outbox.SlackCard}, w.now)
	})
	w.Before(func() { tally.Update(t.Context()) })
	return w
}

func (w *world) put(t *testing.T, fn func(tx state.Tx) error) {
	t.Helper()
	if err := w.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	has(t, w.Metrics, `latchkey_effects_owed{kind="slack.card"} 1`)
	g := access.Grant{Request: "R-1", State: access.Active, ExpiresAt: w.now.Add(time.Hour), Rev: 1}
	w.put(t, func(tx state.Tx) error {
		if err := state.PutGrant(tx, g); err != nil {
			return err
		}
		_, err := audit.Append(tx, access.Event{Kind: access.EventApproved, Request: "R-1", At: w.now})
		return err
	})
	has(t, w.Metrics, `latchkey_grants{state="active"} 1`, `latchkey_access_overdue_seconds 0`,
		`latchkey_decisions_total{outcome="approved"} 1`, `latchkey_audit_events_total{kind="request.approved"} 1`,
		`latchkey_effects_owed{kind="slack.card"} 1`, `latchkey_effects_owed{kind="graph.leave"} 0`, `latchkey_effects_oldest_seconds{system="slack"} 0`)

	w.now = w.now.Add(90 * time.Minute) // nobody has ended it
	has(t, w.Metrics, `latchkey_access_overdue_seconds 1800`, `latchkey_effects_oldest_seconds{system="slack"} 5400`,
		`latchkey_reconcile_age_seconds 5400`, `latchkey_decisions_total{outcome="approved"} 1`)

	g.State = access.Ended
	w.put(t, func(tx state.Tx) error {
		return state.PutMirror(tx, state.MirrorInfo{ReadAt: w.now.Add(-time.Minute)})
	})
	w.put(t, func(tx state.Tx) error { return state.PutGrant(tx, g) })
	has(t, w.Metrics, `latchkey_grants{state="active"} 0`, `latchkey_access_overdue_seconds 0`, `latchkey_reconcile_age_seconds 60`)

	// What was ended early has no end in the past, and its removal is owed.
	w.put(t, func(tx state.Tx) error {
		return outbox.Enqueue(tx, outbox.Effect{ID: "R-2/1/graph.leave", Lane: "c/p", Kind: outbox.GraphLeave}, w.now)
	})
	w.now = w.now.Add(10 * time.Minute)
	has(t, w.Metrics, `latchkey_access_overdue_seconds 600`, `latchkey_effects_oldest_seconds{system="graph"} 600`)
}
