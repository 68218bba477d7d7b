package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// row is what became of one fault.
type row struct {
	fault string
	tried int
	verdict
}

// TestTorture leads the mix under one fault after another, and prints what was lost,
// doubled, or left past its end. LATCHKEY_TORTURE=all tries all of them,
// and a part of a fault's name those alone.
func TestTorture(t *testing.T) {
	only := os.Getenv("LATCHKEY_TORTURE")
	all := faults()
	rows := make([]*row, len(all))
	t.Run("faults", func(t *testing.T) {
		for i, f := range all {
			if only != "all" && (only == "" && !f.quick || !strings.Contains(f.name, only)) {
				continue
			}
			t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				if only == "" && f.trap.Kinds {
					f.trap.Share, f.trap.Part = 3, rand.Uint32N(3)
				}
				began := time.Now()
				m := newMix(t, f)
				m.play()
				e := m.collect()
				v := e.verdict()
				if v.bad() > 0 {
					t.Error(v)
				} else if f.name == "none" || f.trap.Kinds {
					blind(t, e)
				}
				t.Logf("%d deaths, in %v", m.deaths.Load(), time.Since(began).Round(time.Second))
				rows[i] = &row{f.name, m.tried(), v}
			})
		}
	})
	var b strings.Builder
	fmt.Fprintf(&b, "\n| fault | tried | lost | doubled | past its end | chain | state |\n|---|--:|--:|--:|--:|---|---|\n")
	for _, r := range rows {
		if r == nil { // not tried, or it did not come to its end
			continue
		}
		chain, whole := "verifies", "whole"
		if len(r.chain) > 0 {
			chain = "BROKEN"
		}
		if len(r.amiss) > 0 {
			whole = "AMISS"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %s | %s |\n", r.fault, r.tried, len(r.lost), len(r.doubled), len(r.late), chain, whole)
	}
	t.Log(b.String())
}

// reached are the kinds of effects that were begun since the fault began. That nothing is
// owed in the end tells that they were done.
func (m *mix) reached() map[string]bool {
	m.t.Helper()
	out := map[string]bool{}
	for line := range strings.Lines(string(m.steps()[m.before:])) {
		if kind, ok := strings.CutPrefix(strings.TrimSpace(line), "seen "+stepLeased+" "); ok {
			out[kind] = true
		}
	}
	return out
}

// steps is what the traps have written.
func (m *mix) steps() []byte {
	m.t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.dir, stepFile))
	must(m.t, err)
	return raw
}

// tried is how often the fault has struck.
func (m *mix) tried() int {
	m.t.Helper()
	steps := "\n" + string(m.steps())
	return strings.Count(steps, "\nkilled ") + strings.Count(steps, "\nslowed") + int(m.hit.Load())
}
