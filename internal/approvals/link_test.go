package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func (w *world) linkContact(t *testing.T, customer access.TenantID, user access.UserID) func() error {
	return func() error { return w.LinkContact(t.Context(), w.by(dee, operations), customer, user) }
}

func (w *world) linkStaff(t *testing.T, p access.Person, upn string) func() error {
	return func() error { return w.LinkStaff(t.Context(), w.by(dee, operations), p, upn) }
}

// contact reports whether the person can decide for Contoso.
func (w *world) contact(t *testing.T, p access.Person) (c access.Contact, ok bool) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		var err error
		c, err = state.Contact(tx, contoso, p.Team, p.User)
		ok = err == nil
		return nil
	})
	return c, ok
}

func (w *world) staffOf(t *testing.T, p access.Person) (s access.Staff, ok bool) {
	t.Helper()
	w.look(t, func(tx state.Tx) error {
		var err error
		s, err = state.Staff(tx, p.User)
		ok = err == nil
		return nil
	})
	return s, ok
}

func TestLinkContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.does(t, w.linkContact(t, contoso, oskar.User), "slack.contact contact/"+string(contoso))
	if _, ok := w.contact(t, oskar); ok {
		t.Error("Oskar is a contact before Slack was asked")
	}
	w.does(t, func() error { w.onceOf(t, outbox.SlackContact); return nil },
		"event contact.linked",
		"slack.notice notice/C0CONTOSO contact.linked to C0CONTOSO",
		"slack.notice notice/U0DEE reply to U0DEE")
	if c, ok := w.contact(t, oskar); !ok || c.Person != oskar || c.LinkedBy.User != dee.User || !c.LinkedAt.Equal(start) {
		t.Errorf("the contact is %+v, %t", c, ok)
	}
	w.drain(t)
	id := w.asked(t)
	for _, v := range []access.Verdict{access.Approve, access.Deny} {
		w.refuses(t, access.Forbidden, "are not verified yet, so you can decide from 2026-03-03 09:30 UTC on", func() error {
			_, err := w.decide(oskar, id, v)
			return err
		})
	}
	w.now = w.now.Add(access.UnverifiedWait - time.Hour)
	id = w.askedAgain(t)
	w.now = w.now.Add(time.Hour)
	if _, err := w.decide(oskar, id, access.Approve); err != nil {
		t.Errorf("Oskar cannot decide a day later: %v", err)
	}
}

func TestLinkContactRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []access.Person{ana, carol, {User: dee.User}, {Team: carol.Team, User: dee.User}} {
		w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
			return w.LinkContact(t.Context(), w.by(p, ""), contoso, oskar.User)
		})
	}
	w.refuses(t, access.NotFound, "not in policy.yml", w.linkContact(t, "other", oskar.User))
	w.refuses(t, access.Forbidden, "linked as staff", w.linkContact(t, contoso, ana.User))
	w.policy.Customers[0].Team = home
	w.refuses(t, access.Forbidden, "gives our own workspace as the team of Contoso", w.linkContact(t, contoso, oskar.User))
}

// TestLinkContactNotFound has Slack say no, and the policy change between the
// question and the answer. Nobody is linked, and the admin is told.
func TestLinkContactNotFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		user   access.UserID
		change func(*world)
	}{
		{"OfAnotherTeam", amir.User, func(*world) {}},
		{"Rotten", oskar.User, func(w *world) { w.failing(outbox.SlackContact, errRotten) }},
		{"AnotherChannelMeanwhile", oskar.User, func(w *world) { w.policy.Customers[0].Channel = "C0NEW" }},
		{"AnotherTeamMeanwhile", oskar.User, func(w *world) { w.policy.Customers[0].Team = "T0NEW" }},
		{"NoCustomerMeanwhile", oskar.User, func(w *world) { w.policy.Customers = w.policy.Customers[1:] }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if err := w.linkContact(t, contoso, test.user)(); err != nil {
				t.Fatal(err)
			}
			test.change(w)
			w.does(t, func() error { w.onceOf(t, outbox.SlackContact); return nil },
				"event refused", "slack.notice notice/U0DEE reply to U0DEE")
			for _, p := range []access.Person{oskar, amir} {
				if c, ok := w.contact(t, p); ok {
					t.Errorf("%+v was linked", c)
				}
			}
			reply, err := outbox.Payload[outbox.NoticePayload](w.pending(t)[0])
			if err != nil || len(reply.Text) < 20 || reply.Text[:19] != "Nobody was linked. " {
				t.Errorf("the reply is %q, %v", reply.Text, err)
			}
		})
	}
}

func TestUnlinkContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	unlink := func(by, who access.Person) func() error {
		return func() error { return w.UnlinkContact(t.Context(), w.by(by, ""), contoso, who.Team, who.User) }
	}
	w.refuses(t, access.Forbidden, "Only a bot admin", unlink(ana, carol))
	w.refuses(t, access.Forbidden, "Only a bot admin", unlink(carol, carol))
	w.refuses(t, access.NotFound, "not a contact", unlink(dee, oskar))
	w.refuses(t, access.NotFound, "not a contact", unlink(dee, access.Person{Team: home, User: carol.User}))
	w.does(t, unlink(dee, carol), "event contact.unlinked",
		"slack.notice notice/C0CONTOSO contact.removed to C0CONTOSO")
	if _, ok := w.contact(t, carol); ok {
		t.Error("Carol is still a contact")
	}
	w.refuses(t, access.NotFound, "not a contact", unlink(dee, carol))
	w.policy.Customers = w.policy.Customers[1:]
	w.does(t, unlink(dee, cem), "event contact.unlinked") // nobody is left to tell
}

func TestLinkStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nameless := zoe
	nameless.Name = "zoe.handle"
	w.does(t, w.linkStaff(t, nameless, " zoe@home.example "), "graph.staff staff/U0ZOE")
	if _, ok := w.staffOf(t, zoe); ok {
		t.Error("Zoe is linked before Entra was asked")
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphStaff); return nil },
		"event staff.linked",
		"slack.notice notice/U0DEE reply to U0DEE",
		"slack.notice notice/U0ZOE reply to U0ZOE")
	if s, ok := w.staffOf(t, zoe); !ok || s.Person != zoe || s.Principal != principal(zoe) || s.UPN != "zoe@home.example" || s.LinkedBy.User != dee.User {
		t.Errorf("the binding is %+v, %t", s, ok)
	}
	if _, err := w.Submit(t.Context(), w.by(zoe, ""), anAsk()); err != nil {
		t.Errorf("Zoe cannot ask: %v", err)
	}
	w.drain(t)
	// Admins who link themselves are told once, and the binding is of our team
	// whatever Slack said.
	w.upns["dee@home.example"] = outbox.StaffResult{Principal: "p-dee", UPN: "dee@home.example"}
	stranger := access.Person{Team: "T0CONTOSO", User: dee.User, Name: "dee"}
	if err := w.linkStaff(t, stranger, "dee@home.example")(); err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphStaff); return nil },
		"event staff.linked", "slack.notice notice/U0DEE reply to U0DEE")
	if s, ok := w.staffOf(t, dee); !ok || s.Person.Team != home || s.Person.Name != "dee" {
		t.Errorf("the binding is %+v, %t", s, ok)
	}
}

func TestLinkStaffRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []access.Person{ana, carol, {User: dee.User}} {
		w.refuses(t, access.Forbidden, "Only a bot admin", func() error {
			return w.LinkStaff(t.Context(), w.by(p, ""), zoe, "zoe@home.example")
		})
	}
	for _, upn := range []string{
		"", "zoe", "@home.example", "zoe@", "zoe lee@home.example", "zoe@home/example", `zoe\x@home`, "zoe@home?$expand=x",
		"zoe#EXT#@home", "zoe%40@home",
	} {
		w.refuses(t, access.Invalid, "sign-in name", w.linkStaff(t, zoe, upn))
	}
}

// TestLinkStaffNotFound has Entra say no, and names a user who is somebody
// else's already.
func TestLinkStaffNotFound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, upn, says string
		fail            error
	}{
		{"Unknown", "nobody@home.example", "Nobody was linked. Entra knows no such user.", nil},
		{"SomebodyElses", "ana@home.example", "Nobody was linked. ana@home.example is already linked to <@U0ANA>.", nil},
		{"Rotten", "zoe@home.example", "Nobody was linked. Microsoft did not accept it; the bot's log says more.", errRotten},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.fail != nil {
				w.failing(outbox.GraphStaff, test.fail)
			}
			if err := w.linkStaff(t, zoe, test.upn)(); err != nil {
				t.Fatal(err)
			}
			w.does(t, func() error { w.onceOf(t, outbox.GraphStaff); return nil },
				"event refused", "slack.notice notice/U0DEE reply to U0DEE")
			if s, ok := w.staffOf(t, zoe); ok {
				t.Errorf("%+v was linked", s)
			}
			reply, err := outbox.Payload[outbox.NoticePayload](w.pending(t)[0])
			if err != nil || len(reply.Text) < len(test.says) || reply.Text[:len(test.says)] != test.says {
				t.Errorf("the reply is %q, %v; want %q", reply.Text, err, test.says)
			}
		})
	}
}

// TestLinkStaffAgain renews a binding: that is no second person's.
func TestLinkStaffAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.linkStaff(t, ana, "ana@home.example")(); err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error { w.onceOf(t, outbox.GraphStaff); return nil }, "event staff.linked",
		"slack.notice notice/U0DEE reply to U0DEE", "slack.notice notice/U0ANA reply to U0ANA")
}

// TestUnlinkStaff ends what the binding gave: one request that waits is taken
// back, one grant that is in force ends, and one that is over stays as it was.
func TestUnlinkStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	over := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), over, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	inForce := w.active(t)
	waiting := w.asked(t)
	w.drain(t)
	unlink := func(by, who access.Person) func() error {
		return func() error { return w.UnlinkStaff(t.Context(), w.by(by, ""), who.User) }
	}
	w.refuses(t, access.Forbidden, "Only a bot admin", unlink(bo, ana))
	w.refuses(t, access.Forbidden, "Only a bot admin", unlink(carol, ana))
	w.refuses(t, access.NotFound, "That person is not linked", unlink(dee, zoe))
	w.does(t, unlink(dee, ana),
		"event grant.ending", "event request.withdrawn", "event staff.unlinked",
		leaveEffect(),
		"slack.card "+string(inForce)+"/slack/customer", "slack.card "+string(inForce)+"/slack/requester",
		"slack.card "+string(waiting)+"/slack/customer", "slack.card "+string(waiting)+"/slack/requester")
	if g := w.grant(t, inForce); g.State != access.Ending || g.EndedBy.User != dee.User {
		t.Errorf("the grant is %+v", g)
	}
	if r := w.request(t, waiting); r.State != access.Withdrawn {
		t.Errorf("the request is %s", r.State)
	}
	w.drain(t)
	if len(w.members) != 0 {
		t.Errorf("members %v", w.members)
	}
	w.refuses(t, access.Forbidden, "not linked", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), anAsk())
		return err
	})
	w.refuses(t, access.NotFound, "That person is not linked", unlink(dee, ana))
}

// TestContactWithAStaffAddress holds that somebody of the staff does not become a contact,
// nor stands in for one, by another account in Slack that has their address.
func TestContactWithAStaffAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: ana, Principal: principal(ana), UPN: "ana@home.example", LinkedAt: start})
	})
	other := access.Person{Team: oskar.Team, User: "U0OTHER", Name: "A. Ito", Mail: "Ana@Home.example"}
	w.people[other.User] = other
	w.does(t, w.linkContact(t, contoso, other.User), "slack.contact contact/"+string(contoso))
	w.does(t, func() error { w.onceOf(t, outbox.SlackContact); return nil },
		"event refused", "slack.notice notice/U0DEE reply to U0DEE")
	if c, ok := w.contact(t, other); ok {
		t.Errorf("linked: %+v", c)
	}
}
