package graphtest_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const addMember = "POST /groups/{id}/members/$ref"

// plan sets the faults and fails the test when they are refused.
func (w *world) plan(faults ...graphtest.Fault) {
	w.t.Helper()
	if err := w.s.SetFaults(faults...); err != nil {
		w.t.Fatal(err)
	}
}

// lost makes the call and wants its connection lost.
func (w *world) lost(method, path, body string) {
	w.t.Helper()
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			w.t.Errorf("%s %s: recovered %v, want a lost connection", method, path, r)
		}
	}()
	w.do(method, path, body)
	w.t.Errorf("%s %s was answered", method, path)
}

func (w *world) memberCount() int { return len(w.s.Groups()[0].Members) }

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		fault   graphtest.Fault
		status  int // 0: the connection is lost
		code    string
		retry   string
		applied int
	}{
		{"Refused", graphtest.Fault{Status: 503}, 503, "serviceNotAvailable", "", 0},
		{"RefusedInWords", graphtest.Fault{Status: 500, Code: "internalServerError", Message: "Try again."}, 500, "internalServerError", "", 0},
		{"Throttled", graphtest.Fault{RetryAfter: 7}, 429, "TooManyRequests", "7", 0},
		{"UnavailableFor", graphtest.Fault{Status: 503, RetryAfter: 9}, 503, "serviceNotAvailable", "9", 0},
		{"Conflict", graphtest.Fault{Status: 409}, 409, "conflict", "", 0},
		{"DoneAndFailed", graphtest.Fault{Status: 500, DoThenFail: true}, 500, "InternalServerError", "", 1},
		{"DroppedBefore", graphtest.Fault{Drop: graphtest.DropBefore}, 0, "", "", 0},
		{"DroppedAfter", graphtest.Fault{Drop: graphtest.DropAfter}, 0, "", "", 1},
		{"Slow", graphtest.Fault{Delay: time.Millisecond}, 204, "", "", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			row.fault.On, row.fault.Times = addMember, 1
			w.plan(row.fault)
			if row.status == 0 {
				w.lost("POST", members+"/$ref", ref(ana))
			} else {
				a := w.want(row.status, "POST", members+"/$ref", ref(ana))
				if a.code() != row.code || a.header.Get("Retry-After") != row.retry {
					t.Errorf("answered %q with Retry-After %q, want %q and %q", a.code(), a.header.Get("Retry-After"), row.code, row.retry)
				}
			}
			if n := w.memberCount(); n != row.applied {
				t.Errorf("%d members after it, want %d", n, row.applied)
			}
			w.want(204, "POST", members+"/$ref", ref(bo)) // once only
		})
	}
}

func TestFaultOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.plan(
		graphtest.Fault{On: addMember, After: 1, Times: 1, Status: 500},
		graphtest.Fault{On: "*", After: 2, Status: 503},
	)
	w.want(403, "GET", signIns, "") // no permission: does not count
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.want(500, "POST", members+"/$ref", ref(bo))
	w.want(503, "POST", members+"/$ref", ref(bo))
	w.want(503, "GET", "/groups", "")
	states := w.s.Faults()
	if states[0].Seen != 3 || states[0].Hits != 1 || states[1].Seen != 4 || states[1].Hits != 2 {
		t.Errorf("Faults = %+v", states)
	}
	w.plan()
	w.want(204, "POST", members+"/$ref", ref(bo))
}

func TestFaultPlanRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.plan(graphtest.Fault{On: "token", Status: 500})
	for _, bad := range []graphtest.Fault{
		{On: "GET /nowhere", Status: 500}, {Status: 500}, {On: "*", Status: 200}, {On: "*", Status: 600}, {On: "*", After: -1},
		{On: "*", Delay: -1}, {On: "*", DoThenFail: true}, {On: "*", Drop: 3}, {On: "*", Drop: graphtest.DropAfter, Status: 500},
		{On: "*", Duplicate: 1}, {On: addMember, Reorder: true}, {On: "token", Duplicate: 1},
		{On: graphtest.OnWebhook, Duplicate: -1}, {On: "GET /v1/customers", Status: 500},
	} {
		if err := w.s.SetFaults(graphtest.Fault{On: "*", Status: 500}, bad); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if states := w.s.Faults(); len(states) != 1 || states[0].On != "token" {
		t.Errorf("a refused plan left %+v", states)
	}
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Throttle, o.ThrottleWindow = 3, 20*time.Second })
	for range 3 {
		w.want(200, "GET", "/groups", "")
		w.now = w.now.Add(time.Second)
	}
	a := w.want(429, "GET", "/groups", "")
	if a.code() != "TooManyRequests" || a.header.Get("Retry-After") != "17" {
		t.Errorf("%q, Retry-After %q", a.code(), a.header.Get("Retry-After"))
	}
	w.now = w.now.Add(17 * time.Second)
	w.want(200, "GET", "/groups", "")
}

func TestReportsAreThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	for range 5 {
		w.want(200, "GET", audits, "")
	}
	if a := w.want(429, "GET", signIns, ""); a.header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	w.want(200, "GET", "/groups", "")
	w.now = w.now.Add(10 * time.Second)
	w.want(200, "GET", signIns, "")
}

func TestTokenFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.plan(graphtest.Fault{On: "token", Times: 1, Status: 503, RetryAfter: 3}, graphtest.Fault{On: "*", Status: 500})
	a := w.tokenCall(tokenForm(nil))
	if a.status != 503 || a.header.Get("Retry-After") != "3" || a.text("error") != "temporarily_unavailable" {
		t.Errorf("token = %d %v", a.status, a.body)
	}
	if a = w.tokenCall(tokenForm(nil)); a.status != 200 {
		t.Errorf("token afterwards = %d, want 200: every Graph call is not the token's", a.status)
	}
	w.plan(graphtest.Fault{On: "token", Drop: graphtest.DropAfter})
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("recovered %v", r)
		}
	}()
	w.tokenCall(tokenForm(nil))
}
