package approvals_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

const privileged = access.RoleID("729827e3-9c14-49f7-bb1b-9608f156bbb8") // Helpdesk Administrator

// askedAgain has Ana ask for something else than before.
func (w *world) askedAgain(t testing.TB) access.RequestID {
	t.Helper()
	ask := anAsk()
	ask.Roles = ask.Roles[:1]
	r, err := w.Submit(context.Background(), w.by(ana, ""), ask)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	return r.ID
}

// askedPrivileged has Ana ask for a role that can raise its own rights.
func (w *world) askedPrivileged(t testing.TB) access.RequestID {
	t.Helper()
	w.policy.Bundles[0].Roles = append(w.policy.Bundles[0].Roles, privileged)
	w.put(t, func(tx state.Tx) error {
		return relate(tx, contoso, "rel-privileged", start.AddDate(1, 0, 0), privileged)
	})
	ask := anAsk()
	ask.Roles = []access.RoleID{privileged}
	r, err := w.Submit(context.Background(), w.by(ana, ""), ask)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	if !r.Rule.SignedIn {
		t.Fatalf("the rule does not ask for a sign-in: %+v", r.Rule)
	}
	return r.ID
}

// signIn is what the token of somebody says who has signed in to Contoso.
func signIn(name string) access.SignIn {
	return access.SignIn{
		Account: access.Account{Tenant: contoso, Object: access.PrincipalID("o-" + name)}, Name: strings.ToUpper(name[:1]) + name[1:],
		UPN: name + "@contoso.com", Roles: []access.RoleID{roles.GlobalAdministrator},
	}
}

// verified has Carol sign in.
func (w *world) verified(t testing.TB) access.SignIn {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: carol, Customer: contoso, LinkedAt: start})
	})
	secret, _, err := w.StartVerifying(context.Background(), w.by(carol, contosoChannel), contoso)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Verify(context.Background(), secret, signIn("carol")); err != nil {
		t.Fatal(err)
	}
	return signIn("carol")
}

func TestVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: carol, Customer: contoso, LinkedAt: start})
	})
	var secret string
	start := func(o approvals.Origin) func() error {
		return func() (err error) {
			secret, _, err = w.StartVerifying(t.Context(), o, contoso)
			return err
		}
	}
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", start(w.by(oskar, contosoChannel)))
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", start(w.by(amir, contosoChannel)))
	w.refuses(t, access.Conflict, "verified already", start(w.by(cem, contosoChannel)))
	if err := start(w.by(carol, contosoChannel))(); err != nil {
		t.Fatal(err)
	}
	in := signIn("carol")
	verify := func(secret string, change func(*access.SignIn)) func() error {
		return func() error {
			one := in
			if change != nil {
				change(&one)
			}
			_, err := w.Verify(t.Context(), secret, one)
			return err
		}
	}
	w.refuses(t, access.NotFound, "is not known", verify("made-up", nil))
	w.refuses(t, access.Forbidden, "another organisation", verify(secret, func(s *access.SignIn) { s.Account.Tenant = adatum }))
	w.refuses(t, access.Forbidden, "only while you hold Global Administrator or Customer Delegated", verify(secret, func(s *access.SignIn) { s.Roles = []access.RoleID{exchange} }))
	w.refuses(t, access.Unavailable, "does not tell this page which roles", verify(secret, func(s *access.SignIn) { s.Roles = nil }))
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: bo, Principal: principal(bo), UPN: "Bo@partner.example"})
	})
	w.refuses(t, access.Forbidden, "your partner's own staff", verify(secret, func(s *access.SignIn) { s.Mail = "bo@partner.example" }))
	if _, err := w.Ticket(t.Context(), secret); access.CodeOf(err) != access.NotFound {
		t.Errorf("the link leads the partner's people somewhere: %v", err)
	}
	w.does(t, verify(secret, nil), "event contact.verified", "slack.notice notice/C0CONTOSO contact.verified to C0CONTOSO")
	if c, ok := w.contact(t, carol); !ok || c.Person.Entra != in.Account || c.Role != roles.GlobalAdministrator || !c.VerifiedAt.Equal(w.now) || c.Person.Mail != "carol@contoso.com" {
		t.Errorf("the contact is %+v", c)
	}
	w.refuses(t, access.Conflict, "has been used", verify(secret, nil))
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: cem, Customer: contoso, LinkedAt: w.now})
	})
	if err := start(w.by(cem, contosoChannel))(); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, access.Conflict, "already that of Carol Weber", verify(secret, nil))
	w.now = w.now.Add(approvals.TicketLife)
	w.refuses(t, access.Conflict, "too old", verify(secret, func(s *access.SignIn) { s.Account.Object = "o-cem" }))
}

// TestArrived holds that a role alone decides nothing, and that the partner hears once of
// whoever has it.
func TestArrived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var got approvals.Arrival
	arrive := func(in access.SignIn) func() error {
		return func() (err error) {
			got, err = w.Arrived(t.Context(), in)
			return err
		}
	}
	kim := signIn("kim")
	stranger := kim
	stranger.Account.Tenant = "0a0a0a0a-0c4e-4d0a-9a51-7f6c2e8d4b10"
	w.refuses(t, access.Forbidden, "nothing can be decided", arrive(stranger))
	w.does(t, arrive(kim), "event contact.enrolled", "slack.notice notice/C0OPS operators to C0OPS")
	w.does(t, arrive(kim))
	if got.Bound || got.Customer != "Contoso" {
		t.Errorf("Kim is %+v", got)
	}
	id := w.askedPrivileged(t)
	for _, v := range []access.Verdict{access.Approve, access.Deny} {
		w.refuses(t, access.Forbidden, "role alone", func() error {
			_, err := w.DecideSigned(t.Context(), kim, id, 1, v, "x")
			return err
		})
	}
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: access.Person{Name: "kim@contoso.com", Mail: "kim@contoso.com"}, Customer: contoso, LinkedAt: w.now})
	})
	w.does(t, arrive(kim), "event contact.verified", "slack.notice notice/C0CONTOSO contact.verified to C0CONTOSO")
	if !got.Bound {
		t.Errorf("Kim is %+v", got)
	}
	w.does(t, arrive(kim))
	again := kim
	again.Account.Object = "o-another"
	w.refuses(t, access.Forbidden, "linked to another account", arrive(again))
	if _, err := w.DecideSigned(t.Context(), kim, id, 1, access.Approve, ""); err != nil {
		t.Errorf("Kim cannot decide: %v", err)
	}
}

// TestSignedIn holds who approves what can raise its own rights, and that anybody who may
// deny does so without.
func TestSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.verified(t)
	w.drain(t)
	id := w.askedPrivileged(t)
	decide := func(change func(*access.SignIn), terms int, v access.Verdict) func() error {
		return func() error {
			one := in
			if change != nil {
				change(&one)
			}
			_, err := w.DecideSigned(t.Context(), one, id, terms, v, "")
			return err
		}
	}
	w.refuses(t, access.Forbidden, "approved only on the page", func() error {
		_, err := w.decide(carol, id, access.Approve)
		return err
	})
	w.refuses(t, access.Forbidden, "another organisation than Contoso", decide(func(s *access.SignIn) { s.Account.Tenant = adatum }, 1, access.Approve))
	w.refuses(t, access.Forbidden, "role alone", decide(func(s *access.SignIn) { s.Account.Object = "o-other" }, 1, access.Approve))
	w.refuses(t, access.Forbidden, "only while you hold", decide(func(s *access.SignIn) { s.Roles = []access.RoleID{exchange} }, 1, access.Approve))
	w.refuses(t, access.Conflict, "has changed since", decide(nil, 2, access.Approve))
	look := func(change func(*access.SignIn)) (approvals.Sight, error) {
		one := in
		if change != nil {
			change(&one)
		}
		return w.Signed(t.Context(), one, id)
	}
	if v, err := look(nil); err != nil || v.MayNot != nil || v.Request.ID != id || v.MayEnd || v.MayObject {
		t.Errorf("Carol sees %+v, %v", v, err)
	}
	if _, err := look(func(s *access.SignIn) { s.Account.Tenant = adatum }); access.CodeOf(err) != access.NotFound || err.Error() != "There is no such request for your organisation." {
		t.Errorf("somebody of another customer is told %v", err)
	}
	if err := decide(nil, 1, access.Approve)(); err != nil {
		t.Fatalf("Carol cannot approve: %v", err)
	}
	r := w.request(t, id)
	if d := r.Decisions[0]; !d.SignedIn || d.By.Entra != in.Account || d.By.User != carol.User || r.State != access.Approved {
		t.Errorf("decided: %+v", r)
	}
	events := w.events(t)
	found := false
	for _, e := range events {
		if e.Kind == access.EventApproved && e.Request == id {
			found = e.Detail["signed_in"] == "o-carol" && e.Actor.User == carol.User && e.Actor.Mail == ""
		}
	}
	if !found {
		t.Errorf("the log has %+v", events)
	}
	w.refuses(t, access.Conflict, "already approved", decide(nil, 1, access.Approve))
}

func TestDenyWithoutSigningIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.askedPrivileged(t)
	if r, err := w.decide(carol, id, access.Deny); err != nil || r.State != access.Denied || r.Decisions[0].SignedIn {
		t.Errorf("denied: %+v, %v", r, err)
	}
}

// TestOwnRequestByAnotherAccount has the requester hold an account in the customer's
// tenant, with their own address.
func TestOwnRequestByAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: ana, Principal: principal(ana), UPN: "ana@partner.example", LinkedAt: start})
	})
	in := signIn("ana.adm")
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{
			Person: access.Person{Name: "Ana", Mail: "ana.adm@contoso.com", Entra: in.Account}, Customer: contoso, LinkedAt: start, VerifiedAt: start,
		})
	})
	id := w.askedPrivileged(t)
	in.Mail = "Ana@partner.example"
	w.refuses(t, access.Forbidden, "You asked for", func() error {
		_, err := w.DecideSigned(t.Context(), in, id, 1, access.Approve, "")
		return err
	})
}

// TestNoPage refuses what nobody could approve.
func TestNoPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.askedPrivileged(t)
	w.Page = false
	ask := anAsk()
	ask.Roles, ask.Duration = []access.RoleID{privileged, users}, time.Hour
	w.refuses(t, access.Unavailable, "sets PUBLIC_URL and READER_CLIENT_ID", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), ask)
		return err
	})
	if _, err := w.decide(carol, id, access.Deny); err != nil {
		t.Errorf("Carol cannot deny: %v", err)
	}
}

// letters lists the mails that are owed, as occasion and address.
func (w *world) letters(t *testing.T) (out []string) {
	t.Helper()
	for _, e := range w.pending(t) {
		if e.Kind == outbox.GraphLetter {
			p, err := outbox.Payload[outbox.LetterPayload](e)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(e.ID+e.Lane, "@") {
				t.Errorf("the effect %s in %s names an address, and is logged", e.ID, e.Lane)
			}
			out = append(out, string(p.Occasion)+" "+p.To)
		}
	}
	return out
}

// TestLinkContactByMail holds who may be a contact who is not in Slack, and that the
// customer's others hear of it.
func TestLinkContactByMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	link := func(by access.Person, address string) func() error {
		return func() error { return w.LinkContactByMail(t.Context(), w.by(by, ""), contoso, address) }
	}
	w.refuses(t, access.Unavailable, "sets MAIL_FROM", link(dee, "kim@contoso.com"))
	w.Mails = true
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: bo, Principal: principal(bo), UPN: "bo@partner.example", LinkedAt: start})
	})
	w.refuses(t, access.Forbidden, "Only a bot admin", link(ana, "kim@contoso.com"))
	w.refuses(t, access.Invalid, "no mail address", link(dee, "Kim <kim@contoso.com>"))
	w.refuses(t, access.Invalid, "no mail address", link(dee, "kim"))
	w.refuses(t, access.Forbidden, "our own staff", link(dee, "BO@partner.example"))
	if err := link(dee, "Kim@contoso.com")(); err != nil {
		t.Fatal(err)
	}
	w.refuses(t, access.Conflict, "already", link(dee, "kim@contoso.com"))
	if got := w.letters(t); len(got) != 1 || got[0] != "linked kim@contoso.com" {
		t.Errorf("owed: %v", got)
	}
	for _, e := range w.events(t) {
		if strings.Contains(e.Actor.Mail, "@") || strings.Contains(e.Detail["by"], "@") {
			t.Errorf("the log has an address: %+v", e)
		}
	}
	unlink := func() error { return w.UnlinkContactByMail(t.Context(), w.by(dee, ""), contoso, "KIM@contoso.com") }
	if err := unlink(); err != nil {
		t.Error(err)
	}
	w.refuses(t, access.NotFound, "not a contact", unlink)
}

// TestLetters holds of what those who are not in Slack are told, once each.
func TestLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Mails = true
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: access.Person{Name: "Kim", Mail: "kim@contoso.com"}, Customer: contoso, LinkedAt: start})
	})
	id := w.asked(t)
	if got := w.letters(t); len(got) != 1 || got[0] != "asked kim@contoso.com" {
		t.Errorf("asked: %v", got)
	}
	if _, err := w.decide(carol, id, access.Deny); err != nil {
		t.Fatal(err)
	}
	if got := w.letters(t); len(got) != 2 || got[1] != "over kim@contoso.com" {
		t.Errorf("denied: %v", got)
	}
}

// TestLettersOfAReview holds that contacts who are not in Slack are not told once more
// that access is over when its review is signed off.
func TestLettersOfAReview(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	w.Mails = true
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: access.Person{Name: "Kim", Mail: "kim@contoso.com"}, Customer: contoso, LinkedAt: start})
	})
	id := w.broken(t)
	w.drain(t)
	w.at(t, start.Add(2*time.Hour))
	if g := w.grant(t, id); g.State != access.Ended {
		t.Fatalf("after its time: %+v", g)
	}
	if _, err := w.SignOff(t.Context(), w.by(bo, ""), id, "seen"); err != nil {
		t.Fatal(err)
	}
	if got := w.letters(t); len(got) > 0 {
		t.Errorf("signed off: %v", got)
	}
}
