package approvals_test

import (
	"context"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// asksAhead has the ask begin later, once or again and again.
func (m *model) asksAhead(ask *approvals.Ask) {
	begins := m.now.Add(time.Duration(rapid.IntRange(0, 240).Draw(m.rt, "begins in")) * time.Minute)
	n := rapid.IntRange(1, 3).Draw(m.rt, "windows")
	if n == 1 {
		ask.StartAt = begins
		return
	}
	gap := time.Duration(rapid.IntRange(1, 12).Draw(m.rt, "hours between")) * time.Hour
	for i := range n {
		ask.Windows = append(ask.Windows, begins.Add(time.Duration(i)*gap))
	}
}

// prolongs asks for more time of some access.
func (m *model) prolongs(rt *rapid.T) {
	m.rt = rt
	id, more := m.target(access.Approved), time.Duration(rapid.IntRange(1, 9).Draw(rt, "more"))*time.Hour
	m.tries(m.person(ana, bo), "", func(o approvals.Origin) error {
		_, err := m.Prolong(context.Background(), o, id, more, "it takes longer")
		return err
	})
}

// stopsAll ends all that is to come of a request.
func (m *model) stopsAll(rt *rapid.T) {
	m.rt = rt
	if !m.chance("really") {
		return
	}
	id := m.target(access.Approved)
	m.tries(m.person(ana, carol, dee), "", func(o approvals.Origin) error {
		_, err := m.Stop(context.Background(), o, id, "")
		return err
	})
}

// gave reports whether the request must have a grant.
func gave(r access.Request) bool {
	return r.State == access.Approved && r.Extends == "" && (!r.Scheduled() || r.Opened > 0)
}

// checkAhead holds that no access begins before its time, nor lasts beyond what was
// approved of it.
func (m *model) checkAhead(requests map[access.RequestID]access.Request) {
	for _, g := range m.grants() {
		r, longest := requests[g.Request], g.ActiveAt.Add(g.Duration)
		if g.Window > 0 {
			begins := r.Starts()[g.Window-1]
			longest = begins.Add(g.Duration)
			if !g.ActiveAt.IsZero() && g.ActiveAt.Before(begins) || g.Window > r.Opened {
				m.rt.Fatalf("%+v began before %v, of %+v", g, begins, r)
			}
		}
		extended := 0
		for _, ext := range requests {
			if ext.Extends == g.Request && ext.State == access.Approved && ext.Ends.After(g.ApprovedAt) {
				longest = longest.Add(ext.Duration)
				extended++
			}
		}
		if g.ExpiresAt.After(longest) || g.Extended != extended {
			m.rt.Fatalf("%+v, extended %d times, may last until %v", g, extended, longest)
		}
	}
}
