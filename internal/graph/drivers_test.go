package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// licensed gives the tenant PIM.
func licensed(o *graphtest.Options) { o.PIM = true }

// stubborn lets schedules stay when their member is removed without PIM.
func stubborn(o *graphtest.Options) { o.Troubles.KeepSchedules = true }

// driven is a scene with a ready container, in which a driver gives and takes; the
// grant R-1 of the scene is not used.
func driven(t *testing.T, d access.Driver, change ...func(*graphtest.Options)) *scene {
	t.Helper()
	s := newScene(t, append([]func(*graphtest.Options){licensed}, change...)...)
	s.driver = d
	s.ready()
	s.put(func(tx state.Tx) error {
		g, err := state.Grant(tx, "R-1")
		if err != nil {
			return err
		}
		g.State = access.Failed
		return state.PutGrant(tx, g)
	})
	return s
}

// change writes what becomes of a grant.
func (s *scene) change(id access.RequestID, fn func(access.Grant) access.Grant) access.Grant {
	s.t.Helper()
	var g access.Grant
	s.put(func(tx state.Tx) error {
		var err error
		if g, err = state.Grant(tx, id); err != nil {
			return err
		}
		g = fn(g)
		return state.PutGrant(tx, g)
	})
	return g
}

func (s *scene) of(id access.RequestID, kind string) outbox.Effect {
	return effect(s.t, kind, outbox.GrantPayload{Request: id})
}

// ask makes a grant that was approved now.
func (s *scene) ask(id access.RequestID, span time.Duration) {
	s.t.Helper()
	s.grant(id, ana, access.Activating)
	s.change(id, func(g access.Grant) access.Grant { g.Duration = span; return g })
}

// given carries the join out, and records its outcome as the use cases do.
func (s *scene) given(id access.RequestID) access.Grant {
	s.t.Helper()
	raw, err := settle(s.t, s.fx.Join, s.of(id, outbox.GraphJoin))
	if err != nil {
		s.t.Fatal(err)
	}
	r := decode[outbox.JoinResult](s.t, raw)
	return s.change(id, func(g access.Grant) access.Grant { return g.Confirmed(r.Until, r.FellBack, s.now) })
}

func (s *scene) give(id access.RequestID, span time.Duration) access.Grant {
	s.t.Helper()
	s.ask(id, span)
	return s.given(id)
}

// ends has the grant end, and carries the leave out.
func (s *scene) ends(id access.RequestID) {
	s.t.Helper()
	s.change(id, func(g access.Grant) access.Grant { g.State = access.Ending; return g })
	raw, err := settle(s.t, s.fx.Leave, s.of(id, outbox.GraphLeave))
	if err != nil {
		s.t.Fatal(err)
	}
	s.change(id, func(g access.Grant) access.Grant { return g.Left(decode[outbox.LeaveResult](s.t, raw).HeldBy, s.now) })
}

// until tells when Entra itself takes Ana out: "" where she is not in, "never" where
// it knows of no end.
func (s *scene) until() string {
	s.t.Helper()
	for _, g := range s.ms.Groups() {
		if g.ID != string(s.container.Group) || len(g.Members) == 0 {
			continue
		}
		end := s.ms.MemberUntil(g.ID, ana)
		if end.IsZero() {
			return "never"
		}
		return end.Sub(start).String()
	}
	return ""
}

// A step is something that happens to memberships of Ana, and what is so then:
// whether she is in the group, and, by the driver pim, until when.
type step struct {
	do  func(*scene)
	pim string // until; "" is not in
}

func at(d time.Duration) func(*scene) { return func(s *scene) { s.now = start.Add(d) } }

func give(id access.RequestID, span time.Duration) func(*scene) {
	return func(s *scene) { s.give(id, span) }
}

func end(id access.RequestID) func(*scene) { return func(s *scene) { s.ends(id) } }

func extend(id access.RequestID, by time.Duration) func(*scene) {
	return func(s *scene) {
		s.change(id, func(g access.Grant) access.Grant { g.ExpiresAt = g.ExpiresAt.Add(by); return g })
		if _, err := settle(s.t, s.fx.Keep, s.of(id, outbox.GraphKeep)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// lives are what every driver must hold to.
var lives = []struct {
	name  string
	steps []step
}{
	{"EndsByTime", []step{{give("R-2", 2*time.Hour), "2h0m0s"}, {at(2 * time.Hour), ""}, {end("R-2"), ""}}},
	{"EndedEarly", []step{{give("R-2", 2*time.Hour), "2h0m0s"}, {at(time.Hour), "2h0m0s"}, {end("R-2"), ""}}},
	{"EndedAtOnce", []step{{give("R-2", 2*time.Hour), "2h0m0s"}, {end("R-2"), ""}}},
	{"GivenTwice", []step{{give("R-2", 2*time.Hour), "2h0m0s"}, {func(s *scene) {
		s.change("R-2", func(g access.Grant) access.Grant { g.State = access.Activating; return g })
		s.given("R-2")
	}, "2h0m0s"}}},
	{"GivenAgain", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {at(time.Hour), "2h0m0s"}, {end("R-2"), ""}, {give("R-3", 2*time.Hour), "3h0m0s"},
	}},
	{"OverlapLonger", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {at(time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "5h0m0s"},
		{at(2 * time.Hour), "5h0m0s"}, {end("R-2"), "5h0m0s"}, {at(5 * time.Hour), ""}, {end("R-3"), ""},
	}},
	{"OverlapShorter", []step{
		{give("R-2", 4*time.Hour), "4h0m0s"}, {give("R-3", time.Hour), "4h0m0s"}, {at(time.Hour), "4h0m0s"}, {end("R-3"), "4h0m0s"},
		{at(4 * time.Hour), ""}, {end("R-2"), ""},
	}},
	{"LongerEndedEarly", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "4h0m0s"}, {at(time.Hour), "4h0m0s"}, {end("R-3"), "2h0m0s"},
		{at(2 * time.Hour), ""}, {end("R-2"), ""},
	}},
	{"ShorterEndedEarly", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "4h0m0s"}, {end("R-2"), "4h0m0s"}, {at(4 * time.Hour), ""}, {end("R-3"), ""},
	}},
	{"BothEndedEarly", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "4h0m0s"}, {end("R-2"), "4h0m0s"}, {end("R-3"), ""},
	}},
	// PIM takes no end that is nearer than five minutes: the bot is there before.
	{"LongerEndedShortBeforeTheOther", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "4h0m0s"}, {at(2*time.Hour - time.Minute), "4h0m0s"},
		{end("R-3"), "2h5m0s"}, {at(2 * time.Hour), "2h5m0s"}, {end("R-2"), ""},
	}},
	{"Extended", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {at(time.Hour), "2h0m0s"}, {extend("R-2", time.Hour), "3h0m0s"},
		{at(2 * time.Hour), "3h0m0s"}, {at(3 * time.Hour), ""}, {end("R-2"), ""},
	}},
	{"ExtendedWithinAnother", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {give("R-3", 4*time.Hour), "4h0m0s"}, {extend("R-2", time.Hour), "4h0m0s"}, {end("R-3"), "3h0m0s"},
	}},
	{"RemovedBySomebodyElse", []step{
		{give("R-2", 2*time.Hour), "2h0m0s"}, {func(s *scene) { s.ms.RemoveMember(string(s.container.Group), ana) }, ""}, {end("R-2"), ""},
	}},
}

// TestDrivers holds both drivers to the same lives: who is in, and that the access
// is gone at its end at the latest, by the bot or, where it sleeps, by Entra.
func TestDrivers(t *testing.T) {
	t.Parallel()
	for _, d := range access.Drivers() {
		for _, lag := range []int{0, 2} {
			for _, life := range lives {
				t.Run(fmt.Sprintf("%s/Lag%d/%s", d, lag, life.name), func(t *testing.T) {
					t.Parallel()
					s := driven(t, d, lagging(lag))
					for i, step := range life.steps {
						step.do(s)
						want := step.pim
						if d == access.Membership {
							want = s.held(want)
						}
						if got := s.until(); got != want {
							t.Fatalf("after step %d she is in until %q, want %q", i+1, got, want)
						}
					}
				})
			}
		}
	}
}

// held is what a plain membership has where a schedule would last until then: it
// stays until the bot takes it.
func (s *scene) held(pim string) string {
	s.t.Helper()
	live := false
	s.put(func(tx state.Tx) error {
		ids, err := state.Holders(tx, s.container.ID, ana)
		live = len(ids) > 0
		return err
	})
	if live && (pim != "" || len(s.ms.Groups()[0].Members) > 0) {
		return "never"
	}
	return ""
}

// TestDriversUnderFaults breaks each request of what each driver does, as
// [TestFaults] does.
func TestDriversUnderFaults(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name    string
		prepare func(*scene)
		run     func(*scene) error
		until   map[access.Driver]string
	}{
		{"Give", func(s *scene) { s.ask("R-2", 2*time.Hour) }, func(s *scene) error {
			_, err := settle(s.t, s.fx.Join, s.of("R-2", outbox.GraphJoin))
			return err
		}, map[access.Driver]string{access.Membership: "never", access.PIM: "2h0m0s"}},
		{"GiveBesideAnother", func(s *scene) {
			s.give("R-2", 2*time.Hour)
			s.ask("R-3", 4*time.Hour)
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Join, s.of("R-3", outbox.GraphJoin))
			return err
		}, map[access.Driver]string{access.Membership: "never", access.PIM: "4h0m0s"}},
		{"Keep", func(s *scene) {
			s.give("R-2", 2*time.Hour)
			s.change("R-2", func(g access.Grant) access.Grant { g.ExpiresAt = start.Add(5 * time.Hour); return g })
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Keep, s.of("R-2", outbox.GraphKeep))
			return err
		}, map[access.Driver]string{access.Membership: "never", access.PIM: "5h0m0s"}},
		{"LeaveBesideAnother", func(s *scene) {
			s.give("R-2", 2*time.Hour)
			s.give("R-3", 4*time.Hour)
			s.change("R-3", func(g access.Grant) access.Grant { g.State = access.Ending; return g })
		}, leave("R-3"), map[access.Driver]string{access.Membership: "never", access.PIM: "2h0m0s"}},
		{"Leave", func(s *scene) {
			s.give("R-2", 2*time.Hour)
			s.now = start.Add(time.Hour)
			s.change("R-2", func(g access.Grant) access.Grant { g.State = access.Ending; return g })
		}, leave("R-2"), map[access.Driver]string{}},
		{"LeaveAtOnce", func(s *scene) {
			s.give("R-2", 2*time.Hour)
			s.change("R-2", func(g access.Grant) access.Grant { g.State = access.Ending; return g })
		}, leave("R-2"), map[access.Driver]string{}},
	}
	for _, d := range access.Drivers() {
		for _, row := range rows {
			for _, lag := range []int{0, 2} {
				for i, f := range faults {
					if lag > 0 && i%2 == 0 { // each fault is met without a lag, and half of them with one
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/Lag%d/%s", d, row.name, lag, f.name), func(t *testing.T) {
						t.Parallel()
						for at := 0; ; at++ {
							s := driven(t, d, lagging(lag))
							row.prepare(s)
							if !s.struck(at, f.do, row.run, row.until[d]) {
								break
							}
						}
					})
				}
			}
		}
	}
}

func leave(id access.RequestID) func(*scene) error {
	return func(s *scene) error {
		_, err := settle(s.t, s.fx.Leave, s.of(id, outbox.GraphLeave))
		return err
	}
}

// struck runs what its request number at breaks, and again in peace. It reports
// false when there was no such request.
func (s *scene) struck(
	at int, fault func(func() (*http.Response, error)) (*http.Response, error), run func(*scene) error, until string,
) bool {
	s.t.Helper()
	s.wire.reset()
	hit := false
	s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		if n == at {
			hit = true
			return fault(carry)
		}
		return carry()
	}
	for range 2 {
		if err := run(s); err != nil {
			s.t.Errorf("fault at request %d: %v", at, err)
		}
		if got := s.until(); got != until {
			s.t.Errorf("fault at request %d: she is in until %q, want %q", at, got, until)
		}
		s.wire.fault = nil
	}
	return hit
}

// Two runners may give at the same time, when one was slower than its lease: what
// the slower is refused is no error, and there is one schedule.
func TestTwoSchedulesAtOnce(t *testing.T) {
	t.Parallel()
	var s *scene
	raced := false
	s = driven(t, access.PIM, func(o *graphtest.Options) {
		o.Observe = func(c graphtest.Call) {
			if c.Phase == graphtest.Before && strings.HasSuffix(c.Path, "/assignmentScheduleRequests") && !raced {
				raced = true
				if _, err := s.fx.Join(t.Context(), s.of("R-2", outbox.GraphJoin)); err != nil {
					t.Errorf("the faster: %v", err)
				}
			}
		}
	})
	s.ask("R-2", 2*time.Hour)
	if g := s.given("R-2"); !g.Enforced() || s.until() != "2h0m0s" || !raced {
		t.Errorf("%+v, in until %s, raced %t", g, s.until(), raced)
	}
}
