package approvals_test

import (
	"context"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// staged is a world in which colleagues let a request through before the customer is
// asked: Bo, who is of the group, and Eve, who is not.
func staged(t *testing.T, rule string) *world {
	t.Helper()
	w := newWorld(t)
	p, err := policy.Parse("policy.yml", []byte(policyText+"staff: [{name: Leads, people: [U0BO, U0ANA, U0ZOE]}]\nrules: ["+rule+"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
	w.put(t, func(tx state.Tx) error {
		return state.PutStaff(tx, access.Staff{Person: eve, Principal: principal(eve), LinkedAt: start})
	})
	return w
}

var eve = access.Person{Team: home, User: "U0EVE", Name: "Eve Sand"}

const lead = "{name: Led, max_duration: 8h, peers: 1, peers_of: Leads, approvals: 1}"

func (w *world) says(p access.Person, channel access.ChannelID, id access.RequestID, terms int, v access.Verdict) error {
	_, err := w.Decide(context.Background(), w.by(p, channel), id, terms, v, "a private note")
	return err
}

func TestPeersAreAskedFirst(t *testing.T) {
	t.Parallel()
	w := staged(t, lead)
	var id access.RequestID
	w.does(t, func() error { id = w.asked(t); return nil },
		"event request.submitted", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers")
	for _, row := range []struct {
		name    string
		by      access.Person
		channel access.ChannelID
		code    access.Code
		says    string
	}{
		{"Contact", carol, contosoChannel, access.Forbidden, "waits for the partner's own people first"},
		{"Requester", ana, operations, access.Forbidden, "You asked for"},
		{"NotOfTheGroup", eve, operations, access.Forbidden, "must be let through by somebody of Leads"},
		{"Unlinked", zoe, operations, access.Forbidden, "not linked to a user in Entra"},
		{"ElsewhereThanAmongColleagues", bo, contosoChannel, access.Forbidden, "only in the operations channel"},
		{"Stranger", oskar, contosoChannel, access.Forbidden, "first"},
	} {
		for _, v := range []access.Verdict{access.Approve, access.Deny} {
			t.Log(row.name, v)
			w.refuses(t, row.code, row.says, func() error { return w.says(row.by, row.channel, id, 1, v) })
		}
	}
	w.does(t, func() error { return w.says(bo, operations, id, 1, access.Approve) },
		"event request.approved", "slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers")
	w.refuses(t, access.Conflict, "has been let through already", func() error { return w.says(bo, operations, id, 1, access.Deny) })
	if err := w.says(carol, contosoChannel, id, 1, access.Approve); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	r := w.request(t, id)
	if w.grant(t, id).State != access.Active || r.Decisions[0].Stage != access.ByPeers || r.Decisions[0].By.Name != "Bo Lind" || r.Decisions[1].By.Name != "Carol Weber" {
		t.Errorf("decided by %+v", r.Decisions)
	}
	w.refuses(t, access.Conflict, "already approved by Carol Weber", func() error { return w.says(bo, operations, id, 1, access.Approve) })
}

// TestPeerDenies holds that the customer never hears of what a colleague has denied.
func TestPeerDenies(t *testing.T) {
	t.Parallel()
	w := staged(t, lead)
	id := w.asked(t)
	w.does(t, func() error { return w.says(bo, operations, id, 1, access.Deny) },
		"event request.denied", "slack.notice R-00002/slack/requester decided to U0ANA", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers")
	if r := w.request(t, id); r.State != access.Denied || r.Shown() {
		t.Errorf("the request is %+v", r)
	}
}

func TestPeersAlone(t *testing.T) {
	t.Parallel()
	w := staged(t, "{name: Led, max_duration: 8h, peers: 1, peers_of: Leads}")
	id := w.asked(t)
	w.does(t, func() error { return w.says(bo, operations, id, 1, access.Approve) },
		"event request.approved", "event grant.activating", "graph.container "+string(access.ContainerOf(contoso, anAsk().Roles)), "slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers")
}

// TestNoPeer refuses what no colleague could let through.
func TestNoPeer(t *testing.T) {
	t.Parallel()
	w := staged(t, "{name: Led, max_duration: 8h, peers: 2, peers_of: Leads, approvals: 1}") // Bo alone: Ana asks, and Zoe is not linked
	w.refuses(t, access.Conflict, "2 of your colleagues of Leads must agree first, and 1 of them are linked", func() error {
		_, err := w.Submit(t.Context(), w.by(ana, ""), anAsk())
		return err
	})
}

// TestPeersAreReminded holds that colleagues, and not the customer, are reminded of what
// waits for them, and that the customer has its whole time afterwards.
func TestPeersAreReminded(t *testing.T) {
	t.Parallel()
	w := staged(t, lead)
	id := w.asked(t)
	w.now = start.Add(12 * time.Hour)
	w.does(t, func() error { return w.Due(t.Context(), state.Due{Kind: state.DueRemind, Request: id, At: w.now}) },
		"event request.reminded", "slack.notice R-00002/slack/peers reminder to C0OPS")
	r := w.request(t, id)
	if who, err := w.Undecided(t.Context(), r); err != nil || len(who) != 1 || who[0].User != bo.User {
		t.Errorf("reminded are %v, %v", who, err)
	}
	w.now = start.Add(20 * time.Hour)
	if err := w.says(bo, operations, id, 1, access.Approve); err != nil {
		t.Fatal(err)
	}
	r = w.request(t, id)
	if !r.DecideBy.Equal(w.now.Add(24*time.Hour)) || r.Reminded != 0 {
		t.Errorf("the customer has until %v, reminded %d times", r.DecideBy, r.Reminded)
	}
	if who, err := w.Undecided(t.Context(), r); err != nil || len(who) != 2 {
		t.Errorf("reminded are %v, %v", who, err)
	}
}

// TestByRule gives at once what policy has nobody asked for, once, and tells everybody.
func TestByRule(t *testing.T) {
	t.Parallel()
	w := staged(t, "{name: Mail, bundles: [Mail], max_duration: 1h, auto: true}")
	ask := approvals.Ask{Customer: adatum, Roles: []access.RoleID{exchange}, Duration: time.Hour, Justification: "a look"}
	w.does(t, func() error {
		r, err := w.Submit(t.Context(), w.by(ana, ""), ask)
		if r.State != access.Approved {
			t.Errorf("the request is %s", r.State)
		}
		return err
	}, "event request.submitted", "event request.approved", "event grant.activating",
		"graph.container "+string(access.ContainerOf(adatum, ask.Roles)), "slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester")
	w.drain(t)
	if g := w.grant(t, "R-00002"); g.State != access.Active {
		t.Errorf("the access is %s", g.State)
	}
	w.now = w.now.Add(time.Hour)
	if err := w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: "R-00002", At: w.now}); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	if g := w.grant(t, "R-00002"); g.State != access.Ended {
		t.Errorf("the access is %s", g.State)
	}
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.asked(t)
	left := access.Narrowing{Roles: []access.RoleID{helpdesk}, Duration: time.Hour}
	w.refuses(t, access.Forbidden, "Only a contact of Contoso", func() error {
		_, err := w.Narrow(t.Context(), w.by(oskar, contosoChannel), id, 1, left)
		return err
	})
	w.refuses(t, access.Invalid, "does not ask for all of these roles", func() error {
		_, err := w.Narrow(t.Context(), w.by(carol, contosoChannel), id, 1, access.Narrowing{Roles: []access.RoleID{exchange}, Duration: time.Hour})
		return err
	})
	if _, err := w.Narrow(t.Context(), w.by(carol, contosoChannel), id, 1, left); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	g := w.grant(t, id)
	if g.State != access.Active || g.Container != access.ContainerOf(contoso, left.Roles) || g.ExpiresAt.Sub(g.ActiveAt) != time.Hour {
		t.Errorf("given is %+v", g)
	}
	for _, e := range w.events(t) {
		if e.Kind == access.EventApproved && (e.Detail["roles"] != string(helpdesk) || e.Detail["duration"] != "1h0m0s") {
			t.Errorf("the log says %v", e.Detail)
		}
	}
}

// TestNarrowToATwin refuses to make a request the same as another one that waits.
func TestNarrowToATwin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Rule.Approvals = 2
	small := anAsk()
	small.Roles = []access.RoleID{helpdesk}
	if _, err := w.Submit(t.Context(), w.by(ana, ""), small); err != nil {
		t.Fatal(err)
	}
	id := w.asked(t)
	w.refuses(t, access.Conflict, "already asked for the same", func() error {
		_, err := w.Narrow(t.Context(), w.by(carol, contosoChannel), id, 1, access.Narrowing{Roles: small.Roles, Duration: time.Hour})
		return err
	})
}

func TestChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.policy.Rule.Approvals = 2
	id := w.asked(t)
	if err := w.says(carol, contosoChannel, id, 1, access.Approve); err != nil {
		t.Fatal(err)
	}
	to := approvals.Ask{Customer: adatum, Roles: []access.RoleID{helpdesk}, Duration: time.Hour, Justification: "less of it, INC-4711"}
	for _, row := range []struct {
		name  string
		by    access.Person
		terms int
		to    approvals.Ask
		code  access.Code
		says  string
	}{
		{"Another", bo, 1, to, access.Forbidden, "Only Ana Ito"},
		{"Contact", carol, 1, to, access.Forbidden, "Only Ana Ito"},
		{"OlderForm", ana, 2, to, access.Conflict, "since this form was opened"},
		{"MoreThanPolicyAllows", ana, 1, approvals.Ask{Roles: to.Roles, Duration: 9 * time.Hour, Justification: "x"}, access.Forbidden, "at most 8 h"},
		{"NotCarried", ana, 1, approvals.Ask{Roles: []access.RoleID{exchange}, Duration: time.Hour, Justification: "x"}, access.Conflict, "carries Exchange Administrator"},
		{"Nothing", ana, 1, anAsk(), access.Invalid, "nothing was changed"},
	} {
		t.Log(row.name)
		w.refuses(t, row.code, row.says, func() error {
			_, err := w.Change(t.Context(), w.by(row.by, ""), id, row.terms, row.to)
			return err
		})
	}
	w.now = start.Add(time.Hour)
	w.does(t, func() error {
		_, err := w.Change(t.Context(), w.by(ana, ""), id, 1, to)
		return err
	}, "event request.changed", "slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester")
	r := w.request(t, id)
	if r.Customer != contoso || r.Terms != 2 || r.Approvals() != 0 || r.State != access.Pending {
		t.Errorf("changed is %+v", r)
	}
	w.refuses(t, access.Conflict, "has changed since this card was drawn", func() error { return w.says(cem, contosoChannel, id, 1, access.Approve) })
	for _, p := range []access.Person{cem, carol} {
		if err := w.says(p, contosoChannel, id, 2, access.Approve); err != nil {
			t.Fatal(err)
		}
	}
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Active || g.Container != access.ContainerOf(contoso, to.Roles) {
		t.Errorf("given is %+v", g)
	}
	w.refuses(t, access.Conflict, "already approved", func() error {
		_, err := w.Change(t.Context(), w.by(ana, ""), id, 2, to)
		return err
	})
}

// TestChangeAfterTheCustomerSaw holds that its card follows when colleagues are asked
// anew.
func TestChangeAfterTheCustomerSaw(t *testing.T) {
	t.Parallel()
	w := staged(t, lead)
	id := w.asked(t)
	if err := w.says(bo, operations, id, 1, access.Approve); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.put(t, func(tx state.Tx) error {
		return state.PutCard(tx, state.Card{Request: id, Name: "customer", Ref: access.MessageRef{Channel: contosoChannel, TS: "1.0"}})
	})
	to := anAsk()
	to.Duration = time.Hour
	w.does(t, func() error {
		_, err := w.Change(t.Context(), w.by(ana, ""), id, 1, to)
		return err
	}, "event request.changed", "slack.card R-00002/slack/customer", "slack.card R-00002/slack/requester", "slack.card R-00002/slack/peers")
	w.refuses(t, access.Forbidden, "waits for the partner's own people first", func() error { return w.says(carol, contosoChannel, id, 2, access.Approve) })
}
