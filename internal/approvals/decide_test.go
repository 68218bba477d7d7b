package approvals_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

func TestApprove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	w.now = start.Add(time.Minute)
	w.does(t, func() error {
		r, err := w.decide(carol, id, access.Approve)
		if r.State != access.Approved {
			t.Errorf("Decide returned a request that is %s", r.State)
		}
		return err
	},
		"event request.approved",
		"event grant.activating",
		"graph.container "+string(access.ContainerOf(contoso, anAsk().Roles)),
		"slack.card R-00002/slack/customer",
		"slack.card R-00002/slack/requester")
	r, g := w.request(t, id), w.grant(t, id)
	if d := r.Decisions; len(d) != 1 || d[0].By != carol || d[0].Verdict != access.Approve || !d[0].At.Equal(w.now) {
		t.Errorf("the decisions are %+v", d)
	}
	want := access.NewGrant(r, w.now)
	want.Driver = access.Membership
	if g != want {
		t.Errorf("the grant is %+v", g)
	}
	var c access.Container
	w.look(t, func(tx state.Tx) (err error) {
		c, err = state.Container(tx, g.Container)
		return err
	})
	if c.Nonce == "" || c.Group != "" || c.Customer != contoso || !access.SameRoles(c.Roles, r.Roles) {
		t.Errorf("the container is %+v", c)
	}
}

func TestDeny(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	w.does(t, func() error {
		_, err := w.decide(cem, id, access.Deny)
		return err
	},
		"event request.denied",
		"slack.notice R-00002/slack/requester decided to U0ANA",
		"slack.card R-00002/slack/customer",
		"slack.card R-00002/slack/requester")
	r := w.request(t, id)
	if r.State != access.Denied || r.Decisions[0].Note != "a private note" {
		t.Errorf("the request is %+v", r)
	}
	if e := w.events(t)[1]; e.Detail["note"] != audit.Digest(r.Salt, "a private note") || e.Detail["state"] != "denied" {
		t.Errorf("the event is %+v", e)
	}
}

// TestQuorum needs two. The first of them changes the cards and nothing else.
func TestQuorum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Rule.Approvals = 2
	id := w.asked(t)
	w.policy.Rule.Approvals = 1 // later mildness does not help an older request
	cards := []string{"slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester"}
	w.does(t, func() error {
		_, err := w.decide(carol, id, access.Approve)
		return err
	}, append([]string{"event request.approved"}, cards...)...)
	if r := w.request(t, id); r.State != access.Pending || r.Approvals() != 1 {
		t.Fatalf("after one of two the request is %+v", r)
	}
	w.refuses(t, access.Conflict, "already approved", func() error {
		_, err := w.decide(carol, id, access.Approve)
		return err
	})
	w.does(t, func() error {
		_, err := w.decide(cem, id, access.Approve)
		return err
	}, append([]string{
		"event request.approved", "event grant.activating",
		"graph.container " + string(access.ContainerOf(contoso, anAsk().Roles)),
	}, cards...)...)

	w.policy.Rule.Approvals = 2
	denied := w.asked(t)
	if _, err := w.decide(carol, denied, access.Approve); err != nil {
		t.Fatal(err)
	}
	if r, err := w.decide(cem, denied, access.Deny); err != nil || r.State != access.Denied {
		t.Errorf("a denial after an approval: %s, %v", r.State, err)
	}
}

// decisionRefusals are tried as decisions and as questions who may decide.
var decisionRefusals = []struct {
	name    string
	by      access.Person
	channel access.ChannelID
	terms   int
	id      access.RequestID
	world   func(*testing.T, *world, access.RequestID)
	code    access.Code
	says    string
	// only at approval: a denial, and so the question, is allowed
	approval bool
}{
	{name: "AnotherCustomersContact", by: amir, channel: adatumChannel, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "AnotherCustomersContactInTheChannel", by: amir, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "NoContact", by: oskar, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "Staff", by: bo, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "Admin", by: dee, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "ContactsUserInAnotherTeam", by: access.Person{Team: home, User: carol.User}, code: access.Forbidden, says: "Only a contact"},
	{name: "ContactWithoutTeam", by: access.Person{User: carol.User}, code: access.Forbidden, says: "Only a contact"},
	{name: "Nobody", by: access.Person{}, code: access.Forbidden, says: "Only a contact"},
	{name: "WrongChannel", by: carol, channel: adatumChannel, code: access.Forbidden, says: "only in the channel that is shared with Contoso"},
	{name: "CustomerLeftPolicy", by: carol, world: func(_ *testing.T, w *world, _ access.RequestID) {
		w.policy.Customers = w.policy.Customers[1:]
	}, code: access.Forbidden, says: "only in the channel"},
	{name: "Requester", by: ana, code: access.Forbidden, says: "somebody else must decide"},
	{name: "RequesterInAnotherTeam", by: access.Person{Team: carol.Team, User: ana.User}, code: access.Forbidden, says: "somebody else must decide"},
	{name: "RequesterWhoIsAContact", by: access.Person{Team: carol.Team, User: ana.User}, world: func(t *testing.T, w *world, _ access.RequestID) {
		w.put(t, func(tx state.Tx) error {
			return state.PutContact(tx, access.Contact{Person: access.Person{Team: carol.Team, User: ana.User}, Customer: contoso})
		})
	}, code: access.Forbidden, says: "somebody else must decide"},
	{name: "OtherTerms", by: carol, terms: 2, code: access.Conflict, says: "has changed since this card"},
	{name: "NoTerms", by: carol, terms: -1, code: access.Conflict, says: "has changed since this card"},
	{name: "Late", by: carol, world: func(_ *testing.T, w *world, _ access.RequestID) { w.now = start.Add(24 * time.Hour) },
		code: access.Conflict, says: "has lapsed"},
	{name: "NoSuchRequest", by: carol, id: "R-ZZZZZ", code: access.NotFound, says: "no request R-ZZZZZ"},
	{name: "Decided", by: cem, world: func(t *testing.T, w *world, id access.RequestID) {
		if _, err := w.decide(carol, id, access.Deny); err != nil {
			t.Fatal(err)
		}
	}, code: access.Conflict, says: "already denied by Carol Weber"},
	{name: "Withdrawn", by: carol, world: func(t *testing.T, w *world, id access.RequestID) {
		if _, err := w.Withdraw(t.Context(), w.by(ana, ""), id); err != nil {
			t.Fatal(err)
		}
	}, code: access.Conflict, says: "was withdrawn by Ana Ito"},
	{name: "ContactUnlinked", by: carol, world: func(t *testing.T, w *world, _ access.RequestID) {
		if err := w.UnlinkContact(t.Context(), w.by(dee, ""), contoso, carol.Team, carol.User); err != nil {
			t.Fatal(err)
		}
	}, code: access.Forbidden, says: "Only a contact of Contoso"},
	{name: "RequesterUnlinked", by: carol, world: func(t *testing.T, w *world, _ access.RequestID) {
		w.put(t, func(tx state.Tx) error { return state.DeleteStaff(tx, ana.User) })
	}, code: access.Conflict, says: "no longer linked", approval: true},
	{name: "RequesterLinkedToAnother", by: carol, world: func(t *testing.T, w *world, _ access.RequestID) {
		w.put(t, func(tx state.Tx) error { return state.PutStaff(tx, access.Staff{Person: ana, Principal: "p-other"}) })
	}, code: access.Conflict, says: "no longer linked", approval: true},
}

func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range decisionRefusals {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.asked(t)
			if test.world != nil {
				test.world(t, w, id)
			}
			if test.id != "" {
				id = test.id
			}
			channel, terms := test.channel, test.terms
			if channel == "" {
				channel = contosoChannel
			}
			if terms == 0 {
				terms = 1
			}
			w.refuses(t, test.code, test.says, func() error {
				_, err := w.Decide(t.Context(), w.by(test.by, channel), id, terms, access.Approve, "")
				return err
			})
			if test.approval {
				w.mayDecide(t, id)
				return
			}
			w.refuses(t, test.code, test.says, func() error {
				_, err := w.MayDecide(t.Context(), w.by(test.by, channel), id, terms)
				return err
			})
		})
	}
}

// mayDecide checks that Carol is asked for her reason, and that asking leaves
// nothing behind.
func (w *world) mayDecide(t *testing.T, id access.RequestID) {
	t.Helper()
	w.does(t, func() error {
		r, err := w.MayDecide(t.Context(), w.by(carol, contosoChannel), id, 1)
		if r.ID != id || r.State != access.Pending {
			t.Errorf("MayDecide = %+v", r)
		}
		return err
	})
}

func TestMayDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	before := len(w.records(t))
	w.mayDecide(t, id)
	if after := len(w.records(t)); after != before {
		t.Errorf("MayDecide left %d records, was %d", after, before)
	}
}

func TestDecideKnowsTwoVerdicts(t *testing.T) {
	t.Parallel()
	for _, v := range []access.Verdict{"", "approved", "APPROVE", "<!here>"} {
		w := newWorld(t)
		id := w.asked(t)
		w.refuses(t, access.Invalid, "approve or deny", func() error {
			_, err := w.decide(carol, id, v)
			return err
		})
	}
}

// TestDecideWithoutAChannel decides in a modal, of which Slack does not say in
// which channel it was opened.
func TestDecideWithoutAChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	o := w.by(carol, "")
	if r, err := w.Decide(t.Context(), o, id, 1, access.Deny, ""); err != nil || r.State != access.Denied {
		t.Errorf("Decide = %s, %v", r.State, err)
	}
}

// TestReplay delivers everything twice. The second time nothing happens, and the
// log says so.
func TestReplay(t *testing.T) {
	t.Parallel()
	submit := func(t *testing.T, w *world, o approvals.Origin, _ access.RequestID) error {
		ask := anAsk()
		ask.Roles = ask.Roles[:1]
		_, err := w.Submit(t.Context(), o, ask)
		return err
	}
	tests := []struct {
		name string
		by   access.Person
		act  func(*testing.T, *world, approvals.Origin, access.RequestID) error
	}{
		{"Submit", ana, submit},
		{"Refused", zoe, submit},
		{"Decide", carol, func(t *testing.T, w *world, o approvals.Origin, id access.RequestID) error {
			_, err := w.Decide(t.Context(), o, id, 1, access.Approve, "")
			return err
		}},
		{"Withdraw", ana, func(t *testing.T, w *world, o approvals.Origin, id access.RequestID) error {
			_, err := w.Withdraw(t.Context(), o, id)
			return err
		}},
		{"LinkContact", dee, func(t *testing.T, w *world, o approvals.Origin, _ access.RequestID) error {
			return w.LinkContact(t.Context(), o, contoso, oskar.User)
		}},
		{"UnlinkContact", dee, func(t *testing.T, w *world, o approvals.Origin, _ access.RequestID) error {
			return w.UnlinkContact(t.Context(), o, contoso, carol.Team, carol.User)
		}},
		{"LinkStaff", dee, func(t *testing.T, w *world, o approvals.Origin, _ access.RequestID) error {
			return w.LinkStaff(t.Context(), o, zoe, "zoe@home.example")
		}},
		{"UnlinkStaff", dee, func(t *testing.T, w *world, o approvals.Origin, _ access.RequestID) error {
			return w.UnlinkStaff(t.Context(), o, ana.User)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.asked(t)
			o := w.by(test.by, "")
			first := test.act(t, w, o, id)
			if (first != nil) != (test.name == "Refused") {
				t.Errorf("the first time: %v", first)
			}
			for range 2 {
				w.changesNothing(t, access.EventReplayed, access.Conflict, "already received", func() error {
					return test.act(t, w, o, id)
				})
			}
		})
	}
}
