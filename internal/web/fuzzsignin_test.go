package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/web"
)

// FuzzSignedIn has Microsoft answer the redemption of a sign-in with any claims over the
// usual ones, well signed, with any words in the access token, or with anything at all:
// the act is done for nobody but a person of the tenant who is no guest and has signed in
// with more than a password.
func FuzzSignedIn(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"amr":["pwd","mfa"]}`, `{"amr":["pwd"]}`, `{"tid":"99999999-6a0f-4d0f-9a55-2f1c5e7d9a10"}`, `{"oid":""}`, `{"oid":7}`, `{"acct":1}`, `{"acct":"1"}`, `{"acct":0}`,
		`{"idp":"https://sts.windows.net/99999999/"}`, `{"preferred_username":"x_out.example#ext#@fabrikam.example"}`, `{"nonce":"x"}`, `{"iss":"https://evil.test"}`,
		`{"aud":["x","` + client + `"]}`, `{"exp":1}`, `{"wids":"x"}`, `{"tid":null}`, `[]`, `"x"`, `{"amr":"mfa"}`,
	} {
		f.Add(seed, `{"amr":["mfa"],"oid":"`+dee+`","tid":"`+tenant+`"}`, false)
	}
	f.Add(`{}`, `{"amr":["mfa"],"oid":"other","tid":"`+tenant+`"}`, false)
	f.Add(`{}`, `mfa`, false)
	f.Add(`{"access_token":"x","id_token":"a.b.c"}`, ``, true)
	f.Add(`{"id_token":7}`, ``, true)
	ms, did, now := newMicrosoft(f), &acts{}, time.Now()
	site := web.New(web.Options{
		PublicURL: "https://bot.test", Tenant: tenant, ClientID: client, Authority: ms.URL, Acts: did, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }, Browsers: newMemory(),
		Proof: func(context.Context, string) (url.Values, error) { return url.Values{"client_secret": {"pr00f"}}, nil },
	}).Handler()
	f.Fuzz(func(t *testing.T, claims, access string, whole bool) {
		now, did.did = now.Add(10*time.Second), nil // nothing comes too often
		var id, usual map[string]any
		ms.instead = func(nonce string) string {
			over, token := map[string]any{}, ""
			switch {
			case whole:
				return claims
			case json.Unmarshal([]byte(claims), &over) != nil || over == nil:
				token = ms.signed([]byte(claims))
			default:
				usual = ms.usual(nonce)
				usual["exp"] = now.Add(time.Hour).Unix()
				id = maps.Clone(usual)
				maps.Copy(id, over)
				token = ms.sign(id)
			}
			return fmt.Sprintf(`{"token_type":"Bearer","expires_in":3600,"id_token":%q,"access_token":%q}`, token, "e30."+encode([]byte(access))+".x")
		}
		back, cookies := begun(t, site, ms)
		r := httptest.NewRequestWithContext(t.Context(), "GET", back, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		site.ServeHTTP(rec, r)
		if !slices.Contains([]int{200, 403, 502}, rec.Code) {
			t.Errorf("%s, %s: %d %s", claims, access, rec.Code, rec.Body)
		}
		switch done := len(did.did) > 0; {
		case done && (!rightful(id, access) || !meant(id, usual, now)):
			t.Errorf("%s, %s: done for %v", claims, access, did.did)
		case !done && claims == `{}` && strings.Contains(access, `"`+dee+`"`) && rightful(id, access):
			t.Errorf("%s, %s: Dee is turned away: %d %s", claims, access, rec.Code, rec.Body)
		}
	})
}

// begun goes as far as Microsoft, and returns the way back and what the browser keeps.
func begun(t *testing.T, site http.Handler, ms *microsoft) (back string, cookies []*http.Cookie) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "https://bot.test/signin/"+secret, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	rec := httptest.NewRecorder()
	site.ServeHTTP(rec, r)
	m := onward.FindStringSubmatch(rec.Body.String())
	if m == nil {
		t.Fatalf("begin = %d %s", rec.Code, rec.Body)
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	ms.mu.Lock()
	defer ms.mu.Unlock()
	ms.ask = u.Query()
	return "https://bot.test/signin/callback?code=c0de&state=" + url.QueryEscape(u.Query().Get("state")), rec.Result().Cookies()
}

// meant says whether the claims are for this sign-in, of this issuer, and not too old.
func meant(id, usual map[string]any, now time.Time) bool {
	same := func(name string) bool { return id[name] == usual[name] }
	all, _ := id["aud"].([]any)
	until, ok := id["exp"].(float64)
	return same("iss") && same("nonce") && (same("aud") || slices.Contains(all, any(client))) && (!ok || until >= float64(now.Unix()))
}

// rightful says in its own words whether the act may be done for who has these claims. Of a
// claim that is there under a name in other letters nothing is said: Microsoft writes none.
func rightful(id map[string]any, access string) bool {
	text := func(c map[string]any, name string) string { s, _ := c[name].(string); return strings.ToLower(s) }
	for name := range id {
		if name != strings.ToLower(name) {
			return true
		}
	}
	var other map[string]any
	json.Unmarshal([]byte(access), &other) //nolint:errcheck // then it says nothing
	methods, own := id["amr"], true
	if list, _ := methods.([]any); len(list) == 0 {
		methods, own = other["amr"], text(other, "oid") == text(id, "oid") && text(other, "tid") == text(id, "tid")
	}
	list, _ := methods.([]any)
	guest := fmt.Sprint(id["acct"]) == "1" || strings.Contains(text(id, "preferred_username"), "#ext#") || !strings.Contains(text(id, "idp"), tenant) && text(id, "idp") != ""
	return text(id, "tid") == tenant && text(id, "oid") != "" && !guest && own && slices.Contains(list, any("mfa"))
}
