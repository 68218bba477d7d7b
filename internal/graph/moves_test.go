package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const desk = access.GroupID("d0000000-0000-4000-8000-00000000000d")

// A moveScene is a world in which Contoso approved O-7K3M2, which names the
// group Desk.
type moveScene struct{ *offerScene }

func newMoveScene(t *testing.T, change ...func(*graphtest.Options)) *moveScene {
	t.Helper()
	s := &moveScene{newOfferScene(t, change...)}
	o := s.offer
	o.Groups = []access.GroupAccess{{Group: desk, Name: "Desk", Roles: []access.RoleID{helpdesk}}}
	s.is(o)
	s.ms.AddGroup(graphtest.Group{ID: string(desk), DisplayName: "Desk", MailNickname: "desk"})
	return s
}

// approved has the offer be active here as well.
func (s *moveScene) approved() {
	s.t.Helper()
	s.active()
	rel, err := s.client.Relationship(s.t.Context(), s.one().ID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.is(s.offer.Sent(rel.ID, start).Seen(rel, start))
}

func (s *moveScene) assignEffect() outbox.Effect {
	return effect(s.t, outbox.GraphAssign, outbox.AssignPayload{
		Offer: "O-7K3M2", Relationship: s.one().ID, Customer: contoso, Group: desk, Name: "Desk", Roles: []access.RoleID{helpdesk},
	})
}

func (s *moveScene) reduceEffect() outbox.Effect {
	return effect(s.t, outbox.GraphReduce, outbox.ReducePayload{Relationship: s.one().ID, Customer: contoso, Name: offerName, Role: globalAdmin, At: start})
}

// global has the offer hold Global Administrator too.
func (s *moveScene) global() {
	o := s.offer
	o.Roles, o.AutoExtend = access.SortRoles(append(o.Roles, globalAdmin)), false
	s.is(o)
	s.approved()
}

// tree is what Graph holds: the roles of the relationship, and who has which.
func (s *moveScene) tree() string {
	s.t.Helper()
	var out []string
	for _, r := range s.ms.Relationships() {
		out = append(out, fmt.Sprintf("%s with %d roles, global %t", r.Status, len(r.Roles), slices.Contains(r.Roles, globalAdmin)))
	}
	for _, a := range s.ms.Assignments() {
		if a.Status != "deleted" && a.Status != "deleting" {
			out = append(out, fmt.Sprintf("group %s has %d %s", a.Group[:2], len(a.Roles), a.Status))
		}
	}
	return strings.Join(out, "; ")
}

// TestMoveFaults breaks each request of the effects that give groups their roles
// and take a role out, as [TestOfferFaults] does.
func TestMoveFaults(t *testing.T) {
	stale := faults[0]
	stale.name, stale.do = "Stale", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(412, `{"error":{"code":"preconditionFailed","message":"x"}}`), nil
	}
	conflict := faults[0]
	conflict.name, conflict.do = "Conflict", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(409, `{"error":{"code":"conflict","message":"x"}}`), nil
	}
	effects := []struct {
		name    string
		prepare func(*moveScene)
		run     func(*moveScene) error
		tree    string
	}{
		{"Assign", (*moveScene).approved, func(s *moveScene) error {
			_, err := settle(s.t, s.fx.Assign, s.assignEffect())
			return err
		}, "active with 2 roles, global false; group d0 has 1 active"},
		{"Reduce", (*moveScene).global, func(s *moveScene) error {
			_, err := settle(s.t, s.fx.Reduce, s.reduceEffect())
			return err
		}, "active with 2 roles, global false"},
	}
	for _, e := range effects {
		for _, lag := range []int{0, 2} {
			for _, f := range append(faults[:len(faults):len(faults)], stale, conflict) {
				t.Run(fmt.Sprintf("%s/Lag%d/%s", e.name, lag, f.name), func(t *testing.T) {
					t.Parallel()
					for at := 0; breakMove(t, at, lag, f.do, e.prepare, e.run, e.tree); at++ {
					}
				})
			}
		}
	}
}

func breakMove(
	t *testing.T, at, lag int, fault func(carry func() (*http.Response, error)) (*http.Response, error),
	prepare func(*moveScene), run func(*moveScene) error, tree string,
) bool {
	t.Helper()
	s := newMoveScene(t, lagging(lag))
	prepare(s)
	s.wire.reset()
	struck := false
	s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		if n == at {
			struck = true
			return fault(carry)
		}
		return carry()
	}
	for again := range 2 {
		if err := run(s); err != nil {
			t.Errorf("fault at request %d, run %d: %v", at, again, err)
		}
		if got := s.tree(); got != tree {
			t.Errorf("fault at request %d, run %d: graph holds %q, want %q", at, again, got, tree)
		}
		s.wire.fault = nil
	}
	return struck
}

// TestAssignAdopts: what is there with the same roles is ours; what has others is
// left alone.
func TestAssignAdopts(t *testing.T) {
	t.Parallel()
	s := newMoveScene(t)
	s.approved()
	id := s.ms.AddAssignment(graphtest.Assignment{Relationship: string(s.one().ID), Group: string(desk), Status: "active", Roles: []string{helpdesk}})
	raw, err := settle(t, s.fx.Assign, s.assignEffect())
	if err != nil {
		t.Fatal(err)
	}
	if got := decode[outbox.AssignResult](t, raw); string(got.Assignment) != id {
		t.Errorf("adopted %q, want %q", got.Assignment, id)
	}
	s = newMoveScene(t)
	s.approved()
	s.ms.AddAssignment(graphtest.Assignment{Relationship: string(s.one().ID), Group: string(desk), Status: "active", Roles: []string{helpdesk, exchange}})
	_, err = settle(t, s.fx.Assign, s.assignEffect())
	refused(t, err, access.Conflict, "has other roles on the relationship already")
}

// TestAssignRefuses holds what is never given.
func TestAssignRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		do    func(*moveScene) outbox.Effect
		code  access.Code
		words string
	}{
		{"a group that is not there", func(s *moveScene) outbox.Effect {
			s.approved()
			p, _ := outbox.Payload[outbox.AssignPayload](s.assignEffect())
			p.Group = "d0000000-0000-4000-8000-0000000000ff"
			return effect(s.t, outbox.GraphAssign, p)
		}, access.NotFound, "There is no security group Desk"},
		{"roles that it does not hold", func(s *moveScene) outbox.Effect {
			s.approved()
			p, _ := outbox.Payload[outbox.AssignPayload](s.assignEffect())
			p.Roles = []access.RoleID{globalAdmin}
			return effect(s.t, outbox.GraphAssign, p)
		}, access.Conflict, "does not hold all the roles"},
		{"another customer's relationship", func(s *moveScene) outbox.Effect {
			s.approved()
			p, _ := outbox.Payload[outbox.AssignPayload](s.assignEffect())
			p.Customer = fabrikam
			return effect(s.t, outbox.GraphAssign, p)
		}, access.Conflict, "does not hold all the roles"},
		{"a group of Latchkey's", func(s *moveScene) outbox.Effect {
			s.approved()
			if err := s.store.Update(s.t.Context(), func(tx state.Tx) error {
				return state.PutContainer(tx, access.Container{ID: contoso + ".x", Customer: contoso, Roles: []access.RoleID{helpdesk}, Nonce: nonce, Group: desk})
			}); err != nil {
				s.t.Fatal(err)
			}
			return s.assignEffect()
		}, access.Conflict, "one that Latchkey made"},
		{"an assignment that Microsoft fails", func(s *moveScene) outbox.Effect {
			s.approved()
			return s.assignEffect()
		}, access.Unavailable, `has the status "error"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newMoveScene(t, func(o *graphtest.Options) {
				if tt.code == access.Unavailable {
					o.Troubles.FailAssignments = 1
				}
			})
			_, err := settle(t, s.fx.Assign, tt.do(s))
			refused(t, err, tt.code, tt.words)
		})
	}
}

// TestAssignUnwanted: nothing is given through an offer that is not active, nor
// through one that was declined, nor through a relationship that ends.
func TestAssignUnwanted(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*moveScene){
		"declined, and approved all the same": func(s *moveScene) {
			s.approved()
			o := s.offer
			o.DeclinedAt = start
			s.is(o)
		},
		"being ended": func(s *moveScene) {
			s.approved()
			o, err := s.offer.Terminate(access.Person{})
			if err != nil {
				s.t.Fatal(err)
			}
			s.is(o)
		},
		"ended by the customer": func(s *moveScene) {
			s.approved()
			s.ms.SetRelationshipStatus(string(s.one().ID), "terminated")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMoveScene(t)
			prepare(s)
			raw, err := settle(t, s.fx.Assign, s.assignEffect())
			if err != nil || string(raw) != "null" || strings.Contains(s.tree(), "group") {
				t.Errorf("result %s, %v; graph holds %s", raw, err, s.tree())
			}
		})
	}
}

// TestAssignManyRoles: sixteen roles and more stay pending for long.
func TestAssignManyRoles(t *testing.T) {
	t.Parallel()
	s := newMoveScene(t, func(o *graphtest.Options) { o.Troubles.ManyRolesPending = 15 })
	o := s.offer
	for i := range 16 {
		o.Roles = append(o.Roles, access.RoleID(fmt.Sprintf("a0000000-0000-4000-8000-0000000000%02d", i)))
	}
	o.Groups[0].Roles = o.Roles
	s.rules = rules(o.Roles)
	s.is(o)
	s.approved()
	p, _ := outbox.Payload[outbox.AssignPayload](s.assignEffect())
	p.Roles = o.Roles
	if _, err := settle(t, s.fx.Assign, effect(t, outbox.GraphAssign, p)); err != nil {
		t.Fatal(err)
	}
	if got := s.tree(); got != "active with 18 roles, global false; group d0 has 18 active" {
		t.Errorf("graph holds %s", got)
	}
}

// TestReduceOperationFails: a change that Microsoft took and then failed is
// reported, and can be asked for again.
func TestReduceOperationFails(t *testing.T) {
	t.Parallel()
	s := newMoveScene(t, lagging(1), func(o *graphtest.Options) { o.Troubles.FailOperations = 1 })
	s.global()
	_, err := settle(t, s.fx.Reduce, s.reduceEffect())
	refused(t, err, access.Unavailable, "reported that it failed")
	if _, err := settle(t, s.fx.Reduce, s.reduceEffect()); err != nil {
		t.Fatal(err)
	}
	if got := s.tree(); got != "active with 2 roles, global false" {
		t.Errorf("graph holds %s", got)
	}
}

// TestContainerLeaves: nothing new goes through a relationship that is being
// replaced.
func TestContainerLeaves(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	o := access.Offer{
		ID: "O-7K3M2", Customer: contoso, Roles: []access.RoleID{exchange}, State: access.OfferActive, Relationship: relB,
		Replaces: access.Replacement{Relationship: relA, Name: "A", State: access.ReplaceHeld},
	}
	s.put(func(tx state.Tx) error { return state.PutOffer(tx, o) })
	run := func() (access.RelationshipID, error) {
		raw, err := settle(t, s.fx.Container, effect(t, outbox.GraphContainer, outbox.ContainerPayload{Container: s.container.ID, Request: "R-1"}))
		if err != nil {
			return "", err
		}
		return decode[outbox.ContainerResult](t, raw).Relationship, nil
	}
	_, err := run()
	refused(t, err, access.Unavailable, "No active relationship")
	s.relationship(relB, contoso, start.AddDate(0, 1, 0), exchange)
	if got, err := run(); got != relB || err != nil {
		t.Errorf("goes through %s, %v; want %s", got, err, relB)
	}
}

// reducing owes taking the role out of the relationship.
func (s *scene) reducing(id access.RelationshipID, role access.RoleID) {
	s.t.Helper()
	e := effect(s.t, outbox.GraphReduce, outbox.ReducePayload{Relationship: id, Customer: contoso, Role: role, At: start})
	e.Lane = outbox.RelationshipLane(id)
	s.put(func(tx state.Tx) error { return outbox.Enqueue(tx, e, start) })
}

// TestNothingNewWhileReduced: while Global Administrator is to leave a
// relationship, nobody new gets it through that one, neither by a new group nor by
// one that is there.
func TestNothingNewWhileReduced(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.reducing(relA, exchange)
	_, err := settle(t, s.fx.Container, effect(t, outbox.GraphContainer, outbox.ContainerPayload{Container: s.container.ID, Request: "R-1"}))
	refused(t, err, access.Unavailable, "No active relationship")
}

// TestNobodyJoinsWhileReduced does so for a group that is there.
func TestNobodyJoinsWhileReduced(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.ready()
	s.reducing(relA, exchange)
	_, err := s.fx.Join(t.Context(), effect(t, outbox.GraphJoin, outbox.GrantPayload{Request: "R-1"}))
	refused(t, err, access.Unavailable, "does not carry the roles asked for")
}

// TestAssignTakenAway: what a bot admin took away is not given again by an effect
// that was still on its way.
func TestAssignTakenAway(t *testing.T) {
	s := newMoveScene(t)
	s.approved()
	s.is(s.offer.GroupRefused(desk, "Dee took it away."))
	before := s.tree()
	raw, err := s.fx.Assign(t.Context(), s.assignEffect())
	if err != nil || string(raw) != "null" {
		t.Errorf("Assign = %s, %v", raw, err)
	}
	if got := s.tree(); got != before {
		t.Errorf("graph holds %q, was %q", got, before)
	}
}
