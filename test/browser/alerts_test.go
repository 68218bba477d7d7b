package browser_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/report"
	"latchkey/internal/sandbox/page"
)

// cardsPictures are the docs' pictures of what the operators hear.
const cardsPictures = "../../docs/"

type kind struct {
	channel, name string
	cards         []string
}

// kinds are the channels in which the cards of alerts, the summary, and what customers
// of other languages see are looked at, each with the names of
// its golden files.
var kinds = []kind{
	{"C-RELATIONSHIPS", "alerts-relationships", []string{
		"alert-new", "alert-approved", "alert-active", "alert-terminated", "alert-acknowledged", "alert-settled", "alert-expired", "alert-vanished",
		"alert-roles", "alert-renewal-off", "alert-shortened", "alert-extended-itself", "alert-ends-soon", "alert-replaced", "alert-older", "alert-muted",
	}},
	{"C-GROUPS", "alerts-groups", []string{
		"alert-stranger", "alert-stranger-gone", "alert-member-lost", "alert-member-back", "alert-stuck", "alert-stuck-removed", "alert-agent",
		"alert-group-new", "alert-group-lost", "alert-group-failed", "alert-group-other",
	}},
	{"C-CUSTOMERS", "alerts-customers", []string{"alert-dap-gone", "alert-dap-held", "alert-left", "alert-came"}},
	{"C-SUMMARY", "summary", []string{"summary-partner"}},
	{"C-GLASS", "break-glass", []string{
		"breakglass-offered", "breakglass-customer-active", "breakglass-customer-ended", "breakglass-review-active", "breakglass-objection",
		"breakglass-overdue", "breakglass-review-signed",
	}},
	{"C-LANGUAGES", "languages", []string{
		"languages/de-pending-two-of-three", "languages/de-active", "languages/de-revoked", "languages/de-described",
		"languages/fr-active", "languages/fr-reminder-pending", "languages/es-denied", "languages/es-contact-linked",
	}},
	{"C-REVIEW", "review", []string{"review-new", "review-middle", "review-closed", "review-operators-handed"}},
}

// wall shows what was said at one time and does not move.
type wall struct{}

func (wall) Now() time.Time                { return time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) }
func (wall) At(real time.Time) time.Time   { return real }
func (wall) Advance(_ time.Duration) error { return nil }

const bot = "xoxb-look"

// gallery is a workspace in whose channels the golden cards of alerts stand.
func gallery(t *testing.T) string {
	t.Helper()
	slack := chattest.New(chattest.Options{
		SigningSecret: "s", BotToken: bot, BotTeam: "T-OWN", BotUser: "U-BOT", Scopes: []string{"chat:write", "files:write"}, PostRate: -1,
	})
	slack.AddTeam(chattest.Team{ID: "T-OWN", Name: "Fabrikam", Domain: "fabrikam"})
	slack.AddUser(chattest.User{ID: "U-DEE", Team: "T-OWN", Name: "dee", RealName: "Dee Okafor"})
	srv := httptest.NewServer(slack)
	t.Cleanup(srv.Close)
	slack.Serve(srv.URL, srv.URL)
	for _, k := range kinds {
		slack.AddChannel(chattest.Channel{ID: k.channel, Name: k.name, Host: "T-OWN", Members: []string{"U-BOT", "U-DEE"}})
		for _, card := range k.cards {
			raw, err := os.ReadFile(filepath.Join("../../internal/messages/testdata", card+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var message map[string]any
			if err := json.Unmarshal(raw, &message); err != nil {
				t.Fatal(err)
			}
			message["channel"] = k.channel
			body, err := json.Marshal(message)
			if err != nil {
				t.Fatal(err)
			}
			ask(t, srv.URL+"/api/chat.postMessage", "application/json", body)
		}
	}
	illustrate(t, srv.URL)
	furnish(t, srv.URL)
	p := httptest.NewServer(page.New(page.Options{
		Slack: slack, Clock: wall{}, People: []page.Persona{{User: "U-DEE", Name: "Dee Okafor", What: "staff of Fabrikam"}},
		Graph: graphtest.New(graphtest.Options{
			PartnerTenant: "11111111-1111-4111-8111-111111111111", ClientID: "22222222-2222-4222-8222-222222222222", ClientSecret: "s", Due: wall{}.Now,
		}),
	}))
	t.Cleanup(func() {
		p.CloseClientConnections()
		p.Close()
	})
	return p.URL
}

// illustrate shows the picture that goes with the summary.
func illustrate(t *testing.T, slack string) {
	t.Helper()
	days := []report.Day{
		{Name: "Tue 17", Asked: 4, Given: 3}, {Name: "Wed 18", Asked: 7, Given: 7}, {Name: "Thu 19", Asked: 2, Given: 2},
		{Name: "Fri 20", Asked: 5, Given: 3}, {Name: "Sat 21"}, {Name: "Sun 22", Asked: 1, Given: 1}, {Name: "Mon 23", Asked: 9, Given: 8},
	}
	drawn, err := report.Days(days)
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	at := ask(t, slack+"/api/files.getUploadURLExternal", form, []byte(url.Values{
		"filename": {"latchkey-week-2026-11-24.png"}, "length": {strconv.Itoa(len(drawn))}, "alt_txt": {report.DaysAlt(days)},
	}.Encode()))
	ask(t, at["upload_url"].(string), "application/octet-stream", drawn)
	ask(t, slack+"/api/files.completeUploadExternal", form, []byte(url.Values{
		"channel_id": {"C-SUMMARY"}, "files": {fmt.Sprintf(`[{"id":%q,"title":"Requests and access, Tue 17 Nov to Mon 23 Nov"}]`, at["file_id"])},
	}.Encode()))
}

// ask calls Slack as the bot does.
func ask(t *testing.T, address, kind string, body []byte) (answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+bot)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close() //nolint:errcheck // it was read
	if strings.Contains(address, "/api/") {
		if err := json.NewDecoder(got.Body).Decode(&answer); err != nil || answer["ok"] != true {
			t.Fatalf("%s answered %v, %v", address, answer, err)
		}
	} else if got.StatusCode != http.StatusOK {
		t.Fatalf("%s answered %s", address, got.Status)
	}
	return answer
}

// TestAlertCards looks at every kind of card of an alert, at the summary with its
// picture, and at an access review as the customer and the operators see it.
func TestAlertCards(t *testing.T) {
	at := gallery(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			p := open(t, at+"/?as=U-DEE&in="+k.channel)
			p.see(".where", k.name)
			if k.channel == "C-SUMMARY" {
				p.wait("the picture is drawn", `[...document.querySelectorAll('.file img')].some((i) => i.naturalWidth === 960)`)
			}
			p.judge(k.name)
			if *update {
				p.do("make it narrower", chromedp.EmulateViewport(1040, 900))
				height := value[int](p, `document.querySelector('.flow').scrollHeight`)
				p.do("show all of it", chromedp.EmulateViewport(1040, int64(height)+260))
				p.shoot(cardsPictures + k.name + ".png")
				p.look(wide, light)
			}
		})
	}
}

// TestAlertCardsAreAll holds that no kind of card is left out of what is looked at.
func TestAlertCardsAreAll(t *testing.T) {
	all, err := filepath.Glob("../../internal/messages/testdata/alert-*.json")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	// Words and lengths of the same cards, which the golden files hold.
	variants := []string{"-by", "-other", "-ours", "-gone", "-allowed", "-tomorrow", "hostile", "longest", "unknown", "flapping", "extended"}
	for _, path := range all {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		shown := slices.ContainsFunc(kinds, func(k kind) bool { return slices.Contains(k.cards, name) })
		if !shown && !slices.ContainsFunc(variants, func(v string) bool { return strings.HasSuffix(name, v) }) {
			t.Errorf("%s is not looked at", name)
		}
	}
}
