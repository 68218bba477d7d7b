package graph_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func TestJoin(t *testing.T) {
	s := newScene(t, lagging(2))
	s.ready()
	raw, err := settle(t, s.fx.Join, s.joinEffect())
	if err != nil || string(raw) != "null" {
		t.Fatalf("%s, %v, want null", raw, err)
	}
	s.want("group [ana], active on 1")
	if _, err := settle(t, s.fx.Join, s.joinEffect()); err != nil {
		t.Errorf("again: %v", err)
	}
	s.want("group [ana], active on 1")
}

func TestJoinOfAGrantThatIsNotBeingGiven(t *testing.T) {
	for _, st := range access.GrantStates() {
		if st == access.Activating {
			continue
		}
		s := newScene(t)
		s.ready()
		s.grant("R-1", ana, st)
		raw, err := s.fx.Join(t.Context(), s.joinEffect())
		if err != nil || string(raw) != "null" {
			t.Errorf("%s: %s, %v, want null", st, raw, err)
		}
		s.want("group [], active on 1")
	}
}

// refusal is something that makes a join impossible.
type refusal struct {
	name  string
	setup func(*scene)
	code  access.Code
	words string
}

var refusals = []refusal{
	{"GroupDeleted", func(s *scene) { s.container.Group = "99999999-0000-4000-8000-000000000000" }, access.Conflict, "deleted in Entra"},
	{"MarkGone", func(s *scene) {
		s.ms.AddGroup(graphtest.Group{ID: string(s.container.Group), DisplayName: "x", MailNickname: "payroll"})
	}, access.Conflict, "changed in Entra"},
	{"AnotherGroupRecorded", func(s *scene) {
		s.container.Group = access.GroupID(s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: "admins"}))
	}, access.Conflict, "changed in Entra"},
	{"NotReady", func(s *scene) { s.container.Assignment = "" }, access.Conflict, "not ready"},
	{"RelationshipEnded", func(s *scene) { s.ms.SetRelationshipStatus(relA, "terminated") }, access.Unavailable, "does not carry"},
	{"RelationshipEnding", func(s *scene) { s.ms.SetRelationshipStatus(relA, "terminationRequested") }, access.Unavailable, "does not carry"},
	{"RelationshipGone", func(s *scene) { s.container.Relationship = relF }, access.Unavailable, "does not carry"},
	{"RelationshipEndsTooSoon", func(s *scene) { s.now = start.AddDate(0, 6, 0).Add(-time.Hour) }, access.Unavailable, "does not carry"},
	{"RelationshipOfAnother", func(s *scene) {
		s.ms.AddRelationship(graphtest.Relationship{ID: relA, CustomerTenant: fabrikam, Roles: []string{exchange}})
	}, access.Unavailable, "does not carry"},
	{"AssignmentDeleted", func(s *scene) { s.ms.RemoveAssignment(relA, string(s.container.Assignment)) }, access.Conflict, "were changed"},
	{"AssignmentReplaced", func(s *scene) {
		s.ms.RemoveAssignment(relA, string(s.container.Assignment))
		s.ms.AddAssignment(graphtest.Assignment{Relationship: relA, Group: string(s.container.Group), Roles: []string{exchange}})
	}, access.Conflict, "were changed"},
	{"MoreRoles", func(s *scene) {
		s.ms.AddAssignment(graphtest.Assignment{
			ID: string(s.container.Assignment), Relationship: relA, Group: string(s.container.Group), Roles: []string{exchange, helpdesk},
		})
	}, access.Conflict, "were changed"},
	{"OtherRoles", func(s *scene) {
		s.ms.AddAssignment(graphtest.Assignment{
			ID: string(s.container.Assignment), Relationship: relA, Group: string(s.container.Group), Roles: []string{helpdesk},
		})
	}, access.Conflict, "were changed"},
	{"SecondAssignment", func(s *scene) {
		s.ms.AddAssignment(graphtest.Assignment{Relationship: relA, Group: string(s.container.Group), Roles: []string{helpdesk}})
	}, access.Conflict, "were changed"},
	{"NotActive", func(s *scene) {
		s.ms.AddAssignment(graphtest.Assignment{
			ID: string(s.container.Assignment), Relationship: relA, Group: string(s.container.Group), Roles: []string{exchange}, Status: "error",
		})
	}, access.Conflict, "were changed"},
	{"AnotherCustomerToo", func(s *scene) { s.elsewhere(relF, fabrikam, exchange) }, access.Conflict, "another relationship"},
	{"OtherRolesElsewhere", func(s *scene) { s.elsewhere(relB, contoso, helpdesk) }, access.Conflict, "another relationship"},
	{"RequesterUnknown", func(s *scene) { s.grant("R-1", "99999999-0000-4000-8000-000000000000", access.Activating) }, access.NotFound, "requester"},
}

// Nobody is let into a group that gives something else than was approved.
func TestJoinRefuses(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.ready()
			tt.setup(s)
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
			_, err := settle(t, s.fx.Join, s.joinEffect())
			refused(t, err, tt.code, tt.words)
			for _, g := range s.ms.Groups() {
				if len(g.Members) > 0 {
					t.Errorf("%s has members %v", g.MailNickname, g.Members)
				}
			}
		})
	}
}

// Where nobody has looked at the container for this grant, what is wrong with it is to be
// looked at before anything is refused. Nobody is let in meanwhile.
func TestJoinOnRecord(t *testing.T) {
	onRecord := func(s *scene) outbox.Effect {
		return effect(s.t, outbox.GraphJoin, outbox.GrantPayload{Request: "R-1", OnRecord: true})
	}
	replaced := refusal{"RelationshipReplaced", func(s *scene) {
		o := access.Offer{ID: "O-1", Customer: contoso, State: access.OfferActive}
		o.Replaces.Relationship, o.Replaces.State = relA, access.ReplaceMoving
		s.put(func(tx state.Tx) error { return state.PutOffer(tx, o) })
	}, "", ""}
	for _, tt := range append([]refusal{replaced}, refusals...) {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.ready()
			tt.setup(s)
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
			raw, err := settle(t, s.fx.Join, onRecord(s))
			if tt.name == "RequesterUnknown" { // which is no matter of the container
				refused(t, err, tt.code, tt.words)
			} else if err != nil || !decode[outbox.JoinResult](t, raw).Changed {
				t.Errorf("%s, %v, want that it has changed", raw, err)
			}
			for _, g := range s.ms.Groups() {
				if len(g.Members) > 0 {
					t.Errorf("%s has members %v", g.MailNickname, g.Members)
				}
			}
		})
	}
	s := newScene(t)
	s.ready()
	if raw, err := settle(t, s.fx.Join, onRecord(s)); err != nil || string(raw) != "null" {
		t.Errorf("%s, %v, want null", raw, err)
	}
	s.want("group [ana], active on 1")
}

// A group that was made assignable to directory roles, or dynamic, or mail
// enabled, is not the one that we made.
func TestJoinRefusesAnotherKindOfGroup(t *testing.T) {
	s := newScene(t)
	s.ready()
	s.batched(func(parts []map[string]any) []map[string]any {
		parts[0]["body"] = map[string]any{
			"id": s.container.Group, "mailNickname": mark, "securityEnabled": true,
			"mailEnabled": false, "groupTypes": []string{"DynamicMembership"},
		}
		return parts
	})
	_, err := settle(t, s.fx.Join, s.joinEffect())
	refused(t, err, access.Conflict, "changed in Entra")
	s.want("group [], active on 1")
}

// elsewhere gives the container's group access on another relationship.
func (s *scene) elsewhere(id access.RelationshipID, customer access.TenantID, role string) {
	s.t.Helper()
	s.relationship(id, customer, start.AddDate(2, 0, 0), exchange, helpdesk)
	s.ms.AddAssignment(graphtest.Assignment{Relationship: string(id), Group: string(s.container.Group), Roles: []string{role}})
	s.mirror(id)
}

// A relationship that ends and the one that follows it may carry the same group
// for a while: its members get nothing but what was approved.
func TestJoinWhileARelationshipIsReplaced(t *testing.T) {
	s := newScene(t)
	s.ready()
	s.mirror(relA)
	s.relationship(relB, contoso, start.AddDate(2, 0, 0), exchange)
	s.now = start.AddDate(0, 6, 0).Add(-time.Hour)
	s.ready()
	if s.container.Relationship != relB {
		t.Fatalf("relationship %s, want the one that lasts", s.container.Relationship)
	}
	if _, err := settle(t, s.fx.Join, s.joinEffect()); err != nil {
		t.Fatal(err)
	}
	s.want("group [ana], active on 1, active on 2")
}

func TestLeave(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(*scene)
		held  access.RequestID
		tree  string
	}{
		{"Member", func(*scene) {}, "", "group [], active on 1"},
		{"OthersStay", func(s *scene) { s.ms.AddMember(string(s.container.Group), bo) }, "", "group [bo], active on 1"},
		{"NotAMember", func(s *scene) { s.ms.RemoveMember(string(s.container.Group), ana) }, "", "group [], active on 1"},
		{"HeldByALiveGrant", func(s *scene) { s.grant("R-2", ana, access.Active) }, "R-2", "group [ana], active on 1"},
		{"HeldByOneBeingGiven", func(s *scene) { s.grant("R-2", ana, access.Activating) }, "R-2", "group [ana], active on 1"},
		{"NotHeldByAnEndingOne", func(s *scene) { s.grant("R-2", ana, access.Ending) }, "", "group [], active on 1"},
		{"NotHeldByAnotherPerson", func(s *scene) { s.grant("R-2", bo, access.Active) }, "", "group [], active on 1"},
		{"GroupDeleted", func(s *scene) {
			s.container.Group = "99999999-0000-4000-8000-000000000000"
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
		}, "", "group [ana], active on 1"}, // the old group, which nobody records
		{"NeverMade", func(s *scene) {
			s.container.Group = ""
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
		}, "", "group [ana], active on 1"},
		{"RelationshipEnded", func(s *scene) { s.ms.SetRelationshipStatus(relA, "terminated") }, "", "group []"},
		{"PersonDeleted", func(s *scene) { s.grant("R-1", "99999999-0000-4000-8000-000000000000", access.Ending) }, "", "group [ana], active on 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.joined()
			s.grant("R-1", ana, access.Ending)
			tt.setup(s)
			raw, err := settle(t, s.fx.Leave, s.leaveEffect())
			if err != nil {
				t.Fatal(err)
			}
			if got := decode[outbox.LeaveResult](t, raw); got.HeldBy != tt.held {
				t.Errorf("held by %q, want %q", got.HeldBy, tt.held)
			}
			s.want(tt.tree)
		})
	}
}

// A removal that follows a join at once must not believe a directory that does
// not show the member yet.
func TestLeaveBeforeTheJoinShows(t *testing.T) {
	s := newScene(t, lagging(4))
	s.ready()
	if _, err := s.fx.Join(t.Context(), s.joinEffect()); err == nil {
		t.Fatal("the join is seen at once")
	}
	s.grant("R-1", ana, access.Ending)
	if _, err := settle(t, s.fx.Leave, s.leaveEffect()); err != nil {
		t.Fatal(err)
	}
	s.want("group [], active on 1")
}

// Gone is what was read back as gone.
func TestLeaveIsReadBack(t *testing.T) {
	s := newScene(t, lagging(2))
	s.joined()
	s.grant("R-1", ana, access.Ending)
	if raw, err := s.fx.Leave(t.Context(), s.leaveEffect()); err == nil || outbox.IsPermanent(err) {
		t.Errorf("%s, %v, want not yet while Graph shows the member", raw, err)
	}
}

func TestLeaveNeverGivesUp(t *testing.T) {
	deny := func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(403, `{"error":{"code":"Authorization_RequestDenied","message":"x"}}`), nil
	}
	for _, tt := range []struct {
		name   string
		effect func(*scene) outbox.Effect
	}{
		{"BrokenPayload", func(*scene) outbox.Effect { return outbox.Effect{ID: "x", Payload: []byte("{"), Term: 1} }},
		{"NoGrant", func(s *scene) outbox.Effect {
			return effect(s.t, outbox.GraphLeave, outbox.GrantPayload{Request: "R-9"})
		}},
		{"Forbidden", func(s *scene) outbox.Effect {
			s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) { return deny(carry) }
			return s.leaveEffect()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.joined()
			s.grant("R-1", ana, access.Ending)
			_, err := s.fx.Leave(t.Context(), tt.effect(s))
			if err == nil || outbox.IsPermanent(err) {
				t.Errorf("error %v, want one that is tried again", err)
			}
			s.want("group [ana], active on 1")
		})
	}
}

func TestStaff(t *testing.T) {
	w := newWorld(t)
	w.ms.AddUser(graphtest.User{ID: partner, DisplayName: "Gus", UPN: "gus@partner.example", Guest: true})
	w.ms.AddUser(graphtest.User{ID: clientID, DisplayName: "Dora", UPN: "dora@partner.example", Disabled: true})
	look := func(upn string) ([]byte, error) {
		return settle(t, w.fx.Staff, effect(t, outbox.GraphStaff, outbox.StaffPayload{UPN: upn}))
	}
	raw, err := look("ANA@partner.example")
	if err != nil || decode[outbox.StaffResult](t, raw) != (outbox.StaffResult{Principal: ana, UPN: "ana@partner.example", Name: "Ana"}) {
		t.Errorf("%s, %v", raw, err)
	}
	for upn, want := range map[string]struct {
		code  access.Code
		words string
	}{
		"nobody@partner.example": {access.NotFound, "no user with that name"},
		"gus@partner.example":    {access.Forbidden, "guest"},
		"dora@partner.example":   {access.Forbidden, "disabled"},
		"ana":                    {access.Invalid, "looks like"},
	} {
		_, err := look(upn)
		refused(t, err, want.code, want.words)
		if strings.Contains(err.Error(), "@partner") {
			t.Errorf("the error names the person: %v", err)
		}
	}
}

func TestPayloads(t *testing.T) {
	s := newScene(t)
	for name, f := range map[string]do{"Container": s.fx.Container, "Join": s.fx.Join, "Staff": s.fx.Staff} {
		if _, err := f(t.Context(), outbox.Effect{ID: "x", Payload: []byte("{"), Term: 1}); !outbox.IsPermanent(err) {
			t.Errorf("%s of a broken payload: %v, want a permanent error", name, err)
		}
	}
	for name, f := range map[string]do{"Container": s.fx.Container, "Join": s.fx.Join} {
		_, err := f(t.Context(), effect(t, name, outbox.GrantPayload{Request: "R-9"}))
		if !outbox.IsPermanent(err) || !errors.Is(err, state.ErrNotFound) {
			t.Errorf("%s of an unknown grant: %v", name, err)
		}
	}
}
