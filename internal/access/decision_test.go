package access_test

import (
	"slices"
	"testing"
	"time"

	"latchkey/internal/access"
)

var (
	eve = access.Person{Team: "T0HOME", User: "U0EVE", Name: "Eve"}
	fay = access.Person{Team: "T0HOME", User: "U0FAY", Name: "Fay"}
)

// staged is a pending request that colleagues have to let through first.
func staged(t *testing.T, peers, contacts int) access.Request {
	t.Helper()
	asked := terms()
	asked.Rule.Peers, asked.Rule.Approvals = peers, contacts
	r, err := access.NewRequest(asked, start)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func approving(t *testing.T, r access.Request, by access.Person, at time.Time) access.Request {
	t.Helper()
	next, err := r.Decide(access.Decision{By: by, Verdict: access.Approve}, r.Terms, at)
	if err != nil {
		t.Fatalf("%s may not approve: %v", by.Name, err)
	}
	return next
}

// TestStages holds that the customer is asked only when enough colleagues have agreed,
// has the whole time for its answer, and that a word of one stage never counts in the
// other.
func TestStages(t *testing.T) {
	t.Parallel()
	r := staged(t, 2, 1)
	r = approving(t, r, eve, start.Add(time.Hour))
	if r.Stage() != access.ByPeers || r.Shown() || r.State != access.Pending || r.Approvals() != 0 {
		t.Fatalf("after one of two colleagues: %+v", r)
	}
	later := start.Add(20 * time.Hour)
	r.Reminded = 2
	r = approving(t, r, fay, later)
	if r.Stage() != access.ByContacts || !r.Shown() || r.State != access.Pending {
		t.Fatalf("after both colleagues: %+v", r)
	}
	if !r.AskedAt.Equal(later) || !r.DecideBy.Equal(later.Add(r.Rule.DecideWithin)) || r.Reminded != 0 {
		t.Errorf("the customer is asked at %v until %v, reminded %d times", r.AskedAt, r.DecideBy, r.Reminded)
	}
	if at, ok := r.NextReminder(); !ok || !at.Equal(later.Add(12*time.Hour)) {
		t.Errorf("it is reminded at %v", at)
	}
	if _, err := r.Decide(access.Decision{By: eve, Verdict: access.Approve}, 1, later); access.CodeOf(err) != access.Conflict {
		t.Errorf("a colleague decides once more: %v", err)
	}
	if r = approving(t, r, bo, later); r.State != access.Approved || r.Decisions[2].Stage != access.ByContacts {
		t.Errorf("after the contact: %+v", r)
	}
	if denied, err := staged(t, 1, 1).Decide(access.Decision{By: eve, Verdict: access.Deny}, 1, start); err != nil || denied.State != access.Denied || denied.Shown() {
		t.Errorf("denied by a colleague: %+v, %v", denied, err)
	}
	if alone := approving(t, staged(t, 1, 0), eve, start); alone.State != access.Approved || !alone.Shown() {
		t.Errorf("let through where no contact is asked: %+v", alone)
	}
}

func TestAuto(t *testing.T) {
	t.Parallel()
	asked := terms()
	asked.Rule.Approvals, asked.Rule.Auto = 0, true
	r, err := access.NewRequest(asked, start)
	if err != nil || r.State != access.Approved || !r.EndedAt.Equal(start) || len(r.Decisions) != 0 {
		t.Fatalf("NewRequest = %+v, %v", r, err)
	}
	_, err = r.Decide(access.Decision{By: bo, Verdict: access.Deny}, 1, start)
	wantRefusal(t, "decided by the rule", err, access.Conflict)
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		verdict access.Verdict
		left    access.Narrowing
		code    access.Code // of the refusal
	}{
		{"Shorter", access.Approve, access.Narrowing{Roles: []access.RoleID{helpdesk, reader}, Duration: time.Hour}, ""},
		{"FewerRoles", access.Approve, access.Narrowing{Roles: []access.RoleID{reader}, Duration: 2 * time.Hour}, ""},
		{"Both", access.Approve, access.Narrowing{Roles: []access.RoleID{reader, reader}, Duration: time.Minute}, ""},
		{"Longer", access.Approve, access.Narrowing{Roles: []access.RoleID{reader}, Duration: 2*time.Hour + 1}, access.Invalid},
		{"NoTime", access.Approve, access.Narrowing{Roles: []access.RoleID{reader}}, access.Invalid},
		{"NoRole", access.Approve, access.Narrowing{Duration: time.Hour}, access.Invalid},
		{"AnotherRole", access.Approve, access.Narrowing{Roles: []access.RoleID{reader, "62e90394-69f5-4237-9190-012177145e10"}, Duration: time.Hour}, access.Invalid},
		{"AllOfIt", access.Approve, access.Narrowing{Roles: []access.RoleID{helpdesk, reader}, Duration: 2 * time.Hour}, access.Invalid},
		{"Denied", access.Deny, access.Narrowing{Roles: []access.RoleID{reader}, Duration: time.Hour}, access.Invalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := pending(t)
			r = approving(t, r, bo, start) // to all of it
			next, err := r.Decide(access.Decision{By: cleo, Verdict: row.verdict, Narrowed: &row.left}, 1, start)
			if access.CodeOf(err) != row.code {
				t.Fatalf("Decide = %v, want %q", err, row.code)
			}
			if err != nil {
				if next.Rev != r.Rev || next.Terms != r.Terms || !slices.Equal(next.Roles, r.Roles) {
					t.Errorf("a refusal changed the request to %+v", next)
				}
				return
			}
			if next.State != access.Approved || next.Terms != 2 || next.Duration != row.left.Duration || !access.SameRoles(next.Roles, row.left.Roles) {
				t.Errorf("approved is %+v", next)
			}
			if g := access.NewGrant(next, start); g.Duration != row.left.Duration || g.Container != next.Container() {
				t.Errorf("given is %+v", g)
			}
		})
	}
}

// TestNarrowedIsApprovedAnew holds that whoever still has to agree does so to what is
// left.
func TestNarrowedIsApprovedAnew(t *testing.T) {
	t.Parallel()
	r := pending(t)
	r, err := r.Decide(access.Decision{By: bo, Verdict: access.Approve, Narrowed: &access.Narrowing{Roles: []access.RoleID{reader}, Duration: time.Hour}}, 1, start)
	if err != nil || r.State != access.Pending || r.Approvals() != 1 {
		t.Fatalf("Decide = %+v, %v", r, err)
	}
	_, err = r.Decide(access.Decision{By: cleo, Verdict: access.Approve}, 1, start)
	wantRefusal(t, "on the older card", err, access.Conflict)
	if r = approving(t, r, cleo, start); r.State != access.Approved {
		t.Errorf("it is %s", r.State)
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	to := terms()
	to.Roles, to.Duration, to.Justification = []access.RoleID{reader}, time.Hour, "another reason"
	to.Rule.Approvals = 1
	later := start.Add(5 * time.Hour)

	r := approving(t, pending(t), bo, start)
	next, err := r.Change(ana, to, later)
	if err != nil {
		t.Fatal(err)
	}
	if next.Terms != 2 || next.Approvals() != 0 || len(next.Decisions) != 1 || next.Rule.Approvals != 1 || next.Rev != r.Rev+1 ||
		!next.DecideBy.Equal(later.Add(24*time.Hour)) || !next.CreatedAt.Equal(start) || next.Reminded != 0 {
		t.Errorf("changed is %+v", next)
	}
	_, err = next.Decide(access.Decision{By: bo, Verdict: access.Approve}, 1, later)
	wantRefusal(t, "on the older card", err, access.Conflict)
	if done := approving(t, next, bo, later); done.State != access.Approved {
		t.Errorf("who had agreed before agrees again: %s", done.State)
	}

	if last, ok := next.Last(); ok {
		t.Errorf("the last word is %+v, which was on other terms", last)
	}

	same := r
	for name, row := range map[string]struct {
		by   access.Person
		from access.Request
		to   access.Request
		at   time.Time
		code access.Code
	}{
		"Another":  {bo, r, to, later, access.Forbidden},
		"Over":     {ana, in(t, access.Denied), to, later, access.Conflict},
		"Approved": {ana, in(t, access.Approved), to, later, access.Conflict},
		"Late":     {ana, r, to, r.DecideBy, access.Conflict},
		"Nothing":  {ana, r, same, later, access.Invalid},
		"TooLong":  {ana, r, func() access.Request { x := to; x.Duration = 9 * time.Hour; return x }(), later, access.Invalid},
	} {
		got, err := row.from.Change(row.by, row.to, row.at)
		wantRefusal(t, name, err, row.code)
		if got.Rev != row.from.Rev || got.Terms != row.from.Terms {
			t.Errorf("%s: a refusal changed the request to %+v", name, got)
		}
	}
}
