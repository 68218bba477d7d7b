package approvals_test

import (
	"context"
	"errors"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// links has somebody be looked up, who is linked when they are found.
func (m *model) links() {
	by, nothing := m.person(dee), func() {}
	admin := by.Team == home && (by.User == dee.User || by.User == bo.User)
	if rapid.Bool().Draw(m.rt, "staff") {
		p := rapid.SampledFrom([]access.Person{ana, ana, bo, eve, zoe}).Draw(m.rt, "whom")
		upn := rapid.SampledFrom([]string{"zoe@home.example", "ana@home.example", "bo@home.example", "eve@home.example", "none@home.example"}).Draw(m.rt, "upn")
		m.tries("link staff", speech{by: by}, admin, func(o approvals.Origin) error {
			return m.LinkStaff(context.Background(), o, p, upn)
		}, m.works) // so that somebody is another user in Entra before what they have asked for is decided
		return
	}
	p, customer := m.person(carol, cem, oskar, amir, ada), rapid.SampledFrom([]access.TenantID{contoso, adatum}).Draw(m.rt, "customer")
	_, staff := m.ledger.staff[p.User]
	m.tries("link contact", speech{by: by}, admin && (customer == contoso || m.ledger.law.adatum) && !staff, func(o approvals.Origin) error {
		return m.LinkContact(context.Background(), o, customer, p.User)
	}, nothing)
}

func (m *model) unlinks() {
	if !m.chance("really") {
		return // else nobody is left soon
	}
	if by := m.person(dee); m.chance("staff") {
		p := m.person(ana, bo, eve)
		_, linked := m.ledger.staff[p.User]
		m.tries("unlink staff", speech{by: by}, linked && by.Team == home && (by.User == dee.User || by.User == bo.User), func(o approvals.Origin) error {
			return m.UnlinkStaff(context.Background(), o, p.User)
		}, func() { m.ledger.unlinked(p.User) })
	} else {
		p, customer := m.person(carol, cem, oskar, amir), rapid.SampledFrom([]access.TenantID{contoso, adatum}).Draw(m.rt, "customer")
		_, linked := m.ledger.contacts[customer][string(p.User)]
		linked = linked && p.Team == teams[customer] && by.Team == home && (by.User == dee.User || by.User == bo.User)
		m.tries("unlink contact", speech{by: by}, linked, func(o approvals.Origin) error {
			return m.UnlinkContact(context.Background(), o, customer, p.Team, p.User)
		}, func() { delete(m.ledger.contacts[customer], string(p.User)) })
	}
}

// leaves has somebody's account in Slack or Entra be ended.
func (m *model) leaves() {
	if !m.chance("really") {
		return
	}
	p := rapid.SampledFrom(everybody).Draw(m.rt, "who")
	where := rapid.SampledFrom([]approvals.Place{approvals.InSlack, approvals.InEntra}).Draw(m.rt, "where")
	if err := m.Left(context.Background(), p, where); err != nil {
		m.rt.Fatalf("Left: %v", err)
	}
	if p.Team == home {
		m.ledger.unlinked(p.User)
	}
	for customer, of := range m.ledger.contacts {
		if where == approvals.InSlack && p.Team == teams[customer] && (customer == contoso || m.ledger.law.adatum) {
			delete(of, string(p.User))
		}
	}
}

// verifies has a contact prove who they are.
func (m *model) verifies() {
	name := rapid.SampledFrom([]string{"carol", "cem", "oskar"}).Draw(m.rt, "name")
	s, in := speech{by: map[string]access.Person{"carol": carol, "cem": cem, "oskar": oskar}[name]}, signIn(name)
	key, d, ok := m.ledger.contact(s, contoso)
	var secret string
	m.tries("verify", s, ok && !d.verified, func(o approvals.Origin) (err error) {
		secret, _, err = m.StartVerifying(context.Background(), o, contoso)
		return err
	}, func() {
		if _, err := m.Verify(context.Background(), secret, in); err != nil {
			m.rt.Fatalf("Verify: %v", err)
		}
		d.account, d.mail, d.verified = in.Account, in.UPN, true
		m.ledger.contacts[contoso][key] = d
	})
}

func (m *model) arrives() {
	in := m.signer(rapid.SampledFrom([]access.TenantID{contoso, adatum}).Draw(m.rt, "tenant")).signIn
	want := m.ledger.admits(*in)
	if _, err := m.Arrived(context.Background(), *in); (err == nil) != want {
		m.rt.Fatalf("Arrived: %v, want %t", err, want)
	}
	if want {
		m.ledger.arrives(*in)
	}
}

// standsIn has a contact name somebody who decides in their place.
func (m *model) standsIn() {
	s := m.hand(carol, cem)
	user := rapid.SampledFrom([]access.Person{oskar, oskar, cem, ana, ada}).Draw(m.rt, "stand-in").User
	away := time.Duration(rapid.IntRange(0, 50).Draw(m.rt, "hours")) * time.Hour
	m.tries("stand in", s, m.ledger.mayStandIn(s, contoso, user, away), func(o approvals.Origin) error {
		return m.StandIn(context.Background(), o, contoso, user, away)
	}, func() {})
}

func (m *model) comesBack() {
	s := m.hand(carol, cem)
	others := m.ledger.mayBack(s, contoso)
	m.tries("back", s, len(others) > 0, func(o approvals.Origin) error {
		return m.Back(context.Background(), o, contoso)
	}, func() {
		for _, key := range others {
			delete(m.ledger.contacts[contoso], key)
		}
	})
}

// legislates has another policy be in force.
func (m *model) legislates() {
	if m.oneOf("really", 3) {
		m.rules(drawLaw(m.rt, true))
	}
}

// gathers has the group that Slack keeps be read, or not.
func (m *model) gathers() {
	var people []string
	for _, p := range []access.Person{ana, bo} {
		if !m.chance("not " + string(p.User)) {
			people = append(people, string(p.User))
		}
	}
	var failure error
	if m.chance("unread") {
		failure = errors.New("HTTP 500")
	}
	if err := m.StaffRead(context.Background(), slackDesk, people, failure); err != nil {
		m.rt.Fatalf("StaffRead: %v", err)
	}
	if failure == nil {
		m.ledger.deskRead, m.ledger.desk = m.now, nil
		for _, id := range people {
			m.ledger.desk = append(m.ledger.desk, access.UserID(id))
		}
	}
}
