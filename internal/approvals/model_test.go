package approvals_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// model is a world in which anybody does anything, while the systems outside fail as
// they like, the clock jumps and the bot dies. Beside it a [ledger] says what ought to
// become of it: whether each act is taken or refused, and what is there after it.
type model struct {
	*world
	t      *testing.T
	rt     *rapid.T
	ledger *ledger
	disk   *statetest.MemoryStore
	lives  int  // how often the bot has been started
	broken bool // effects may fail
	died   bool // in the middle of an effect

	// What was read of the store, by its bytes.
	requests map[string]access.Request
	grants   map[string]access.Grant

	read  int // events of the log that have been looked at
	log   map[access.RequestID][]access.EventKind
	taken map[string]int // acts that were taken, by name
}

var (
	mia = access.Person{Name: "Mia Falk", Mail: "mia@contoso.com"} // a contact without Slack
	ada = access.Person{Team: amir.Team, User: "U0ADA", Name: "Ada Moe"}

	everybody = []access.Person{
		ana, bo, eve, zoe, dee, carol, cem, oskar, amir, ada, {},
		{Team: carol.Team, User: ana.User}, {Team: home, User: carol.User}, {Team: amir.Team, User: carol.User},
	}
)

// TestModel runs the world against the ledger. For longer:
//
//	go test ./internal/approvals -run TestModel -rapid.checks=5000 -timeout=1h -v
func TestModel(t *testing.T) {
	t.Parallel()
	steps, runs, taken, became := 0, 0, map[string]int{}, map[access.EventKind]int{}
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t, rt)
		m.taken = taken
		runs++
		acts := m.acts()
		actions := map[string]func(*rapid.T){
			"": func(rt *rapid.T) { m.rt = rt; m.check() },
			"act": func(rt *rapid.T) {
				m.rt = rt
				steps++
				rapid.SampledFrom(acts).Draw(rt, "which").do()
			},
		}
		for range 2 { // rapid has 30 steps by itself
			rt.Repeat(actions)
		}
		m.rt = rt
		m.settle()
		m.check()
		for _, kinds := range m.log {
			for _, kind := range kinds {
				became[kind]++
			}
		}
	})
	t.Logf("%d steps in %d runs; taken were %v, and became %v", steps, runs, taken, became)
}

func newModel(t *testing.T, rt *rapid.T) *model {
	disk := statetest.Memory()
	m := &model{world: newWorldOn(t, disk), disk: disk, t: t, rt: rt, log: map[access.RequestID][]access.EventKind{}, requests: map[string]access.Request{}, grants: map[string]access.Grant{}}
	m.ledger = newLedger(func() time.Time { return m.now })
	m.people[ada.User] = ada
	m.upns["bo@home.example"] = outbox.StaffResult{Principal: principal(bo), UPN: "bo@home.example", Name: bo.Name}
	m.upns["eve@home.example"] = outbox.StaffResult{Principal: principal(eve), UPN: "eve@home.example", Name: eve.Name}
	m.put(t, m.furnishes)
	m.rules(drawLaw(rt, false))
	if !m.chance("unread") {
		m.gathers()
	}
	m.before, m.after = m.failBefore, m.failAfter
	return m
}

// furnishes links people of every kind, in the world and in the ledger.
func (m *model) furnishes(tx state.Tx) error {
	for _, p := range []access.Person{ana, bo, eve} {
		upn := strings.ToLower(string(p.User[2:])) + "@home.example"
		m.ledger.staff[p.User] = staffSelf(p.User, principal(p), upn)
		if err := state.PutStaff(tx, access.Staff{Person: p, Principal: principal(p), UPN: upn, LinkedAt: start}); err != nil {
			return err
		}
	}
	signed := func(p access.Person, in access.SignIn) access.Person {
		p.Entra, p.Mail = in.Account, in.UPN
		return p
	}
	for _, c := range []access.Contact{
		{Person: signed(carol, signIn("carol")), Customer: contoso, LinkedAt: start, VerifiedAt: start},
		{Person: cem, Customer: contoso, LinkedAt: start.Add(-2 * day)},
		{Person: mia, Customer: contoso, LinkedAt: start},
		{Person: signed(amir, signedInto(adatum, "amir")), Customer: adatum, LinkedAt: start, VerifiedAt: start},
		{Person: ada, Customer: adatum, LinkedAt: start},
	} {
		key := string(c.Person.User)
		if key == "" {
			key = c.Person.Mail
		}
		m.ledger.contacts[c.Customer][key] = delegate{
			self: self{user: c.Person.User, account: c.Person.Entra, mail: c.Person.Mail}, since: c.LinkedAt, verified: c.Verified(),
		}
		if err := state.PutContact(tx, c); err != nil {
			return err
		}
	}
	if err := relate(tx, contoso, "rel-contoso", start.AddDate(1, 0, 0), helpdesk, users, exchange, privileged, reports, messages); err != nil {
		return err
	}
	return relate(tx, adatum, "rel-adatum", start.AddDate(1, 0, 0), helpdesk, users, privileged, reports, messages)
}

func signedInto(customer access.TenantID, name string) access.SignIn {
	in := signIn(name)
	in.Account.Tenant = customer
	return in
}

// rules has a policy be in force.
func (m *model) rules(l law) {
	m.ledger.law, m.policy = l, l.parsed(m.rt)
	if err := m.PolicyInForce(context.Background()); err != nil {
		m.rt.Fatal(err)
	}
}

// act is one thing that may happen.
type act struct {
	name string
	do   func()
}

// GoString says which, where rapid prints what it has drawn.
func (a act) GoString() string { return a.name }

// acts lists what may happen. Rapid draws from the front more often than from the back,
// so it begins with what leads somewhere.
func (m *model) acts() []act {
	return []act{
		{"approve", m.approves}, {"work", m.works}, {"submit", m.submits}, {"approve", m.approves},
		{"work", m.works}, {"prolong", m.prolongs}, {"jump", m.jumps}, {"approve", m.approves},
		{"decide", m.decides}, {"narrow", m.narrows}, {"change", m.changes}, {"sign in", m.decidesSigned}, {"submit", m.submits}, {"break glass", m.breaksGlass},
		{"gather", m.gathers}, {"legislate", m.legislates}, {"end", m.ends}, {"look", m.looks}, {"approve", m.approves},
		{"stand in", m.standsIn}, {"back", m.comesBack}, {"link", m.links}, {"unlink", m.unlinks}, {"leave", m.leaves},
		{"verify", m.verifies}, {"arrive", m.arrives}, {"jump back", m.jumpsBack}, {"restart", m.restarts}, {"rest", m.settle}, {"work", m.works}, {"jump", m.jumps}, {"prolong", m.prolongs},
	}
}

// person is mostly one of those who may, or anybody.
func (m *model) person(may ...access.Person) access.Person {
	if m.chance("anybody") {
		may = everybody
	}
	return rapid.SampledFrom(may).Draw(m.rt, "person")
}

func (m *model) chance(what string) bool { return m.oneOf(what, 5) }

// oneOf is rarer than its name says: rapid draws small numbers more often.
func (m *model) oneOf(what string, n int) bool { return rapid.IntRange(0, n-1).Draw(m.rt, what) == n-1 }

// requester is mostly who asked for it.
func (m *model) requester(id access.RequestID) access.Person {
	if p := m.ledger.pleas[id]; p.who.user == bo.User {
		return m.person(bo)
	}
	return m.person(ana)
}

// waiting is mostly a request that waits. Where there is none, somebody asks for something.
func (m *model) waiting() access.RequestID {
	for _, p := range m.ledger.pleas {
		if p.state == access.Pending {
			return m.target(access.Pending)
		}
	}
	if !m.oneOf("made up", 8) {
		m.submits()
	}
	return m.target(access.Pending)
}

// inForce is mostly a request whose access is, or is to begin.
func (m *model) inForce() access.RequestID {
	var ids []access.RequestID
	for _, id := range m.ledger.ids() {
		if _, _, ahead := m.ledger.pleas[id].next(); ahead || m.ledger.gifts[id].state == access.Active {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || m.chance("any") {
		return m.target(access.Approved)
	}
	return rapid.SampledFrom(ids).Draw(m.rt, "in force")
}

// target is a request, mostly one that there is and in the state, and of these mostly a
// late one.
func (m *model) target(in access.RequestState) access.RequestID {
	var ids []access.RequestID
	anyState := m.chance("any state")
	for _, id := range m.ledger.ids() {
		if anyState || m.ledger.pleas[id].state == in {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return "R-ZZZZZ"
	}
	slices.Reverse(ids)
	return ids[min(rapid.IntRange(0, len(ids)-1).Draw(m.rt, "request"), rapid.IntRange(0, len(ids)-1).Draw(m.rt, "or request"))]
}

// terms are mostly those of now.
func (m *model) terms(id access.RequestID) int {
	n := m.ledger.pleas[id].terms
	if m.chance("other terms") {
		n = rapid.IntRange(0, 3).Draw(m.rt, "terms")
	}
	return n
}

// tries has a person act, and perhaps act again by the same delivery. The act must be
// taken exactly when the ledger says so; then is what follows there. A refusal changes
// nothing and leaves one event, and so does a repetition.
func (m *model) tries(name string, s speech, want bool, act func(approvals.Origin) error, then func()) {
	o := m.by(s.by, s.channel)
	if s.signIn != nil {
		o = approvals.Origin{Actor: access.Person{Name: s.signIn.Name, Entra: s.signIn.Account}, SignIn: s.signIn, Delivery: o.Delivery}
	}
	for i := range 2 {
		var before map[string]string // now and then: it takes most of the time
		if m.oneOf("closely", 3) {
			before = m.records(m.t)
		}
		events := m.logged()
		err := act(o)
		left := m.logged() - events
		switch {
		case err != nil && access.CodeOf(err) == "":
			m.rt.Fatalf("%s: an internal error: %v", name, err)
		case i == 1 && (err == nil || !strings.Contains(err.Error(), "already received")):
			m.rt.Fatalf("%s: the replay gave %v", name, err)
		case i == 0 && (err == nil) != want:
			m.rt.Fatalf("%s by %+v: %v, want it taken: %t", name, s, err, want)
		case err != nil && before != nil && !maps.Equal(m.records(m.t), before):
			m.rt.Fatalf("%s: the refusal %v changed something", name, err)
		case err != nil && left != 1:
			m.rt.Fatalf("%s: the refusal %v left %d events", name, err, left)
		}
		if err == nil {
			m.taken[name]++
			then()
		}
		if !m.oneOf("replay", 8) {
			return
		}
	}
}
