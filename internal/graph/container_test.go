package graph_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

func TestContainer(t *testing.T) {
	s := newScene(t)
	raw, err := s.fx.Container(t.Context(), s.containerEffect())
	if err != nil {
		t.Fatal(err)
	}
	got := decode[outbox.ContainerResult](t, raw)
	if got.Group == "" || got.Relationship != relA || got.Assignment == "" {
		t.Errorf("result %+v", got)
	}
	s.want("group [], active on 1")
	g := s.ms.Groups()[0]
	if g.MailNickname != mark || !strings.HasPrefix(g.DisplayName, "Latchkey Contoso ") || !strings.Contains(g.Description, contoso) {
		t.Errorf("group %+v", g)
	}
	if a := s.ms.Assignments()[0]; len(a.Roles) != 1 || a.Roles[0] != exchange {
		t.Errorf("assigned %v", a.Roles)
	}

	// The same again finds everything, with the record and without.
	for _, name := range []string{"before it is recorded", "after"} {
		again, err := settle(t, s.fx.Container, s.containerEffect())
		if err != nil || decode[outbox.ContainerResult](t, again) != got {
			t.Errorf("%s: %s, %v, want %+v", name, again, err, got)
		}
		s.record(got)
	}
	s.want("group [], active on 1")
}

func TestContainerName(t *testing.T) {
	s := newScene(t)
	s.put(func(tx state.Tx) error {
		return state.PutRequest(tx, access.Request{ID: "R-1", CustomerName: strings.Repeat("Ü\n", 300)})
	})
	s.ready()
	g := s.ms.Groups()[0]
	if n := utf8.RuneCountInString(g.DisplayName); n > 120 || strings.Contains(g.DisplayName, "\n") ||
		!strings.HasSuffix(g.DisplayName, string(s.container.ID[len(s.container.ID)-12:])) {
		t.Errorf("name %q of %d characters", g.DisplayName, n)
	}
}

// While the assignment is pending the effect waits; what it made is found again.
func TestContainerLag(t *testing.T) {
	s := newScene(t, lagging(3))
	if _, err := s.fx.Container(t.Context(), s.containerEffect()); err == nil || outbox.IsPermanent(err) {
		t.Fatalf("error %v, want not yet", err)
	}
	s.ready()
	s.want("group [], active on 1")
}

func TestContainerOfADeadGrant(t *testing.T) {
	for _, st := range []access.GrantState{access.Ending, access.Ended, access.Failed} {
		s := newScene(t)
		s.grant("R-1", ana, st)
		raw, err := s.fx.Container(t.Context(), s.containerEffect())
		if err != nil || string(raw) != "null" {
			t.Errorf("%s: %s, %v, want null", st, raw, err)
		}
		s.want("")
	}
}

func TestContainerOfAnotherGrant(t *testing.T) {
	s := newScene(t)
	other := access.ContainerOf(fabrikam, roles)
	_, err := s.fx.Container(t.Context(), effect(t, outbox.GraphContainer, outbox.ContainerPayload{Container: other, Request: "R-1"}))
	if !outbox.IsPermanent(err) {
		t.Errorf("error %v, want a permanent one", err)
	}
	s.want("")
}

func TestContainerGroup(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(*scene)
		words string // of the refusal; empty: it works
		tree  string
	}{
		{"AdoptsItsOwn", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark})
		}, "", "group [], active on 1"},
		{"RefusesMembers", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark, Members: []string{bo}})
		}, "owners or members", "group [bo]"},
		{"RefusesOwners", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark, Owners: []string{bo}})
		}, "owners or members", "group []"},
		{"RefusesTwo", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark})
			s.ms.AddGroup(graphtest.Group{DisplayName: "y", MailNickname: mark})
		}, "2 groups", "group [], group []"},
		{"LeavesOtherMarksAlone", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: strings.ToUpper(mark)})
			s.ms.AddGroup(graphtest.Group{DisplayName: "y", MailNickname: mark + "0"})
		}, "", "group [], group [], active on 1"}, // its own, and the one that only begins like it
		{"RefusesRecordedGroupWithoutMark", func(s *scene) {
			s.container.Group = access.GroupID(s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: "payroll"}))
		}, "changed in Entra", ""},
		{"RecordedGroupWithMembersStays", func(s *scene) { // others have access through it
			s.container.Group = access.GroupID(s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark, Members: []string{bo}}))
		}, "", "group [bo], active on 1"},
		{"RecordedGroupIsGone", func(s *scene) {
			s.container.Group = "99999999-0000-4000-8000-000000000000"
		}, "", "group [], active on 1"},
		{"NoNonce", func(s *scene) { s.container.Nonce = "" }, "", ""},
		{"HostileNonce", func(s *scene) { s.container.Nonce = "' or mailNickname ne '" }, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			tt.setup(s)
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
			_, err := settle(t, s.fx.Container, s.containerEffect())
			switch {
			case tt.words != "":
				refused(t, err, access.Conflict, tt.words)
			case tt.tree == "" && !outbox.IsPermanent(err):
				t.Errorf("error %v, want a permanent one", err)
			case tt.tree != "" && err != nil:
				t.Error(err)
			}
			s.want(tt.tree)
		})
	}
}

// A directory that is slow to show a new group does not get a second one: a
// repeated effect believes only many misses in a row, however often it waited for
// something else, and makes it in the end.
func TestContainerLooksAgain(t *testing.T) {
	s := newScene(t)
	e := s.containerEffect()
	for e.Term = 20; e.Term < 27; e.Term++ {
		if _, err := s.fx.Container(t.Context(), e); err == nil || outbox.IsPermanent(err) {
			t.Fatalf("lease %d: %v, want not yet", e.Term, err)
		}
		s.want("")
	}
	if _, err := s.fx.Container(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	s.want("group [], active on 1")
}

// TestContainerFreshGroupIsSlow has the first try make the group and end there,
// and the directory miss it five times: there is one group.
func TestContainerFreshGroupIsSlow(t *testing.T) {
	for i := range 4 {
		restarted, within := i%2 == 1, i > 1 // another process goes on; in a unit
		s := newScene(t, func(o *graphtest.Options) { o.GroupLag = 6 })
		if within {
			s.inUnit()
		}
		ctx, crash := context.WithCancel(t.Context())
		s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) {
			resp, err := carry()
			if err == nil && resp.Request.Method == http.MethodPost && (strings.HasSuffix(resp.Request.URL.Path, "/groups") || strings.HasSuffix(resp.Request.URL.Path, "/members")) {
				crash()
			}
			return resp, err
		}
		e := s.containerEffect()
		if _, err := s.fx.Container(ctx, e); err == nil || outbox.IsPermanent(err) {
			t.Fatalf("the try that ended in its middle: %v", err)
		}
		s.wire.fault = nil
		if restarted {
			s.fx = &graph.Effects{Client: s.client, Store: s.store, Now: s.fx.Now, Log: discard, Rules: s.fx.Rules, Unit: s.fx.Unit}
		}
		e.Term = 2
		if _, err := settle(t, s.fx.Container, e); err != nil {
			t.Fatal(err)
		}
		s.want("group [], active on 1")
	}
}

// TestContainerRefusedIsNotWaitedFor has Graph refuse to make the group: the next
// try makes it at once.
func TestContainerRefusedIsNotWaitedFor(t *testing.T) {
	s := newScene(t)
	s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) {
		if last := s.wire.last(); last.method == http.MethodPost && strings.HasSuffix(last.path, "/groups") {
			return answer(http.StatusForbidden, `{"error":{"code":"Authorization_RequestDenied","message":"no"}}`), nil
		}
		return carry()
	}
	e := s.containerEffect()
	if _, err := s.fx.Container(t.Context(), e); err == nil {
		t.Fatal("no error")
	}
	s.wire.fault = nil
	e.Term = 2
	if _, err := s.fx.Container(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	s.want("group [], active on 1")
}

func TestContainerRelationship(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup func(*scene)
		want  access.RelationshipID // empty: refused
	}{
		{"TheLastingOne", func(s *scene) { s.relationship(relB, contoso, start.AddDate(1, 0, 0), exchange) }, relB},
		{"MicrosoftsOwnLast", func(s *scene) {
			s.ms.AddRelationship(graphtest.Relationship{
				ID: relB, DisplayName: "MLT_1_2_3", CustomerTenant: contoso, Roles: []string{exchange}, End: start.AddDate(1, 0, 0),
			})
			s.mirror(relB)
		}, relA},
		{"MicrosoftsOwnIfNeedBe", func(s *scene) {
			s.ms.AddRelationship(graphtest.Relationship{
				ID: relB, DisplayName: "MLT_1_2_3", CustomerTenant: contoso, Roles: []string{exchange}, End: start.AddDate(1, 0, 0),
			})
			s.mirror(relB)
			s.ms.SetRelationshipStatus(relA, "expired")
		}, relB},
		{"TheRecordedOne", func(s *scene) {
			s.relationship(relB, contoso, start.AddDate(1, 0, 0), exchange)
			s.container.Relationship = relA
		}, relA},
		{"TheOneItHas", func(s *scene) {
			s.relationship(relB, contoso, start.AddDate(1, 0, 0), exchange)
			g := s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark})
			s.ms.AddAssignment(graphtest.Assignment{Relationship: relA, Group: g, Roles: []string{exchange}})
			s.mirror(relA)
		}, relA},
		{"RecordedOneEndsTooSoon", func(s *scene) {
			s.relationship(relB, contoso, start.Add(3*time.Hour), exchange)
			s.container.Relationship = relB
		}, relA},
		{"RecordedOneHasEndedSinceTheMirror", func(s *scene) {
			s.relationship(relB, contoso, start.AddDate(1, 0, 0), exchange)
			s.container.Relationship = relB
			s.ms.SetRelationshipStatus(relB, "terminated")
		}, relA},
		{"AllHaveEndedSinceTheMirror", func(s *scene) { s.ms.SetRelationshipStatus(relA, "terminating") }, ""},
		{"UnknownStatus", func(s *scene) { s.ms.SetRelationshipStatus(relA, "frozenByMoonlight") }, ""},
		{"EndsJustTooSoon", func(s *scene) { s.now = start.AddDate(0, 6, 0).Add(-4*time.Hour + time.Second) }, ""},
		{"EndsJustInTime", func(s *scene) { s.now = start.AddDate(0, 6, 0).Add(-4 * time.Hour) }, relA},
		{"LacksTheRole", func(s *scene) {
			s.relationship(relB, contoso, start.AddDate(1, 0, 0), helpdesk)
			s.ms.SetRelationshipStatus(relA, "expired")
		}, ""},
		{"IsAnotherCustomersNow", func(s *scene) {
			s.ms.AddRelationship(graphtest.Relationship{ID: relA, CustomerTenant: fabrikam, Roles: []string{exchange}})
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			tt.setup(s)
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
			raw, err := settle(t, s.fx.Container, s.containerEffect())
			if tt.want == "" {
				refused(t, err, access.Unavailable, "No active relationship with Contoso")
				if got := len(s.ms.Assignments()); got != 0 {
					t.Errorf("%d assignments", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := decode[outbox.ContainerResult](t, raw).Relationship; got != tt.want {
				t.Errorf("relationship %s, want %s", got, tt.want)
			}
		})
	}
}

func TestContainerAssignment(t *testing.T) {
	for _, tt := range []struct {
		name  string
		have  []graphtest.Assignment
		code  access.Code
		words string
		tree  string
	}{
		{"Adopted", []graphtest.Assignment{{Roles: []string{exchange}}}, "", "", "group [], active on 1"},
		{"PendingAdopted", []graphtest.Assignment{{Roles: []string{exchange}, Status: "pending"}}, "", "", "group [], active on 1"},
		{"DeletedReplaced", []graphtest.Assignment{{Roles: []string{helpdesk}, Status: "deleted"}}, "", "", "group [], active on 1"},
		{"DeletingAwaited", []graphtest.Assignment{{Roles: []string{helpdesk}, Status: "deleting"}}, "", "", "group [], active on 1"},
		{"OtherRoles", []graphtest.Assignment{{Roles: []string{helpdesk}}}, access.Conflict, "other roles", "group [], active on 1"},
		{"MoreRoles", []graphtest.Assignment{{Roles: []string{exchange, helpdesk}}}, access.Conflict, "other roles", "group [], active on 1"},
		{"Two", []graphtest.Assignment{{Roles: []string{exchange}}, {Roles: []string{exchange}}}, access.Conflict, "other roles", "group [], active on 1, active on 1"},
		{"InError", []graphtest.Assignment{{Roles: []string{exchange}, Status: "error"}}, access.Unavailable, `"error"`, "group [], error on 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			g := s.ms.AddGroup(graphtest.Group{DisplayName: "x", MailNickname: mark})
			for _, a := range tt.have {
				a.Relationship, a.Group = relA, g
				s.ms.AddAssignment(a)
			}
			_, err := settle(t, s.fx.Container, s.containerEffect())
			if tt.words != "" {
				refused(t, err, tt.code, tt.words)
			} else if err != nil {
				t.Error(err)
			}
			s.want(tt.tree)
		})
	}
}
