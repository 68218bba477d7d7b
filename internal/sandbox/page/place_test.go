package page_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox/page"
)

func TestThreadIsOpened(t *testing.T) {
	w := newWorld(t, nil)
	first, err := w.slack.Say(ana, shared, "the start")
	if err != nil {
		t.Fatal(err)
	}
	w.api("chat.postMessage", object{"channel": shared, "text": "an answer", "thread_ts": first.TS})
	_, body := w.get("/?as=" + carla + "&in=" + shared)
	mustContain(t, body, "the start", ">1 reply</a>")
	mustNotContain(t, body, "an answer")
	_, body = w.get("/?as=" + carla + "&in=" + shared + "&thread=" + first.TS)
	mustContain(t, body, `aria-label="Thread"`, "an answer", "1 reply")
	_, body = w.get("/?as=" + carla + "&in=" + shared + "&thread=1.2")
	mustContain(t, body, "Microsoft tenant")
}

func TestReplyIsSaidInTheThread(t *testing.T) {
	w := newWorld(t, nil)
	first, err := w.slack.Say(ana, shared, "the start")
	if err != nil {
		t.Fatal(err)
	}
	_, body := w.post("/reply", "as", carla, "in", shared, "thread", first.TS, "text", " an <answer> ")
	mustContain(t, body, `aria-label="Thread"`, "an &lt;answer&gt;", "1 reply")
	said := w.slack.Messages(ana, shared)
	if len(said) != 2 || said[1].ThreadTS != first.TS || said[1].User != carla {
		t.Errorf("the channel holds %+v", said)
	}
	w.post("/reply", "as", carla, "in", shared, "thread", said[1].TS, "text", "of the same thread")
	w.post("/reply", "as", carla, "in", shared, "thread", "1.2", "text", "to nothing")
	w.post("/reply", "as", carla, "in", shared, "thread", first.TS, "text", " ")
	_, body = w.post("/reply", "as", ana, "in", shared, "thread", first.TS, "text", "/access list")
	mustContain(t, body, "cannot be used in threads")
	if said = w.slack.Messages(ana, shared); len(said) != 3 || said[2].ThreadTS != first.TS {
		t.Errorf("the channel holds %+v", said)
	}
}

func TestHomeIsOpened(t *testing.T) {
	w := newWorld(t, nil)
	_, body := w.post("/home", "as", ana, "in", shared)
	mustContain(t, body, "The app has not published anything here yet.")
	mustNotContain(t, body, `id="composer"`)
	w.api("views.publish", object{"user_id": ana, "view": object{"type": "home", "blocks": card("*At home*")}})
	_, body = w.get("/?as=" + ana + "&in=home")
	mustContain(t, body, "<strong>At home</strong>", `name="view"`)
	home, _ := w.slack.Home(ana)
	_, body = w.post("/click", "as", ana, "in", "home", "view", home.ID, "press", "a/1/approve")
	mustContain(t, body, "Give this access?")
	w.post("/click", "as", ana, "in", "home", "view", home.ID, "press", "a/1/approve", "confirmed", "1")
	if got := w.last(ana).Text; got != "clicked approve R-1" {
		t.Errorf("the app says %q", got)
	}
	_, body = w.post("/home", "as", carla, "in", shared)
	mustContain(t, body, "shown only to members of the workspace")
}

func TestCommandsAreCompleted(t *testing.T) {
	w := newWorld(t, nil)
	for _, name := range []string{"Contoso", "Adventure Works"} {
		w.graph.AddRelationship(graphtest.Relationship{DisplayName: name, CustomerName: name})
	}
	for _, test := range []struct {
		name, as, typed string
		want, not       []string
	}{
		{"prefix", ana, "%2FAccess+l", []string{`data-fill="/access list contoso"`, `data-fill="/access list &#34;adventure works&#34;"`}, []string{"request"}},
		{"nothing typed", ana, "", nil, []string{"data-fill"}},
		{"no command", ana, "hello", nil, []string{"data-fill"}},
		{"whole command", ana, "%2Faccess+list+contoso", nil, []string{"data-fill"}},
		{"external", carla, "%2Facc", nil, []string{"data-fill"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, body := w.get("/complete?as=" + test.as + "&text=" + test.typed)
			mustContain(t, body, test.want...)
			mustNotContain(t, body, test.not...)
		})
	}
}

func TestChangedRowsAreMarked(t *testing.T) {
	w := newWorld(t, nil)
	group := w.graph.AddGroup(graphtest.Group{DisplayName: "LK"})
	user := w.graph.AddUser(graphtest.User{DisplayName: "Ana"})
	_, body := w.get("/")
	mustNotContain(t, body, "item fresh", ", changed")
	w.graph.AddMember(group, user)
	_, body = w.get("/")
	mustContain(t, body, `<section class="item fresh"><h3>LK</h3>`, `<li class="tag fresh">Ana</li>`)
	_, body = w.get("/?tab=access")
	mustContain(t, body, `Groups<span class="dot"><span class="quiet">, changed`)
}

func TestClockGoesToWhatIsDue(t *testing.T) {
	var due time.Time
	w := newWorld(t, func(o *page.Options) {
		o.NextDue = func(context.Context) (time.Time, string, bool) { return due, "access <ends>", true }
	})
	_, body := w.get("/")
	mustNotContain(t, body, `id="by-due"`) // it is in the past
	due = w.clock.Now().Add(90 * time.Minute)
	_, body = w.get("/")
	mustContain(t, body, `id="by-due"`, "access &lt;ends&gt;")
	w.post("/clock", "as", ana, "by", "due")
	if got := w.clock.Now(); !got.After(due) || got.Sub(due) > time.Minute {
		t.Errorf("the clock shows %v, due was %v", got, due)
	}
}

func TestMailIsShown(t *testing.T) {
	w := newWorld(t, nil)
	user := w.graph.AddUser(graphtest.User{DisplayName: "Ana <i>", UPN: "ana@example.com", Mail: "ana@example.com"})
	_, body := w.get("/")
	mustNotContain(t, body, `id="tab-mail"`)
	token := w.microsoft("/"+tenant+"/oauth2/v2.0/token", "", "application/x-www-form-urlencoded", fields(
		"client_id", "22222222-2222-4222-8222-222222222222", "client_secret", "s", "grant_type", "client_credentials", "scope", "https://graph.microsoft.com/.default",
	).Encode())["access_token"].(string)
	w.microsoft("/v1.0/users/"+user+"/sendMail", token, "application/json",
		`{"message":{"subject":"Access <ended>","body":{"contentType":"html","content":"<script>x</script>"},"toRecipients":[{"emailAddress":{"address":"carla@example.com"}}]}}`)
	_, body = w.get("/?tab=mail")
	mustContain(t, body, "Access &lt;ended&gt;", "Ana &lt;i&gt; to carla@example.com", "&lt;script&gt;x")
}

// microsoft calls the stand-in as the app does.
func (w *world) microsoft(path, token, kind, body string) object {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://graph.example"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.graph.ServeHTTP(rec, r)
	answer := object{}
	if rec.Code/100 != 2 || rec.Body.Len() > 0 && json.Unmarshal(rec.Body.Bytes(), &answer) != nil {
		w.t.Fatalf("POST %s: %d %s", path, rec.Code, rec.Body)
	}
	return answer
}

func TestAdminCenterIsLinked(t *testing.T) {
	w := newWorld(t, func(o *page.Options) {
		o.AdminCenter = func(user string) string { return map[string]string{carla: "http://127.0.0.1:1/admin?x=1&y=2"}[user] }
	})
	_, body := w.get("/?as=" + carla)
	mustContain(t, body, `href="http://127.0.0.1:1/admin?x=1&amp;y=2" target="_blank"`, "Open the Microsoft 365 admin center")
	_, body = w.get("/?as=" + ana)
	mustNotContain(t, body, "admin center")
}

// faults is a plan that refuses to lose an answer.
type faults struct {
	mu   sync.Mutex
	plan []page.Fault
}

func (f *faults) FaultTargets() []page.FaultTarget {
	return []page.FaultTarget{{Service: "Slack", Calls: []string{"chat.postMessage", "chat.update"}}, {Service: "Microsoft", Calls: []string{"token"}}}
}

func (f *faults) ListFaults() []page.Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]page.Fault(nil), f.plan...)
}

func (f *faults) AddFault(one page.Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.Kind == page.FaultLost {
		return errors.New("not this one")
	}
	f.plan = append(f.plan, one)
	return nil
}

func (f *faults) ClearFaults() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan = nil
}

func TestFaultsAreMadeAndCleared(t *testing.T) {
	f := &faults{}
	w := newWorld(t, func(o *page.Options) { o.Faults = f })
	_, body := w.get("/?tab=faults")
	mustContain(t, body, "Everything works as it should.", `<optgroup label="Slack">`, `value="Microsoft|token"`)
	_, body = w.post("/fault", "as", ana, "tab", "faults", "on", "Slack|chat.update", "kind", "slow", "times", "3")
	mustContain(t, body, "answer slowly: 0 of 3 hit")
	for _, bad := range [][3]string{
		{"Slack|token", "slow", "1"}, {"Slack", "slow", "1"}, {"Slack|chat.update", "boom", "1"}, {"Slack|chat.update", "slow", "0"},
		{"Slack|chat.update", "slow", "99"}, {"Slack|chat.update", "slow", "x"}, {"Slack|chat.update", "lost", "1"},
	} {
		_, body = w.post("/fault", "as", ana, "tab", "faults", "on", bad[0], "kind", bad[1], "times", bad[2])
		mustContain(t, body, "This trouble does not go with that call.")
	}
	if n := len(f.ListFaults()); n != 1 {
		t.Errorf("%d faults in force", n)
	}
	_, body = w.post("/faults/clear", "as", ana, "tab", "faults")
	mustContain(t, body, "Everything works as it should.")

	w = newWorld(t, nil)
	_, body = w.post("/fault", "as", ana, "on", "Slack|chat.update", "kind", "slow", "times", "1")
	mustContain(t, body, "This trouble does not go with that call.")
	mustNotContain(t, body, `id="tab-faults"`)
}

// TestPhoneShowsOnePane holds that the address says which pane a phone shows,
// and that forms lead back to it.
func TestPhoneShowsOnePane(t *testing.T) {
	w := newWorld(t, nil)
	for pane, class := range map[string]string{"": "show-talk", "people": "show-people", "tenant": "show-tenant", "x": "show-talk"} {
		_, body := w.get("/?pane=" + pane)
		mustContain(t, body, `class="whole `+class+`"`)
	}
	_, body := w.post("/clock", "as", ana, "in", shared, "pane", "tenant", "tab", "access", "by", "1h")
	mustContain(t, body, "show-tenant", `id="shown-access"`)
}

// TestVendoredScriptsAreWhatTheReadmeSays compares the files with the sums in
// the README beside them, and holds that each has its licence.
func TestVendoredScriptsAreWhatTheReadmeSays(t *testing.T) {
	readme, err := os.ReadFile("static/vendor/README.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("static/vendor/*.js")
	if err != nil || len(scripts) != 3 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, name := range scripts {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		base := filepath.Base(name)
		mustContain(t, string(readme), hex.EncodeToString(sum[:])+"  "+base)
		for line := range strings.SplitSeq(string(readme), "\n") {
			if _, licence, ok := strings.Cut(line, "LICENSE."); ok && strings.HasPrefix(line, "| "+base) {
				licence, _, _ = strings.Cut(licence, " ")
				if _, err := os.Stat("static/vendor/LICENSE." + licence); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func TestPageFetchesNothingFromElsewhere(t *testing.T) {
	w := newWorld(t, nil)
	_, body := w.get("/")
	for _, attr := range []string{`src="`, `rel="stylesheet" href="`, `sse-connect="`} {
		for _, part := range strings.Split(body, attr)[1:] {
			if !strings.HasPrefix(part, "/") || strings.HasPrefix(part, "//") {
				t.Errorf("%s%.40s", attr, part)
			}
		}
	}
	mustNotContain(t, body, "<style", " style=", "onclick", "<script>")
	if status, _ := w.get("/static/vendor/LICENSE.htmx"); status != http.StatusOK {
		t.Errorf("the licence: status %d", status)
	}
}

// TestWorkIsDone lets somebody of the partner work in a customer's tenant, whom Microsoft
// lets in or not, and shows what the customer's logs say of it.
func TestWorkIsDone(t *testing.T) {
	const contoso = "c0000000-0000-4000-8000-000000000001"
	w := newWorld(t, func(o *page.Options) {
		o.Works = func(user string) string { return map[string]string{ana: "a0000000-0000-4000-8000-00000000000a"}[user] }
	})
	w.graph.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso"})
	w.graph.AddRelationship(graphtest.Relationship{CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{"r"}})
	if _, err := w.graph.AddPerson(graphtest.Person{Tenant: tenant, ObjectID: "a0000000-0000-4000-8000-00000000000a", Name: "Ana"}); err != nil {
		t.Fatal(err)
	}
	_, body := w.get("/?tab=work&as=" + ana)
	mustContain(t, body, `<option value="`+contoso+`">Contoso</option>`, "Go to work", "Nothing yet.")
	_, body = w.get("/?tab=work&as=" + carla)
	mustContain(t, body, "Be one of the partner’s people")
	_, body = w.post("/work", "as", ana, "tab", "work", "tenant", contoso, "does", "Update user")
	mustContain(t, body, "Microsoft does not let them in", "signed in to Microsoft 365 admin center, refused")
	mustNotContain(t, body, "Update user Pat")
	_, body = w.post("/work", "as", ana, "tab", "work", "tenant", contoso, "does", "Update user", "otherwise", "yes")
	mustContain(t, body, "Update user Pat Example", "user_")
	for _, bad := range [][3]string{{ana, "elsewhere", ""}, {ana, contoso, "Anything"}, {carla, contoso, ""}, {ana, "", ""}} {
		_, body = w.post("/work", "as", bad[0], "tab", "work", "tenant", bad[1], "does", bad[2])
		mustContain(t, body, "That did not work.")
	}
	if n := len(w.graph.Entries()); n != 3 {
		t.Errorf("the logs have %d entries, want 3", n)
	}
}
