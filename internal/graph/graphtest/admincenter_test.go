package graphtest_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const pendingRel = "aaaaaaaa-0000-4000-8000-000000000002-bbbbbbbb-0000-4000-8000-000000000002"

// withRelationships adds one that is active and one that waits for approval.
func (e *estate) withRelationships() {
	e.s.AddRelationship(graphtest.Relationship{
		ID: relID, DisplayName: "Contoso 1", CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{exchange, helpdesk}, Duration: "P30D",
	})
	e.s.AddRelationship(graphtest.Relationship{
		ID: pendingRel, DisplayName: "Contoso <2>", Status: "approvalPending", Roles: []string{exchange, globalAdm}, Duration: "P1Y6M",
	})
}

func (e *estate) status(id string) string {
	for _, rel := range e.s.Relationships() {
		if rel.ID == id {
			return rel.Status
		}
	}
	return ""
}

// csrf takes the session's token from a page of the admin center.
func (p page) csrf() url.Values { return url.Values{"csrf": {p.field("csrf")}} }

func with(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}

func TestAdminCenterApproval(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	b := e.browser()
	link := "/admin/partners/invitation/" + pendingRel + "/" + partner
	p := b.signIn(link, "carol@contoso.test")
	for _, want := range []string{"Contoso &lt;2&gt;", "Exchange Administrator", "Global Administrator is among the roles", "1 year 6 months", "Approve all", "Fabrikam"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the request lacks %q: %s", want, p.body)
		}
	}
	act := "/admin/partners/relationships/" + pendingRel
	if p := b.post(act, url.Values{"action": {"approve"}}); p.status != 403 || e.status(pendingRel) != "approvalPending" {
		t.Errorf("without the session's token = %d, %s", p.status, e.status(pendingRel))
	}
	if p := b.post(act, with(p.csrf(), "action", "ignore")); p.status != 200 || e.status(pendingRel) != "approvalPending" {
		t.Errorf("ignored = %d, %s", p.status, e.status(pendingRel))
	}
	if p := b.post(act, with(p.csrf(), "action", "approve")); !strings.Contains(p.body, "You approved") || e.status(pendingRel) != "active" {
		t.Errorf("approved = %d %s, %s", p.status, p.body, e.status(pendingRel))
	}
	if p := b.post(act, with(p.csrf(), "action", "approve")); p.status != 409 {
		t.Errorf("approved twice = %d, want 409", p.status)
	}
	if p := b.get(link); strings.Contains(p.body, "Approve all") || !strings.Contains(p.body, "End this relationship") {
		t.Errorf("after the approval: %s", p.body)
	}
	if p := b.post(act, with(p.csrf(), "action", "terminate")); p.status != 200 || e.status(pendingRel) != "terminated" {
		t.Errorf("ended = %d, %s", p.status, e.status(pendingRel))
	}
	var summaries []string
	for _, entry := range e.s.Audit() {
		summaries = append(summaries, entry.Who+" "+strings.Fields(entry.Summary)[0])
	}
	const who = "carol@contoso.test "
	if got, want := strings.Join(summaries, ", "), who+"ignored, "+who+"approved, "+who+"terminated"; got != want {
		t.Errorf("audit = %q, want %q", got, want)
	}
}

func TestAdminCenterPeople(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		upn                       string
		status                    int    // of the deep link
		may                       bool   // approve
		says, hides               string // on the page
		dapStatus, resellerStatus int
	}{
		{"carol@contoso.test", 200, true, "Approve all", "You cannot approve", 200, 200},
		{"rex@contoso.test", 200, true, "Approve all", "You cannot approve", 403, 403},
		{"oskar@contoso.test", 200, false, "You cannot approve", "Approve all", 403, 403},
		{"ana@partner.test", 404, false, "", "Approve all", 404, 404},
	} {
		t.Run(row.upn, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, nil)
			e.withRelationships()
			b := e.browser()
			p := b.signIn("/admin/partners/invitation/"+pendingRel, row.upn)
			if p.status != row.status || !strings.Contains(p.body, row.says) || strings.Contains(p.body, row.hides) {
				t.Errorf("the request = %d %s", p.status, p.body)
			}
			for what, want := range map[string]int{"dap": row.dapStatus, "reseller": row.resellerStatus} {
				if what == "reseller" && want == 200 {
					continue // below, for it ends both
				}
				if got := b.post("/admin/partners/"+what, p.csrf()); got.status != want {
					t.Errorf("removing %s = %d, want %d", what, got.status, want)
				}
			}
			got := b.post("/admin/partners/relationships/"+pendingRel, with(p.csrf(), "action", "approve"))
			if (got.status == 200) != row.may || (e.status(pendingRel) == "active") != row.may {
				t.Errorf("approving = %d, %s", got.status, e.status(pendingRel))
			}
		})
	}
}

func TestAdminCenterList(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	e.s.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso"})
	b := e.browser()
	p := b.signIn("/admin", "carol@contoso.test")
	for _, want := range []string{"Contoso 1", "Active", "1 March 2026", "31 March 2026", "Remove delegated administration", "Remove this reseller", "stand-in"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the list lacks %q: %s", want, p.body)
		}
	}
	if strings.Contains(p.body, "Contoso &lt;2&gt;") {
		t.Error("a request for nobody in particular is listed")
	}
	if got := b.post("/admin/partners/reseller", p.csrf()); got.status != 200 || strings.Contains(got.body, "Remove this reseller") || strings.Contains(got.body, "Remove delegated") {
		t.Errorf("without the reseller = %d %s", got.status, got.body)
	}
	if got := b.post("/admin/partners/reseller", p.csrf()); got.status != 409 {
		t.Errorf("removed twice = %d, want 409", got.status)
	}
	for _, path := range []string{"/admin/partners/relationships/" + goneRel, "/admin/partners/invitation/" + relID + "/" + contoso} {
		if got := b.get(path); got.status != 404 {
			t.Errorf("%s = %d, want 404", path, got.status)
		}
	}
	if other := e.browser().signIn("/admin", "lena@litware.test"); strings.Contains(other.body, "Contoso 1") {
		t.Error("another customer sees it")
	}
	if got := b.post("/admin/signout", p.csrf()); got.status != 200 {
		t.Errorf("sign-out = %d", got.status)
	}
	if got := b.get("/admin"); !strings.Contains(got.body, "Pick an account") {
		t.Errorf("after the sign-out = %s", got.body)
	}
	if got := b.get("/AdminPortal/Home"); got.status != 200 || !strings.Contains(got.body, "granularAdminRelationships") {
		t.Errorf("the address of real links = %d %s", got.status, got.body)
	}
}

func TestAdminActs(t *testing.T) {
	t.Parallel()
	e := newEstate(t, func(o *graphtest.Options) { o.Lag = 1 })
	e.withRelationships()
	for _, row := range []struct {
		name string
		do   func() error
		want error
	}{
		{"ApproveWithoutRole", func() error { return e.s.ApproveRelationship(pendingRel, "oskar@contoso.test") }, graphtest.ErrNotPermitted},
		{"ApproveByPartner", func() error { return e.s.ApproveRelationship(pendingRel, ana) }, graphtest.ErrNotFound},
		{"ApproveByNobody", func() error { return e.s.ApproveRelationship(pendingRel, "") }, graphtest.ErrNotFound},
		{"ApproveUnknown", func() error { return e.s.ApproveRelationship(goneRel, carolID) }, graphtest.ErrNotFound},
		{"ApproveActive", func() error { return e.s.ApproveRelationship(relID, carolID) }, graphtest.ErrStatus},
		{"TerminatePending", func() error { return e.s.TerminateRelationship(pendingRel, carolID) }, graphtest.ErrStatus},
		{"TerminateByOther", func() error { return e.s.TerminateRelationship(relID, "lena@litware.test") }, graphtest.ErrNotFound},
		{"Approve", func() error { return e.s.ApproveRelationship(pendingRel, "REX@contoso.test") }, nil},
		{"ApprovedForAnother", func() error { return e.s.ApproveRelationship(pendingRel, "lena@litware.test") }, graphtest.ErrNotFound},
		{"Terminate", func() error { return e.s.TerminateRelationship(relID, rexID) }, nil},
		{"RemoveDAPWithoutRole", func() error { return e.s.RemoveDAP(contoso, rexID) }, graphtest.ErrNotPermitted},
		{"RemoveDAPElsewhere", func() error { return e.s.RemoveDAP(fabrikam, carolID) }, graphtest.ErrNotFound},
		{"RemoveDAP", func() error { return e.s.RemoveDAP(contoso, carolID) }, nil},
		{"RemoveDAPAgain", func() error { return e.s.RemoveDAP(contoso, carolID) }, graphtest.ErrStatus},
	} {
		if err := row.do(); !errors.Is(err, row.want) {
			t.Errorf("%s = %v, want %v", row.name, err, row.want)
		}
	}
	token := e.tokens(partner, tokenForm(nil)).text("access_token")
	var approved, ended []string
	for range 4 {
		approved = append(approved, e.call("GET", "/v1.0"+relationships+"/"+pendingRel, token, "").text("status"))
		ended = append(ended, e.call("GET", "/v1.0"+one, token, "").text("status"))
	}
	if got := strings.Join(approved, " "); !strings.HasPrefix(got, "approved activating active") {
		t.Errorf("readers saw %s of the approved one", got)
	}
	if got := strings.Join(ended, " "); !strings.HasPrefix(got, "terminationRequested terminating terminated") {
		t.Errorf("readers saw %s of the ended one", got)
	}
	if e.s.Tenants()[1].DAP {
		t.Error("delegated administration is still there")
	}
}

func TestIgnoredRequestGoes(t *testing.T) {
	t.Parallel()
	e := newEstate(t, nil)
	e.withRelationships()
	b := e.browser()
	p := b.signIn("/admin/partners/invitation/"+pendingRel, "carol@contoso.test")
	if !strings.Contains(p.body, "30 May 2026") {
		t.Errorf("the page does not say when it goes: %s", p.body)
	}
	e.due = e.due.Add(91 * 24 * time.Hour)
	if p := b.get("/admin/partners/invitation/" + pendingRel); p.status != 404 {
		t.Errorf("after 91 days = %d, want 404", p.status)
	}
}
