package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A fault is one row of the table.
type fault struct {
	name    string
	trap    trap
	socket  bool
	between func(m *mix, phase int)
	excused func(m *mix) bool
	at      func(m *mix, n int64, after bool, system, method, path string)
}

func (m *mix) observe(after bool, system, method, path string) {
	if m.fault.at != nil {
		m.fault.at(m, m.calls.Add(1), after, system, method, path)
	}
}

// row is what became of one fault.
type row struct {
	fault string
	tried int
	verdict
}

// TestTorture leads the mix under one fault after another, and prints what was lost,
// doubled, or left past its end. LATCHKEY_TORTURE=all tries all of them.
func TestTorture(t *testing.T) {
	var rows []row
	for _, f := range faults() {
		t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
			began := time.Now()
			m := newMix(t, f)
			m.play()
			v := m.collect().verdict()
			if v.bad() > 0 {
				t.Error(v)
			}
			t.Logf("%d deaths, in %v", m.deaths.Load(), time.Since(began).Round(time.Second))
			rows = append(rows, row{f.name, m.tried(), v})
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| fault | tried | lost | doubled | past its end | chain |\n|---|--:|--:|--:|--:|---|\n")
	for _, r := range rows {
		chain := "verifies"
		if len(r.chain) > 0 {
			chain = "BROKEN"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %s |\n", r.fault, r.tried, len(r.lost), len(r.doubled), len(r.late), chain)
	}
	t.Log(b.String())
}

// tried is how often the fault has struck.
func (m *mix) tried() int {
	m.t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, stepFile))
	must(m.t, err)
	n := strings.Count("\n"+string(raw), "\nkilled ")
	return n + int(m.hit.Load())
}

// faults lists what is tried.
func faults() (out []fault) {
	out = append(out, fault{name: "none"})
	out = append(out, fault{name: "kill -9 at every step of every kind", trap: trap{Kinds: true, Kill: "any"}})
	if os.Getenv("LATCHKEY_TORTURE") != "all" {
		return out
	}
	for _, what := range []string{stepOwed, stepLeased, stepAwaited, stepFreed, stepDone} {
		for _, when := range []string{"before", "after"} {
			out = append(out, fault{name: "kill -9 " + when + " an effect is " + what, trap: trap{Kill: when + " " + what}})
		}
	}
	return out
}
