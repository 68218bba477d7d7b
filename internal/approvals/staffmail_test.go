package approvals_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// mailed is a world whose policy trusts the addresses of home.example, in which Slack
// shows Zoe's and Entra has one user with it.
func mailed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	p, err := policy.Parse("policy.yml", []byte(policyText+"staff_by_mail: [home.example]\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
	w.mails = map[access.UserID]string{zoe.User: "zoe@home.example"}
	return w
}

func (w *world) tries(t *testing.T, p access.Person) func() error {
	return func() error {
		o := w.by(p, "")
		_, err := w.Submit(t.Context(), o, anAsk())
		if err = w.LinkByMail(t.Context(), o, err); access.CodeOf(err) == access.Conflict {
			return nil // as it should be
		}
		return err
	}
}

func (w *world) looksUp(t *testing.T) {
	t.Helper()
	w.onceOf(t, outbox.SlackMail)
	w.onceOf(t, outbox.GraphMail)
}

// TestLinkByMail holds that whoever is not linked is looked up once, linked by the address,
// and that the person and the operators hear of it.
func TestLinkByMail(t *testing.T) {
	t.Parallel()
	w := mailed(t)
	w.does(t, w.tries(t, zoe), "event refused", "slack.mail staffmail/U0ZOE")
	w.does(t, w.tries(t, zoe), "event refused") // she is being looked up
	w.does(t, func() error { w.onceOf(t, outbox.SlackMail); return nil }, "graph.mail staffmail/U0ZOE")
	w.does(t, w.tries(t, zoe), "event refused")
	w.does(t, func() error { w.onceOf(t, outbox.GraphMail); return nil }, "event staff.linked",
		"slack.notice notice/U0ZOE reply to U0ZOE", "slack.notice notice/C0OPS operators to C0OPS")
	s, ok := w.staffOf(t, zoe)
	if !ok || s.Principal != principal(zoe) || s.UPN != "zoe@home.example" || s.ByMail != "zoe@home.example" || s.Person.Mail != s.ByMail || s.LinkedBy.User != "" {
		t.Errorf("the binding is %+v, %t", s, ok)
	}
	if e := w.events(t); e[len(e)-1].Detail["by"] != "mail" {
		t.Errorf("the log does not say how: %+v", e[len(e)-1])
	}
	if _, err := w.Submit(t.Context(), w.by(zoe, ""), anAsk()); err != nil {
		t.Errorf("Zoe cannot ask: %v", err)
	}
}

// TestLinkByMailRefuses holds who is not linked by an address, and what they are told.
func TestLinkByMailRefuses(t *testing.T) {
	t.Parallel()
	link := func(p access.Person, principal access.PrincipalID) func(state.Tx) error {
		return func(tx state.Tx) error { return state.PutStaff(tx, access.Staff{Person: p, Principal: principal}) }
	}
	for _, row := range []struct {
		name   string
		before func(*world)         // the look-up
		during func(state.Tx) error // while Entra is asked
		change func(*world)         // at the same time
		says   string               // to Zoe; empty: nothing
		asks   bool                 // Entra
	}{
		{"OtherDomain", func(w *world) { w.mails[zoe.User] = "zoe@home.example.evil.test" }, nil, nil, "another domain than those that policy.yml trusts", false},
		{"DomainOfAnother", func(w *world) { w.mails[zoe.User] = "home.example@evil.test" }, nil, nil, "another domain", false},
		{"NoDomain", func(w *world) { w.mails[zoe.User] = "zoe" }, nil, nil, "another domain", false},
		{"SlackRefuses", func(w *world) { delete(w.mails, zoe.User) }, nil, nil, "Slack shows no address.", false},
		{"SlackRotten", func(w *world) { w.failing(outbox.SlackMail, errRotten) }, nil, nil, "the bot's log says more", false},
		{"NoUser", func(w *world) { delete(w.upns, "zoe@home.example") }, nil, nil, "Entra knows no such user.", true},
		{"SomebodyElses", nil, link(access.Person{Team: home, User: "U0OTHER"}, principal(zoe)), nil, "zoe@home.example in Entra is already linked to <@U0OTHER>.", true},
		{"ByAnAdminMeanwhile", nil, link(zoe, "p-by-admin"), nil, "", true},
		{"Contact", nil, func(tx state.Tx) error {
			return state.PutContact(tx, access.Contact{Person: access.Person{Team: "T0CONTOSO", User: zoe.User}, Customer: contoso})
		}, nil, "You are a contact of Contoso", true},
		{"ContactWithTheSameMail", nil, func(tx state.Tx) error {
			return state.PutContact(tx, access.Contact{Person: access.Person{Entra: access.Account{Tenant: contoso, Object: "o"}, Mail: "Zoe@home.example"}, Customer: contoso})
		}, nil, "You are a contact of Contoso", true},
		{"NoLongerTrusted", nil, nil, func(w *world) {
			p := *w.policy
			p.StaffByMail = []string{"other.example"}
			w.policy = &p
		}, "another domain", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := mailed(t)
			if row.before != nil {
				row.before(w)
			}
			if err := w.tries(t, zoe)(); err != nil {
				t.Fatal(err)
			}
			w.onceOf(t, outbox.SlackMail)
			if row.during != nil {
				w.put(t, row.during)
			}
			if row.change != nil {
				row.change(w)
			}
			if row.asks {
				w.onceOf(t, outbox.GraphMail)
			}
			if s, ok := w.staffOf(t, zoe); ok && s.ByMail != "" {
				t.Errorf("%+v was linked", s)
			}
			var told []string
			for _, e := range w.pending(t) {
				p, err := outbox.Payload[outbox.NoticePayload](e)
				if err != nil || p.User != zoe.User {
					t.Errorf("owed: %s %s", e.Kind, e.Payload)
				}
				told = append(told, p.Text)
			}
			if got := strings.Join(told, " "); row.says == "" && got != "" || !strings.Contains(got, row.says) ||
				row.says != "" && !strings.HasSuffix(got, "`/access staff link @you you@your-domain`.") {
				t.Errorf("told %q, want %q and what to do", got, row.says)
			}
		})
	}
}

// TestLinkByMailIsNotForOthers holds that nobody is looked up whom no address could link,
// and nowhere where the policy does not say so.
func TestLinkByMailIsNotForOthers(t *testing.T) {
	t.Parallel()
	w := mailed(t)
	for _, p := range []access.Person{carol, {User: zoe.User}, {Team: "T0CONTOSO", User: zoe.User}} {
		w.refuses(t, access.Forbidden, "Only staff of the partner", w.tries(t, p))
	}
	plain := newWorld(t)
	plain.refuses(t, access.Forbidden, "Ask a bot admin to run `/access staff link", plain.tries(t, zoe))
}

// TestMailIs holds that another address takes what the former one gave, once, and nothing
// from whom a bot admin has linked.
func TestMailIs(t *testing.T) {
	t.Parallel()
	w := mailed(t)
	if err := w.tries(t, zoe)(); err != nil {
		t.Fatal(err)
	}
	w.looksUp(t)
	w.drain(t)
	r, err := w.Submit(t.Context(), w.by(zoe, ""), anAsk())
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	is := func(p access.Person, mail string) func() error {
		return func() error { return w.MailIs(t.Context(), p, mail) }
	}
	w.does(t, is(zoe, "Zoe@HOME.example"))
	w.does(t, is(zoe, ""))
	w.does(t, is(ana, "somebody@else.example"))
	w.does(t, is(carol, "somebody@else.example"))
	w.does(t, is(access.Person{Team: "T0CONTOSO", User: zoe.User}, "somebody@else.example"))
	w.does(t, is(zoe, "zoe.new@home.example"), "event request.withdrawn", "event staff.unlinked",
		"slack.card "+string(r.ID)+"/slack/customer", "slack.card "+string(r.ID)+"/slack/requester",
		"slack.notice notice/U0ZOE reply to U0ZOE", "slack.notice notice/C0OPS operators to C0OPS")
	w.does(t, is(zoe, "zoe.new@home.example"))
	if s, ok := w.staffOf(t, zoe); ok {
		t.Errorf("she is still linked: %+v", s)
	}
}
