package graphtest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const center = "/partnercenter"

const removeDAP = `{"allowDelegatedAccess":false,"attributes":{"objectType":"Customer"}}`

// centerRows are a call that does its work for each pattern, by whom.
var centerRows = []struct{ call, path, upn, body string }{
	{"GET /v1/customers", "", "", ""},
	{"GET /v1/customers/relationshiprequests", "", "ana@partner.test", ""},
	{"GET /v1/customers/{id}", "/v1/customers/" + contoso, "", ""},
	{"PATCH /v1/customers/{id}", "/v1/customers/" + contoso, "ana@partner.test", removeDAP},
	{"GET /v1/auditrecords", "", "", ""},
	{"GET /auditactivity/v1/auditrecords/{id}", "/auditactivity/v1/auditrecords/{record}", "", ""},
	{"GET /webhooks/v1/registration", "", "", ""},
	{"POST /webhooks/v1/registration", "", "", `{"WebhookUrl":"http://127.0.0.1:9/","WebhookEvents":["invoice-ready"]}`},
	{"PUT /webhooks/v1/registration", "", "", `{"WebhookUrl":"http://127.0.0.1:9/","WebhookEvents":["invoice-ready"]}`},
	{"GET /webhooks/v1/registration/events", "", "", ""},
	{"POST /webhooks/v1/registration/validationEvents", "", "", `{}`},
	{"GET /webhooks/v1/registration/validationEvents/{id}", "/webhooks/v1/registration/validationEvents/{validation}", "", ""},
}

// centerTroubles are what each call of Partner Center may suffer.
var centerTroubles = []struct {
	fault  graphtest.Fault
	status int
	retry  string
}{
	{graphtest.Fault{Status: 503, RetryAfter: 4}, 503, "4"},
	{graphtest.Fault{RetryAfter: 7}, 429, "7"},
	{graphtest.Fault{Status: 500, Code: "2000", Message: "Again."}, 500, ""},
	{graphtest.Fault{Delay: time.Millisecond}, 200, ""},
}

// furnished is an estate with a webhook, an audit record and a validation, and
// the replacer that puts their ids into a path.
func furnished(t *testing.T) (*estate, *strings.Replacer) {
	t.Helper()
	e := newEstate(t, nil)
	e.withRelationships()
	var status atomic.Int32
	status.Store(200)
	address, _ := e.receiver(&status)
	e.register(address, "", "test-created")
	if err := e.s.TerminateRelationship(relID, carolID); err != nil {
		t.Fatal(err)
	}
	app := e.centerToken("")
	records, _ := e.center("GET", "/v1/auditrecords", app, "").body["items"].([]any)
	if len(records) == 0 {
		t.Fatal("there is no audit record")
	}
	first, _ := records[0].(map[string]any)
	record, _ := first["id"].(string)
	validation := e.center("POST", "/webhooks/v1/registration/validationEvents", app, `{}`).text("correlationId")
	return e, strings.NewReplacer("{record}", record, "{validation}", validation)
}

// TestEveryCenterPath holds that each call of Partner Center does its work, is
// counted, and can be slowed, refused and limited. A path without a row fails.
func TestEveryCenterPath(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range centerRows {
		method, path, _ := strings.Cut(row.call, " ")
		call := method + " " + center + path
		seen[call] = true
		if row.path == "" {
			row.path = path
		}
		t.Run(row.call, func(t *testing.T) {
			t.Parallel()
			e, names := furnished(t)
			path, token := names.Replace(row.path), e.centerToken(row.upn)
			before := e.s.Calls()[call]
			for _, step := range centerTroubles {
				step.fault.On, step.fault.Times = call, 1
				if err := e.s.SetFaults(step.fault, graphtest.Fault{On: "*", Status: 500}); err != nil {
					t.Fatal(err)
				}
				a := e.center(method, path, token, row.body)
				if a.status != step.status || a.header.Get("Retry-After") != step.retry || e.s.Faults()[0].Hits != 1 || a.header.Get("MS-RequestId") == "" {
					t.Errorf("with %+v = %d %v", step.fault, a.status, a.body)
				}
				if step.status == 500 && (a.body["code"] != 2000.0 || a.text("description") != "Again.") {
					t.Errorf("refused with %v", a.body)
				}
			}
			if n := e.s.Calls()[call] - before; n != len(centerTroubles) {
				t.Errorf("%d calls counted, want %d", n, len(centerTroubles))
			}
		})
	}
	for _, call := range graphtest.Paths() {
		if strings.Contains(call, " "+center+"/") && !seen[call] {
			t.Errorf("%s has no row", call)
		}
	}
}

// TestCenterCallLost holds what is done and what is not when the connection goes.
func TestCenterCallLost(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault graphtest.Fault
		kept  bool // delegated administration
	}{
		"Before":        {graphtest.Fault{Drop: graphtest.DropBefore}, true},
		"After":         {graphtest.Fault{Drop: graphtest.DropAfter}, false},
		"Refused":       {graphtest.Fault{Status: 503}, true},
		"DoneAndFailed": {graphtest.Fault{Status: 503, DoThenFail: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, nil)
			token := e.centerToken("ana@partner.test")
			row.fault.On = "PATCH " + center + "/v1/customers/{id}"
			if err := e.s.SetFaults(row.fault); err != nil {
				t.Fatal(err)
			}
			r, err := http.NewRequestWithContext(t.Context(), "PATCH", e.app.URL+center+"/v1/customers/"+contoso,
				strings.NewReader(removeDAP))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			resp, err := e.app.Client().Do(r)
			if (err == nil) != (row.fault.Drop == graphtest.NoDrop) {
				t.Errorf("the call ended with %v", err)
			}
			if err == nil {
				resp.Body.Close()
			}
			if dap := e.s.Tenants()[1].DAP; dap != row.kept {
				t.Errorf("delegated administration = %v, want %v", dap, row.kept)
			}
		})
	}
}

// TestWebhookFaults holds how often a notification arrives, and how it stands
// with the sender.
func TestWebhookFaults(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault    graphtest.Fault
		arrives  int
		attempts int
		status   int
		done     bool
	}{
		"Slow":           {graphtest.Fault{Delay: time.Millisecond, Times: 1}, 1, 1, 204, true},
		"LostOnTheWay":   {graphtest.Fault{Drop: graphtest.DropBefore, Times: 1}, 1, 2, 204, true},
		"AnswerLost":     {graphtest.Fault{Drop: graphtest.DropAfter, Times: 1}, 2, 2, 204, true},
		"GatewayFails":   {graphtest.Fault{Status: 502, Times: 2}, 1, 3, 204, true},
		"ArrivesAndFail": {graphtest.Fault{Status: 504, DoThenFail: true, Times: 1}, 2, 2, 204, true},
		"Duplicate":      {graphtest.Fault{Duplicate: 2, Times: 1}, 3, 1, 204, true},
		"AlwaysLost":     {graphtest.Fault{Drop: graphtest.DropBefore}, 0, 10, 0, false},
		"AlwaysRefused":  {graphtest.Fault{Status: 503}, 0, 10, 503, false},
		"Later":          {graphtest.Fault{Status: 503, After: 1}, 1, 1, 204, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, func(o *graphtest.Options) { o.WebhookPause = func(int) time.Duration { return 0 } })
			var status atomic.Int32
			status.Store(204)
			address, got := e.receiver(&status)
			e.register(address, "", "dap-admin-relationship-terminated")
			row.fault.On = graphtest.OnWebhook
			if err := e.s.SetFaults(row.fault, graphtest.Fault{On: "*", Status: 500}); err != nil {
				t.Fatal(err)
			}
			if err := e.s.RemoveDAP(contoso, carolID); err != nil {
				t.Fatal(err)
			}
			d := e.settled()
			if d.Attempts != row.attempts || d.Status != row.status || d.Done != row.done || d.GivenUp == row.done || len(got) != row.arrives {
				t.Errorf("delivery = %+v, %d arrived", d, len(got))
			}
			for range row.arrives {
				if n := <-got; !bytes.Equal(n.body, d.Body) || e.verify(n, "Authorization") != nil {
					t.Errorf("what arrived is not what was sent: %s", n.body)
				}
			}
		})
	}
}

// TestWebhooksChangePlaces holds that a notification is held back until the next
// has been dealt with, and that two are never held.
func TestWebhooksChangePlaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	got := make(chan string, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var event struct{ EventName string }
		body, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(body, &event) != nil {
			t.Errorf("%s, %v", body, err)
		}
		got <- event.EventName
	}))
	t.Cleanup(srv.Close)
	const dap, ended = "dap-admin-relationship-terminated", "granular-admin-relationship-terminated"
	e.register(srv.URL, "", dap, ended)
	if err := e.s.SetFaults(graphtest.Fault{On: graphtest.OnWebhook, Times: 2, Reorder: true}); err != nil {
		t.Fatal(err)
	}
	if err := e.s.RemoveDAP(contoso, carolID); err != nil {
		t.Fatal(err)
	}
	if err := e.s.TerminateRelationship(relID, carolID); err != nil {
		t.Fatal(err)
	}
	if order := []string{<-got, <-got}; !slices.Equal(order, []string{ended, dap}) {
		t.Errorf("arrived %q", order)
	}
}
