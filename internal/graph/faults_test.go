package graph_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

var errNet = errors.New("connection reset")

// faults are what may happen to one request. Each is tried at every request of
// every effect.
var faults = []struct {
	name string
	do   func(carry func() (*http.Response, error)) (*http.Response, error)
}{
	{"FailNotApplied", func(func() (*http.Response, error)) (*http.Response, error) { return nil, errNet }},
	{"FailButApplied", func(carry func() (*http.Response, error)) (*http.Response, error) {
		resp, err := carry()
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		return nil, errNet
	}},
	{"AppliedThen500", func(carry func() (*http.Response, error)) (*http.Response, error) {
		resp, err := carry()
		if err == nil {
			_ = resp.Body.Close()
		}
		return answer(500, `{"error":{"code":"InternalServerError","message":"x"}}`), nil
	}},
	{"AnswerCutOff", func(carry func() (*http.Response, error)) (*http.Response, error) {
		resp, err := carry()
		if err == nil {
			_ = resp.Body.Close()
		}
		return answer(201, `{"id":"`), nil
	}},
	{"Throttled", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(429, `{"error":{"code":"TooManyRequests","message":"x"}}`, "Retry-After", "30"), nil
	}},
	{"Unavailable", func(func() (*http.Response, error)) (*http.Response, error) {
		return answer(503, `busy`, "Content-Type", "text/plain"), nil
	}},
}

// TestFaults breaks each request of each effect once, in every way, and runs
// the effect to its end as a runner would. Whatever happened, Graph then holds
// everything exactly once, and doing it all again changes nothing.
func TestFaults(t *testing.T) {
	effects := []struct {
		name    string
		prepare func(*scene)
		run     func(*scene) error
		tree    string
	}{
		{"Container", func(*scene) {}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Container, s.containerEffect())
			return err
		}, "group [], active on 1"},
		{"Join", (*scene).ready, func(s *scene) error {
			_, err := settle(s.t, s.fx.Join, s.joinEffect())
			return err
		}, "group [ana], active on 1"},
		{"Leave", func(s *scene) {
			s.joined()
			s.grant("R-1", ana, access.Ending)
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Leave, s.leaveEffect())
			return err
		}, "group [], active on 1"},
		{"ContainerInUnit", (*scene).inUnit, func(s *scene) error {
			_, err := settle(s.t, s.fx.Container, s.containerEffect())
			return err
		}, "group [], active on 1"},
		{"JoinInUnit", func(s *scene) { s.inUnit(); s.ready() }, func(s *scene) error {
			_, err := settle(s.t, s.fx.Join, s.joinEffect())
			return err
		}, "group [ana], active on 1"},
		{"LeaveInUnit", func(s *scene) {
			s.inUnit()
			s.joined()
			s.grant("R-1", ana, access.Ending)
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Leave, s.leaveEffect())
			return err
		}, "group [], active on 1"},
		{"Oust", func(s *scene) {
			s.joined()
			s.addMember(bo)
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Oust, s.oustEffect(bo))
			return err
		}, "group [ana], active on 1"},
		{"OustAfterARestore", func(s *scene) {
			s.joined()
			s.addMember(bo)
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Oust, s.expelEffect("", bo))
			return err
		}, "group [ana], active on 1"},
		{"OustOfAnUnknownGroup", func(s *scene) {
			s.joined()
			s.addMember(bo)
			s.forgotten()
		}, func(s *scene) error {
			_, err := settle(s.t, s.fx.Oust, s.expelEffect(s.container.Group, bo))
			return err
		}, "group [ana], active on 1"},
		{"Muster", (*scene).joined, func(s *scene) error {
			raw, err := settle(s.t, s.fx.Muster, s.musterEffect())
			if got := string(raw); err == nil && !strings.Contains(got, string(ana)) {
				err = errors.New("mustered " + got)
			}
			return err
		}, "group [ana], active on 1"},
		{"Unassign", func(s *scene) { s.standing() }, func(s *scene) error {
			_, err := settle(s.t, s.fx.Unassign, s.unassignEffect())
			return err
		}, ""},
	}
	for _, e := range effects {
		for _, lag := range []int{0, 2} {
			for _, f := range faults {
				t.Run(fmt.Sprintf("%s/Lag%d/%s", e.name, lag, f.name), func(t *testing.T) {
					t.Parallel()
					for at := 0; breakOne(t, at, lag, f.do, e.prepare, e.run, e.tree); at++ {
					}
				})
			}
		}
	}
}

// breakOne runs an effect whose request number at is struck by the fault. It
// reports false when the effect made no such request.
func breakOne(
	t *testing.T, at, lag int, fault func(carry func() (*http.Response, error)) (*http.Response, error),
	prepare func(*scene), run func(*scene) error, tree string,
) bool {
	t.Helper()
	s := newScene(t, lagging(lag))
	prepare(s)
	s.wire.reset()
	struck := false
	s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		if n == at {
			struck = true
			return fault(carry)
		}
		return carry()
	}
	if err := run(s); err != nil {
		t.Errorf("fault at request %d: %v", at, err)
	}
	s.want(tree)
	s.wire.fault = nil
	if err := run(s); err != nil {
		t.Errorf("again after a fault at request %d: %v", at, err)
	}
	s.want(tree)
	return struck
}

// Two runners may do the same effect at the same time, when one was slower than
// its lease. The second membership is refused by Graph, and that is no error.
func TestTwoJoinsAtOnce(t *testing.T) {
	var s *scene
	raced := false
	s = newScene(t, func(o *graphtest.Options) {
		o.Observe = func(c graphtest.Call) {
			if c.Phase == graphtest.Before && c.Method == http.MethodPost && s.container.Group != "" && !raced {
				raced = true
				if _, err := s.fx.Join(t.Context(), s.joinEffect()); err != nil {
					t.Errorf("the faster: %v", err)
				}
			}
		}
	})
	s.ready()
	if _, err := s.fx.Join(t.Context(), s.joinEffect()); err != nil {
		t.Errorf("the slower: %v", err)
	}
	s.want("group [ana], active on 1")
	if got := s.ms.MemberAdds(string(s.container.Group), ana); !raced || got != 2 {
		t.Errorf("raced %t, %d adds, want 2", raced, got)
	}
}

// The same for the container: the slower finds the assignment of the faster.
func TestTwoContainersAtOnce(t *testing.T) {
	var s *scene
	raced := false
	s = newScene(t, func(o *graphtest.Options) {
		o.Observe = func(c graphtest.Call) {
			if c.Phase == graphtest.Before && c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/accessAssignments") && !raced {
				raced = true
				if _, err := s.fx.Container(t.Context(), s.containerEffect()); err != nil {
					t.Errorf("the faster: %v", err)
				}
			}
		}
	})
	if _, err := s.fx.Container(t.Context(), s.containerEffect()); err != nil {
		t.Errorf("the slower: %v", err)
	}
	s.want("group [], active on 1")
	if got := s.ms.Calls()["POST /tenantRelationships/delegatedAdminRelationships/{id}/accessAssignments"]; !raced || got != 2 {
		t.Errorf("raced %t, %d assignments tried, want 2", raced, got)
	}
}

// An assignment that Graph has and does not list yet is awaited, whatever the
// answer to its making was.
func TestContainerAwaitsAnUnlistedAssignment(t *testing.T) {
	for _, status := range []int{201, 409} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := newScene(t)
			s.wire.fault = func(_ int, carry func() (*http.Response, error)) (*http.Response, error) {
				resp, err := carry()
				if err != nil || !strings.HasSuffix(resp.Request.URL.Path, "/accessAssignments") {
					return resp, err
				}
				_ = resp.Body.Close()
				if resp.Request.Method == http.MethodGet {
					return answer(200, `{"value":[]}`), nil
				}
				return answer(status, `{"id":"a","status":"pending"}`), nil
			}
			_, err := s.fx.Container(t.Context(), s.containerEffect())
			if err == nil || outbox.IsPermanent(err) {
				t.Errorf("error %v, want one that is tried again", err)
			}
		})
	}
}
