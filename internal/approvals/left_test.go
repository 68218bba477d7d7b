package approvals_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// TestLeft holds that who is deactivated loses what they had, nobody else does, and that
// to be told of it again changes nothing.
func TestLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	granted := w.active(t)
	waits, err := w.Submit(t.Context(), w.by(ana, ""), approvals.Ask{Customer: adatum, Roles: []access.RoleID{exchange}, Duration: time.Hour, Justification: "x"})
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	namesake := ana
	namesake.Team = "T0OTHER"
	for _, p := range []access.Person{namesake, zoe, oskar, {}} {
		if err := w.Left(t.Context(), p, approvals.InSlack); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.pending(t)); n > 0 || w.grant(t, granted).State != access.Active {
		t.Fatalf("somebody else's leaving owes %d things, and the grant is %s", n, w.grant(t, granted).State)
	}
	for range 2 {
		if err := w.Left(t.Context(), ana, approvals.InSlack); err != nil {
			t.Fatal(err)
		}
	}
	if said := w.heard(t); len(said) != 1 || !strings.Contains(said[0], "2 requests and accesses of theirs end at once") {
		t.Errorf("the operators hear %q", said)
	}
	w.drain(t)
	if g := w.grant(t, granted); g.State != access.Ended || g.EndedBy.User != "" {
		t.Errorf("the grant is %+v", g)
	}
	if r := w.request(t, waits.ID); r.State != access.Withdrawn {
		t.Errorf("what waited is %s", r.State)
	}
	if _, linked := w.staffOf(t, ana); linked {
		t.Error("they are still linked")
	}
	if err := w.Left(t.Context(), carol, approvals.InSlack); err != nil {
		t.Fatal(err)
	}
	if _, still := w.contact(t, carol); still {
		t.Error("a contact who left still has a word")
	}
	if _, still := w.contact(t, cem); !still {
		t.Error("another contact lost theirs")
	}
	w.holds(t)
}
