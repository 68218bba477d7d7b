package approvals_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

func driven(t *testing.T, w *world, d access.Driver) {
	t.Helper()
	p, err := policy.Parse("policy.yml", []byte("driver: "+string(d)+policyText))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = p
}

// TestDriverIsFixed holds that a grant keeps its driver whatever the policy says
// later, and that a membership with an end in Entra gets no other driver.
func TestDriverIsFixed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	driven(t, w, access.PIM)
	w.joins = outbox.JoinResult{Until: start.Add(2 * time.Hour)}
	first := w.active(t)
	driven(t, w, access.Membership)
	second := w.active(t)
	if g := w.grant(t, first); !g.Enforced() || !g.ExpiresAt.Equal(start.Add(2*time.Hour)) {
		t.Errorf("the first grant is %+v", g)
	}
	if g := w.grant(t, second); !g.Scheduled() {
		t.Errorf("the second grant of the same membership has the driver %q", g.Driver)
	}
	for _, id := range []access.RequestID{first, second} {
		if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	w.drain(t)
	if g := w.grant(t, w.active(t)); g.Driver != access.Membership || g.Enforced() {
		t.Errorf("a grant after the change has the driver %q", g.Driver)
	}
}

// TestExtensionIsToldToEntra holds that Entra is told the new end of a grant that it
// ends by itself, and of no other.
func TestExtensionIsToldToEntra(t *testing.T) {
	t.Parallel()
	for d, want := range map[access.Driver]int{access.PIM: 1, access.Membership: 0} {
		w := newWorld(t)
		driven(t, w, d)
		w.policy.Rule.Extensions, w.policy.Rule.MaxDuration = 1, 8*time.Hour
		kept := 0
		w.after = func(e outbox.Effect) error {
			if e.Kind == outbox.GraphKeep {
				kept++
			}
			return nil
		}
		id := w.active(t)
		r, err := w.Prolong(t.Context(), w.by(ana, ""), id, time.Hour, secretWords)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.decide(carol, r.ID, access.Approve); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		if g := w.grant(t, id); !g.ExpiresAt.Equal(start.Add(3*time.Hour)) || kept != want {
			t.Errorf("%s: until %v, Entra was told %d times, want %d", d, g.ExpiresAt, kept, want)
		}
	}
}

// TestFallBackIsSaidOnce holds that the operators hear once of what makes grants
// fall back, and again only after it had worked.
func TestFallBackIsSaidOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	driven(t, w, access.PIM)
	said := 0
	w.after = func(e outbox.Effect) error {
		if strings.Contains(string(e.Payload), "does not end") {
			said++
		}
		return nil
	}
	for _, step := range []struct {
		joins outbox.JoinResult
		want  int
	}{
		{outbox.JoinResult{FellBack: access.NoLicence}, 1},
		{outbox.JoinResult{FellBack: access.NoLicence}, 1},
		{outbox.JoinResult{FellBack: access.TooShort}, 1},
		{outbox.JoinResult{FellBack: access.NotAccepted}, 2},
		{outbox.JoinResult{FellBack: access.NotAccepted}, 2},
		{outbox.JoinResult{Until: start.Add(time.Hour)}, 2},
		{outbox.JoinResult{FellBack: access.NoLicence}, 3},
		{outbox.JoinResult{FellBack: access.NotAccepted}, 4},
	} {
		w.joins = step.joins
		id := w.active(t)
		g := w.grant(t, id)
		if g.FellBack != step.joins.FellBack || said != step.want {
			t.Errorf("%+v: fell back for %q, said %d times, want %d", step.joins, g.FellBack, said, step.want)
		}
		if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
	}
}
