package approvals_test

import (
	"context"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// askedFor draws what is asked for.
func (m *model) askedFor() approvals.Ask {
	ask := approvals.Ask{
		Customer: rapid.SampledFrom([]access.TenantID{contoso, contoso, contoso, contoso, adatum, adatum, adatum, "nobody"}).Draw(m.rt, "customer"),
		Roles: rapid.SampledFrom([][]access.RoleID{
			{helpdesk}, {helpdesk, users}, {exchange}, {privileged}, {reports}, {messages}, {helpdesk, exchange}, {reports, users}, {exchange, messages},
		}).Draw(m.rt, "roles"),
		Duration: time.Duration(rapid.IntRange(1, 5).Draw(m.rt, "hours")) * time.Hour, Justification: secretWords,
	}
	if m.chance("too long") {
		ask.Duration += 4 * time.Hour
	}
	return ask
}

func (m *model) submits() {
	ask := m.askedFor()
	switch rapid.IntRange(0, 9).Draw(m.rt, "when") {
	case 0, 1, 2:
		m.asksAhead(&ask)
	case 3:
		ask.BreakGlass = true
	}
	s := speech{by: m.person(ana, bo)}
	p, want := m.ledger.mayAsk(s.by, ask)
	var r access.Request
	m.tries("submit", s, want, func(o approvals.Origin) (err error) {
		r, err = m.Submit(context.Background(), o, ask)
		return err
	}, func() { m.ledger.made(r.ID, p) })
}

// asksAhead has the ask begin later, once or again and again.
func (m *model) asksAhead(ask *approvals.Ask) {
	begins := m.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(m.rt, "begins in")) * time.Minute)
	if m.chance("far ahead") {
		begins = begins.Add(40 * time.Hour)
	}
	n := rapid.IntRange(1, 3).Draw(m.rt, "windows")
	if n == 1 {
		ask.StartAt = begins
		return
	}
	gap := ask.Duration + time.Duration(rapid.SampledFrom([]int{15, 60, 15, 600, 3600, 5}).Draw(m.rt, "minutes between"))*time.Minute
	for i := range n {
		ask.Windows = append(ask.Windows, begins.Add(time.Duration(i)*gap))
	}
}

// hand is somebody in Slack who says something about a request.
func (m *model) hand(may ...access.Person) speech {
	s := speech{by: m.person(may...)}
	if m.chance("channel") {
		s.channel = rapid.SampledFrom([]access.ChannelID{contosoChannel, adatumChannel, operations}).Draw(m.rt, "channel")
	}
	return s
}

// turn are those whose turn it could be, with somebody whose turn it is not.
func (m *model) turn(id access.RequestID) []access.Person {
	switch p := m.ledger.pleas[id]; {
	case p.peersTurn():
		return []access.Person{bo, eve, ana, carol}
	case p.customer == adatum:
		return []access.Person{amir, ada, carol}
	case p.bar.peers > 0:
		return []access.Person{carol, cem, eve, oskar}
	}
	return []access.Person{carol, cem, oskar}
}

func (m *model) decides() {
	id := m.waiting()
	v := rapid.SampledFrom([]access.Verdict{access.Approve, access.Deny, "maybe"}).Draw(m.rt, "verdict")
	m.says(m.hand(m.turn(id)...), id, m.terms(id), v)
}

// approves is what must happen often, or nobody ever gets anything.
func (m *model) approves() {
	id := m.waiting()
	p := m.ledger.pleas[id]
	s := speech{by: rapid.SampledFrom(m.turn(id)).Draw(m.rt, "who")}
	if p.bar.signed && !p.peersTurn() {
		s = m.signer(p.customer)
	}
	m.says(s, id, p.terms, access.Approve)
}

func (m *model) says(s speech, id access.RequestID, terms int, v access.Verdict) {
	p, want := m.ledger.mayDecide(s, id, terms, v, nil)
	m.tries(string(v), s, want, func(o approvals.Origin) error {
		_, err := m.Decide(context.Background(), o, id, terms, v, "a private note")
		return err
	}, func() { m.ledger.decided(p) })
}

// signer is somebody who has signed in, mostly with a role that lets them decide.
func (m *model) signer(customer access.TenantID) speech {
	name := "amir"
	if customer != adatum {
		name = rapid.SampledFrom([]string{"carol", "cem", "mia", "oskar"}).Draw(m.rt, "name")
	}
	in := signedInto(customer, name)
	if m.oneOf("roles", 8) {
		in.Roles = rapid.SampledFrom([][]access.RoleID{nil, {exchange}}).Draw(m.rt, "held")
	}
	return speech{signIn: &in}
}

func (m *model) decidesSigned() {
	id := m.waiting()
	s := m.signer(rapid.SampledFrom([]access.TenantID{contoso, m.ledger.pleas[id].customer}).Draw(m.rt, "tenant"))
	v := access.Approve
	if m.chance("deny") {
		v = access.Deny
	}
	m.says(s, id, m.terms(id), v)
}

func (m *model) narrows() {
	id := m.waiting()
	p, terms := m.ledger.pleas[id], m.terms(id)
	cut := access.Narrowing{Roles: p.roles, Duration: time.Duration(rapid.IntRange(0, 4).Draw(m.rt, "hours")) * time.Hour}
	if m.chance("fewer") && len(p.roles) > 0 {
		cut.Roles = p.roles[1:]
	}
	if m.chance("others") {
		cut = access.Narrowing{Roles: []access.RoleID{messages}, Duration: p.length}
	}
	s := m.hand(m.turn(id)...)
	if p.bar.signed && !p.peersTurn() {
		s = m.signer(p.customer)
	}
	p, want := m.ledger.mayDecide(s, id, terms, access.Approve, &cut)
	m.tries("narrow", s, want, func(o approvals.Origin) error {
		_, err := m.Narrow(context.Background(), o, id, terms, cut)
		return err
	}, func() { m.ledger.decided(p) })
}

func (m *model) changes() {
	id := m.waiting()
	ask, terms := m.askedFor(), m.terms(id)
	s := speech{by: m.requester(id)}
	p, want := m.ledger.mayChange(s.by, id, terms, ask)
	m.tries("change", s, want, func(o approvals.Origin) error {
		_, err := m.Change(context.Background(), o, id, terms, ask)
		return err
	}, func() { m.ledger.changed(p) })
}

func (m *model) breaksGlass() {
	id := m.waiting()
	terms, s := m.terms(id), speech{by: m.requester(id)}
	p, want := m.ledger.mayBreakGlass(s.by, id, terms)
	m.tries("break glass", s, want, func(o approvals.Origin) error {
		_, err := m.BreakGlass(context.Background(), o, id, terms)
		return err
	}, func() { m.ledger.tookGlass(p) })
}

// looks has a second person look at an access by break-glass.
func (m *model) looks() {
	id := m.target(access.Approved)
	for _, known := range m.ledger.ids() {
		if _, ok := m.ledger.looks[known]; ok {
			id = known
		}
	}
	s, sign := m.hand(dee, bo, ana, carol, amir), !m.chance("object")
	look, want := m.ledger.mayLook(s, id, sign)
	if sign {
		m.tries("sign off", s, want, func(o approvals.Origin) error {
			_, err := m.SignOff(context.Background(), o, id, "a private note")
			return err
		}, func() { m.looked(id, look, access.EventSignedOff) })
		return
	}
	m.tries("object", s, want, func(o approvals.Origin) error {
		_, err := m.Object(context.Background(), o, id, "a private note")
		return err
	}, func() { m.looked(id, look, access.EventObjected) })
}

func (m *model) looked(id access.RequestID, look inquiry, as access.EventKind) {
	m.ledger.looks[id] = look
	m.ledger.note(id, as)
}

// prolongs asks for more time of some access.
func (m *model) prolongs() {
	id, more := m.inForce(), time.Duration(rapid.IntRange(1, 9).Draw(m.rt, "more"))*time.Hour
	s := speech{by: m.requester(id)}
	p, want := m.ledger.mayExtend(s.by, id, more)
	var r access.Request
	m.tries("prolong", s, want, func(o approvals.Origin) (err error) {
		r, err = m.Prolong(context.Background(), o, id, more, secretWords)
		return err
	}, func() { m.ledger.made(r.ID, p) })
}

// ends has somebody take back, revoke, or stop.
func (m *model) ends() {
	act := rapid.SampledFrom([]string{"withdraw", "revoke", "stop"}).Draw(m.rt, "how")
	id := m.inForce()
	if act == "withdraw" && !m.chance("approved") {
		id = m.waiting()
	}
	s := m.hand(m.requester(id), dee, carol)
	p, known := m.ledger.pleas[id]
	g, given := m.ledger.gifts[id]
	_, _, ahead := p.next()
	var want bool
	var then func()
	switch {
	case act == "withdraw":
		want = known && s.by.Team == home && s.by.User == p.who.user && (p.state == access.Pending || ahead)
		then = func() { m.ledger.withdrawn(p) }
	case act == "revoke" && ahead && (!given || g.over()):
		want, then = m.ledger.mayEnd(s, p), func() { m.ledger.stopped(p) }
	case act == "revoke":
		want, then = known && m.ledger.mayEnd(s, p) && g.live(), func() { m.ledger.ended(id) }
	default:
		want = known && m.ledger.mayEnd(s, p) && ahead
		then = func() {
			if m.ledger.stopped(p); g.live() {
				m.ledger.ended(id)
			}
		}
	}
	m.tries(act, s, want, func(o approvals.Origin) (err error) {
		switch act {
		case "withdraw":
			_, err = m.Withdraw(context.Background(), o, id)
		case "revoke":
			_, err = m.Revoke(context.Background(), o, id, "a private note")
		default:
			_, err = m.Stop(context.Background(), o, id, "a private note")
		}
		return err
	}, then)
}
