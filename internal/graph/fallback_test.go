package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

func asIs(*graphtest.Options) {}

// pimRefuses has PIM answer whatever it is asked for with that, for good.
func (s *scene) pimRefuses(status int, code string) {
	s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) {
		last := s.wire.last()
		if strings.Contains(last.path, "/privilegedAccess/") && last.method == http.MethodPost {
			return answer(status, `{"error":{"code":"`+code+`","message":"x"}}`), nil
		}
		return carry()
	}
}

// TestFallBack holds when a grant that was to have a schedule is a plain membership,
// what is said of it, and that it ends as any other.
func TestFallBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*graphtest.Options)
		setup  func(*scene)
		span   time.Duration
		want   access.FallBack
	}{
		{"NoLicence", func(o *graphtest.Options) { o.PIM = false }, nil, 2 * time.Hour, access.NoLicence},
		{"NoPermission", func(o *graphtest.Options) { o.Permissions = o.Permissions[:len(o.Permissions)-1] }, nil, 2 * time.Hour, access.NoPermission},
		{"GroupNotTaken", asIs, func(s *scene) { s.pimRefuses(400, "GroupNotSupported") }, 2 * time.Hour, access.NotAccepted},
		{"SettingsOfTheGroup", asIs, func(s *scene) { s.pimRefuses(400, "RoleAssignmentRequestPolicyValidationFailed") }, 2 * time.Hour, access.NotAccepted},
		{"GroupNeverKnown", asIs, func(s *scene) { s.pimRefuses(404, "ResourceNotFound") }, 2 * time.Hour, access.NotAccepted},
		{"Short", asIs, nil, 4 * time.Minute, access.TooShort},
		{"MemberAlready", asIs, func(s *scene) {
			s.driver = access.Membership
			s.give("R-3", time.Hour)
			s.driver = access.PIM
		}, 2 * time.Hour, access.HeldWithout},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := driven(t, access.PIM, test.change)
			if test.setup != nil {
				test.setup(s)
			}
			g := s.give("R-2", test.span)
			if g.State != access.Active || g.FellBack != test.want || g.Enforced() || !g.ExpiresAt.Equal(start.Add(test.span)) || s.until() != "never" {
				t.Errorf("fell back for %q, until %v, enforced %t; she is in until %q", g.FellBack, g.ExpiresAt, g.Enforced(), s.until())
			}
			if test.want == access.HeldWithout {
				if s.ends("R-2"); s.until() != "never" {
					t.Errorf("the other grant's membership is until %q", s.until())
				}
				s.ends("R-3")
			} else {
				s.ends("R-2")
			}
			if s.until() != "" {
				t.Errorf("after the end she is in until %q", s.until())
			}
		})
	}
}

// TestPIMComesBack holds what trouble that passes does not make a grant fall back.
func TestPIMComesBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		status int
		code   string
	}{
		{"NotKnownYet", 404, "ResourceNotFound"},
		{"Pending", 400, "PendingRoleAssignmentRequest"},
		{"Down", 503, "serviceNotAvailable"},
		{"Busy", 429, "TooManyRequests"},
		{"SignIn", 401, "InvalidAuthenticationToken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := driven(t, access.PIM)
			s.ask("R-2", 2*time.Hour)
			e := s.of("R-2", outbox.GraphJoin)
			s.pimRefuses(test.status, test.code)
			for range 3 {
				if _, err := s.fx.Join(t.Context(), e); err == nil || outbox.IsPermanent(err) {
					t.Fatalf("%v, want an error that is tried again", err)
				}
				e.Term++
			}
			s.wire.fault = nil
			if g := s.given("R-2"); !g.Enforced() || s.until() != "2h0m0s" {
				t.Errorf("%+v, in until %q", g, s.until())
			}
		})
	}
}

// TestPIMDoesNotKnowThePerson holds that nobody else is let in instead.
func TestPIMDoesNotKnowThePerson(t *testing.T) {
	t.Parallel()
	s := driven(t, access.PIM)
	s.grant("R-2", "99999999-0000-4000-8000-000000000000", access.Activating)
	_, err := settle(t, s.fx.Join, s.of("R-2", outbox.GraphJoin))
	refused(t, err, access.NotFound, "requester")
}

// TestLeaveWhatPIMKeeps holds that access ends at once whatever keeps PIM from
// ending it, and that nothing is reported as gone of which a schedule is left.
func TestLeaveWhatPIMKeeps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*graphtest.Options)
		lost   func(*scene)
		after  time.Duration // until the leave is over, although the member is out at once
	}{
		{"Young", stubborn, nil, 5 * time.Minute},
		{"LicenceLost", asIs, func(s *scene) { s.ms.SetPIM(false) }, 0},
		{"LicenceLostAndKept", stubborn, func(s *scene) { s.ms.SetPIM(false) }, 0},
		{"NotAllowedAnyMore", asIs, func(s *scene) { s.pimRefuses(403, "Authorization_RequestDenied") }, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := driven(t, access.PIM, test.change)
			s.give("R-2", 2*time.Hour)
			if test.lost != nil {
				test.lost(s)
			}
			s.change("R-2", func(g access.Grant) access.Grant { g.State = access.Ending; return g })
			e := s.of("R-2", outbox.GraphLeave)
			_, err := s.fx.Leave(t.Context(), e)
			if (err != nil) != (test.after > 0) || outbox.IsPermanent(err) {
				t.Errorf("the first try: %v", err)
			}
			if s.until() != "" {
				t.Errorf("she is in until %q", s.until())
			}
			s.now = start.Add(test.after)
			e.Term++
			if _, err := s.fx.Leave(t.Context(), e); err != nil {
				t.Errorf("after %v: %v", test.after, err)
			}
		})
	}
}

// TestScheduleMovedBySomebodyElse holds that the bot does not rely on what Entra has:
// it ends the access at its time.
func TestScheduleMovedBySomebodyElse(t *testing.T) {
	t.Parallel()
	s := driven(t, access.PIM)
	s.give("R-2", 2*time.Hour)
	if err := s.client.AskPIM(t.Context(), "adminUpdate", s.container.Group, ana, "elsewhere", s.now, start.Add(9*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if s.now = start.Add(2 * time.Hour); s.until() != "9h0m0s" {
		t.Fatalf("she is in until %q", s.until())
	}
	if s.ends("R-2"); s.until() != "" {
		t.Errorf("after the end she is in until %q", s.until())
	}
}

// TestJoinTakesTime holds that what it takes to give access does not cost much of it,
// and that the grant and Entra know the same end.
func TestJoinTakesTime(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{0: 0, 90 * time.Second: 0, 5 * time.Minute: 4 * time.Minute, 50 * time.Minute: 50 * time.Minute} {
		s := driven(t, access.PIM)
		s.ask("R-2", 2*time.Hour)
		s.now = start.Add(took)
		g := s.given("R-2")
		if end := start.Add(2*time.Hour + want); !g.ExpiresAt.Equal(end) || s.until() != end.Sub(start).String() {
			t.Errorf("after %v: until %v, in Entra %s, want %v", took, g.ExpiresAt, s.until(), end)
		}
	}
}

// TestWindowEndsWhenItEnds holds that a late beginning does not move the end of a
// window.
func TestWindowEndsWhenItEnds(t *testing.T) {
	t.Parallel()
	s := driven(t, access.PIM)
	s.ask("R-2", 2*time.Hour)
	s.change("R-2", func(g access.Grant) access.Grant { g.Until = start.Add(2 * time.Hour); return g })
	s.now = start.Add(30 * time.Minute)
	if g := s.given("R-2"); !g.ExpiresAt.Equal(start.Add(2*time.Hour)) || s.until() != "2h0m0s" {
		t.Errorf("until %v, in Entra %s", g.ExpiresAt, s.until())
	}
}
