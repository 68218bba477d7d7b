package approvals_test

import (
	"maps"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// A ledger is what ought to be, in plain maps and by rules of its own, which share
// nothing with the code but the words for states and events. A method that begins with
// "may" says whether somebody may do something now, and what comes of it.
type ledger struct {
	now      func() time.Time
	law      law
	desk     []access.UserID
	deskRead time.Time
	staff    map[access.UserID]self // by whom they are linked to
	contacts map[access.TenantID]map[string]delegate
	pleas    map[access.RequestID]plea
	gifts    map[access.RequestID]gift
	looks    map[access.RequestID]inquiry
	log      map[access.RequestID][]access.EventKind
}

// self is by what a person is known. They may be one with somebody else if anything is
// the same, or if there is nothing by which the two could be told apart.
type self struct {
	user    access.UserID
	account access.Account
	mail    string
}

func (a self) maybe(b self) bool {
	switch {
	case a.user != "" && a.user == b.user, a.account.Object != "" && a.account == b.account, a.mail != "" && a.mail == b.mail:
		return true
	}
	return (a.user == "" || b.user == "") && (a.account.Object == "" || b.account.Object == "")
}

// delegate is a contact, or one who stands in for a contact.
type delegate struct {
	self
	since    time.Time
	verified bool
	instead  string // the contact in whose place, and who that was then
	of       self
	until    time.Time
}

// plea is a request.
type plea struct {
	id        access.RequestID
	who       self
	customer  access.TenantID
	roles     []access.RoleID
	length    time.Duration
	bar       bar
	state     access.RequestState
	words     []word
	terms     int
	since     int // words on older terms are void
	at        time.Time
	decideBy  time.Time
	starts    []time.Time
	recurs    bool
	opened    int
	held      bool
	stopped   bool
	extends   access.RequestID
	ends      time.Time // when what it extends ends without it
	broke     bool
	shown     bool // the customer has been asked, or told
	principal access.PrincipalID
}

// word is one decision, which is that of all its voices.
type word struct {
	voices []self
	peer   bool
	yes    bool
	terms  int
}

// gift is a grant.
type gift struct {
	membership
	customer access.TenantID
	state    access.GrantState
	length   time.Duration
	giveBy   time.Time // or it is not given any more
	until    time.Time
	window   time.Time // its end, beyond which there is nothing
	extended int
	failed   bool
}

// inquiry is the review of an access by break-glass.
type inquiry struct {
	opened  time.Time
	open    bool
	objects []self
}

func newLedger(now func() time.Time) *ledger {
	return &ledger{
		now: now, staff: map[access.UserID]self{},
		contacts: map[access.TenantID]map[string]delegate{contoso: {}, adatum: {}},
		pleas:    map[access.RequestID]plea{}, gifts: map[access.RequestID]gift{}, looks: map[access.RequestID]inquiry{},
		log: map[access.RequestID][]access.EventKind{},
	}
}

func (l *ledger) note(id access.RequestID, kinds ...access.EventKind) {
	l.log[id] = append(l.log[id], kinds...)
}

// put keeps a plea, and that its customer saw it if it did.
func (l *ledger) put(p plea) plea {
	p.shown = p.shown || p.state == access.Approved || !p.peersTurn()
	l.pleas[p.id] = p
	return p
}

// ids lists the pleas in the order in which they were made.
func (l *ledger) ids() []access.RequestID { return slices.Sorted(maps.Keys(l.pleas)) }

// agreed counts those who said yes on terms that hold.
func (p plea) agreed(peers bool) (n int) {
	for _, w := range p.words {
		if w.yes && w.peer == peers && w.terms >= p.since {
			n++
		}
	}
	return n
}

func (p plea) peersTurn() bool { return p.agreed(true) < p.bar.peers }

// next is the window that opens next.
func (p plea) next() (start, end time.Time, ok bool) {
	if p.state != access.Approved || p.stopped || p.opened >= len(p.starts) {
		return start, end, false
	}
	start = p.starts[p.opened]
	return start, start.Add(p.length), true
}

// deadline is until when it can be decided if somebody is asked now.
func (p plea) deadline(now time.Time) time.Time {
	by := now.Add(p.bar.within)
	if len(p.starts) > 0 && p.starts[0].Before(by) {
		by = p.starts[0]
	}
	if p.extends != "" && p.ends.Before(by) {
		by = p.ends
	}
	return by
}

func (p plea) wish() wish {
	return wish{who: p.who.user, customer: p.customer, roles: p.roles, length: p.length, at: p.at, starts: p.starts, recurs: p.recurs}
}

// twinned says whether the same is waiting already.
func (l *ledger) twinned(p plea) bool {
	for id, q := range l.pleas {
		if id != p.id && q.state == access.Pending && q.who.user == p.who.user && q.customer == p.customer && slices.Equal(q.roles, p.roles) &&
			q.extends == p.extends && (len(q.starts) == 0) == (len(p.starts) == 0) && (len(p.starts) == 0 || q.starts[0].Equal(p.starts[0])) {
			return true
		}
	}
	return false
}

// carriedRoles says whether a relationship has the roles, see [model.furnishes].
func carriedRoles(p plea) bool { return p.customer == contoso || !slices.Contains(p.roles, exchange) }

// wanted is a plea that may be made now.
func (l *ledger) wanted(p plea, extension int) (plea, bool) {
	now := l.now()
	w := p.wish()
	w.at = now
	if w.extension = extension; extension > 0 {
		w.moment = p.ends
	}
	b, ans := l.bar(w)
	if p.who.user == "" || ans != yes || b.signed && b.contacts == 0 || p.extends != "" && !now.Before(p.ends) {
		return p, false
	}
	for i, at := range p.starts {
		if i == 0 && at.Before(now.Add(5*time.Minute)) || i > 0 && at.Sub(p.starts[i-1])-p.length < 15*time.Minute {
			return p, false
		}
	}
	if n := len(p.starts); p.recurs && p.starts[n-1].Add(p.length).Sub(now) > b.recurs {
		return p, false
	}
	contacts, peers := 0, 0
	for _, c := range l.contacts[p.customer] {
		if c.instead == "" {
			contacts++
		}
	}
	for _, s := range l.staff {
		if (!b.led || slices.Contains(leads, s.user)) && !s.maybe(p.who) {
			peers++
		}
	}
	if p.bar = b; contacts < b.contacts || b.peers > 0 && peers < b.peers {
		return p, false
	}
	p.at, p.decideBy, p.state = now, p.deadline(now), access.Pending
	if b.auto {
		p.state = access.Approved
	}
	return p, carriedRoles(p) && (p.extends == "" || l.extendable(p))
}

// mayAsk says whether the person may ask for it.
func (l *ledger) mayAsk(by access.Person, a approvals.Ask) (plea, bool) {
	p := plea{customer: a.Customer, roles: access.SortRoles(a.Roles), length: a.Duration, terms: 1, since: 1, starts: a.Windows, recurs: len(a.Windows) > 0}
	if !a.StartAt.IsZero() {
		p.starts = []time.Time{a.StartAt}
	}
	if by.Team == home {
		p.who = l.staff[by.User]
		p.principal = p.who.account.Object
	}
	p, ok := l.wanted(p, 0)
	if !ok || l.twinned(p) {
		return p, false
	}
	if a.BreakGlass && p.state == access.Pending {
		return l.brokenGlass(p)
	}
	return p, true
}

// mayExtend says whether the person may ask for more time of the access.
func (l *ledger) mayExtend(by access.Person, id access.RequestID, more time.Duration) (plea, bool) {
	of, known := l.pleas[id]
	g, given := l.gifts[id]
	if !known || by.Team != home || by.User != of.who.user || !given || g.state != access.Active || !l.now().Before(g.until) {
		return plea{}, false
	}
	p := plea{who: l.staff[by.User], customer: of.customer, roles: of.roles, length: more, terms: 1, since: 1, extends: id, ends: g.until}
	p.principal = p.who.account.Object
	p, ok := l.wanted(p, g.extended+1)
	return p, ok && !l.twinned(p)
}

// extendable says whether there still is what it extends.
func (l *ledger) extendable(p plea) bool {
	g, until := l.gifts[p.extends], p.ends.Add(p.length)
	if g.state != access.Active || !l.now().Before(g.until) || !until.After(g.until) || g.principal != p.principal || g.extended >= p.bar.extensions {
		return false
	}
	begins, _, more := l.pleas[p.extends].next()
	return !more || !until.Add(15*time.Minute).After(begins)
}

// made keeps a new plea and what it brings at once.
func (l *ledger) made(id access.RequestID, p plea) {
	p.id = id
	l.note(id, access.EventRequested)
	switch {
	case p.broke:
		l.tookGlass(p)
	case p.state == access.Approved:
		l.note(id, access.EventApproved)
		l.approved(p)
	default:
		l.put(p)
	}
}

// changed keeps what is asked for now instead.
func (l *ledger) changed(p plea) {
	l.note(p.id, access.EventChanged)
	if p.state == access.Approved {
		l.note(p.id, access.EventApproved)
		l.approved(p)
		return
	}
	l.put(p)
}

// mayChange says whether the person may ask for other things instead.
func (l *ledger) mayChange(by access.Person, id access.RequestID, terms int, a approvals.Ask) (plea, bool) {
	p, known := l.pleas[id]
	if !known || terms != p.terms || p.extends != "" || by.Team != home || by.User != p.who.user || p.state != access.Pending || !l.now().Before(p.decideBy) {
		return p, false
	}
	same := slices.Equal(p.roles, access.SortRoles(a.Roles)) && p.length == a.Duration && a.Justification == secretWords
	to := p
	to.who = l.staff[by.User]
	to.roles, to.length = access.SortRoles(a.Roles), a.Duration
	to, ok := l.wanted(to, 0)
	if !ok || to.who.account.Object != p.principal || same {
		return p, false
	}
	to.who = p.who // who asked stays who they were
	to.terms++
	to.since = to.terms
	return to, !l.twinned(to)
}
