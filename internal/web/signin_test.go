package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.browser()
	first := s.call(c, "GET", "/signin/"+secret)
	if first.status != 200 || !strings.Contains(first.text, "Do &lt;it&gt;") || !strings.Contains(first.text, "dee@fabrikam.example") {
		t.Fatalf("first page = %d %s", first.status, first.text)
	}
	if len(first.header["Set-Cookie"]) != 0 {
		t.Error("a look at the page sets a cookie")
	}
	back := s.begin(c)
	for name, want := range map[string]string{
		"response_type": "code", "client_id": client, "code_challenge_method": "S256", "login_hint": "dee@fabrikam.example",
		"redirect_uri": s.srv.URL + "/signin/callback", "scope": "openid profile thing/.default",
	} {
		if got := s.ms.ask.Get(name); got != want {
			t.Errorf("Microsoft is asked with %s = %q, want %q", name, got, want)
		}
	}
	if done := s.call(c, "GET", back); done.status != 200 || !strings.Contains(done.text, "Done") {
		t.Fatalf("last page = %d %s", done.status, done.text)
	}
	if len(s.acts.did) != 1 || s.acts.did[0] != dee || s.acts.token == "" {
		t.Errorf("did = %v", s.acts.did)
	}
	if !s.ms.verifier || s.ms.form.Get("client_secret") != "pr00f" || s.ms.form.Get("code") != "c0de" {
		t.Errorf("redeemed with %v, verifier %v", s.ms.form, s.ms.verifier)
	}
	if again := s.call(c, "GET", back); again.status != 400 || len(s.acts.did) != 1 {
		t.Errorf("the way back a second time = %d, did %d times", again.status, len(s.acts.did))
	}
	if strings.Contains(s.log.String(), s.acts.token) {
		t.Error("the log holds the token")
	}
}

func TestWhoIsTurnedAway(t *testing.T) {
	t.Parallel()
	other := map[string]any{"amr": []string{"pwd", "mfa"}}
	with := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	for _, row := range []struct {
		name   string
		claims map[string]any
		amr    []string
		status int
		says   string
	}{
		{"MethodsInTheIDToken", other, nil, 200, "Done"},
		{"OtherTenant", with("tid", "99999999-6a0f-4d0f-9a55-2f1c5e7d9a10"), []string{"mfa"}, 403, "another organisation"},
		{"NoObject", with("oid", ""), []string{"mfa"}, 403, "another organisation"},
		{"Guest", with("acct", 1), []string{"mfa"}, 403, "as a guest"},
		{"GuestAsText", with("acct", "1"), []string{"mfa"}, 403, "as a guest"},
		{"GuestByName", with("preferred_username", "x_out.example#EXT#@fabrikam.example"), []string{"mfa"}, 403, "as a guest"},
		{"GuestByProvider", with("idp", "https://sts.windows.net/99999999/"), []string{"mfa"}, 403, "as a guest"},
		{"NoMFA", nil, []string{"pwd"}, 403, "multi-factor"},
		{"NoMethods", nil, nil, 403, "multi-factor"},
		{"OtherIssuer", with("iss", "https://evil.test/"+tenant+"/v2.0"), []string{"mfa"}, 502, "went wrong"},
		{"OtherAudience", with("aud", "someone"), []string{"mfa"}, 502, "went wrong"},
		{"OtherNonce", with("nonce", "x"), []string{"mfa"}, 502, "went wrong"},
		{"Expired", with("exp", time.Now().Add(-time.Hour).Unix()), []string{"mfa"}, 502, "went wrong"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.ms.claims, s.ms.amr = row.claims, row.amr
			c := s.browser()
			p := s.call(c, "GET", s.begin(c))
			if p.status != row.status || !strings.Contains(p.text, row.says) {
				t.Errorf("= %d %s", p.status, p.text)
			}
			if done := len(s.acts.did) > 0; done != (row.status == 200) {
				t.Errorf("did = %v", s.acts.did)
			}
			if told := len(s.acts.told) > 0; told != (row.status == 403) {
				t.Errorf("recorded = %v", s.acts.told)
			}
		})
	}
}

func TestWaysBack(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		call   func(s *stage, c *http.Client) page
		status int
		says   string
	}{
		{"SaidNo", func(s *stage, c *http.Client) page {
			return s.call(c, "GET", strings.Replace(s.begin(c), "code=c0de", "error=access_denied", 1))
		}, 403, "You said no"},
		{"OtherError", func(s *stage, c *http.Client) page {
			return s.call(c, "GET", strings.Replace(s.begin(c), "code=c0de", "error=server_error", 1))
		}, 403, "did not let you in"},
		{"OtherBrowser", func(s *stage, c *http.Client) page { return s.call(s.browser(), "GET", s.begin(c)) }, 400, "another browser"},
		{"MadeUp", func(s *stage, c *http.Client) page {
			s.begin(c)
			return s.call(c, "GET", "/signin/callback?code=c&state=x")
		}, 400, "not known"},
		{"CodeIsNoGood", func(s *stage, c *http.Client) page {
			s.ms.fail = true
			return s.call(c, "GET", s.begin(c))
		}, 502, "went wrong"},
		{"UsedMeanwhile", func(s *stage, c *http.Client) page {
			back := s.begin(c)
			s.acts.look = access.Refuse(access.Conflict, "This link has been used.")
			return s.call(c, "GET", back)
		}, 410, "has been used"},
		{"UnknownLink", func(s *stage, c *http.Client) page { return s.call(c, "GET", "/signin/other") }, 404, "not known"},
		{"BeginUnknown", func(s *stage, c *http.Client) page { return s.call(c, "POST", "/signin/other") }, 404, "not known"},
		{"FormOfAnotherSite", func(s *stage, c *http.Client) page {
			return s.call(c, "POST", "/signin/"+secret, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test")
		}, 403, "another site"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := row.call(s, s.browser())
			if p.status != row.status || !strings.Contains(p.text, row.says) || len(s.acts.did) > 0 {
				t.Errorf("= %d %s, did %v", p.status, p.text, s.acts.did)
			}
			if strings.Contains(s.log.String(), "planted") || strings.Contains(s.log.String(), secret) {
				t.Errorf("the log tells too much: %s", s.log)
			}
		})
	}
}

// TestTwoTabs lets a person begin twice; each way back works once.
func TestTwoTabs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.browser()
	s.begin(c)
	second := s.begin(c)
	if p := s.call(c, "GET", second); p.status != 200 {
		t.Errorf("second tab = %d %s", p.status, p.text)
	}
}

func TestHeadersAndRate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.browser()
	p := s.call(c, "POST", "/signin/"+secret)
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if csp := p.header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy = %q", csp)
	}
	if cookie := p.header.Get("Set-Cookie"); !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Lax") {
		t.Errorf("cookie = %q", cookie)
	}
	for range 100 {
		p = s.call(c, "GET", "/signin/"+secret)
	}
	if p.status != 429 || p.header.Get("Retry-After") == "" {
		t.Errorf("the 101st page = %d", p.status)
	}
}
