package graphtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/graph/graphtest"
)

// TestOverTLS is the way of the sandbox: discovery, token, next link, all on
// the address that the server was told it has.
func TestOverTLS(t *testing.T) {
	t.Parallel()
	s := graphtest.New(graphtest.Options{PartnerTenant: partner, ClientID: client, ClientSecret: secret, Permissions: usual})
	srv := httptest.NewTLSServer(s)
	t.Cleanup(srv.Close)
	s.Serve(srv.URL + "/")
	s.AddGroup(graphtest.Group{DisplayName: "A"})
	s.AddGroup(graphtest.Group{DisplayName: "B"})

	get := func(address, token string) map[string]any {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		return exchangeJSON(t, srv.Client(), r)
	}
	config := get(srv.URL+"/"+partner+"/v2.0/.well-known/openid-configuration", "")
	endpoint, _ := config["token_endpoint"].(string)
	r, err := http.NewRequestWithContext(t.Context(), "POST", endpoint, strings.NewReader(url.Values{
		"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret}, "scope": {srv.URL + "/.default"},
	}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	token, _ := exchangeJSON(t, srv.Client(), r)["access_token"].(string)
	page := get(srv.URL+"/v1.0/groups?$top=1", token)
	next, _ := page["@odata.nextLink"].(string)
	if page = get(next, token); page["@odata.nextLink"] != nil {
		t.Errorf("page 2 of 2 = %v", page)
	}
}

func exchangeJSON(t *testing.T, c *http.Client, r *http.Request) map[string]any {
	t.Helper()
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s %s = %d %s (%v)", r.Method, r.URL, resp.StatusCode, raw, err)
	}
	return out
}

// TestObserve holds what fault tests rely on: before means that nothing has
// happened, after means that it has, and an observer may use the server or
// lose the answer.
func TestObserve(t *testing.T) {
	t.Parallel()
	var s *graphtest.Server
	var calls []graphtest.Call
	var sizes []int
	lose := graphtest.Phase(-1)
	w := newWorld(t, func(o *graphtest.Options) {
		o.Observe = func(c graphtest.Call) {
			calls = append(calls, c)
			sizes = append(sizes, len(s.Groups()[0].Members))
			if c.Phase == lose {
				panic(http.ErrAbortHandler)
			}
		}
	})
	s = w.s
	w.want(204, "POST", members+"/$ref", ref(ana))
	want := graphtest.Call{Phase: graphtest.Before, Method: "POST", Path: members + "/$ref", Tenant: partner}
	if len(calls) != 2 || calls[0] != want || calls[1].Phase != graphtest.After || sizes[0] != 0 || sizes[1] != 1 {
		t.Errorf("calls %v saw %v members", calls, sizes)
	}
	lost := func(phase graphtest.Phase) {
		defer func() {
			if r := recover(); r != http.ErrAbortHandler {
				t.Errorf("recovered %v", r)
			}
		}()
		lose = phase
		w.do("POST", members+"/$ref", ref(bo))
	}
	lost(graphtest.Before)
	if n := len(s.Groups()[0].Members); n != 1 {
		t.Errorf("a lost request was applied: %d members", n)
	}
	lost(graphtest.After)
	if n := len(s.Groups()[0].Members); n != 2 {
		t.Errorf("a lost answer was not applied: %d members", n)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 1 })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				w.do("POST", members+"/$ref", ref(ana))
				w.do("GET", members, "")
				w.do("DELETE", members+"/"+ana+"/$ref", "")
				w.do("GET", relationships, "")
				w.s.AddMember(groupID, bo)
				w.s.Groups()
				w.s.Assignments()
				w.s.Audit()
				w.s.RemoveMember(groupID, bo)
			}
		})
	}
	wg.Wait()
	if n := w.s.MemberAdds(groupID, ana); n != 160 {
		t.Errorf("MemberAdds = %d, want 160", n)
	}
}

// FuzzServeHTTP holds that no request makes the server panic, fail by itself,
// answer anything but JSON, or let anybody in without a token.
func FuzzServeHTTP(f *testing.F) {
	f.Add("GET", "/v1.0/groups?$filter=startswith(mailNickname,'lk-')&$top=1", "", true, false)
	f.Add("GET", "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='o''k')", "", true, false)
	f.Add("POST", "/v1.0"+members+"/$ref", ref(ana), true, false)
	f.Add("POST", "/v1.0"+members+"/$ref", ref(ana), true, true)
	f.Add("POST", "/v1.0/groups", `{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false}`, false, false)
	f.Add("POST", "/v1.0"+assignments, assignmentBody(groupID, exchange), true, false)
	f.Add("PATCH", "/v1.0"+one, `{"duration":"P730D"}`, true, false)
	f.Add("POST", "/"+partner+"/oauth2/v2.0/token", tokenForm(map[string]string{"client_assertion": "a.b.c"}).Encode(), false, false)
	f.Add("DELETE", "/v1.0/groups/%2e%2e/members/%2F/$ref", "", true, false)
	f.Add("GET", "//v1.0/../groups;x", "", true, false)
	f.Add("POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"POST","url":"/groups/`+groupID+`/members/$ref","headers":{"Content-Type":"application/json"},"body":`+ref(ana)+`},{"id":"2","method":"GET","url":"/%zz","dependsOn":["1"]}]}`, true, false)
	f.Add("POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"G T","url":"//x:y@z/?%","headers":{"A b":"\n"}}]}`, true, false)
	f.Add("GET", "/v1.0"+audits+"?$filter=targetResources/any(t:t/id%20eq%20'x')%20and%20activityDateTime%20ge%202026-01-01T00:00:00Z&$orderby=activityDateTime", "", true, false)
	f.Add("POST", "/v1.0"+pimAsk, pimBody("adminAssign", ana, `"startDateTime":"2026-03-01T12:00:00Z","expiration":{"type":"afterDuration","duration":"P999DT9999H"}`), true, false)
	f.Add("POST", "/v1.0"+pimAsk, pimBody("adminRemove", ana, ""), true, false)
	f.Add("POST", "/v1.0/users/"+ana+"/sendMail", mailTo("pat@contoso.test"), true, false)
	f.Add("POST", "/v1.0"+units, `{"displayName":"U","isMemberManagementRestricted":true}`, true, false)
	f.Add("POST", "/v1.0/servicePrincipals", `{"appId":"x"}`, true, false)
	f.Add("GET", "/v1.0"+customers+"/"+contoso+"/serviceManagementDetails", "", true, false)
	f.Add("GET", "/v1.0"+roleList+"?$skiptoken=YWZ0ZXI6MTp4&$orderby=displayName", "", true, false)
	f.Fuzz(func(t *testing.T, method, target, body string, authorised, zipped bool) {
		r, err := http.NewRequestWithContext(t.Context(), method, base+target, strings.NewReader(body))
		if err != nil {
			return // not a request
		}
		w := newWorld(t, func(o *graphtest.Options) { o.Permissions, o.PIM = everything, true })
		kind := "application/json"
		if strings.HasSuffix(r.URL.Path, "/token") {
			kind = "application/x-www-form-urlencoded"
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("If-Match", "*")
		if authorised {
			r.Header.Set("Authorization", "Bearer "+w.token)
		}
		if zipped {
			r.Header.Set("Content-Encoding", "gzip")
		}
		before := w.s.Version()
		a := w.send(r)
		if a.status >= 500 || a.status >= 300 && a.status < 400 {
			t.Errorf("%s %s = %d", method, target, a.status)
		}
		if authorised || !strings.HasPrefix(r.URL.Path, "/v1.0/") {
			return
		}
		if a.status != 401 || w.s.Version() != before {
			t.Errorf("%s %s without a token = %d, changed %v", method, target, a.status, w.s.Version() != before)
		}
	})
}
