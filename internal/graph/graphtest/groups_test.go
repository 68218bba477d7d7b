package graphtest_test

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
)

func ref(id string) string {
	return `{"@odata.id":"https://graph.test/v1.0/directoryObjects/` + id + `"}`
}

func TestMembershipLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.want(204, "POST", members+"/$ref", ref(ana))
	a := w.want(400, "POST", members+"/$ref", `{"@odata.id":"https://other.test/v1.0/users/`+strings.ToUpper(ana)+`"}`)
	if want := "One or more added object references already exist for the following modified properties: 'members'."; a.message() != want || a.code() != "Request_BadRequest" {
		t.Errorf("second time: %q %q", a.code(), a.message())
	}
	if n := w.s.MemberAdds(strings.ToUpper(groupID), ana); n != 2 {
		t.Errorf("MemberAdds = %d, want 2", n)
	}
	m := w.want(200, "GET", members, "").values()
	if len(m) != 1 || m[0]["@odata.type"] != "#microsoft.graph.user" || m[0]["id"] != ana || m[0]["userType"] != "Member" || m[0]["userPrincipalName"] != "ana@partner.test" {
		t.Errorf("members = %v", m)
	}
	w.want(204, "DELETE", members+"/"+ana+"/$ref", "")
	w.want(404, "DELETE", members+"/"+ana+"/$ref", "")
	if got := w.want(200, "GET", members, "").column("id"); got != "" {
		t.Errorf("members after removal = %q", got)
	}
	var audit []string
	for _, e := range w.s.Audit() {
		audit = append(audit, e.Method+" "+e.Summary)
		if e.Who != client || !e.At.Equal(start) {
			t.Errorf("audit entry %+v", e)
		}
	}
	if want := []string{"POST added " + ana + " to group " + groupID, "DELETE removed " + ana + " from group " + groupID}; !slices.Equal(audit, want) {
		t.Errorf("audit = %q, want %q", audit, want)
	}
	if n := w.s.Calls()["POST /groups/{id}/members/$ref"]; n != 2 {
		t.Errorf("Calls = %v", w.s.Calls())
	}
}

func TestMembershipLag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 2 })
	seen := func() string { return w.want(200, "GET", members, "").column("displayName") }
	reads := func(what string, want ...string) {
		t.Helper()
		for i, x := range want {
			if got := seen(); got != x {
				t.Errorf("%s, read %d = %q, want %q", what, i+1, got, x)
			}
		}
	}
	w.want(204, "POST", members+"/$ref", ref(ana))
	if got := w.s.Groups()[0].Members; len(got) != 1 {
		t.Errorf("the truth lags: %v", got)
	}
	w.want(400, "POST", members+"/$ref", ref(ana)) // writers see the truth
	reads("added", "", "", "Ana", "Ana")
	w.want(204, "POST", members+"/$ref", ref(bo))
	w.want(204, "DELETE", members+"/"+ana+"/$ref", "")
	w.want(404, "DELETE", members+"/"+ana+"/$ref", "")
	reads("swapped", "Ana", "Ana", "Bo")
	w.want(204, "DELETE", members+"/"+bo+"/$ref", "")
	w.want(204, "POST", members+"/$ref", ref(bo))
	reads("removed and added again", "Bo", "Bo", "Bo")
}

func TestMemberPagesAreOneRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { o.Lag = 1 })
	w.s.AddMember(groupID, ana)
	w.s.AddMember(groupID, bo)
	w.want(204, "DELETE", members+"/"+bo+"/$ref", "")
	a := w.want(200, "GET", members+"?$top=1&$select=id,userType", "")
	if a.column("id") != ana || a.values()[0]["displayName"] != nil {
		t.Errorf("page 1 = %v", a.values())
	}
	w.want(200, "GET", a.text("@odata.nextLink"), "")
	if got := w.want(200, "GET", members, "").column("id"); got != ana {
		t.Errorf("next read = %q, want the removal to show", got)
	}
}

func TestMemberRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, row := range []struct {
		name, group, body string
		status            int
	}{
		{"UnknownUser", groupID, ref(contoso), 404},
		{"UnknownGroup", contoso, ref(ana), 404},
		{"Relative", groupID, `{"@odata.id":"/directoryObjects/` + ana + `"}`, 400},
		{"OtherKind", groupID, `{"@odata.id":"https://graph.test/v1.0/devices/` + ana + `"}`, 400},
		{"NoReference", groupID, `{}`, 400},
		{"NoId", groupID, `{"@odata.id":"https://graph.test/v1.0/users/"}`, 400},
		{"Itself", groupID, ref(groupID), 400},
		{"NotAText", groupID, `{"@odata.id":7}`, 400},
		{"More", groupID, `{"@odata.id":"https://graph.test/v1.0/users/` + ana + `","x":1}`, 400},
	} {
		t.Run(row.name, func(t *testing.T) { w.want(row.status, "POST", "/groups/"+row.group+"/members/$ref", row.body) })
	}
	w.want(204, "POST", members+"/$ref", ref(otherID))
	if m := w.want(200, "GET", members, "").values(); len(m) != 1 || m[0]["@odata.type"] != "#microsoft.graph.group" {
		t.Errorf("nested group = %v", m)
	}
	o := w.want(200, "GET", "/groups/"+otherID+"/owners", "")
	if o.column("id") != bo || o.values()[0]["userType"] != "Guest" {
		t.Errorf("owners = %v", o.values())
	}
}

// TestDeleteWithoutRef shows the trap that the client must not fall into.
func TestDeleteWithoutRef(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	path := "/groups/" + otherID + "/members/" + ana
	w.want(403, "DELETE", path, "")
	if n := len(w.s.Users()); n != 2 {
		t.Fatalf("a refused DELETE left %d users", n)
	}
	w = newWorld(t, func(o *graphtest.Options) { o.Permissions = append(slices.Clone(usual), "User.ReadWrite.All") })
	w.want(404, "DELETE", members+"/"+ana, "")
	w.want(204, "DELETE", path, "")
	w.want(404, "GET", "/users/"+ana, "")
	for _, g := range w.s.Groups() {
		if slices.Contains(g.Members, ana) {
			t.Errorf("deleted user is still in %s", g.ID)
		}
	}
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	body := func(more string) string {
		return `{"@odata.type":"#microsoft.graph.group","displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false` + more + `}`
	}
	a := w.want(201, "POST", "/groups", body(`,"description":"nonce 7","groupTypes":[]`))
	if a.text("description") != "nonce 7" || a.header.Get("Location") != base+"/v1.0/groups/"+a.text("id") {
		t.Errorf("created %v at %q", a.body, a.header.Get("Location"))
	}
	path := "/groups/" + a.text("id")
	w.want(200, "GET", path, "")
	w.want(403, "DELETE", path, "") // Group.Create does not allow it
	for _, row := range []struct {
		name, body string
		status     int
	}{
		{"Assignable", body(`,"isAssignableToRole":true`), 403},
		{"Unified", body(`,"groupTypes":["Unified"]`), 400},
		{"Members", body(`,"members@odata.bind":[]`), 400},
		{"UnknownProperty", body(`,"nonce":"x"`), 400},
		{"MailEnabled", `{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":true}`, 400},
		{"NotSecurity", `{"displayName":"D","mailNickname":"n","securityEnabled":false,"mailEnabled":false}`, 400},
		{"NoFlags", `{"displayName":"D","mailNickname":"n"}`, 400},
		{"NoNickname", `{"displayName":"D","securityEnabled":true,"mailEnabled":false}`, 400},
		{"NicknameWithSpace", `{"displayName":"D","mailNickname":"n m","securityEnabled":true,"mailEnabled":false}`, 400},
		{"NoName", `{"mailNickname":"n","securityEnabled":true,"mailEnabled":false}`, 400},
	} {
		t.Run(row.name, func(t *testing.T) { w.want(row.status, "POST", "/groups", row.body) })
	}
}

func TestRoleAssignableGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions = []string{"Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"}
	})
	a := w.want(201, "POST", "/groups", `{"displayName":"D","mailNickname":"n","securityEnabled":true,"mailEnabled":false,"isAssignableToRole":true}`)
	path := "/groups/" + a.text("id")
	w.want(400, "POST", path+"/members/$ref", ref(otherID))
	w.want(204, "POST", path+"/members/$ref", ref(ana))
	m := w.want(200, "GET", path+"/members", "").values()
	if len(m) != 1 || len(m[0]) != 2 {
		t.Errorf("without a permission on users a member shows %v, want id and type", m)
	}
	w.want(204, "DELETE", path, "")
	w.want(404, "GET", path, "")
}

func TestCompressedBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	zip := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	huge := `{"@odata.id":"` + strings.Repeat("x", 4<<20) + `"}`
	for _, row := range []struct {
		name, body, encoding string
		status               int
	}{
		{"Gzip", zip(ref(ana)), "gzip", 204},
		{"GzipOfNothing", ref(bo), "gzip", 400},
		{"GzipCutShort", zip(ref(bo))[:20], "gzip", 400},
		{"GzipBomb", zip(huge), "gzip", 413},
		{"Huge", huge, "", 413},
		{"Deflate", ref(bo), "deflate", 415},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.want(row.status, "POST", members+"/$ref", row.body, "Content-Encoding", row.encoding)
		})
	}
	w.want(415, "POST", members+"/$ref", ref(bo), "Content-Type", "text/plain")
}
