package web_test

import (
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/web"
)

// TestDeskOfTwoReplicas has one replica begin the sign-in and the other end it, each page
// be of another one than the one before, and what was used be used nowhere again.
func TestDeskOfTwoReplicas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := d.handler()
	first, turn := d.srv.Config.Handler, 0
	d.srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		turn++
		[]http.Handler{first, other}[turn%2].ServeHTTP(w, r)
	})
	c := d.browser()
	link := web.PathRequests + string(asked)
	p := d.signIn(c, link+"/sign-in")
	if p.status != 200 || !strings.Contains(p.text, "Helpdesk Administrator") {
		t.Fatalf("after the sign-in: %d %s", p.status, p.text)
	}
	d.ms.mu.Lock()
	used := web.PathSignedIn + "?code=c0de&state=" + url.QueryEscape(d.ms.ask.Get("state"))
	d.ms.mu.Unlock()
	for range 2 { // at each
		if p := d.call(c, "GET", used); p.status != 400 || !strings.Contains(p.text, "has been used") {
			t.Errorf("once more: %d %s", p.status, html.UnescapeString(p.text))
		}
	}
	token := csrfOf(p)
	for _, open := range d.shared.everything() {
		for _, cookie := range c.Jar.(*cookiejar.Jar).Cookies(mustParse(t, d.srv.URL)) {
			if strings.Contains(open, cookie.Value) || strings.Contains(open, token) {
				t.Errorf("what replicas share holds what only a browser may know: %s", open)
			}
		}
	}
	for range 2 {
		if p := d.say(c, url.Values{"csrf": {token}, "terms": {"2"}, "verdict": {"approve"}}); p.status != 410 {
			t.Errorf("on old terms: %d %s", p.status, p.text)
		}
	}
	if p := d.say(c, url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}}); p.status != 200 || len(d.office.decided) != 1 {
		t.Errorf("decided: %d %s, %v", p.status, p.text, d.office.decided)
	}
	d.posts(c, "/contacts/sign-out", url.Values{"csrf": {token}})
	for range 2 {
		if p := d.call(c, "GET", link); !strings.Contains(p.text, "Sign in with Microsoft") {
			t.Errorf("after the sign-out: %d %s", p.status, p.text)
		}
	}
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
