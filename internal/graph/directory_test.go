package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

func TestGroups(t *testing.T) {
	w := newWorld(t)
	made, err := w.client.CreateGroup(t.Context(), "Latchkey Contoso", mark, "What it is for")
	if err != nil {
		t.Fatal(err)
	}
	want := graph.Group{ID: made.ID, Name: "Latchkey Contoso", Nickname: mark, Description: "What it is for", Plain: true}
	if made.ID == "" || made != want {
		t.Errorf("CreateGroup = %+v, want %+v", made, want)
	}
	if got, err := w.client.Group(t.Context(), made.ID); err != nil || got != want {
		t.Errorf("Group = %+v, %v, want %+v", got, err, want)
	}
	if got, ok, err := w.client.GroupByNickname(t.Context(), mark); err != nil || !ok || got != want {
		t.Errorf("GroupByNickname = %+v, %t, %v", got, ok, err)
	}
	for _, other := range []string{"latchkey-other", strings.ToUpper(mark), "o'brien' or true"} {
		if _, ok, err := w.client.GroupByNickname(t.Context(), other); err != nil || ok {
			t.Errorf("GroupByNickname(%q) = %t, %v, want none", other, ok, err)
		}
	}
	if _, err := w.client.Group(t.Context(), bo); access.CodeOf(err) != access.NotFound {
		t.Errorf("Group of what is none: %v", err)
	}
	w.ms.AddGroup(graphtest.Group{DisplayName: "double", MailNickname: mark})
	if _, _, err := w.client.GroupByNickname(t.Context(), mark); access.CodeOf(err) != access.Conflict {
		t.Errorf("two groups with one mark: %v, want a conflict", err)
	}
}

func TestGroupIsPlain(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       bool
	}{
		{"Security", `{"id":"g","securityEnabled":true,"mailEnabled":false,"groupTypes":[]}`, true},
		{"NullRest", `{"id":"g","securityEnabled":true,"mailEnabled":false,"groupTypes":null,"isAssignableToRole":null}`, true},
		{"Dynamic", `{"id":"g","securityEnabled":true,"mailEnabled":false,"groupTypes":["DynamicMembership"]}`, false},
		{"Microsoft365", `{"id":"g","securityEnabled":true,"mailEnabled":true,"groupTypes":["Unified"]}`, false},
		{"RoleAssignable", `{"id":"g","securityEnabled":true,"mailEnabled":false,"isAssignableToRole":true}`, false},
		{"Distribution", `{"id":"g","securityEnabled":false,"mailEnabled":true}`, false},
		{"Nothing", `{"id":"g"}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := canned(t, func(w http.ResponseWriter, r *http.Request) { write(w, 200, tt.body) })
			if g, err := c.Group(t.Context(), "g"); err != nil || g.Plain != tt.want {
				t.Errorf("Plain = %t, %v, want %t", g.Plain, err, tt.want)
			}
		})
	}
}

// TestAgentGroup finds Partner Center's own group by its name, among others that
// somebody called the same.
func TestAgentGroup(t *testing.T) {
	w := newWorld(t)
	if id, found, err := w.client.AgentGroup(t.Context(), access.AdminAgents); found || err != nil {
		t.Errorf("where there is none: %s, %t, %v", id, found, err)
	}
	w.now = w.now.Add(time.Hour)
	w.ms.AddGroup(graphtest.Group{DisplayName: "AdminAgents", MailNickname: "mine"})
	w.now = w.now.Add(-time.Hour) // the one that is listed last was made before
	first := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "AdminAgents", MailNickname: "partner-center"}))
	if id, found, err := w.client.AgentGroup(t.Context(), access.AdminAgents); id != first || !found || err != nil {
		t.Errorf("AgentGroup = %s, %t, %v, want the first, %s", id, found, err, first)
	}
}

func TestMembers(t *testing.T) {
	w := newWorld(t)
	group := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "g", MailNickname: "g", Owners: []string{bo}}))

	if owners, err := w.client.Owners(t.Context(), group); err != nil || fmt.Sprint(owners) != "["+bo+"]" {
		t.Errorf("Owners = %v, %v", owners, err)
	}
	for range 2 { // the second is told that the member exists already
		if err := w.client.AddMember(t.Context(), group, ana); err != nil {
			t.Fatal(err)
		}
	}
	members, err := w.client.Members(t.Context(), group)
	if err != nil || len(members) != 1 || members[0] != (access.Member{ID: ana, Name: "Ana", UPN: "ana@partner.example"}) {
		t.Errorf("Members = %+v, %v", members, err)
	}
	for p, want := range map[access.PrincipalID]bool{ana: true, bo: false, access.PrincipalID(strings.ToUpper(ana)): true} {
		if in, err := w.client.IsMember(t.Context(), group, p); err != nil || in != want {
			t.Errorf("IsMember(%s) = %t, %v, want %t", p, in, err, want)
		}
	}
	for range 2 {
		if err := w.client.RemoveMember(t.Context(), group, ana); err != nil {
			t.Fatal(err)
		}
	}
	if in, err := w.client.IsMember(t.Context(), group, ana); err != nil || in {
		t.Errorf("IsMember = %t, %v after the removal", in, err)
	}
	if err := w.client.AddMember(t.Context(), group, "99999999-0000-4000-8000-000000000000"); access.CodeOf(err) != access.NotFound {
		t.Errorf("AddMember of nobody: %v, want not found", err)
	}
	if err := w.client.RemoveMember(t.Context(), "99999999-0000-4000-8000-000000000000", ana); err != nil {
		t.Errorf("RemoveMember from no group: %v", err)
	}
}

// A removal must name the membership: the same address without /$ref is the
// person, and could delete the account.
func TestRemoveMemberNeverNamesThePerson(t *testing.T) {
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = append(o.Permissions, "User.ReadWrite.All") })
	group := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "g", MailNickname: "g", Members: []string{ana}}))
	if err := w.client.RemoveMember(t.Context(), group, ana); err != nil {
		t.Fatal(err)
	}
	for _, s := range w.wire.seen {
		if s.method == http.MethodDelete && !strings.HasSuffix(s.path, "/$ref") {
			t.Errorf("DELETE %s", s.path)
		}
	}
	if got := len(w.ms.Users()); got != 2 {
		t.Errorf("%d users left, want 2", got)
	}
}

func TestMembersPaging(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 1203 {
		ids = append(ids, w.ms.AddUser(graphtest.User{DisplayName: fmt.Sprint("u", i), UPN: fmt.Sprintf("u%d@partner.example", i)}))
	}
	group := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "g", MailNickname: "g", Members: ids}))
	members, err := w.client.Members(t.Context(), group)
	if err != nil || len(members) != len(ids) {
		t.Errorf("%d members, %v, want %d", len(members), err, len(ids))
	}
	if in, err := w.client.IsMember(t.Context(), group, access.PrincipalID(ids[len(ids)-1])); err != nil || !in {
		t.Errorf("IsMember of the last = %t, %v", in, err)
	}
}

func TestUser(t *testing.T) {
	w := newWorld(t)
	w.ms.AddUser(graphtest.User{ID: partner, DisplayName: "Gus", UPN: "gus_x.example#EXT#@partner.example", Guest: true})
	w.ms.AddUser(graphtest.User{ID: clientID, DisplayName: "Dora", UPN: "dora+old@partner.example", Disabled: true})
	for _, want := range []graph.User{
		{ID: ana, UPN: "ana@partner.example", DisplayName: "Ana", Enabled: true},
		{ID: partner, UPN: "gus_x.example#EXT#@partner.example", DisplayName: "Gus", Guest: true, Enabled: true},
		{ID: clientID, UPN: "dora+old@partner.example", DisplayName: "Dora"},
	} {
		if got, err := w.client.User(t.Context(), want.UPN); err != nil || got != want {
			t.Errorf("User(%s) = %+v, %v, want %+v", want.UPN, got, err, want)
		}
	}
	for upn, code := range map[string]access.Code{
		"nobody@partner.example": access.NotFound,
		"ana":                    access.Invalid,
		"../groups/x@y":          access.Invalid,
		"a\n@partner.example":    access.Invalid,
		strings.Repeat("a", 300) + "@partner.example": access.Invalid,
	} {
		_, err := w.client.User(t.Context(), upn)
		if access.CodeOf(err) != code || strings.Contains(upn, "@") && strings.Contains(fmt.Sprint(err), upn) {
			t.Errorf("User(%q): %v, want %s", upn, err, code)
		}
	}
}

// TestEnabled tells of each account by itself. What is not told must not read as
// disabled: that takes everything from a person.
func TestEnabled(t *testing.T) {
	read := func(w *world, ids ...access.PrincipalID) string {
		t.Helper()
		var out []string
		err := w.client.Enabled(t.Context(), ids, func(id access.PrincipalID, enabled bool, err error) {
			out = append(out, fmt.Sprint(id[:2], enabled, access.CodeOf(err)))
		})
		if err != nil {
			t.Error(err)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	w := newWorld(t)
	w.ms.AddUser(graphtest.User{ID: clientID, DisplayName: "Dora", UPN: "dora@partner.example", Disabled: true})
	const nobody = "ffffffff-0000-4000-8000-000000000000"
	want := []string{fmt.Sprint(ana[:2], true, ""), fmt.Sprint(clientID[:2], false, ""), fmt.Sprint(nobody[:2], false, access.NotFound)}
	slices.Sort(want)
	if got := read(w, ana, clientID, nobody); got != strings.Join(want, " ") {
		t.Errorf("told is %q, want %q", got, want)
	}
	blind := newWorld(t, func(o *graphtest.Options) { o.Permissions = []string{"User.ReadBasic.All"} })
	if got, want := read(blind, ana), fmt.Sprint(ana[:2], false, access.Forbidden); got != want {
		t.Errorf("without the permission told is %q, want %q", got, want)
	}
}

// Without the permission Graph leaves out whether the account is enabled, and
// that must not read as "enabled" or "no guest".
func TestUserHalfSeen(t *testing.T) {
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = []string{"User.ReadBasic.All"} })
	if _, err := w.client.User(t.Context(), "ana@partner.example"); access.CodeOf(err) != access.Forbidden {
		t.Errorf("error %v, want forbidden", err)
	}
}

func TestContracts(t *testing.T) {
	w := newWorld(t)
	w.ms.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.example"})
	w.ms.AddContract(graphtest.Contract{CustomerTenant: fabrikam, DisplayName: "Fabrikam", DefaultDomain: "fabrikam.example"})
	var got []graph.Contract
	for c, err := range w.client.Contracts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
	}
	want := "[{" + contoso + " Contoso contoso.example} {" + fabrikam + " Fabrikam fabrikam.example}]"
	if fmt.Sprint(got) != want {
		t.Errorf("Contracts = %v, want %s", got, want)
	}
}

func TestPermissionIsNamed(t *testing.T) {
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = nil })
	_, err := w.client.CreateGroup(t.Context(), "n", mark, "d")
	if access.CodeOf(err) != access.Forbidden || !strings.Contains(err.Error(), "create the group") {
		t.Errorf("error %v, want forbidden with what was tried", err)
	}
	for _, err := range w.client.Contracts(t.Context()) {
		if access.CodeOf(err) != access.Forbidden {
			t.Errorf("error %v, want forbidden", err)
		}
	}
}
