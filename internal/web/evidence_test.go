package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/web"
)

func (o *office) Periods(tenant access.TenantID) []web.Period {
	return []web.Period{{Value: "2026-10", Name: "October <2026> of " + string(tenant)}}
}

func (o *office) Report(_ context.Context, who access.SignIn, period string) (web.File, error) {
	return web.File{Name: "latchkey-E-7K3M2.zip", Content: []byte("PK " + period)}, o.did(who, "", "report", period)
}

// TestDeskEvidence has Kim take the evidence of her partner's access, and nobody with a form
// that was not drawn for her, from elsewhere, or without a sign-in.
func TestDeskEvidence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := d.browser()
	p := d.signIn(c, web.PathRequests+string(asked)+"/sign-in")
	if !strings.Contains(p.text, `<option value="2026-10">October &lt;2026&gt; of `+string(customer)) {
		t.Errorf("the page has no such form: %s", p.text)
	}
	token := csrfOf(p)
	for name, row := range map[string]struct {
		fields url.Values
		header []string
	}{
		"NoToken":     {url.Values{"period": {"2026-10"}}, nil},
		"OthersToken": {url.Values{"csrf": {"planted"}, "period": {"2026-10"}}, nil},
		"OtherSite":   {url.Values{"csrf": {token}, "period": {"2026-10"}}, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}},
	} {
		if p := d.posts(c, web.PathEvidence, row.fields, row.header...); p.status != 403 || len(d.office.decided) > 0 {
			t.Errorf("%s = %d %s, made %v", name, p.status, p.text, d.office.decided)
		}
	}
	form := url.Values{"csrf": {token}, "period": {"2026-10"}}
	if p := d.posts(d.browser(), web.PathEvidence, form); p.status != 403 || !strings.Contains(p.text, "You have not signed in") || len(d.office.decided) > 0 {
		t.Errorf("in another browser: %d %s", p.status, p.text)
	}
	if p := d.posts(c, web.PathEvidence, form); p.status != 200 || p.text != "PK 2026-10" || p.header.Get("Content-Type") != "application/zip" ||
		p.header.Get("Content-Disposition") != "attachment; filename=latchkey-E-7K3M2.zip" || p.header.Get("Cache-Control") != "no-store" {
		t.Errorf("it is given as %d %s %v", p.status, p.text, p.header)
	}
	if len(d.office.decided) != 1 || d.office.decided[0] != "k1  report 2026-10" {
		t.Errorf("made: %v", d.office.decided)
	}
	d.office.refuse = access.RefuseAnyone(access.Conflict, "That is enough.")
	if p := d.posts(c, web.PathEvidence, form); p.status != 410 || !strings.Contains(p.text, "That is enough.") {
		t.Errorf("refused it is %d %s", p.status, p.text)
	}
}
