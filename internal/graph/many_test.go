package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

// furnishMany adds n relationships, each with a group of its own that has a role
// and one member.
func furnishMany(w *world, n int) (ids []access.RelationshipID, groups []access.GroupID) {
	for i := range n {
		group := w.ms.AddGroup(graphtest.Group{DisplayName: fmt.Sprintf("group %d", i), MailNickname: fmt.Sprintf("g%d", i), Members: []string{bo}})
		id := w.ms.AddRelationship(graphtest.Relationship{
			DisplayName: fmt.Sprintf("relationship %d", i), CustomerTenant: contoso, Status: "active", Roles: []string{exchange},
			Created: start, Activated: start, End: start.AddDate(1, 0, 0),
		})
		w.ms.AddAssignment(graphtest.Assignment{Relationship: id, Group: group, Status: "active", Roles: []string{exchange}})
		ids, groups = append(ids, access.RelationshipID(id)), append(groups, access.GroupID(group))
	}
	return ids, groups
}

// TestMany reads 50 of each in three calls, and tells each once.
func TestMany(t *testing.T) {
	w := newWorld(t)
	ids, groups := furnishMany(w, 50)
	told := map[string]int{}
	for name, read := range map[string]func() error{
		"assignments": func() error {
			return w.client.AssignmentsOf(t.Context(), ids, func(id access.RelationshipID, found []access.Assignment, err error) {
				told["assignments"]++
				if i := slices.Index(ids, id); err != nil || len(found) != 1 || found[0].Group != groups[i] || found[0].Relationship != id {
					t.Errorf("%s has %+v, %v", id, found, err)
				}
			})
		},
		"members": func() error {
			return w.client.MembersOf(t.Context(), groups, func(id access.GroupID, found []access.Member, err error) {
				told["members"]++
				if err != nil || len(found) != 1 || found[0].Name != "Bo" {
					t.Errorf("%s has %+v, %v", id, found, err)
				}
			})
		},
		"names": func() error {
			return w.client.GroupNames(t.Context(), groups, func(id access.GroupID, name string, err error) {
				told["names"]++
				if i := slices.Index(groups, id); err != nil || name != fmt.Sprintf("group %d", i) {
					t.Errorf("%s is called %q, %v", id, name, err)
				}
			})
		},
	} {
		w.wire.reset()
		if err := read(); err != nil {
			t.Fatal(err)
		}
		if len(w.wire.seen) != 3 || told[name] != 50 {
			t.Errorf("%s: %d calls, %d told, want 3 and 50", name, len(w.wire.seen), told[name])
		}
	}
}

// TestManyEachByItself: what one request is refused does not touch the others.
func TestManyEachByItself(t *testing.T) {
	w := newWorld(t)
	_, groups := furnishMany(w, 3)
	const nobody = "99999999-0000-4000-8000-000000000000"
	codes := map[access.GroupID]access.Code{}
	err := w.client.MembersOf(t.Context(), append(groups, nobody), func(id access.GroupID, _ []access.Member, err error) {
		codes[id] = access.CodeOf(err)
	})
	if err != nil || len(codes) != 4 || codes[nobody] != access.NotFound || codes[groups[0]] != "" {
		t.Errorf("told %v, %v", codes, err)
	}
	if err := w.client.MembersOf(t.Context(), []access.GroupID{".."}, nil); err == nil {
		t.Error("an id that would climb was sent")
	}
}

// TestManySecondPage follows a list that has more than one page.
func TestManySecondPage(t *testing.T) {
	w := newWorld(t)
	group := w.ms.AddGroup(graphtest.Group{DisplayName: "large", MailNickname: "large"})
	for i := range 1500 {
		w.ms.AddMember(group, w.ms.AddUser(graphtest.User{DisplayName: fmt.Sprint(i), UPN: fmt.Sprintf("u%d@partner.example", i)}))
	}
	err := w.client.MembersOf(t.Context(), []access.GroupID{access.GroupID(group)}, func(_ access.GroupID, found []access.Member, err error) {
		if err != nil || len(found) != 1500 {
			t.Errorf("%d members, %v", len(found), err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inBatch answers a batch by what answer says of each request.
func inBatch(t *testing.T, calls *int, answer func(call int, id string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var body struct{ Requests []struct{ ID string } }
		if err != nil || json.Unmarshal(raw, &body) != nil || len(body.Requests) > 20 {
			t.Errorf("a batch of %s", raw)
		}
		*calls++
		var parts []string
		for _, q := range body.Requests {
			if a := answer(*calls, q.ID); a != "" {
				parts = append(parts, a)
			}
		}
		write(w, 200, `{"responses":[`+strings.Join(parts, ",")+`]}`)
	}
}

// TestManyThrottledInside: a batch succeeds as a whole while Graph puts parts of it
// off. Those are sent again, and only those.
func TestManyThrottledInside(t *testing.T) {
	const fine, later = `{"id":%q,"status":200,"body":{"value":[]}}`, `{"id":%q,"status":429,"headers":{"Retry-After":"7"},"body":{"error":{"code":"TooManyRequests"}}}`
	groups := make([]access.GroupID, 30)
	for i := range groups {
		groups[i] = access.GroupID(fmt.Sprintf("g%d", i))
	}
	for name, tt := range map[string]struct {
		answer func(call int, id string) string
		calls  int
		failed int
	}{
		"Once": {func(call int, id string) string {
			if call == 1 && id < "3" {
				return fmt.Sprintf(later, id)
			}
			return fmt.Sprintf(fine, id)
		}, 3, 0},
		"Always": {func(_ int, id string) string {
			if id == "5" {
				return fmt.Sprintf(later, id)
			}
			return fmt.Sprintf(fine, id)
		}, 3, 1},
		"LeftOut": {func(_ int, id string) string {
			if id == "5" {
				return ""
			}
			return fmt.Sprintf(fine, id)
		}, 2, 1},
		"NoList":  {func(_ int, id string) string { return fmt.Sprintf(`{"id":%q,"status":200,"body":{}}`, id) }, 2, 30},
		"NoBody":  {func(_ int, id string) string { return fmt.Sprintf(`{"id":%q,"status":200}`, id) }, 2, 30},
		"WrongID": {func(_ int, id string) string { return fmt.Sprintf(`{"id":"x%s","status":200}`, id) }, 2, 30},
	} {
		t.Run(name, func(t *testing.T) {
			calls, told, failed := 0, map[access.GroupID]int{}, 0
			c := canned(t, inBatch(t, &calls, tt.answer))
			err := c.MembersOf(t.Context(), groups, func(id access.GroupID, _ []access.Member, err error) {
				if told[id]++; err != nil {
					failed++
				}
			})
			if err != nil || len(told) != 30 || failed != tt.failed || calls != tt.calls {
				t.Errorf("%v; %d told, %d failed, %d calls, want %d and %d", err, len(told), failed, calls, tt.failed, tt.calls)
			}
			for id, n := range told {
				if n != 1 {
					t.Errorf("%s was told %d times", id, n)
				}
			}
		})
	}
}

// TestManyRefusedWhole: the batch itself is refused.
func TestManyRefusedWhole(t *testing.T) {
	for status, body := range map[int]string{500: `{"error":{"code":"x"}}`, 200: `{"responses":`, 404: `not json`} {
		c := canned(t, func(w http.ResponseWriter, _ *http.Request) { write(w, status, body) })
		if err := c.MembersOf(t.Context(), []access.GroupID{"g"}, func(access.GroupID, []access.Member, error) { t.Error("something was told") }); err == nil {
			t.Errorf("%d: no error", status)
		}
	}
}

// TestSharedBudget: when one call is told to wait, no other goes out before the
// wait is over, and it is told how long that is.
func TestSharedBudget(t *testing.T) {
	now, calls, status := start, 0, 429
	srv := server(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		if status == 429 {
			w.Header().Set("Retry-After", "60")
		}
		write(w, status, `{"id":"g","displayName":"x"}`)
	})
	c, err := graph.New(graph.Options{BaseURL: srv + "/v1.0", Credential: token("x"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	read := func() error {
		_, err := c.Group(t.Context(), "g")
		return err
	}
	if err := read(); access.CodeOf(err) != access.Unavailable || calls != 1 {
		t.Fatalf("%v after %d calls", err, calls)
	}
	status = 200
	now = now.Add(20 * time.Second)
	if err := read(); postponed(t, err) != 40*time.Second || calls != 1 {
		t.Errorf("another call: put off for %s after %d calls, want 40 s and that it is not made", postponed(t, err), calls)
	}
	now = now.Add(40 * time.Second)
	if err := read(); err != nil || calls != 2 {
		t.Errorf("after the wait: %v after %d calls", err, calls)
	}
}

// TestBackgroundStandsBack: nobody waits for the mirror, so it says so to Graph.
// Who waits does not.
func TestBackgroundStandsBack(t *testing.T) {
	w := newWorld(t)
	for _, err := range w.client.Relationships(graph.Background(t.Context())) {
		t.Error(err)
	}
	if _, _, err := w.client.GroupByNickname(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	if len(w.wire.seen) != 2 {
		t.Fatalf("%d calls", len(w.wire.seen))
	}
	for i, want := range []string{"Low", ""} {
		if got := w.wire.seen[i].header.Get("x-ms-throttle-priority"); got != want {
			t.Errorf("call %d has the priority %q, want %q", i, got, want)
		}
	}
}
