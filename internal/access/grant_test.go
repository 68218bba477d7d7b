package access_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

// grantIn returns a grant in the state, by the way that leads there.
func grantIn(t testing.TB, s access.GrantState) access.Grant {
	t.Helper()
	g := access.NewGrant(in(t, access.Approved), start)
	end := func() {
		var err error
		if g, err = g.End(access.Expired, access.Person{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	switch s {
	case access.Activating:
	case access.Active:
		g = g.Joined(start.Add(time.Minute))
	case access.Ending:
		g = g.Joined(start.Add(time.Minute))
		end()
	case access.Ended:
		end()
		g = g.Left("", start.Add(time.Hour))
	case access.Failed:
		g = g.Refused("no such group", start).Left("", start.Add(time.Hour))
	}
	if g.State != s {
		t.Fatalf("the way to %s led to %s", s, g.State)
	}
	return g
}

func TestNewGrant(t *testing.T) {
	t.Parallel()
	r := in(t, access.Approved)
	got := access.NewGrant(r, start)
	want := access.Grant{
		Request: r.ID, Principal: "p-ana", Requester: ana, Customer: "contoso",
		Container: access.ContainerOf("contoso", []access.RoleID{helpdesk, reader}),
		Duration:  2 * time.Hour, State: access.Activating, ApprovedAt: start, Rev: 1,
	}
	if got != want {
		t.Errorf("NewGrant = %+v, want %+v", got, want)
	}
}

// TestGrantTransitions tries every event in every state. An event that has no
// effect leaves the grant, and its Rev, as they were.
func TestGrantTransitions(t *testing.T) {
	t.Parallel()
	now := start.Add(10 * time.Minute)
	noError := func(f func(access.Grant) access.Grant) func(access.Grant) (access.Grant, error) {
		return func(g access.Grant) (access.Grant, error) { return f(g), nil }
	}
	type effect struct {
		from   access.GrantState
		change func(*access.Grant)
	}
	tests := []struct {
		name    string
		event   func(access.Grant) (access.Grant, error)
		effects []effect
		refused map[access.GrantState]string
	}{
		{"Joined", noError(func(g access.Grant) access.Grant { return g.Joined(now) }), []effect{
			{access.Activating, func(g *access.Grant) {
				g.State, g.ActiveAt, g.ExpiresAt = access.Active, now, now.Add(2*time.Hour)
			}},
		}, nil},
		{"Refused", noError(func(g access.Grant) access.Grant { return g.Refused("why", now) }), []effect{
			{access.Activating, func(g *access.Grant) {
				g.State, g.EndReason, g.EndNote = access.Ending, access.CouldNotActivate, "why"
			}},
		}, nil},
		{"End", func(g access.Grant) (access.Grant, error) { return g.End(access.Revoked, bo, "note") }, []effect{
			{access.Activating, func(g *access.Grant) {
				g.State, g.EndReason, g.EndedBy, g.EndNote = access.Ending, access.Revoked, bo, "note"
			}},
			{access.Active, func(g *access.Grant) {
				g.State, g.EndReason, g.EndedBy, g.EndNote = access.Ending, access.Revoked, bo, "note"
			}},
		}, map[access.GrantState]string{
			access.Ending: "already being ended", access.Ended: "ended at 2026-03-02 10:30 UTC", access.Failed: "ended at",
		}},
		{"Left", noError(func(g access.Grant) access.Grant { return g.Left("", now) }), []effect{
			{access.Ending, func(g *access.Grant) { g.State, g.EndedAt = access.Ended, now }},
		}, nil},
		{"LeftHeld", noError(func(g access.Grant) access.Grant { return g.Left("R-OTHER", now) }), []effect{
			{access.Ending, func(g *access.Grant) { g.State, g.EndedAt, g.HeldBy = access.Ended, now, "R-OTHER" }},
		}, nil},
	}
	for _, test := range tests {
		for _, state := range access.GrantStates() {
			name := test.name + "/" + string(state)
			before := grantIn(t, state)
			want := before
			for _, e := range test.effects {
				if e.from == state {
					e.change(&want)
					want.Rev++
				}
			}
			got, err := test.event(before)
			if got != want {
				t.Errorf("%s = %+v, want %+v", name, got, want)
			}
			says, refused := test.refused[state]
			if !refused && err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if refused {
				wantRefusal(t, name, err, access.Conflict)
				if err != nil && !strings.Contains(err.Error(), says) {
					t.Errorf("%s says %q, want %q in it", name, err, says)
				}
			}
		}
	}
}

// TestRefusedGrantFails checks that a grant that could not be given goes through
// the removal like any other, and counts as failed in the end.
func TestRefusedGrantFails(t *testing.T) {
	t.Parallel()
	g := access.NewGrant(in(t, access.Approved), start).Refused("no group", start)
	if g.State != access.Ending || g.Live() || g.Final() {
		t.Errorf("after the refusal the grant is %s", g.State)
	}
	if g = g.Left("R-OTHER", start); g.State != access.Failed || g.HeldBy != "R-OTHER" || !g.EndedAt.Equal(start) {
		t.Errorf("after the removal the grant is %+v", g)
	}
}

func TestGrantStates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state       access.GrantState
		live, final bool
		due         time.Duration // since start; zero: never
	}{
		{access.Activating, true, false, access.ActivateWithin},
		{access.Active, true, false, 2*time.Hour + time.Minute},
		{access.Ending, false, false, 0},
		{access.Ended, false, true, 0},
		{access.Failed, false, true, 0},
	}
	var states []access.GrantState
	for _, test := range tests {
		g := grantIn(t, test.state)
		due, ok := g.Due()
		if g.Live() != test.live || g.Final() != test.final || ok != (test.due != 0) {
			t.Errorf("%s: Live %t, Final %t, Due %t", test.state, g.Live(), g.Final(), ok)
		}
		if ok && !due.Equal(start.Add(test.due)) {
			t.Errorf("%s is due at %v, want after %v", test.state, due, test.due)
		}
		states = append(states, test.state)
	}
	if !reflect.DeepEqual(states, access.GrantStates()) {
		t.Errorf("GrantStates = %v, want %v", access.GrantStates(), states)
	}
}
