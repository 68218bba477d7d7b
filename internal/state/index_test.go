package state_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// looks is what the indexes say of one request.
type looks struct {
	twin, held, granted, open bool
	due                       string // kind and time since start, when there is one
}

// look reads every index that a request or its grant may be in.
func look(t *testing.T, s state.Store, r access.Request) looks {
	t.Helper()
	var l looks
	view(t, s, func(tx state.Tx) error {
		id, twin, err := state.PendingTwin(tx, r)
		held, heldErr := state.Holders(tx, r.Container(), r.Principal)
		all, allErr := state.HeldContainer(tx, r.Container())
		granted, grantedErr := state.GrantsOf(tx, r.Customer)
		open, openErr := state.OpenOf(tx, r.Requester.User)
		due, dueErr := state.DueUntil(tx, start.AddDate(1, 0, 0), 10)
		first, some, firstErr := state.NextDue(tx)
		if twin && id != r.ID {
			t.Errorf("PendingTwin = %s, want %s", id, r.ID)
		}
		if !slices.Equal(held, all) {
			t.Errorf("Holders = %v, HeldContainer = %v", held, all)
		}
		if some != (len(due) > 0) || some && first != due[0] {
			t.Errorf("NextDue = %v, %t; DueUntil = %v", first, some, due)
		}
		l = looks{twin: twin, held: only(t, held, r.ID), granted: only(t, granted, r.ID), open: only(t, open, r.ID)}
		for _, d := range due {
			l.due += fmt.Sprintf("%s %s", d.Kind, d.At.Sub(start))
		}
		return errors.Join(err, heldErr, allErr, grantedErr, openErr, dueErr, firstErr)
	})
	return l
}

// only reports whether the list holds the id, and nothing else.
func only(t *testing.T, ids []access.RequestID, id access.RequestID) bool {
	t.Helper()
	if len(ids) > 1 || len(ids) == 1 && ids[0] != id {
		t.Errorf("an index lists %v, want %s or nothing", ids, id)
	}
	return len(ids) > 0
}

// TestIndexesFollowTheLife walks a request and its grant through their lives and
// asks the indexes after every step. A grant and its request are written in both
// orders.
func TestIndexesFollowTheLife(t *testing.T) {
	t.Parallel()
	pending := request("R-00001")
	approved := pending
	approved.State = access.Approved
	grant := access.NewGrant(approved, start.Add(time.Minute))
	active := grant.Joined(start.Add(2 * time.Minute))
	ending, err := active.End(access.Expired, access.Person{}, "")
	if err != nil {
		t.Fatal(err)
	}
	put := func(values ...any) func(state.Tx) error {
		return func(tx state.Tx) error {
			var err error
			for _, v := range values {
				switch v := v.(type) {
				case access.Request:
					err = errors.Join(err, state.PutRequest(tx, v))
				case access.Grant:
					err = errors.Join(err, state.PutGrant(tx, v))
				}
			}
			return err
		}
	}
	end := func(s access.RequestState) access.Request { r := pending; r.State = s; return r }
	waiting := looks{twin: true, open: true, due: "remind 12h0m0slapse 24h0m0s"}
	given := looks{held: true, granted: true, open: true, due: "expire 1h1m0s"}
	type step struct {
		name string
		put  func(state.Tx) error
		want looks
	}
	rest := []step{
		{"Active", put(active), looks{held: true, granted: true, open: true, due: "warn 1h47m0sexpire 2h2m0s"}},
		{"Ending", put(ending), looks{granted: true, open: true}},
		{"Ended", put(ending.Left("", start.Add(time.Hour))), looks{}},
	}
	lives := []struct {
		name  string
		steps []step
	}{
		{"Denied", []step{{"Pending", put(pending), waiting}, {"Denied", put(end(access.Denied)), looks{}}}},
		{"Withdrawn", []step{{"Pending", put(pending), waiting}, {"Withdrawn", put(end(access.Withdrawn)), looks{}}}},
		{"Lapsed", []step{{"Pending", put(pending), waiting}, {"Lapsed", put(end(access.Lapsed)), looks{}}}},
		{"RequestFirst", append([]step{{"Pending", put(pending), waiting}, {"Granted", put(approved, grant), given}}, rest...)},
		{"GrantFirst", append([]step{{"Pending", put(pending), waiting}, {"Granted", put(grant, approved), given}}, rest...)},
	}
	for _, life := range lives {
		t.Run(life.name, func(t *testing.T) {
			t.Parallel()
			s := statetest.Memory()
			if got := look(t, s, pending); got != (looks{}) {
				t.Errorf("of an empty store the indexes say %+v", got)
			}
			for _, step := range life.steps {
				update(t, s, step.put)
				if got := look(t, s, pending); got != step.want {
					t.Errorf("%s: the indexes say %+v, want %+v", step.name, got, step.want)
				}
			}
			left := indexes(t, s)
			maps.DeleteFunc(left, func(key, _ string) bool { return strings.HasPrefix(key, "idx/ended/") })
			if len(left) != 2 { // by requester and by customer, for as long as it is kept
				t.Errorf("at the end these indexes are left: %v", left)
			}
		})
	}
}

// TestIndexesKeepApart puts requests that differ in one thing.
func TestIndexesKeepApart(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	mine := request("R-00001")
	otherCustomer, otherRoles, otherPerson := request("R-00002"), request("R-00003"), request("R-00004")
	otherCustomer.Customer = fabrikam
	otherRoles.Roles = []access.RoleID{reader}
	otherPerson.Requester, otherPerson.Principal = bo, "p-bo"
	all := []access.Request{mine, otherCustomer, otherRoles, otherPerson}
	update(t, s, func(tx state.Tx) error {
		for _, r := range all {
			if _, twin, err := state.PendingTwin(tx, r); twin || err != nil {
				t.Errorf("%s has a twin before it is put (%v)", r.ID, err)
			}
			if err := state.PutRequest(tx, r); err != nil {
				return err
			}
			if err := state.PutGrant(tx, access.NewGrant(r, start)); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx state.Tx) error {
		for _, r := range all {
			if id, twin, err := state.PendingTwin(tx, r); id != r.ID || !twin || err != nil {
				t.Errorf("PendingTwin of %s = %s, %t, %v", r.ID, id, twin, err)
			}
			if got, err := state.Holders(tx, r.Container(), r.Principal); !slices.Equal(got, []access.RequestID{r.ID}) || err != nil {
				t.Errorf("Holders of %s = %v, %v", r.ID, got, err)
			}
		}
		check := func(name string, got []access.RequestID, err error, want ...access.RequestID) {
			if !slices.Equal(got, want) || err != nil {
				t.Errorf("%s = %v, %v; want %v", name, got, err, want)
			}
		}
		ids, err := state.RequestsOfCustomer(tx, contoso)
		check("RequestsOfCustomer", ids, err, "R-00001", "R-00003", "R-00004")
		ids, err = state.RequestsOf(tx, ana.User)
		check("RequestsOf", ids, err, "R-00001", "R-00002", "R-00003")
		ids, err = state.OpenOf(tx, ana.User)
		check("OpenOf", ids, err, "R-00001", "R-00002", "R-00003")
		ids, err = state.HeldContainer(tx, mine.Container())
		check("HeldContainer", ids, err, "R-00001", "R-00004")
		ids, err = state.GrantsOf(tx, fabrikam)
		check("GrantsOf", ids, err, "R-00002")
		ids, err = state.RequestsOf(tx, "U0AN")
		check("RequestsOf the beginning of an id", ids, err)
		return nil
	})
}

// TestDueUntil checks order and limit, and that a busy store costs no more than
// what is due.
func TestDueUntil(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	const n = 200
	update(t, s, func(tx state.Tx) error {
		for i := range n {
			r := request(access.RequestID(fmt.Sprintf("R-%05d", i)))
			r.Customer = access.TenantID(fmt.Sprint(i))
			r.DecideBy = start.Add(time.Duration((i*7)%n) * time.Minute)
			r.Reminded = 2 // nothing but the end is due
			if err := state.PutRequest(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	tests := []struct {
		name  string
		now   time.Time
		limit int
		want  int
	}{
		{"Nothing", start.Add(-time.Second), 100, 0},
		{"TheFirst", start, 100, 1},
		{"JustBefore", start.Add(10*time.Minute - time.Second), 100, 10},
		{"ToTheMinute", start.Add(10 * time.Minute), 100, 11},
		{"Limited", start.Add(n * time.Minute), 25, 25},
		{"Everything", start.Add(n * time.Minute), 2 * n, n},
	}
	for _, test := range tests {
		view(t, s, func(tx state.Tx) error {
			c := &counting{Tx: tx}
			got, err := state.DueUntil(c, test.now, test.limit)
			if err != nil || len(got) != test.want {
				t.Errorf("%s: %d are due (%v), want %d", test.name, len(got), err, test.want)
			}
			for i, d := range got {
				if want := start.Add(time.Duration(i) * time.Minute); !d.At.Equal(want) || d.Kind != state.DueLapse {
					t.Errorf("%s: number %d is %v, want one at %v", test.name, i, d, want)
				}
			}
			if c.reads > test.want+1 { // one tells that there is no more
				t.Errorf("%s: %d reads for %d that are due", test.name, c.reads, test.want)
			}
			return nil
		})
	}
}
