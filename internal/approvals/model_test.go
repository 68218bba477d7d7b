package approvals_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// model is a world in which anybody does anything, while the systems outside
// fail as they like and the clock jumps.
type model struct {
	*world
	t      *testing.T
	rt     *rapid.T
	broken bool // effects may fail

	read     int                      // events of the log that have been looked at
	deciding map[access.RequestID]int // decisions among them that decided
}

var everybody = []access.Person{
	ana, bo, zoe, dee, carol, cem, oskar, amir, {}, {Team: carol.Team, User: ana.User}, {Team: home, User: carol.User},
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{world: newWorld(t), t: t, rt: rt, deciding: map[access.RequestID]int{}}
		m.policy.Rule.Approvals = rapid.IntRange(1, 2).Draw(rt, "approvals")
		m.mayBreakGlass(rt)
		allowsAhead(m.world)
		m.before, m.after = m.failBefore, m.failAfter
		rt.Repeat(map[string]func(*rapid.T){
			"submit": m.submits, "decide": m.decides, "approve": m.approves, "approve too": m.approves, "end": m.ends,
			"link": m.links, "unlink": m.unlinks, "work": m.works, "work on": m.works, "jump": m.jumps, "": m.check,
			"break glass": m.breaksGlass, "review": m.reviews, "prolong": m.prolongs, "stop": m.stopsAll,
		})
		m.rt = rt
		m.settle()
		m.check(rt)
	})
}

// person is mostly one of those who may, or anybody.
func (m *model) person(may ...access.Person) access.Person {
	if m.chance("anybody") {
		may = everybody
	}
	return rapid.SampledFrom(may).Draw(m.rt, "person")
}

func (m *model) chance(what string) bool { return rapid.IntRange(0, 4).Draw(m.rt, what) == 0 }

// target is a request, mostly one that there is and in the state.
func (m *model) target(in access.RequestState) access.RequestID {
	var ids []access.RequestID
	anyState := m.chance("any state")
	for id, r := range m.requests() {
		if anyState || r.State == in {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "R-ZZZZZ"
	}
	slices.Sort(ids) // so that the same draw gives the same one
	return rapid.SampledFrom(ids).Draw(m.rt, "request")
}

func (m *model) requests() map[access.RequestID]access.Request {
	out := map[access.RequestID]access.Request{}
	m.look(m.t, func(tx state.Tx) error {
		all, err := state.All[access.Request](tx, "request/")
		for _, r := range all {
			out[r.ID] = r
		}
		return err
	})
	return out
}

// grants lists every grant there ever was.
func (m *model) grants() (all []access.Grant) {
	m.look(m.t, func(tx state.Tx) (err error) {
		all, err = state.All[access.Grant](tx, "grant/")
		return err
	})
	return all
}

// tries has a person act, and act again by the same delivery. A refusal changes
// nothing and leaves one event.
func (m *model) tries(by access.Person, channel access.ChannelID, act func(approvals.Origin) error) {
	o := m.by(by, channel)
	for i := range 2 {
		before, events := m.records(m.t), m.logged()
		err := act(o)
		left := m.logged() - events
		switch {
		case err != nil && access.CodeOf(err) == "":
			m.rt.Fatalf("an internal error: %v", err)
		case i == 1 && (err == nil || !strings.Contains(err.Error(), "already received")):
			m.rt.Fatalf("the replay gave %v", err)
		case err != nil && !maps.Equal(m.records(m.t), before):
			m.rt.Fatalf("the refusal %v changed something", err)
		case err != nil && left != 1:
			m.rt.Fatalf("the refusal %v left %d events", err, left)
		}
		if !m.chance("replay") {
			return
		}
	}
}

func (m *model) submits(rt *rapid.T) {
	m.rt = rt
	ask := anAsk()
	if m.chance("other terms") {
		ask.Customer = rapid.SampledFrom([]access.TenantID{adatum, "nobody"}).Draw(rt, "customer")
		ask.Roles = rapid.SampledFrom([][]access.RoleID{{helpdesk}, {exchange}}).Draw(rt, "roles")
	}
	ask.Duration = time.Duration(rapid.IntRange(1, 9).Draw(rt, "hours")) * time.Hour
	if m.chance("ahead") {
		m.asksAhead(&ask)
	}
	m.tries(m.person(ana, bo), "", func(o approvals.Origin) error {
		_, err := m.Submit(context.Background(), o, ask)
		return err
	})
}

func (m *model) decides(rt *rapid.T) {
	m.rt = rt
	id, terms := m.target(access.Pending), rapid.IntRange(1, 2).Draw(rt, "terms")
	v := rapid.SampledFrom([]access.Verdict{access.Approve, access.Deny, "maybe"}).Draw(rt, "verdict")
	channel := rapid.SampledFrom([]access.ChannelID{contosoChannel, adatumChannel, ""}).Draw(rt, "channel")
	m.tries(m.person(carol, cem, amir), channel, func(o approvals.Origin) error {
		_, err := m.Decide(context.Background(), o, id, terms, v, "")
		return err
	})
}

// approves is what must happen often, or nobody ever gets anything.
func (m *model) approves(rt *rapid.T) {
	m.rt = rt
	id := m.target(access.Pending)
	m.tries(rapid.SampledFrom([]access.Person{carol, cem, amir}).Draw(rt, "contact"), "", func(o approvals.Origin) error {
		_, err := m.Decide(context.Background(), o, id, 1, access.Approve, "")
		return err
	})
}

func (m *model) ends(rt *rapid.T) {
	m.rt = rt
	state, withdraw := access.Approved, m.chance("withdraw")
	if withdraw {
		state = access.Pending
	}
	id := m.target(state)
	m.tries(m.person(ana, bo, carol, dee), "", func(o approvals.Origin) (err error) {
		if withdraw {
			_, err = m.Withdraw(context.Background(), o, id)
		} else {
			_, err = m.Revoke(context.Background(), o, id, "")
		}
		return err
	})
}

func (m *model) links(rt *rapid.T) {
	m.rt = rt
	p, by := m.person(everybody...), m.person(dee)
	staff := m.chance("staff")
	upn := rapid.SampledFrom([]string{"ana@home.example", "zoe@home.example", "none@home.example"}).Draw(rt, "upn")
	m.tries(by, "", func(o approvals.Origin) error {
		if staff {
			return m.LinkStaff(context.Background(), o, p, upn)
		}
		return m.LinkContact(context.Background(), o, contoso, p.User)
	})
}

func (m *model) unlinks(rt *rapid.T) {
	m.rt = rt
	if !m.chance("really") {
		return // else nobody is left soon
	}
	p, staff := m.person(everybody...), m.chance("staff")
	m.tries(dee, "", func(o approvals.Origin) error {
		if staff {
			return m.UnlinkStaff(context.Background(), o, p.User)
		}
		return m.UnlinkContact(context.Background(), o, contoso, p.Team, p.User)
	})
}

// works lets a runner do what is due, with faults.
func (m *model) works(rt *rapid.T) {
	m.rt = rt
	m.broken = true
	m.once(m.t)
	m.broken = false
	m.protocol = m.protocol.Add(time.Second)
}

func (m *model) jumps(rt *rapid.T) {
	m.rt = rt
	m.now = m.now.Add(time.Duration(rapid.IntRange(0, 180).Draw(rt, "minutes")) * time.Minute)
	if m.chance("long") { // the bot was down
		m.now = m.now.Add(time.Duration(rapid.IntRange(1, 24).Draw(rt, "hours")) * time.Hour)
	}
	m.passDue()
}

// passDue does what time demands.
func (m *model) passDue() {
	for {
		var due []state.Due
		m.look(m.t, func(tx state.Tx) (err error) {
			due, err = state.DueUntil(tx, m.now, 100)
			return err
		})
		if len(due) == 0 {
			return
		}
		for _, d := range due {
			if err := m.Due(context.Background(), d); err != nil {
				m.rt.Fatalf("Due %+v: %v", d, err)
			}
		}
	}
}

// failBefore and failAfter are the faults of the systems outside. A removal
// never fails for good.
func (m *model) failBefore(e outbox.Effect) error { return m.fail(e, "before") }
func (m *model) failAfter(e outbox.Effect) error  { return m.fail(e, "after") }

func (m *model) fail(e outbox.Effect, when string) error {
	if !m.broken || strings.HasPrefix(e.Kind, "slack.") || !m.chance("fail "+when) {
		return nil
	}
	if e.Kind != outbox.GraphLeave && m.chance("for good") {
		return errGone
	}
	return errNet
}

// settle does everything that is owed and due.
func (m *model) settle() {
	m.passDue()
	m.drain(m.t)
	for _, g := range m.grants() {
		if !g.Final() && g.State != access.Active {
			m.rt.Fatalf("%s is %s when all is done", g.Request, g.State)
		}
		if g.State == access.Active && (!g.ExpiresAt.After(m.now) || !m.members[membership{g.Container, g.Principal}]) {
			m.rt.Fatalf("%s is active at %v: %+v", g.Request, m.now, g)
		}
	}
	for member := range m.members {
		if !m.needed(member, func(g access.Grant) bool { return g.State == access.Active }) {
			m.rt.Fatalf("%v is a member for nothing when all is done", member)
		}
	}
}

func (m *model) needed(who membership, counts func(access.Grant) bool) bool {
	for _, g := range m.grants() {
		if g.Container == who.container && g.Principal == who.principal && counts(g) {
			return true
		}
	}
	return false
}

// check is what must hold at any moment.
func (m *model) check(rt *rapid.T) {
	m.rt = rt
	for member := range m.members {
		if !m.needed(member, func(g access.Grant) bool { return !g.Final() }) {
			rt.Fatalf("%v is a member without a grant that is not over", member)
		}
	}
	requests, granted := m.requests(), map[access.RequestID]bool{}
	for _, g := range m.grants() {
		granted[g.Request] = true
		r := requests[g.Request]
		if r.State != access.Approved || r.Principal != g.Principal || r.Container() != g.Container || r.Duration != g.Duration {
			rt.Fatalf("the grant %+v came of %+v", g, r)
		}
	}
	m.readLog()
	m.checkReviews(requests)
	m.checkAhead(requests)
	for id, r := range requests {
		if err := decided(r, m.deciding[id]); err != nil || granted[id] != gave(r) {
			rt.Fatalf("%s with a grant: %t, and %v", r.State, granted[id], err)
		}
	}
}

// logged counts the events.
func (m *model) logged() (n int) {
	m.look(m.t, func(tx state.Tx) error {
		n = 0
		for _, err := range tx.Scan("event/") {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n
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
		if e.Detail["state"] == string(access.Approved) || e.Detail["state"] == string(access.Denied) {
			m.deciding[e.Request]++
		}
	}
}

// decided checks who decided a request, and that one decision did.
func decided(r access.Request, deciding int) error {
	denials := len(r.Decisions) - r.Approvals()
	team := map[access.TenantID]access.TeamID{contoso: carol.Team, adatum: amir.Team}[r.Customer]
	seen := map[access.UserID]bool{r.Requester.User: true}
	for _, d := range r.Decisions {
		if d.By.Team != team || seen[d.By.User] {
			return fmt.Errorf("%+v decided %s of %s", d.By, r.ID, r.Requester.User)
		}
		seen[d.By.User] = true
	}
	want := 0
	if r.State == access.Approved || r.State == access.Denied {
		want = 1
	}
	if r.BrokeGlass() {
		return brokeGlass(r, deciding, denials)
	}
	if deciding != want || (r.State == access.Approved) != (r.Approvals() >= r.Rule.Approvals && denials == 0) || (r.State == access.Denied) != (denials == 1) {
		return fmt.Errorf("%s after %+v and %d decisions that decide", r.State, r.Decisions, deciding)
	}
	return nil
}
