package state_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var (
	sampleBegun   = state.Begun{State: "57a7e", Browser: "b205e2", For: []byte{1, 2, 255}, Until: start.Add(10 * time.Minute)}
	sampleSession = state.Session{Name: "5e5510", Until: start.Add(15 * time.Minute), Who: access.SignIn{
		Account: access.Account{Tenant: contoso, Object: "c0000000-0000-4000-8000-00000000000c"},
		Name:    "Carla <Weiss>", UPN: "carla@contoso.example", Mail: "c.weiss@contoso.example", Roles: []access.RoleID{helpdesk},
	}}
)

// TestStoredBrowserKeys holds the keys of what is under way in browsers, and their indexes.
func TestStoredBrowserKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.Begin(tx, sampleBegun, start), state.OpenSession(tx, sampleSession, start))
	})
	compareKeys(t, s, "browser-keys.txt")
}

// TestBegunIsTakenOnce: what one browser began no other one takes, and it itself once.
func TestBegunIsTakenOnce(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error { return state.Begin(tx, sampleBegun, start) })
	for i, test := range []struct {
		state, browser string
		want           error
	}{
		{sampleBegun.State, "0ther", state.ErrNotFound},
		{sampleBegun.State, "", state.ErrNotFound},
		{"0ther", sampleBegun.Browser, state.ErrNotFound},
		{sampleBegun.State, sampleBegun.Browser, nil},
		{sampleBegun.State, sampleBegun.Browser, state.ErrNotFound},
	} {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := state.TakeBegun(tx, test.state, test.browser)
			return err
		})
		if !errors.Is(err, test.want) {
			t.Errorf("%d: %v, want %v", i, err, test.want)
		}
	}
	if left := statetest.Contents(t, s); len(left) > 0 {
		t.Errorf("left is %v", left)
	}
}

// TestBrowsersAreForgotten: what is over goes, with each new one and when it is asked for,
// and nobody can have more sign-ins remembered than there is room for.
func TestBrowsersAreForgotten(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	begin := func(i int, now time.Time) {
		update(t, s, func(tx state.Tx) error {
			return state.Begin(tx, state.Begun{State: fmt.Sprintf("5%05d", i), Until: now.Add(10 * time.Minute)}, now)
		})
	}
	count := func() int { return len(statetest.Contents(t, s)) / 2 } // each has an index
	for i := range 1100 {
		begin(i, start.Add(time.Duration(i)*time.Millisecond))
	}
	if n := count(); n != 1000 {
		t.Errorf("%d are remembered", n)
	}
	later := start.Add(time.Hour)
	begin(1100, later)
	if n := count(); n != 999 {
		t.Errorf("an hour later %d are remembered", n)
	}
	update(t, s, func(tx state.Tx) error { return state.OpenSession(tx, sampleSession, start) })
	over := func() (is bool) {
		err := s.View(t.Context(), func(tx state.Tx) (err error) {
			is, err = state.BrowsersOver(tx, later)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return is
	}
	if !over() {
		t.Error("nothing is over")
	}
	update(t, s, func(tx state.Tx) error { return state.ForgetBrowsers(tx, later, 2000) })
	if n := count(); n != 1 || over() {
		t.Errorf("then %d are remembered", n)
	}
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.OpenSession(tx, sampleSession, later), state.EndSession(tx, sampleSession.Name), state.EndSession(tx, "nobody"))
	})
	if n := count(); n != 1 {
		t.Errorf("after the end %d are remembered", n)
	}
}
