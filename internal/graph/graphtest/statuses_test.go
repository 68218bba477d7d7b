package graphtest_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

// statuses are what so many reads of a path see.
func (w *world) statuses(path string, reads int) string {
	w.t.Helper()
	var out []string
	for range reads {
		out = append(out, w.want(200, "GET", path, "").text("status"))
	}
	return strings.Join(out, " ")
}

// TestStatusesInBetween holds that a relationship goes through every status of
// the documents, and how many reads see each.
func TestStatusesInBetween(t *testing.T) {
	t.Parallel()
	const pat = "pat@contoso.test"
	approved := func(w *world, id string) error { return w.s.ApproveRelationship(id, pat) }
	ended := func(w *world, id string) error { return w.s.TerminateRelationship(id, pat) }
	asked := func(w *world, id string) error {
		w.want(201, "POST", relationships+"/"+id+"/requests", `{"action":"terminate"}`)
		return nil
	}
	over := func(w *world, _ string) error { w.due = start.AddDate(0, 0, 30); return nil }
	for _, row := range []struct {
		name, from string
		do         func(*world, string) error
		lag        int
		want       string
	}{
		{"Approved", "approvalPending", approved, 0, "active active"},
		{"ApprovedLag1", "approvalPending", approved, 1, "approved activating active"},
		{"ApprovedLag2", "approvalPending", approved, 2, "approved approved activating activating active"},
		{"EndedByCustomer", "active", ended, 0, "terminated"},
		{"EndedByCustomerLag1", "active", ended, 1, "terminationRequested terminating terminated terminated"},
		{"EndedByPartner", "active", asked, 0, "terminated"},
		{"EndedByPartnerLag2", "active", asked, 2, "terminationRequested terminationRequested terminating terminating terminated"},
		{"TimeOver", "active", over, 0, "expired"},
		{"TimeOverLag1", "active", over, 1, "expiring expired expired"},
		{"TimeOverLag3", "active", over, 3, "expiring expiring expiring expired"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *graphtest.Options) { o.Lag = row.lag })
			w.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso"})
			if _, err := w.s.AddPerson(graphtest.Person{Tenant: contoso, Name: "Pat", UPN: pat, DirectoryRoles: []string{globalAdm}}); err != nil {
				t.Fatal(err)
			}
			id := w.s.AddRelationship(graphtest.Relationship{DisplayName: "R", CustomerTenant: contoso, Status: row.from, Roles: []string{exchange}, Duration: "P30D"})
			a := w.s.AddAssignment(graphtest.Assignment{Relationship: id, Group: groupID, Roles: []string{exchange}})
			if err := row.do(w, id); err != nil {
				t.Fatal(err)
			}
			path := relationships + "/" + id
			if got := w.statuses(path, strings.Count(row.want, " ")+1); got != row.want {
				t.Errorf("reads saw %q, want %q", got, row.want)
			}
			last := row.want[strings.LastIndex(row.want, " ")+1:]
			kept := w.statuses(path+"/accessAssignments/"+a, 1) == "active"
			if kept != (last == "active") {
				t.Errorf("at the end, %s, the assignment is kept: %v", last, kept)
			}
		})
	}
}

// TestStatusesPassUnread holds that the world's clock alone takes a relationship
// to where it goes, five minutes for each status.
func TestStatusesPassUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 50 })
	status := func() string { return w.s.Relationships()[0].Status }
	w.want(201, "POST", one+"/requests", `{"action":"terminate"}`)
	for _, want := range []string{"terminationRequested", "terminating", "terminated", "terminated"} {
		if got := status(); got != want {
			t.Errorf("at %v: %q, want %q", w.due, got, want)
		}
		w.due = w.due.Add(5 * time.Minute)
	}
	w.s.AddRelationship(graphtest.Relationship{ID: relID, DisplayName: "Again", Roles: []string{exchange}, Duration: "P1D"})
	w.due = w.due.AddDate(0, 0, 1)
	for _, want := range []string{"expiring", "expired"} {
		if got := status(); got != want {
			t.Errorf("at %v: %q, want %q", w.due, got, want)
		}
		w.due = w.due.Add(5 * time.Minute)
	}
	// What an administrator or a test has put there stays.
	w.s.AddRelationship(graphtest.Relationship{ID: relID, DisplayName: "Once more", Roles: []string{exchange}, Duration: "P1D"})
	w.s.SetRelationshipStatus(relID, "terminating")
	w.due = w.due.Add(time.Hour)
	if got := status(); got != "terminating" {
		t.Errorf("what was set is %q", got)
	}
}

// TestRequestFails holds that a request which fails changes nothing, and that
// the next one works.
func TestRequestFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, from, action, to string
		lag                    int
		fails, works           string
	}{
		{"Lock", "created", "lockForApproval", "approvalPending", 0, "failed failed failed", "succeeded succeeded succeeded"},
		{"LockLag2", "created", "lockForApproval", "approvalPending", 2, "pending pending failed", "pending pending succeeded"},
		{"Terminate", "active", "terminate", "terminated", 0, "failed failed failed", "succeeded succeeded succeeded"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *graphtest.Options) { o.Lag, o.Troubles.FailRequests = row.lag, 1 })
			id := w.s.AddRelationship(graphtest.Relationship{DisplayName: "R", Status: row.from, Roles: []string{exchange}})
			path := relationships + "/" + id
			for _, round := range []struct{ request, relationship string }{{row.fails, row.from}, {row.works, row.to}} {
				a := w.want(201, "POST", path+"/requests", `{"action":"`+row.action+`"}`)
				if a.text("status") != "created" {
					t.Errorf("answered as %q", a.text("status"))
				}
				if got := w.statuses(a.header.Get("Location"), 3); got != round.request {
					t.Errorf("reads of the request saw %q, want %q", got, round.request)
				}
				if got := w.statuses(path, 1); got != round.relationship {
					t.Errorf("the relationship is %q, want %q", got, round.relationship)
				}
			}
		})
	}
}

func TestAssignmentFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag, o.Troubles.FailAssignments = 1, 1 })
	path := assignments + "/" + w.want(201, "POST", assignments, assignmentBody(groupID, exchange)).text("id")
	if got := w.statuses(path, 3); got != "pending error error" {
		t.Errorf("the first = %q", got)
	}
	w.want(409, "POST", assignments, assignmentBody(groupID, exchange))
	w.want(204, "DELETE", path, "", "If-Match", "*")
	if got := w.statuses(path, 2); got != "deleting deleted" {
		t.Errorf("the first, removed = %q", got)
	}
	path = assignments + "/" + w.want(201, "POST", assignments, assignmentBody(groupID, exchange)).text("id")
	if got := w.statuses(path, 2); got != "pending active" {
		t.Errorf("the second = %q", got)
	}
}

// TestOperationFails holds that an operation which fails has changed nothing.
func TestOperationFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		lag          int
		fails, works string
	}{
		{0, "running failed failed failed failed", "running succeeded succeeded succeeded succeeded"},
		{2, "notStarted notStarted running running failed", "notStarted notStarted running running succeeded"},
	} {
		w := newWorld(t, func(o *graphtest.Options) { o.Lag, o.Troubles.FailOperations = row.lag, 2 })
		a := w.s.AddAssignment(graphtest.Assignment{Relationship: relID, Group: otherID, Roles: []string{helpdesk}})
		withGA := w.s.AddRelationship(graphtest.Relationship{DisplayName: "GA", Roles: []string{exchange, globalAdm}})
		for _, want := range []string{row.fails, row.works} {
			for path, role := range map[string]string{assignments + "/" + a: exchange, relationships + "/" + withGA: exchange} {
				before := w.want(200, "GET", path, "")
				tag := before.text("@odata.etag")
				moved := w.want(202, "PATCH", path, "{"+roles(role)+"}", "If-Match", tag).header.Get("Location")
				if got := w.statuses(moved, 5); got != want {
					t.Errorf("reads of the operation on %s saw %q, want %q", path, got, want)
				}
				if after := w.want(200, "GET", path, ""); (after.text("@odata.etag") == tag) != (want == row.fails) {
					t.Errorf("%s: %v, then %v after %q", path, before.body, after.body, want)
				}
			}
		}
	}
}
