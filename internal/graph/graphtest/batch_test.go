package graphtest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

// responses are the answers inside a batch's by id.
func (a answer) responses(t *testing.T) map[string]answer {
	t.Helper()
	var out struct {
		Responses []struct {
			ID      string
			Status  int
			Headers map[string]string
			Body    map[string]any
		}
	}
	raw, err := json.Marshal(a.body)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]answer{}
	for _, r := range out.Responses {
		one := answer{status: r.Status, header: map[string][]string{}, body: r.Body}
		for name, value := range r.Headers {
			one.header.Set(name, value)
		}
		by[r.ID] = one
	}
	return by
}

func TestBatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	a := w.want(200, "POST", "/$batch", `{"requests":[
		{"id":"add","method":"POST","url":"/groups/`+groupID+`/members/$ref","headers":{"content-type":"application/json"},"body":`+ref(ana)+`},
		{"id":"again","method":"POST","url":"groups/`+groupID+`/members/$ref","headers":{"Content-Type":"application/json"},"body":`+ref(ana)+`},
		{"id":"see","method":"GET","url":"/groups/`+groupID+`/members?$select=id","dependsOn":["ADD"]},
		{"id":"lost","method":"GET","url":"/groups","dependsOn":["again"]},
		{"id":"lost too","method":"GET","url":"/groups","dependsOn":["see","lost"]},
		{"id":"denied","method":"GET","url":"/auditLogs/signIns","headers":{"Authorization":"Bearer x"}},
		{"id":"filter","method":"GET","url":"/groups?$filter=startswith(displayName, 'Contoso')&$count=true","headers":{"ConsistencyLevel":"eventual"}},
		{"id":"make","method":"POST","url":"/groups","headers":{"Content-Type":"application/json"},"body":{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false}},
		{"id":"inner","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{}},
		{"id":"absolute","method":"GET","url":"https://graph.test/v1.0/groups"},
		{"id":"nowhere","method":"GET","url":"/nowhere"}
	]}`)
	got := a.responses(t)
	for id, status := range map[string]int{
		"add": 204, "again": 400, "see": 200, "lost": 424, "lost too": 424, "denied": 403, "filter": 200,
		"make": 201, "inner": 400, "absolute": 400, "nowhere": 404,
	} {
		if got[id].status != status {
			t.Errorf("%s = %d %v, want %d", id, got[id].status, got[id].body, status)
		}
	}
	if got["add"].body != nil || got["see"].column("id") != ana || got["filter"].body["@odata.count"] != 1.0 {
		t.Errorf("answers %v", got)
	}
	if where := got["make"].header.Get("Location"); !strings.HasPrefix(where, base+"/v1.0/groups/") {
		t.Errorf("Location = %q", where)
	}
	if got["lost"].code() != "FailedDependency" {
		t.Errorf("lost: %v", got["lost"].body)
	}
	if n := w.s.Batched(); n != 7 {
		t.Errorf("%d calls came in a batch, want 7", n)
	}
	if calls := w.s.Calls(); calls["POST /$batch"] != 1 || calls[addMember] != 2 {
		t.Errorf("Calls = %v", calls)
	}
}

func TestBatchRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprintf(`{"id":"%d","method":"DELETE","url":"/groups/%s"}`, i, groupID))
	}
	for name, requests := range map[string]string{
		"None": ``, "Many": strings.Join(many, ","),
		"SameID":       `{"id":"a","method":"GET","url":"/groups"},{"id":"A","method":"GET","url":"/groups"}`,
		"NoID":         `{"method":"GET","url":"/groups"}`,
		"NoMethod":     `{"id":"1","url":"/groups"}`,
		"NoURL":        `{"id":"1","method":"GET"}`,
		"BareBody":     `{"id":"1","method":"POST","url":"/groups","body":{}}`,
		"Forward":      `{"id":"1","method":"GET","url":"/groups","dependsOn":["2"]},{"id":"2","method":"GET","url":"/groups"}`,
		"Self":         `{"id":"1","method":"GET","url":"/groups","dependsOn":["1"]}`,
		"NotAnObject":  `1`,
		"StatusOfText": `{"id":1,"method":"GET","url":"/groups"}`,
	} {
		if a := w.do("POST", "/$batch", `{"requests":[`+requests+`]}`); a.status != 400 || a.code() != "BadRequest" {
			t.Errorf("%s = %d %v", name, a.status, a.body)
		}
	}
	// A batch inside a batch is refused by itself, however its address is written.
	for _, address := range []string{"/$batch", "$BATCH", "/%24batch", "%24%62atch", "/$batch/", "/$batch?x=1", "/./$batch", "//%24batch", "/groups/../$batch"} {
		inner := `{"requests":[{"id":"1","method":"DELETE","url":"/groups/` + groupID + `"}]}`
		got := w.want(200, "POST", "/$batch", `{"requests":[{"id":"in","method":"POST","url":"`+address+
			`","headers":{"Content-Type":"application/json"},"body":`+inner+`}]}`).responses(t)["in"]
		if got.status != 400 || got.code() != "BadRequest" {
			t.Errorf("%s inside a batch = %d %v", address, got.status, got.body)
		}
	}
	if n := len(w.s.Groups()); n != 2 {
		t.Errorf("a refused batch was carried out: %d groups", n)
	}
	w.want(401, "POST", "/$batch", `{"requests":[{"id":"1","method":"GET","url":"/groups"}]}`, "Authorization", "")
}

// TestBatchThrottledInside holds that the limit and the plan of faults meet the
// calls of a batch one by one.
func TestBatchThrottledInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Throttle = 2 })
	w.plan(graphtest.Fault{On: "GET /users", Status: 503, RetryAfter: 4})
	got := w.want(200, "POST", "/$batch", `{"requests":[
		{"id":"1","method":"GET","url":"/groups"},{"id":"2","method":"GET","url":"/users"},{"id":"3","method":"GET","url":"/groups"}]}`).responses(t)
	if got["1"].status != 200 || got["2"].status != 503 || got["3"].status != 429 ||
		got["2"].header.Get("Retry-After") != "4" || got["3"].header.Get("Retry-After") != "10" {
		t.Errorf("answers %v", got)
	}
	w.plan(graphtest.Fault{On: addMember, Drop: graphtest.DropAfter})
	w.now = w.now.Add(10 * time.Second)
	w.lost("POST", "/$batch", `{"requests":[
		{"id":"1","method":"POST","url":"/groups/`+groupID+`/members/$ref","headers":{"Content-Type":"application/json"},"body":`+ref(ana)+`}]}`)
	if n := w.memberCount(); n != 1 {
		t.Errorf("%d members, want the lost call applied", n)
	}
}
