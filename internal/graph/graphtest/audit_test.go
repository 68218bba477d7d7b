package graphtest_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

func TestDirectoryAudits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.due = start.Add(time.Hour)
	w.s.RemoveMember(groupID, ana)
	w.due = start.Add(90 * time.Minute)
	w.want(201, "POST", assignments, assignmentBody(groupID, exchange))
	for _, row := range []struct{ name, query, want string }{
		{"NewestFirst", "", "Create delegated admin access assignment,Remove member from group,Add member to group"},
		{"Oldest", "?$orderby=activityDateTime asc&$top=999", "Add member to group,Remove member from group,Create delegated admin access assignment"},
		{"Since", "?$filter=activityDateTime ge 2026-03-01T10:00:00Z and activityDateTime lt 2026-03-01T10:30:00Z", "Remove member from group"},
		{"ByApp", "?$filter=initiatedBy/app/appId eq '" + client + "' and category eq 'GroupManagement'", "Add member to group"},
		{"ByPerson", "?$filter=startswith(initiatedBy/user/userPrincipalName,'admin@')", "Remove member from group"},
		{"OnUser", "?$filter=targetResources/any(t: t/id eq '" + ana + "')", "Remove member from group,Add member to group"},
		{"OnRelationship", "?$filter=targetResources/any(x:startswith(x/displayName,'Contoso 1'))", "Create delegated admin access assignment"},
		{"Named", "?$filter=activityDisplayName eq 'Add member to group' and result eq 'success'", "Add member to group"},
	} {
		w.now = w.now.Add(10 * time.Second)
		got := []string{}
		for _, v := range w.want(200, "GET", audits+row.query, "").values() {
			got = append(got, v["activityDisplayName"].(string))
		}
		if strings.Join(got, ",") != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
	w.now = w.now.Add(10 * time.Second)
	page := w.want(200, "GET", audits+"?$top=2", "")
	if rest := w.want(200, "GET", page.text("@odata.nextLink"), "").column("activityDisplayName"); rest != "Add member to group" {
		t.Errorf("page 2 = %q", rest)
	}
	for _, bad := range []string{
		"activityDateTime ge '2026-03-01'", "category eq 2026-03-01T10:00:00Z", "targetResources/any(t:category eq 'x')",
		"targetResources/any(t:t/id eq 'x'", "activityDateTime ge yesterday", "activityDateTime startswith 'x'", "category ne 'x'",
	} {
		w.now = w.now.Add(10 * time.Second)
		w.want(400, "GET", audits+"?$filter="+bad, "")
	}
	w.due, w.now = start.AddDate(0, 0, 31), w.now.Add(10*time.Second)
	w.token = w.newToken()
	if got := w.want(200, "GET", audits, "").values(); len(got) != 0 {
		t.Errorf("after 31 days the log holds %v", got)
	}
}

func TestSignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	w.s.AddSignIn(graphtest.SignIn{User: ana, App: "Exchange", ResourceTenant: contoso})
	w.due = start.Add(time.Hour)
	w.s.AddSignIn(graphtest.SignIn{User: ana, App: "Portal", Error: 53003, FailureReason: "Blocked"})
	for query, want := range map[string]string{
		"": "Portal Exchange",
		"?$filter=resourceTenantId ne '" + partner + "'":          "Exchange",
		"?$filter=createdDateTime gt 2026-03-01T09:30:00Z":        "Portal",
		"?$filter=userPrincipalName eq 'ANA@partner.test'&$top=9": "Portal Exchange",
	} {
		if got := w.want(200, "GET", signIns+query, "").column("appDisplayName"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	w = newWorld(t, func(o *graphtest.Options) { o.Permissions, o.NoPremium = everything, true })
	if a := w.want(403, "GET", signIns, ""); a.code() != "Authentication_RequestFromNonPremiumTenantOrB2CTenant" {
		t.Errorf("code %q", a.code())
	}
}

func TestMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	w.want(202, "POST", "/users/ana@partner.test/sendMail", mailTo("pat@contoso.test"))
	sent := w.s.Mails()
	if len(sent) != 1 || sent[0].From != ana || sent[0].To[0] != "pat@contoso.test" || sent[0].Subject != "S" || sent[0].Saved || sent[0].ContentType != "text" {
		t.Errorf("Mails = %+v", sent)
	}
	for path, code := range map[string]string{bo: "MailboxNotEnabledForRESTAPI", unknown: "ErrorInvalidUser"} {
		if a := w.want(404, "POST", "/users/"+path+"/sendMail", mailTo("pat@contoso.test")); a.code() != code {
			t.Errorf("code %q, want %q", a.code(), code)
		}
	}
	for _, bad := range []string{`{}`, mailTo("a b@c"), strings.Replace(mailTo("a@b"), "Text", "rtf", 1), `{"message":{"subject":"S"}}`} {
		w.want(400, "POST", "/users/"+ana+"/sendMail", bad)
	}
	if len(w.s.Mails()) != 1 {
		t.Error("a refused mail was sent")
	}
}

// TestMailAsMIME holds what is taken of a message that is written as MIME, and refused.
func TestMailAsMIME(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	const whole = "To: pat@contoso.test\r\nSubject: S\r\nMessage-ID: <x@y>\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b--\r\n"
	send := func(status int, body string) answer {
		return w.want(status, "POST", "/users/"+ana+"/sendMail", body, "Content-Type", "text/plain")
	}
	coded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	send(202, coded(whole))
	if m := w.s.Mails(); len(m) != 1 || m[0].Plain != "Hi" || m[0].Body != "<p>Hi</p>" || m[0].MessageID != "<x@y>" || !m[0].Saved {
		t.Errorf("sent: %+v", m)
	}
	for _, row := range []struct{ name, body, code string }{
		{"NotBase64", whole, "ErrorMimeContentInvalidBase64String"},
		{"NoMessage", coded("no header"), "ErrorMimeContentInvalid"},
		{"NoRecipient", coded(strings.Replace(whole, "To: pat@contoso.test\r\n", "", 1)), "ErrorInvalidRecipients"},
		{"BadRecipient", coded(strings.Replace(whole, "pat@contoso.test", "a b@c", 1)), "ErrorInvalidRecipients"},
		{"BadSubject", coded(strings.Replace(whole, "Subject: S", "Subject: =?nonsense?q?S?=", 1)), "ErrorMimeContentInvalid"},
		{"CutOff", coded(strings.Split(whole, "--b--")[0]), "ErrorMimeContentInvalid"},
		{"NoType", coded(strings.Replace(whole, "Content-Type: multipart/alternative; boundary=b\r\n", "", 1)), "ErrorMimeContentInvalid"},
	} {
		if a := send(400, row.body); a.code() != row.code {
			t.Errorf("%s: code %q, want %q", row.name, a.code(), row.code)
		}
	}
	if len(w.s.Mails()) != 1 {
		t.Error("a refused mail was sent")
	}
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.s.AddUser(graphtest.User{ID: bo, DisplayName: "Bo", DirectoryRoles: []string{globalAdm}})
	w.s.AddMember(groupID, otherID)
	w.s.AddMember(otherID, bo)
	if got := w.want(200, "GET", "/users/"+bo+"/memberOf", "").column("displayName"); got != "AdminAgents Global Administrator" {
		t.Errorf("memberOf %q", got)
	}
	a := w.want(200, "GET", "/users/"+bo+"/transitiveMemberOf", "")
	if got := a.column("displayName"); got != "Contoso exchange AdminAgents Global Administrator" {
		t.Errorf("transitiveMemberOf %q", got)
	}
	if last := a.values()[2]; last["@odata.type"] != "#microsoft.graph.directoryRole" || last["roleTemplateId"] != globalAdm {
		t.Errorf("role %v", last)
	}
}
