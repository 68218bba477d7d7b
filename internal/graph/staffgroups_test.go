package graph_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
)

// TestPeopleOf holds that the people of a group are those of the groups within it, too,
// and neither these groups nor what is no person.
func TestPeopleOf(t *testing.T) {
	w := newWorld(t)
	inner := w.ms.AddGroup(graphtest.Group{DisplayName: "inner", MailNickname: "inner", Members: []string{bo}})
	outer := w.ms.AddGroup(graphtest.Group{DisplayName: "outer", MailNickname: "outer", Members: []string{ana, inner, "5e000000-0000-4000-8000-000000000001"}})
	w.ms.AddMember(inner, outer) // a circle, which Entra does not refuse
	w.ms.AddMember(inner, ana)
	people, err := w.client.PeopleOf(t.Context(), access.GroupID(outer))
	slices.Sort(people)
	if got, want := fmt.Sprint(people), fmt.Sprint([]string{ana, bo}); err != nil || got != want {
		t.Errorf("PeopleOf = %s, %v, want %s", got, err, want)
	}
	empty := w.ms.AddGroup(graphtest.Group{DisplayName: "empty", MailNickname: "empty"})
	if people, err := w.client.PeopleOf(t.Context(), access.GroupID(empty)); err != nil || len(people) > 0 {
		t.Errorf("of an empty group: %v, %v", people, err)
	}
	if _, err := w.client.PeopleOf(t.Context(), bo); access.CodeOf(err) != access.NotFound {
		t.Errorf("of what is no group: %v", err)
	}
	for status, code := range map[int]access.Code{http.StatusForbidden: access.Forbidden, http.StatusServiceUnavailable: access.Unavailable} {
		c := canned(t, func(w http.ResponseWriter, r *http.Request) { write(w, status, `{"error":{"code":"x","message":"y"}}`) })
		if people, err := c.PeopleOf(t.Context(), access.GroupID(outer)); access.CodeOf(err) != code || people != nil {
			t.Errorf("status %d: %v, %v, want %s", status, people, err, code)
		}
	}
}

// TestPeopleOfMany holds that what comes on several pages is all read, or is an error.
func TestPeopleOfMany(t *testing.T) {
	w := newWorld(t)
	var members []string
	for i := range 1200 {
		members = append(members, w.ms.AddUser(graphtest.User{UPN: fmt.Sprintf("u%d@fabrikam.example", i)}))
	}
	id := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "all", MailNickname: "all", Members: members}))
	people, err := w.client.PeopleOf(t.Context(), id)
	if err != nil || len(people) != len(members) {
		t.Errorf("%d people, %v, want %d", len(people), err, len(members))
	}
	if err := w.ms.AddFault(graphtest.Fault{On: "GET /groups/{id}/transitiveMembers", After: 1, Times: 1, Status: http.StatusForbidden}); err != nil {
		t.Fatal(err)
	}
	if people, err := w.client.PeopleOf(t.Context(), id); err == nil || people != nil {
		t.Errorf("a page that failed: %d people, %v", len(people), err)
	}
}
