package web_test

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/web"
)

const (
	customer = "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10"
	asked    = access.RequestID("R-7K3M2")
)

// office is what is done on the pages.
type office struct {
	mu      sync.Mutex
	bound   bool
	refuse  *access.Error // of looking and deciding
	decided []string
	taken   bool // by break-glass
	turned  []string
	came    []access.SignIn
}

func (o *office) Language(tenant access.TenantID) lang.Tag {
	if tenant == customer {
		return "en"
	}
	return ""
}

func (o *office) Arrived(_ context.Context, who access.SignIn) (string, bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.came = append(o.came, who)
	return "Contoso", o.bound, nil
}

func (o *office) Request(_ context.Context, _ access.SignIn, id access.RequestID) (web.Request, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse != nil {
		return web.Request{}, o.refuse
	}
	if o.taken {
		return web.Request{
			ID: id, Requester: "Ana <b>", Customer: "Contoso", State: access.Approved, Grant: access.Active, Until: time.Now().Add(time.Hour),
			Taken: time.Now(), MayEnd: len(o.decided) == 0, MayObject: true,
		}, nil
	}
	return web.Request{
		ID: id, Requester: "Ana <b>", Customer: "Contoso", Roles: []web.Role{{Name: "Helpdesk Administrator", Privileged: true}},
		Duration: 2 * time.Hour, Why: "<script>alert(1)</script> INC-4711", Terms: 3, State: access.Pending, Waits: len(o.decided) == 0, Needed: 1,
	}, nil
}

func (o *office) Decide(_ context.Context, who access.SignIn, id access.RequestID, terms int, v access.Verdict, note string, less *web.Less) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if terms != 3 {
		return access.Refuse(access.Conflict, "It has changed.")
	}
	if less != nil {
		note += fmt.Sprint(less.Roles, less.Length)
	}
	o.decided = append(o.decided, strings.Join([]string{string(who.Account.Object), string(id), string(v), note}, " "))
	return nil
}

func (o *office) End(_ context.Context, who access.SignIn, id access.RequestID, note string) error {
	return o.did(who, id, "end", note)
}

func (o *office) Object(_ context.Context, who access.SignIn, id access.RequestID, note string) error {
	return o.did(who, id, "object", note)
}

func (o *office) did(who access.SignIn, id access.RequestID, what, note string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refuse != nil {
		return o.refuse
	}
	o.decided = append(o.decided, strings.Join([]string{string(who.Account.Object), string(id), what, note}, " "))
	return nil
}

func (o *office) Verifying(_ context.Context, s string) (customer, name string, err error) {
	if s != secret {
		return "", "", access.Refuse(access.NotFound, "This link is not known.")
	}
	return "Contoso", "Kim Slack", nil
}

func (o *office) Verify(_ context.Context, _ string, who access.SignIn) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.came = append(o.came, who)
	return nil
}

func (o *office) Refused(_ context.Context, _ access.SignIn, refusal *access.Error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turned = append(o.turned, refusal.Message)
	return refusal
}

// desk is the pages with a Microsoft on which people of all organisations sign in.
type desk struct {
	*stage
	office *office
	shared *memory
	now    time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{stage: &stage{t: t, ms: newMicrosoft(t), log: &strings.Builder{}}, office: &office{bound: true}, shared: newMemory(), now: time.Now()}
	var h http.Handler
	d.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) }))
	t.Cleanup(d.srv.Close)
	h = d.handler()
	d.says(nil)
	return d
}

// handler is another replica.
func (d *desk) handler() http.Handler {
	return web.NewDesk(web.Options{
		PublicURL: d.srv.URL, ClientID: client, Authority: d.ms.URL,
		Proof: func(context.Context, string) (url.Values, error) { return url.Values{"client_secret": {"pr00f"}}, nil },
		Now:   func() time.Time { return d.now }, Log: slog.New(slog.NewTextHandler(d.log, nil)), Browsers: d.shared,
	}, d.office, d.office, d.office).Handler()
}

// says changes what the token tells of Kim.
func (d *desk) says(change map[string]any) {
	d.ms.mu.Lock()
	defer d.ms.mu.Unlock()
	d.ms.claims = map[string]any{
		"iss": d.ms.URL + "/" + customer + "/v2.0", "tid": customer, "oid": "k1", "preferred_username": "kim@contoso.com", "name": "Kim",
		"wids": []string{"62e90394-69f5-4237-9190-012177145e10"},
	}
	for k, v := range change {
		d.ms.claims[k] = v
	}
}

// signIn goes to Microsoft from an address and comes back.
func (d *desk) signIn(c *http.Client, from string) page {
	d.t.Helper()
	p := d.call(c, "POST", from, "Sec-Fetch-Site", "same-origin")
	m := onward.FindStringSubmatch(p.text)
	if p.status != 200 || m == nil {
		d.t.Fatalf("begin = %d %s", p.status, p.text)
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		d.t.Fatal(err)
	}
	if !strings.HasSuffix(u.Path, "/authorize") || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("nonce") == "" {
		d.t.Errorf("it goes to %s", u)
	}
	d.ms.mu.Lock()
	d.ms.ask = u.Query()
	d.ms.mu.Unlock()
	return d.call(c, "GET", web.PathSignedIn+"?code=c0de&state="+url.QueryEscape(u.Query().Get("state")))
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func csrfOf(p page) string {
	if m := csrfField.FindStringSubmatch(p.text); m != nil {
		return m[1]
	}
	return ""
}

// say sends the form of a request.
func (d *desk) say(c *http.Client, fields url.Values, header ...string) page {
	d.t.Helper()
	return d.sends(c, "", fields, header...)
}

// sends sends one of its other forms.
func (d *desk) sends(c *http.Client, which string, fields url.Values, header ...string) page {
	d.t.Helper()
	return d.posts(c, web.PathRequests+string(asked)+which, fields, header...)
}

func (d *desk) posts(c *http.Client, path string, fields url.Values, header ...string) page {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), "POST", d.srv.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return d.send(c, r)
}

// TestDeskDecides leads Kim from the link to a decision.
func TestDeskDecides(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.browser()
	link := web.PathRequests + string(asked)
	if p := d.call(c, "GET", link); p.status != 200 || strings.Contains(p.text, "Ana") || !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("before the sign-in: %d %s", p.status, p.text)
	}
	p := d.signIn(c, link+"/sign-in")
	if p.status != 200 || !strings.Contains(p.text, "Helpdesk Administrator · can raise its own rights") || !strings.Contains(p.text, "Ana &lt;b&gt;") ||
		!strings.Contains(p.text, "&lt;script&gt;") || strings.Contains(p.text, "<script") {
		t.Errorf("after the sign-in: %d %s", p.status, p.text)
	}
	who := d.office.came[0]
	if who.Account != (access.Account{Tenant: customer, Object: "k1"}) || who.UPN != "kim@contoso.com" || len(who.Roles) != 1 {
		t.Errorf("who came: %+v", who)
	}
	token := csrfOf(p)
	for name, row := range map[string]struct {
		fields url.Values
		header []string
		status int
	}{
		"NoToken":     {url.Values{"terms": {"3"}, "verdict": {"approve"}}, nil, 403},
		"OthersToken": {url.Values{"csrf": {"planted"}, "terms": {"3"}, "verdict": {"approve"}}, nil, 403},
		"NoVerdict":   {url.Values{"csrf": {token}, "terms": {"3"}}, nil, 400},
		"NoTerms":     {url.Values{"csrf": {token}, "verdict": {"approve"}}, nil, 400},
		"OldTerms":    {url.Values{"csrf": {token}, "terms": {"2"}, "verdict": {"approve"}}, nil, 410},
		"DenyNoNote":  {url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"deny"}, "note": {" \n"}}, nil, 400},
		"LongNote":    {url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"deny"}, "note": {strings.Repeat("ä", 501)}}, nil, 400},
		"OtherSite":   {url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}}, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403},
	} {
		if p := d.say(c, row.fields, row.header...); p.status != row.status || len(d.office.decided) > 0 {
			t.Errorf("%s = %d %s, decided %v", name, p.status, p.text, d.office.decided)
		}
	}
	if p := d.say(d.browser(), url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}}); len(d.office.decided) > 0 || !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("in another browser: %d %s", p.status, p.text)
	}
	if p := d.say(c, url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}, "note": {" all\n right "}}); p.status != 200 || strings.Contains(p.text, `name="verdict"`) {
		t.Errorf("decided: %d %s", p.status, p.text)
	}
	if len(d.office.decided) != 1 || d.office.decided[0] != "k1 R-7K3M2 approve all right" {
		t.Errorf("decided: %v", d.office.decided)
	}
}

// TestDeskEnds has Kim end what was taken without her word, and say that it was not all
// right.
func TestDeskEnds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.office.taken = true
	c := d.browser()
	p := d.signIn(c, web.PathRequests+string(asked)+"/sign-in")
	for _, says := range []string{"WITHOUT YOUR APPROVAL", "Ana &lt;b&gt;", "taken by break-glass on", "End access", "This was not all right", "Its review is open"} {
		if !strings.Contains(p.text, says) {
			t.Errorf("the page does not say %q: %s", says, p.text)
		}
	}
	if strings.Contains(p.text, `name="verdict"`) {
		t.Errorf("it can be decided: %s", p.text)
	}
	token := csrfOf(p)
	for name, row := range map[string]struct {
		which  string
		fields url.Values
		header []string
		status int
	}{
		"EndNoToken":      {"/end", url.Values{}, nil, 403},
		"EndOthersToken":  {"/end", url.Values{"csrf": {"planted"}}, nil, 403},
		"EndLongNote":     {"/end", url.Values{"csrf": {token}, "note": {strings.Repeat("ä", 501)}}, nil, 400},
		"EndOtherSite":    {"/end", url.Values{"csrf": {token}}, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403},
		"ObjectNoToken":   {"/object", url.Values{"note": {"x"}}, nil, 403},
		"ObjectNoWords":   {"/object", url.Values{"csrf": {token}, "note": {" \n"}}, nil, 400},
		"ObjectOtherSite": {"/object", url.Values{"csrf": {token}, "note": {"x"}}, []string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		if p := d.sends(c, row.which, row.fields, row.header...); p.status != row.status || len(d.office.decided) > 0 {
			t.Errorf("%s = %d %s, done %v", name, p.status, p.text, d.office.decided)
		}
	}
	if p := d.sends(d.browser(), "/end", url.Values{"csrf": {token}}); len(d.office.decided) > 0 || !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("in another browser: %d %s", p.status, p.text)
	}
	if p := d.sends(c, "/end", url.Values{"csrf": {token}}); p.status != 200 || strings.Contains(p.text, "/end\"") {
		t.Errorf("ended: %d %s", p.status, p.text)
	}
	if p := d.sends(c, "/object", url.Values{"csrf": {token}, "note": {"nobody\ncalled"}}); p.status != 200 {
		t.Errorf("objected: %d %s", p.status, p.text)
	}
	if got := strings.Join(d.office.decided, "; "); got != "k1 R-7K3M2 end ; k1 R-7K3M2 object nobody called" {
		t.Errorf("done: %s", got)
	}
	d.office.refuse = access.Refuse(access.Conflict, "It is over.")
	if p := d.sends(c, "/end", url.Values{"csrf": {token}}); p.status != 410 || !strings.Contains(p.text, "It is over.") {
		t.Errorf("refused: %d %s", p.status, p.text)
	}
}

func (o *office) Review(_ context.Context, _ access.SignIn, id access.ReviewID) (web.Review, error) {
	if o.refuse != nil {
		return web.Review{}, o.refuse
	}
	return web.Review{ID: id, Title: "V-7K3M2: please review our access", Intro: []string{"Look at <b>it</b>."}, Terms: 5, Rest: "All 2 stay.", Rows: []web.ReviewRow{
		{Review: id, N: 1, Terms: 2, Lines: []string{"1. The relationship <i>A</i>", "Roles: none."}, Waits: true}, {Review: id, N: 2, Lines: []string{"2. Other"}},
	}}, nil
}

func (o *office) Removal(_ context.Context, _ access.SignIn, ref web.ReviewRow) (web.Removal, error) {
	if ref.Terms != 2 {
		return web.Removal{}, access.Refuse(access.Conflict, "It has changed.")
	}
	return web.Removal{Row: []string{"1. The relationship <i>A</i>"}, Stops: []string{"Everybody loses <u>it</u>."}}, nil
}

func (o *office) Answer(_ context.Context, who access.SignIn, ref web.ReviewRow, a access.Answer) error {
	return o.did(who, access.RequestID(ref.Review), fmt.Sprintf("%s %d/%d", a, ref.N, ref.Terms), "")
}

func (o *office) KeepRest(_ context.Context, who access.SignIn, id access.ReviewID, terms int) error {
	return o.did(who, access.RequestID(id), "rest", fmt.Sprint(terms))
}

// TestDeskReviews leads Kim from the link to her answers; what takes something away is
// shown first.
func TestDeskReviews(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.browser()
	const link = web.PathReviews + "V-7K3M2"
	if p := d.call(c, "GET", link); p.status != 200 || strings.Contains(p.text, "relationship") || !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("before the sign-in: %d %s", p.status, p.text)
	}
	if p := d.call(c, "GET", web.PathReviews+"made-up"); p.status != 404 {
		t.Errorf("a made-up address = %d", p.status)
	}
	p := d.signIn(c, link+"/sign-in")
	if p.status != 200 || !strings.Contains(p.text, "&lt;i&gt;A&lt;/i&gt;") || !strings.Contains(p.text, "&lt;b&gt;it") || strings.Count(p.text, `value="remove"`) != 1 || !strings.Contains(p.text, `value="rest"`) {
		t.Errorf("after the sign-in: %d %s", p.status, p.text)
	}
	token := csrfOf(p)
	say := func(c *http.Client, header []string, fields ...string) page {
		v := url.Values{"csrf": {token}, "row": {"1"}, "terms": {"2"}}
		for i := 0; i+1 < len(fields); i += 2 {
			v.Set(fields[i], fields[i+1])
		}
		return d.posts(c, link, v, header...)
	}
	for name, row := range map[string]struct {
		fields []string
		header []string
		status int
	}{
		"NoToken":   {[]string{"csrf", "", "word", "keep"}, nil, 403},
		"Planted":   {[]string{"csrf", "planted", "word", "removed"}, nil, 403},
		"NoAnswer":  {nil, nil, 400},
		"NoRow":     {[]string{"row", "x", "word", "keep"}, nil, 400},
		"OldTerms":  {[]string{"terms", "1", "word", "remove"}, nil, 410},
		"OtherSite": {[]string{"word", "keep"}, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}, 403},
	} {
		if p := say(c, row.header, row.fields...); p.status != row.status || len(d.office.decided) > 0 {
			t.Errorf("%s = %d %s, done %v", name, p.status, p.text, d.office.decided)
		}
	}
	if p := say(d.browser(), nil, "word", "keep"); len(d.office.decided) > 0 || !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("in another browser: %d %s", p.status, p.text)
	}
	if p := say(c, nil, "word", "remove"); p.status != 200 || len(d.office.decided) > 0 || !strings.Contains(p.text, "Everybody loses &lt;u&gt;it") || !strings.Contains(p.text, `value="removed"`) {
		t.Errorf("remove = %d %s, done %v", p.status, p.text, d.office.decided)
	}
	if p := say(c, nil, "word", "rest"); p.status != 200 || len(d.office.decided) > 0 || !strings.Contains(p.text, "All 2 stay.") || !strings.Contains(p.text, `value="kept"`) {
		t.Errorf("the rest = %d %s, done %v", p.status, p.text, d.office.decided)
	}
	say(c, nil, "word", "keep")
	say(c, nil, "word", "removed")
	say(c, nil, "word", "kept", "row", "0", "terms", "5")
	if got := strings.Join(d.office.decided, "; "); got != "k1 V-7K3M2 keep 1/2 ; k1 V-7K3M2 remove 1/2 ; k1 V-7K3M2 rest 5" {
		t.Errorf("done: %s", got)
	}
}

// TestDeskSessions holds that what Microsoft said is believed for a while only, and until
// somebody signs out.
func TestDeskSessions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	link := web.PathRequests + string(asked)
	c := d.browser()
	token := csrfOf(d.signIn(c, link+"/sign-in"))
	d.now = d.now.Add(16 * time.Minute)
	if p := d.say(c, url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}}); !strings.Contains(p.text, "Sign in with Microsoft") || len(d.office.decided) > 0 {
		t.Errorf("a quarter of an hour later: %d %s", p.status, p.text)
	}
	c = d.browser()
	token = csrfOf(d.signIn(c, link+"/sign-in"))
	d.now = d.now.Add(-30 * time.Minute) // the clock was ahead, and is put back
	if p := d.say(c, url.Values{"csrf": {token}, "terms": {"3"}, "verdict": {"approve"}}); !strings.Contains(p.text, "Sign in with Microsoft") || len(d.office.decided) > 0 {
		t.Errorf("by a clock that was put back: %d %s", p.status, p.text)
	}
	c = d.browser()
	p := d.signIn(c, link+"/sign-in")
	r, err := http.NewRequestWithContext(t.Context(), "POST", d.srv.URL+"/contacts/sign-out", strings.NewReader(url.Values{"csrf": {csrfOf(p)}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if p := d.send(c, r); p.status != 200 || !strings.Contains(p.text, "signed out") {
		t.Errorf("sign out = %d %s", p.status, p.text)
	}
	if p := d.call(c, "GET", link); !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("after signing out: %s", p.text)
	}
}

// TestDeskTurnsAway holds what tokens are not taken.
func TestDeskTurnsAway(t *testing.T) {
	t.Parallel()
	other := "5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720"
	for _, row := range []struct {
		name   string
		claims map[string]any
		status int
		says   string
	}{
		{"IssuerOfAnotherTenant", map[string]any{"tid": other}, 502, "could not be completed"},
		{"NoTenant", map[string]any{"tid": ""}, 502, "could not be completed"},
		{"TenantOfAnotherForm", map[string]any{"tid": "../" + customer}, 502, "could not be completed"},
		{"OtherAudience", map[string]any{"aud": "other"}, 502, "could not be completed"},
		{"Expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, 502, "could not be completed"},
		{"OtherNonce", map[string]any{"nonce": "other"}, 502, "could not be completed"},
		{"NoObject", map[string]any{"oid": ""}, 403, "does not say who you are"},
		{"GuestByAccount", map[string]any{"acct": 1}, 403, "as a guest"},
		{"GuestByText", map[string]any{"acct": "1"}, 403, "as a guest"},
		{"GuestByName", map[string]any{"preferred_username": "x_y.test#EXT#@contoso.com"}, 403, "as a guest"},
		{"GuestByProvider", map[string]any{"idp": "https://sts.windows.net/" + other + "/"}, 403, "as a guest"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.says(row.claims)
			c := d.browser()
			p := d.signIn(c, web.PathRequests+string(asked)+"/sign-in")
			if p.status != row.status || !strings.Contains(p.text, row.says) || len(d.office.came) > 0 {
				t.Errorf("= %d %s, came %v", p.status, p.text, d.office.came)
			}
			if told := len(d.office.turned) > 0; told != (row.status == 403) {
				t.Errorf("recorded = %v", d.office.turned)
			}
			if p := d.call(c, "GET", web.PathRequests+string(asked)); !strings.Contains(p.text, "Sign in with Microsoft") {
				t.Errorf("there is a session: %s", p.text)
			}
		})
	}
}

func TestDeskNotBound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.office.bound = false
	c := d.browser()
	if p := d.signIn(c, web.PathRequests+string(asked)+"/sign-in"); p.status != 403 || !strings.Contains(p.text, "has not linked you as a contact") {
		t.Errorf("= %d %s", p.status, p.text)
	}
	if p := d.call(c, "GET", web.PathRequests+string(asked)); !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("there is a session: %s", p.text)
	}
	if p := d.call(c, "GET", web.PathRequests+"made-up"); p.status != 404 {
		t.Errorf("a made-up address = %d", p.status)
	}
}

func TestDeskVerifies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.browser()
	if p := d.call(c, "GET", web.PathContacts+"other"); p.status != 404 {
		t.Errorf("an unknown link = %d %s", p.status, p.text)
	}
	if p := d.call(c, "GET", web.PathContacts+secret); p.status != 200 || !strings.Contains(p.text, "contact of Contoso") ||
		!strings.Contains(p.text, "Whoever is Kim Slack in Slack can then decide") || len(d.office.came) > 0 {
		t.Errorf("the link = %d %s", p.status, p.text)
	}
	if p := d.signIn(c, web.PathContacts+secret); p.status != 200 || !strings.Contains(p.text, "You are verified") || len(d.office.came) != 1 {
		t.Errorf("verified = %d %s", p.status, p.text)
	}
	if p := d.call(c, "GET", web.PathRequests+string(asked)); !strings.Contains(p.text, "Sign in with Microsoft") {
		t.Errorf("that opened a session: %s", p.text)
	}
}

// TestDeskSpeaks has the page before a sign-in in the browser's language, and the others
// in the customer's.
func TestDeskSpeaks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.call(d.browser(), "GET", web.PathRequests+string(asked), "Accept-Language", "xx, de-AT;q=0.8, fr;q=0.5")
	if !strings.Contains(p.text, `<html lang="de-AT">`) || !strings.Contains(p.text, "Mit Microsoft anmelden") {
		t.Errorf("= %s", p.text)
	}
}
