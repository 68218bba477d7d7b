package approvals_test

import (
	"context"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// settle does everything that is owed and due.
func (m *model) settle() {
	m.pass()
	m.drain(m.t)
	must, may := m.ledger.members()
	if len(must) != len(may) {
		m.rt.Fatalf("when all is done, some of %v are neither in force nor over", m.ledger.gifts)
	}
	for id, g := range m.ledger.gifts {
		if !g.over() && !m.now.Before(g.until) {
			m.rt.Fatalf("%s is in force at %v, past its end: %+v", id, m.now, g)
		}
	}
	for member := range m.members {
		if !slices.Contains(must, member) {
			m.rt.Fatalf("%v is a member for nothing when all is done", member)
		}
	}
}

// check compares what is there with what ought to be.
func (m *model) check() {
	must, may := m.ledger.members()
	for _, member := range must {
		if !m.members[member] {
			m.rt.Fatalf("%v is no member, though that is in force", member)
		}
	}
	for member := range m.members {
		if !slices.Contains(may, member) {
			m.rt.Fatalf("%v is a member without access that is not over", member)
		}
	}
	m.readLog()
	for id, want := range m.ledger.log {
		if got := m.log[id]; !slices.Equal(got, want) {
			m.rt.Fatalf("the log of %s says\n%v, want\n%v", id, got, want)
		}
	}
	m.look(m.t, func(tx state.Tx) error {
		requests, err := stored(tx, "request/", m.requests, m.checkRequest)
		if err != nil {
			return err
		}
		grants, err := stored(tx, "grant/", m.grants, m.checkGrant)
		if requests != len(m.ledger.pleas) || grants != len(m.ledger.gifts) || len(m.log) != len(m.ledger.log) {
			m.rt.Fatalf("there are %d requests, %d grants and a log of %d, want %d, %d and %d",
				requests, grants, len(m.log), len(m.ledger.pleas), len(m.ledger.gifts), len(m.ledger.log))
		}
		for id, look := range m.ledger.looks {
			v, err := state.BreakGlassReview(tx, id)
			if err != nil || v.Open() != look.open || len(v.Objections) != len(look.objects) {
				m.rt.Fatalf("the review is %+v, %v, want %+v", v, err, look)
			}
		}
		return err
	})
}

// stored checks all records with the prefix and counts them. What was read before is kept
// by its bytes, for to read all of it after every step takes most of the time.
func stored[T any](tx state.Tx, prefix string, known map[string]T, check func(T)) (n int, _ error) {
	for item, err := range tx.Scan(prefix) {
		if err != nil {
			return n, err
		}
		v, ok := known[string(item.Value)]
		if !ok {
			if v, err = state.Decode[T](item.Key, item.Value); err != nil {
				return n, err
			}
			known[string(item.Value)] = v
		}
		check(v)
		n++
	}
	return n, nil
}

func (m *model) checkRequest(r access.Request) {
	p := m.ledger.pleas[r.ID]
	b := bar{
		contacts: r.Rule.Approvals, peers: r.Rule.Peers, led: r.Rule.PeersOf != "", signed: r.Rule.SignedIn, auto: r.Rule.Auto,
		most: r.Rule.MaxDuration, within: r.Rule.DecideWithin, glass: r.Rule.BreakGlass, ahead: r.Rule.StartWithin,
		recurs: r.Rule.Recurring, extensions: r.Rule.Extensions,
	}
	if r.State != p.state || !slices.Equal(r.Roles, p.roles) || r.Duration != p.length || r.Terms != p.terms || len(r.Decisions) != len(p.words) ||
		!r.DecideBy.Equal(p.decideBy) || r.Opened != p.opened || r.Held != p.held || r.Stopped.At.IsZero() == p.stopped ||
		r.BrokeGlass() != p.broke || r.Principal != p.principal || b != p.bar {
		m.rt.Fatalf("%+v, want %+v", r, p)
	}
	// What was agreed to is what the rule of the asking demands: by the ledger's count,
	// whatever the code makes of it.
	if p.state == access.Approved && !p.broke && !p.bar.auto && (p.agreed(false) < p.bar.contacts || p.agreed(true) < p.bar.peers) {
		m.rt.Fatalf("%s was approved by %+v, which its rule %+v does not take", p.id, p.words, p.bar)
	}
}

func (m *model) checkGrant(g access.Grant) {
	want := m.ledger.gifts[g.Request]
	if g.State != want.state || (membership{g.Container, g.Principal}) != want.membership ||
		g.State == access.Active && !g.ExpiresAt.Equal(want.until) || g.Extended != want.extended {
		m.rt.Fatalf("%+v, want %+v", g, want)
	}
	if g.Driver != access.PIM && g.FellBack != "" {
		m.rt.Fatalf("%+v fell back from nothing", g)
	}
}

// pim says whether the grant is to have an end in Entra, too.
func (w *world) pim(id access.RequestID) (is bool) {
	err := w.store.View(context.Background(), func(tx state.Tx) error {
		g, err := state.Grant(tx, id)
		is = g.Driver == access.PIM
		return err
	})
	return is && err == nil
}

// logged counts the events.
func (m *model) logged() (n int) {
	m.look(m.t, func(tx state.Tx) error {
		last, err := audit.Tail(tx, 1)
		for _, e := range last {
			n = int(e.Seq) //nolint:gosec // few
		}
		return err
	})
	return n
}

// uncounted are the kinds of events that are no transitions of a request or a grant that
// the ledger knows of.
var uncounted = []access.EventKind{
	access.EventRefused, access.EventReplayed, access.EventReminded, access.EventWarned, access.EventReviewOpen, access.EventContainerReady, access.EventEffectDead,
}

// readLog looks at what is new in the log.
func (m *model) readLog() {
	var fresh []access.Event
	n := m.logged()
	m.look(m.t, func(tx state.Tx) (err error) {
		fresh, err = audit.Tail(tx, n-m.read)
		return err
	})
	m.read = n
	for _, e := range fresh {
		if e.Request != "" && !slices.Contains(uncounted, e.Kind) {
			m.log[e.Request] = append(m.log[e.Request], e.Kind)
		}
	}
}
