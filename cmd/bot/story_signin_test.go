package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// signInVerbs are the verbs of stories in which somebody signs in on the bot's
// own page:
//
//	visits dee [as=ana] [keep] [cancel]   follow dee's newest link and sign in, as somebody else,
//	                                     without going back to the bot, or saying no; stdout is
//	                                     the last page
//	back dee                             go back to the bot with what was kept, or once more
//	dap adatum held|gone                 wait until Partner Center has it so
//	unset NAME …                         start the bot again without these settings
func signInVerbs() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"visits": cmdVisits, "back": cmdBack, "dap": cmdDAP, "unset": cmdUnset}
}

// browser is somebody's browser, with the address at which they stopped.
type browser struct {
	http.Client
	kept string
}

var (
	signInLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/signin/[0-9a-f]{32}`)
	goOn       = regexp.MustCompile(`class="go" href="([^"]+)"`)
	formParts  = regexp.MustCompile(`<form method="post" action="([^"]+)"[^>]*>\s*<input type="hidden" name="flow" value="([^"]+)">`)
	tags       = regexp.MustCompile(`(?s)<style.*?</style>|<title>.*?</title>|<[^>]*>`)
)

func cmdVisits(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "visits who [as=who] [keep] [cancel]")
	s, as, keep, cancel := on(ts), args[0], false, false
	for _, a := range args[1:] {
		switch v, ok := strings.CutPrefix(a, "as="); {
		case ok:
			as = v
		case a == "keep":
			keep = true
		case a == "cancel":
			cancel = true
		}
	}
	link := s.signInLink(ts, args[0])
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	b := &browser{Client: http.Client{Jar: jar}}
	if s.browsers == nil {
		s.browsers = map[string]*browser{}
	}
	s.browsers[args[0]] = b
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.Contains(r.URL.Path, "/signin/callback") {
			b.kept = r.URL.String()
			if keep {
				return http.ErrUseLastResponse
			}
		}
		return nil
	}
	_, text := b.get(ts, link)
	status := 0
	if strings.Contains(text, `<form method="post">`) {
		_, text = b.post(ts, link, nil)
		m := goOn.FindStringSubmatch(text)
		if m == nil {
			ts.Fatalf("no way on to Microsoft: %s", text)
		}
		next := html.UnescapeString(m[1])
		_, text = b.get(ts, next)
		status, text = b.signIn(ts, next, text, as+"@fabrikam.example", cancel)
	}
	fmt.Fprintln(ts.Stdout(), readable(text))
	if (status == http.StatusOK || keep && status == http.StatusSeeOther) == neg {
		ts.Fatalf("the page answered %d: %s", status, readable(text))
	}
}

// signIn fills in Microsoft's pages.
func (b *browser) signIn(ts *testscript.TestScript, at, text, upn string, cancel bool) (status int, page string) {
	for range 3 {
		m := formParts.FindStringSubmatch(text)
		if m == nil {
			break
		}
		u, err := url.Parse(at)
		ts.Check(err)
		to, err := u.Parse(html.UnescapeString(m[1]))
		ts.Check(err)
		form := url.Values{"flow": {m[2]}, "upn": {upn}}
		if strings.Contains(text, `name="answer"`) {
			form = url.Values{"flow": {m[2]}, "answer": {"accept"}}
			if cancel {
				form.Set("answer", "cancel")
			}
		}
		status, text = b.post(ts, to.String(), form)
	}
	return status, text
}

func (b *browser) get(ts *testscript.TestScript, address string) (int, string) {
	resp, err := b.Get(address)
	ts.Check(err)
	return read(ts, resp)
}

func (b *browser) post(ts *testscript.TestScript, address string, form url.Values) (int, string) {
	resp, err := b.PostForm(address, form)
	ts.Check(err)
	return read(ts, resp)
}

func read(ts *testscript.TestScript, resp *http.Response) (int, string) {
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	ts.Check(err)
	return resp.StatusCode, string(raw)
}

func readable(page string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(page, " "))), " ")
}

func cmdBack(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "back who")
	b := on(ts).browsers[args[0]]
	if b == nil || b.kept == "" {
		ts.Fatalf("%s was not on the way back", args[0])
	}
	status, text := b.get(ts, b.kept)
	fmt.Fprintln(ts.Stdout(), readable(text))
	if (status == http.StatusOK) == neg {
		ts.Fatalf("the page answered %d: %s", status, readable(text))
	}
}

// signInLink waits for the person's newest link: that of the open modal, or else
// of their messages.
func (s *stage) signInLink(ts *testscript.TestScript, who string) string {
	var found string
	ts.Check(s.wait(who+" to have a link to sign in", func() bool {
		for _, c := range s.Slack.ChannelsOf(people[who]) {
			for _, m := range s.Slack.Messages(people[who], c.ID) {
				for _, link := range signInLink.FindAllString(string(m.Blocks), -1) {
					found = link
				}
			}
		}
		if v, ok := s.Slack.View(people[who]); ok {
			if link := signInLink.FindString(string(v.Raw)); link != "" {
				found = link
			}
		}
		return found != ""
	}))
	return found
}

func cmdDAP(ts *testscript.TestScript, _ bool, args []string) {
	need(ts, args, 2, "dap customer held|gone")
	s := on(ts)
	ts.Check(s.wait("Partner Center to have the legacy administration of "+args[0]+" "+args[1], func() bool {
		for _, t := range s.Graph.Tenants() {
			if strings.EqualFold(t.Name, args[0]) {
				return t.DAP == (args[1] == "held")
			}
		}
		return false
	}))
}

func cmdUnset(ts *testscript.TestScript, _ bool, args []string) {
	s := on(ts)
	s.stopBot()
	path := filepath.Join(s.dir, "world.json")
	raw, err := os.ReadFile(path)
	ts.Check(err)
	var world map[string]any
	ts.Check(json.Unmarshal(raw, &world))
	env, _ := world["Env"].(map[string]any)
	for _, name := range args {
		delete(env, name)
	}
	raw, err = json.Marshal(world)
	ts.Check(err)
	ts.Check(os.WriteFile(path, raw, 0o600))
	ts.Check(s.start())
}
