package access_test

import (
	"testing"

	"latchkey/internal/access"
)

// TestPersons holds by what two records are held for one person: what is certain for
// what one may do in the other's place, and what is possible for a second pair of eyes.
func TestPersons(t *testing.T) {
	t.Parallel()
	slack := access.Person{Team: "T1", User: "U1", Name: "Ana"}
	entra := access.Person{Name: "Ana", Entra: access.Account{Tenant: "t1", Object: "o1"}}
	with := func(p access.Person, change func(*access.Person)) access.Person {
		change(&p)
		return p
	}
	both := with(slack, func(p *access.Person) { p.Entra = entra.Entra })
	for _, row := range []struct {
		name           string
		p, q           access.Person
		same, could    bool
		known, toldBut bool // toldBut: nothing tells them apart
	}{
		{name: "OneUser", p: slack, q: slack, same: true, could: true, known: true},
		{name: "UserOfAnotherWorkspace", p: slack, q: with(slack, func(p *access.Person) { p.Team = "E1" }), could: true, known: true},
		{name: "TwoUsers", p: slack, q: with(slack, func(p *access.Person) { p.User = "U2" }), known: true},
		{name: "OneAccount", p: entra, q: entra, same: true, could: true, known: true},
		{name: "ObjectOfAnotherTenant", p: entra, q: with(entra, func(p *access.Person) { p.Entra.Tenant = "t2" }), known: true},
		{name: "TwoAccountsOneMail", p: with(entra, func(p *access.Person) { p.Mail = "ana@x.test" }),
			q: with(entra, func(p *access.Person) { p.Entra.Object, p.Mail = "o2", "Ana@X.test" }), could: true, known: true},
		{name: "TwoUsersOneAccount", p: both, q: with(both, func(p *access.Person) { p.User = "U2" }), could: true, known: true},
		{name: "OneUserTwoAccounts", p: both, q: with(both, func(p *access.Person) { p.Entra.Object = "o2" }), same: true, could: true, known: true},
		{name: "SlackAndEntraKnownOfOne", p: both, q: entra, same: true, could: true, known: true},
		{name: "NothingInCommon", p: slack, q: entra, could: true, known: true, toldBut: true},
		{name: "MailsAlone", p: access.Person{Mail: "a@x.test"}, q: access.Person{Mail: "b@x.test"}, could: true, toldBut: true},
		{name: "HalfAnAccount", p: access.Person{Entra: access.Account{Object: "o1"}}, q: entra, could: true, toldBut: true},
		{name: "Nobody", could: true, toldBut: true},
	} {
		for _, side := range []struct{ p, q access.Person }{{row.p, row.q}, {row.q, row.p}} {
			if got := side.p.Same(side.q); got != row.same {
				t.Errorf("%s: Same = %v", row.name, got)
			}
			if got := side.p.CouldBe(side.q); got != row.could {
				t.Errorf("%s: CouldBe = %v", row.name, got)
			}
			if got := side.p.Told(side.q); got == row.toldBut {
				t.Errorf("%s: Told = %v", row.name, got)
			}
		}
		if got := row.p.Known(); got != row.known {
			t.Errorf("%s: Known = %v", row.name, got)
		}
	}
}

// TestDecidersAreOthers holds that nobody decides on their own request nor twice, by
// whatever account.
func TestDecidersAreOthers(t *testing.T) {
	t.Parallel()
	asked := terms()
	asked.Requester.Entra = access.Account{Tenant: "partner", Object: "ana"}
	asked.Requester.Mail = "ana@partner.test"
	asked.Rule.Approvals = 2
	r, err := access.NewRequest(asked, start)
	if err != nil {
		t.Fatal(err)
	}
	kim := access.Person{Name: "Kim", Entra: access.Account{Tenant: "customer", Object: "kim"}, Mail: "kim@customer.test"}
	approves := func(by access.Person) access.Decision { return access.Decision{By: by, Verdict: access.Approve} }
	for _, row := range []struct {
		name string
		by   access.Person
		code access.Code
	}{
		{"Nobody", access.Person{}, access.Forbidden},
		{"MailAlone", access.Person{Mail: "kim@customer.test"}, access.Forbidden},
		{"OwnAccount", access.Person{Entra: asked.Requester.Entra}, access.Forbidden},
		{"OwnMail", access.Person{Entra: access.Account{Tenant: "customer", Object: "x"}, Mail: "ANA@partner.test"}, access.Forbidden},
	} {
		_, err := r.Decide(approves(row.by), 1, start)
		wantRefusal(t, row.name, err, row.code)
	}
	old := r
	old.Requester.Entra = access.Account{}
	_, err = old.Decide(approves(kim), 1, start)
	wantRefusal(t, "RequesterUnresolved", err, access.Forbidden)

	if r, err = r.Decide(approves(kim), 1, start); err != nil || r.State != access.Pending {
		t.Fatalf("the first approval: %s, %v", r.State, err)
	}
	other := kim
	other.Entra.Object = "kim-admin"
	_, err = r.Decide(approves(other), 1, start)
	wantRefusal(t, "TwiceByMail", err, access.Conflict)
	inSlack := access.Person{Team: "T9", User: "U9", Name: "Kim"}
	_, err = r.Decide(approves(inSlack), 1, start)
	wantRefusal(t, "TwiceUnresolved", err, access.Conflict)
	inSlack.Entra = access.Account{Tenant: "customer", Object: "lee"}
	if r, err = r.Decide(approves(inSlack), 1, start); err != nil || r.State != access.Approved {
		t.Errorf("the second approval: %s, %v", r.State, err)
	}
}
