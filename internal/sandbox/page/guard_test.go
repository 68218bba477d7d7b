package page_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

func TestForeignRequestsAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	own := w.page.URL
	for _, test := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"own page", http.Header{"Origin": {own}, "Sec-Fetch-Site": {"same-origin"}}, http.StatusOK},
		{"own page, older browser", http.Header{"Origin": {own}}, http.StatusOK},
		{"nobody says from where", http.Header{}, http.StatusForbidden},
		{"foreign origin", http.Header{"Origin": {"https://evil.example"}}, http.StatusForbidden},
		{"other port", http.Header{"Origin": {"http://127.0.0.1:1"}, "Sec-Fetch-Site": {"same-site"}}, http.StatusForbidden},
		{"hidden origin", http.Header{"Origin": {"null"}}, http.StatusForbidden},
		{"typed address", http.Header{"Sec-Fetch-Site": {"none"}}, http.StatusForbidden},
		{"origin and site disagree", http.Header{"Origin": {own}, "Sec-Fetch-Site": {"cross-site"}}, http.StatusForbidden},
		{"foreign host", http.Header{"Host": {"evil.example"}, "Origin": {"http://evil.example"}}, http.StatusMisdirectedRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := w.slack.Version()
			status, _ := w.do(http.MethodPost, "/send", fields("as", ana, "in", shared, "text", "hi"), test.header)
			if status != test.want {
				t.Errorf("status %d, want %d", status, test.want)
			}
			if changed := w.slack.Version() != before; changed != (test.want == http.StatusOK) {
				t.Errorf("changed: %v", changed)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	w := newWorld(t, nil)
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8080": 200, "LOCALHOST": 200, "127.0.0.1:1": 200, "127.8.8.8": 200, "[::1]:80": 200, "[::1]": 200,
		"evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:80": 421, "0.0.0.0": 421, "192.168.0.1": 421, "[::]": 421,
	} {
		if got, _ := w.do(http.MethodGet, "/", nil, http.Header{"Host": {host}}); got != want {
			t.Errorf("%s: status %d, want %d", host, got, want)
		}
	}
}

func TestGetChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	id := openModal(t, w)
	slack, graph, now := w.slack.Version(), w.graph.Version(), w.clock.Now()
	for _, path := range []string{"/", "/complete", "/static/page.css", "/static/talk.css", "/static/page.js", "/static/vendor/htmx.min.js", "/static/icon.svg"} {
		if status, _ := w.get(path + "?as=" + carla + "&in=" + shared); status != http.StatusOK {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	for _, path := range []string{"/send", "/reply", "/click", "/submit", "/close", "/suggest", "/dm", "/home", "/clock", "/fault", "/faults/clear", "/tour"} {
		if status, _ := w.get(path + "?as=" + carla + "&in=" + shared + "&text=hi&view=" + id); status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: status %d", path, status)
		}
	}
	if w.slack.Version() != slack || w.graph.Version() != graph || !w.clock.Now().Equal(now) {
		t.Error("something changed")
	}
}

func TestBadForms(t *testing.T) {
	w := newWorld(t, nil)
	if status, _ := w.post("/send", "as", "U-NOBODY", "in", shared, "text", "hi"); status != http.StatusBadRequest {
		t.Errorf("unknown person: status %d", status)
	}
	if status, _ := w.post("/send", "as", ana, "in", shared, "text", strings.Repeat("x", 300<<10)); status != http.StatusBadRequest {
		t.Errorf("too large: status %d", status)
	}
	if status, _ := w.get("/static/"); status != http.StatusNotFound {
		t.Errorf("listing: status %d", status)
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t, nil)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.page.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	policy := resp.Header.Get("Content-Security-Policy")
	mustContain(t, policy, "default-src 'self'", "frame-ancestors 'none'")
	mustNotContain(t, policy, "unsafe")
}

func TestHostileTextIsInert(t *testing.T) {
	const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(1)>'`
	w := newWorld(t, func(o *page.Options) {
		o.People[0].Name, o.People[0].What = hostile, hostile
		o.Suggestions = []string{hostile, "/access card"}
		o.Audit = audit([]page.AuditLine{{Kind: hostile, Who: hostile, What: hostile}}, nil)
		o.RoleName = func(string) string { return hostile }
	})
	w.slack.AddTeam(chattest.Team{ID: "T-CUST", Name: hostile})
	w.slack.AddUser(chattest.User{ID: carla, Team: "T-CUST", Name: hostile, RealName: hostile})
	w.slack.AddChannel(chattest.Channel{
		ID: shared, Name: hostile, Host: "T-OWN", Connected: []string{"T-OWN", "T-CUST"}, Members: []string{"U-BOT", ana, carla},
	})
	group := w.graph.AddGroup(graphtest.Group{DisplayName: hostile, Description: hostile, Members: []string{hostile}})
	rel := w.graph.AddRelationship(graphtest.Relationship{DisplayName: hostile, CustomerName: hostile, Status: hostile, Roles: []string{hostile}})
	w.graph.AddAssignment(graphtest.Assignment{Relationship: rel, Group: group, Status: hostile, Roles: []string{hostile}})
	openModal(t, w)
	w.api("chat.postMessage", object{"channel": shared, "text": hostile, "blocks": card(hostile)})
	w.api("chat.postMessage", object{"channel": shared, "text": hostile})
	w.api("chat.postMessage", object{"channel": shared, "text": "<@" + carla + "|" + hostile + "> <#C9|" + hostile + "> <!date^1^" + hostile + "|" + hostile + ">"})
	if _, err := w.slack.Say(carla, shared, hostile); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{ana, carla, ana + "&tab=access", ana + "&tab=writes", ana + "&thread=" + w.last(ana).TS} {
		status, body := w.get("/?as=" + place + "&in=" + shared + "&notice=" + hostile[:8] + "&draft=%22%3E%3Cimg%20src=x%3E")
		if status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		mustContain(t, body, "&lt;script&gt;")
		mustNotContain(t, body, "<script>", "<img", `"><`+"img")
	}
}

func TestTenantIsShown(t *testing.T) {
	lines := []page.AuditLine{{At: time.Date(2026, 11, 24, 9, 1, 0, 0, time.UTC), Kind: "request.submitted", Who: "Ana", What: "R-1"}, {Kind: "request.denied"}}
	w := newWorld(t, func(o *page.Options) {
		o.Audit = audit(lines, nil)
		o.RoleName = func(id string) string { return map[string]string{"r1": "Exchange Administrator"}[id] }
	})
	user := w.graph.AddUser(graphtest.User{DisplayName: "Ana Ruiz"})
	group := w.graph.AddGroup(graphtest.Group{DisplayName: "LK Contoso Exchange", Members: []string{user}})
	rel := w.graph.AddRelationship(graphtest.Relationship{DisplayName: "Contoso 2026", CustomerName: "Contoso", Roles: []string{"r1", "r2"}})
	w.graph.AddAssignment(graphtest.Assignment{Relationship: rel, Group: group, Roles: []string{"r1"}})
	_, body := w.get("/?tab=groups")
	mustContain(t, body, "LK Contoso Exchange", `<li class="tag">Ana Ruiz</li>`)
	_, body = w.get("/?tab=access")
	mustContain(t, body, "Contoso 2026", "Exchange Administrator", "<li>r2</li>")
	_, body = w.get("/?tab=writes")
	mustContain(t, body, "Nothing yet.")
	_, body = w.get("/?tab=audit")
	mustContain(t, body, "request.submitted")
	if strings.Index(body, "request.denied") > strings.Index(body, "request.submitted") {
		t.Error("the newest line is not first")
	}
	_, body = w.get("/?tab=nonsense")
	mustContain(t, body, `id="tab-groups" href="/?as=U-ANA&amp;in=C-SHARED&amp;pane=tenant&amp;tab=groups" aria-current="true"`)
}

func TestAuditThatFails(t *testing.T) {
	w := newWorld(t, func(o *page.Options) { o.Audit = audit(nil, errStuck) })
	_, body := w.get("/?tab=audit")
	mustContain(t, body, "It cannot be read at the moment.")
	mustNotContain(t, body, errStuck.Error())
}

func TestEventsFollowEveryChange(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.page.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("content type %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	next := func(after string) {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: change" {
				return
			}
		}
		t.Fatalf("the stream ended after %s: %v", after, lines.Err())
	}
	next("the start")
	if _, err := w.slack.Say(ana, shared, "hi"); err != nil {
		t.Fatal(err)
	}
	next("a message")
	w.graph.AddUser(graphtest.User{DisplayName: "New"})
	next("a change in Graph")
	w.post("/clock", "as", ana, "by", "1h")
	next("the clock")
}
