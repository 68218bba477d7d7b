package graph_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

const logReaderID = "22222222-2222-4222-8222-222222222230"

// logEstate is two customers, of which Contoso has let their logs be read, and the people
// of the partner.
func logEstate(t *testing.T, change func(*graphtest.Options)) (*graphtest.Server, graph.Reader) {
	t.Helper()
	o := graphtest.Options{
		PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Permissions: usual, Due: func() time.Time { return start },
		LogReader: graphtest.Application{ClientID: logReaderID, ClientSecret: "logs-only", Permissions: []string{"AuditLog.Read.All"}},
	}
	if change != nil {
		change(&o)
	}
	ms, srv := readFrom(t, o)
	for _, id := range []string{contoso, fabrikam} {
		ms.AddTenant(graphtest.Tenant{ID: id, Name: id, Domain: "x.example"})
	}
	for _, p := range []graphtest.Person{
		{Tenant: partner, ObjectID: ana, Name: "Ana", UPN: "ana@partner.example"},
		{Tenant: contoso, ObjectID: bo, Name: "Carol", UPN: "carol@x.example"},
	} {
		if _, err := ms.AddPerson(p); err != nil {
			t.Fatal(err)
		}
	}
	ms.Consent(contoso, logReaderID)
	return ms, graph.Reader{
		Options: graph.Options{BaseURL: srv.URL + "/v1.0", HTTP: srv.Client(), Now: patient()},
		Proof:   graph.CredentialOptions{ClientID: logReaderID, Secret: "logs-only", Authority: srv.URL, HTTP: srv.Client()},
	}
}

// whole reads a log to its end.
func whole(t *testing.T, r graph.Reader, tenant access.TenantID, log access.ActLog, from, to time.Time) (out []access.Act, err error) {
	t.Helper()
	l, err := r.Logs(tenant, partner, nil)
	if err != nil {
		t.Fatal(err)
	}
	for link, more := "", true; more; more = link != "" {
		p, err := l.Page(t.Context(), log, from, to, link)
		if err != nil {
			return out, err
		}
		out, link = append(out, p.Acts...), p.Next
	}
	return out, nil
}

// TestLogs reads what people of the partner did in one tenant: not what its own people did,
// and not what was done in another.
func TestLogs(t *testing.T) {
	t.Parallel()
	ms, r := logEstate(t, nil)
	ms.AddSignIn(graphtest.SignIn{ID: "s1", User: ana, App: "Exchange admin center", ResourceTenant: contoso, At: start.Add(-time.Hour)})
	ms.AddSignIn(graphtest.SignIn{ID: "s2", User: bo, App: "Outlook", HomeTenant: contoso, ResourceTenant: contoso})
	ms.AddSignIn(graphtest.SignIn{ID: "s3", User: ana, App: "Portal", ResourceTenant: fabrikam})
	ms.AddSignIn(graphtest.SignIn{ID: "s4", User: ana, App: "Portal", ResourceTenant: contoso, Error: 50020, Resource: "Graph"})
	ms.AddSignIn(graphtest.SignIn{ID: "s5", User: ana, App: "Old", ResourceTenant: contoso, At: start.Add(-48 * time.Hour)})
	ms.AddTenantAudit(graphtest.TenantAudit{ID: "a1", Tenant: contoso, Person: ana, Activity: "Update user", Target: "Pat", Correlation: "c1"})
	ms.AddTenantAudit(graphtest.TenantAudit{ID: "a2", Tenant: contoso, Person: bo, Activity: "Add user"})
	ms.AddTenantAudit(graphtest.TenantAudit{ID: "a3", Tenant: contoso, NoPerson: true, Activity: "Reset password", Failed: true})
	ms.AddTenantAudit(graphtest.TenantAudit{ID: "a4", Tenant: fabrikam, Person: ana, Activity: "Delete user"})

	line := func(a access.Act) string {
		return fmt.Sprintf("%s %s %s %q %q %t", a.ID, a.At.Format("15:04"), a.Person, a.What, a.Target, a.Failed)
	}
	check := func(log access.ActLog, from, to time.Time, want ...string) {
		t.Helper()
		acts, err := whole(t, r, contoso, log, from, to)
		var got []string
		for _, a := range acts {
			got = append(got, line(a))
			if a.Tenant != contoso || a.Log != log || a.ID != "a3" && !strings.HasPrefix(a.Name, "user_") {
				t.Errorf("%+v", a)
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", log, got, err, want)
		}
	}
	portal, exchange := "s4 09:00 "+ana+` "Portal" "Graph" true`, "s1 08:00 "+ana+` "Exchange admin center" "" false`
	check(access.ActSignIn, start.Add(-2*time.Hour), time.Time{}, portal, exchange)
	check(access.ActSignIn, start.Add(-2*time.Hour), start.Add(-time.Hour), exchange)
	check(access.ActAudit, start.Add(-time.Hour), time.Time{},
		`a3 09:00  "Reset password" "" true`, "a1 09:00 "+ana+` "Update user" "Pat" false`)
}

// TestLogsByPages reads more than one page, no more than Graph answers of them, and from a
// link that was kept.
func TestLogsByPages(t *testing.T) {
	t.Parallel()
	ms, r := logEstate(t, nil)
	const entries = 1203
	for i := range entries {
		ms.AddSignIn(graphtest.SignIn{ID: fmt.Sprint("s", i), User: ana, App: "Portal", ResourceTenant: contoso, At: start.Add(-time.Duration(i) * time.Second)})
	}
	first, err := r.Logs(contoso, partner, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := first.Page(t.Context(), access.ActSignIn, start.Add(-time.Hour), time.Time{}, "")
	if err != nil || len(p.Acts) != 500 || p.Next == "" || !p.Oldest.Equal(start.Add(-499*time.Second)) {
		t.Fatalf("the first page: %d acts, oldest %s, next %q, %v", len(p.Acts), p.Oldest, p.Next, err)
	}
	seen := len(p.Acts)
	for p.Next != "" {
		again, err := r.Logs(contoso, partner, nil) // as after a crash
		if err != nil {
			t.Fatal(err)
		}
		if p, err = again.Page(t.Context(), access.ActSignIn, start.Add(-time.Hour), time.Time{}, p.Next); err != nil {
			t.Fatal(err)
		}
		seen += len(p.Acts)
	}
	if seen != entries {
		t.Errorf("%d entries were read, want %d", seen, entries)
	}
	ms.SetFaults(graphtest.Fault{On: "GET /auditLogs/signIns", Status: 400, Code: "badRequest"})
	if _, err := first.Page(t.Context(), access.ActSignIn, start, time.Time{}, r.Options.BaseURL+"/auditLogs/signIns?$skiptoken=x"); !errors.Is(err, graph.ErrPageGone) {
		t.Errorf("a page that is gone: %v", err)
	}
	if _, err := first.Page(t.Context(), access.ActSignIn, start, time.Time{}, ""); err == nil || errors.Is(err, graph.ErrPageGone) {
		t.Errorf("a request that is refused: %v", err)
	}
	if _, err := first.Page(t.Context(), access.ActSignIn, start, time.Time{}, "https://elsewhere.example/v1.0/auditLogs/signIns"); err == nil {
		t.Error("a link that leads away was followed")
	}
}

// TestLogsTroubles tells what only the customer can mend from what passes.
func TestLogsTroubles(t *testing.T) {
	t.Parallel()
	const signIns = "GET /auditLogs/signIns"
	for _, row := range []struct {
		name   string
		change func(*graphtest.Options)
		faults []graphtest.Fault
		tenant access.TenantID
		want   error
	}{
		{name: "NotLetIn", tenant: fabrikam, want: graph.ErrNotLetIn},
		{name: "NotForThis", change: func(o *graphtest.Options) { o.LogReader.Permissions = []string{"Policy.Read.All"} }, want: graph.ErrRefused},
		{name: "NoLicence", faults: []graphtest.Fault{{On: signIns, Status: 403, Code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant"}}, want: graph.ErrNoLicence},
		{name: "Refused", faults: []graphtest.Fault{{On: signIns, Status: 403}}, want: graph.ErrRefused},
		{name: "NoSuchTenant", tenant: "c0000000-0000-4000-8000-0000000000ff", want: graph.ErrRefused},
		{name: "WrongSecret", change: func(o *graphtest.Options) { o.LogReader.ClientSecret = "another" }},
		{name: "Down", faults: []graphtest.Fault{{On: signIns, Status: 503, Times: 50}}},
		{name: "Throttled", faults: []graphtest.Fault{{On: signIns, RetryAfter: 300, Times: 50}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ms, r := logEstate(t, row.change)
			ms.SetFaults(row.faults...)
			if row.tenant == "" {
				row.tenant = contoso
			}
			_, err := whole(t, r, row.tenant, access.ActSignIn, start, time.Time{})
			if err == nil || strings.Contains(err.Error(), "logs-only") {
				t.Fatalf("got %v", err)
			}
			for _, known := range []error{graph.ErrNotLetIn, graph.ErrNoLicence, graph.ErrRefused, graph.ErrPageGone} {
				if errors.Is(err, known) != (known == row.want) {
					t.Errorf("got %v, want %v", err, row.want)
				}
			}
		})
	}
	t.Run("NoPremium", func(t *testing.T) {
		t.Parallel()
		ms, r := logEstate(t, nil)
		ms.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", NoPremium: true})
		if _, err := whole(t, r, contoso, access.ActSignIn, start, time.Time{}); !errors.Is(err, graph.ErrNoLicence) {
			t.Errorf("sign-ins: %v", err)
		}
		if _, err := whole(t, r, contoso, access.ActAudit, start, time.Time{}); err != nil {
			t.Errorf("the directory's log: %v", err)
		}
	})
	t.Run("TakenBack", func(t *testing.T) {
		t.Parallel()
		ms, r := logEstate(t, nil)
		ms.RevokeConsent(contoso, logReaderID)
		if _, err := whole(t, r, contoso, access.ActAudit, start, time.Time{}); !errors.Is(err, graph.ErrNotLetIn) {
			t.Errorf("got %v", err)
		}
	})
}

// TestLogsFaults breaks each call once, in every way: what was read is then read whole.
func TestLogsFaults(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			var steps atomic.Int64
			ms, r := logEstate(t, func(o *graphtest.Options) { // the log takes five questions in ten seconds
				o.Now = func() time.Time { return start.Add(time.Duration(steps.Add(1)) * time.Second) }
			})
			for i := range 501 {
				ms.AddTenantAudit(graphtest.TenantAudit{ID: fmt.Sprint("a", i), Tenant: contoso, Person: ana, Activity: "Update user"})
			}
			for broken := range 2 {
				w := &wire{base: r.Options.HTTP.Transport}
				w.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
					if n == broken {
						return f.do(carry)
					}
					return carry()
				}
				one := r
				one.Options.HTTP = &http.Client{Transport: w}
				acts, err := whole(t, one, contoso, access.ActAudit, start.Add(-time.Hour), time.Time{})
				if err != nil { // as the next visit does
					acts, err = whole(t, one, contoso, access.ActAudit, start.Add(-time.Hour), time.Time{})
				}
				if err != nil || len(acts) != 501 {
					t.Errorf("with call %d broken: %d acts, %v", broken, len(acts), err)
				}
			}
		})
	}
}

// TestLogsPace holds that no more calls go out than Graph answers.
func TestLogsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var sent []time.Duration
		l := graph.LogsBy(inTime(t, func(*http.Request) *http.Response {
			sent = append(sent, time.Since(began))
			return answer(200, `{"value":[]}`)
		}), contoso, partner, nil)
		for range 12 {
			if _, err := l.Page(t.Context(), access.ActAudit, start, time.Time{}, ""); err != nil {
				t.Fatal(err)
			}
		}
		for i, at := range sent {
			if want := time.Duration(i/5) * 10 * time.Second; at != want {
				t.Errorf("call %d went out after %s, want %s", i, at, want)
			}
		}
	})
}

// TestLogsOddAnswers holds that no answer makes the reading fall over, and that what is
// taken is whole and of the partner. It is no fuzz target: to compile Microsoft's models for
// that takes longer than all other tests.
func TestLogsOddAnswers(t *testing.T) {
	t.Parallel()
	var body string
	c, err := graph.New(graph.Options{
		BaseURL: "https://graph.example/v1.0", Credential: token("x"), Now: patient(),
		HTTP: &http.Client{Transport: played(func(*http.Request) *http.Response { return answer(200, body) })},
	})
	if err != nil {
		t.Fatal(err)
	}
	seeds := []string{
		`{"value":[{"id":"1","createdDateTime":"2026-03-01T09:00:00Z","homeTenantId":"` + partner + `","userId":"` + ana + `","status":{"errorCode":0}}]}`,
		`{"value":[{"id":"1","activityDateTime":"2026-03-01T09:00:00.1234567Z","initiatedBy":{"user":{"homeTenantId":"` + partner + `"},"app":null},"targetResources":[{"displayName":"x"},null]}]}`,
		`{"value":[{"id":7,"createdDateTime":{},"status":{"errorCode":"x"}}]}`, `{"value":[null]}`, `{"value":[[]]}`, `{}`, `[]`, ``, `{"value":[],"@odata.nextLink":"//x"}`,
	}
	took := 0
	look := func() {
		l := graph.LogsBy(c, contoso, partner, func(p access.PrincipalID) bool { return p == ana })
		for _, log := range []access.ActLog{access.ActSignIn, access.ActAudit} {
			p, err := l.Page(t.Context(), log, start, time.Time{}, "")
			if err != nil && len(p.Acts) > 0 {
				t.Errorf("%s: %d acts with the error %v", body, len(p.Acts), err)
			}
			for _, a := range p.Acts {
				took++
				if a.ID == "" || a.At.IsZero() || a.Tenant != contoso || a.Log != log || a.At.Before(p.Oldest) {
					t.Errorf("%s: took %+v, with the oldest %s", body, a, p.Oldest)
				}
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
	const odd = `{}[]",:0a-`
	for _, seed := range seeds {
		body = seed
		look()
		for range 200 { // a byte of it is another, or gone
			raw := []byte(seed)
			for range min(rnd.IntN(3), len(raw)) {
				if at := rnd.IntN(len(raw)); rnd.IntN(2) == 0 {
					raw[at] = odd[rnd.IntN(len(odd))]
				} else {
					raw = append(raw[:at:at], raw[at+1:]...)
				}
			}
			body = string(raw)
			look()
		}
	}
	if took == 0 {
		t.Error("nothing was ever taken")
	}
}
