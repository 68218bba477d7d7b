package graphtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

// reads are what a client sees of a directory, of everything in it.
func (w *world) reads(names *strings.Replacer) string {
	w.t.Helper()
	var out strings.Builder
	for _, path := range []string{
		relationships, relationships + "/{locked}/requests", relationships + "/{ga}/operations", assignments, customers, "/contracts",
		"/groups", members, "/groups/" + otherID + "/owners", "/users", "/servicePrincipals", pimAsk + "?$filter=groupId eq '" + groupID + "'",
		pim + "/assignmentSchedules?$filter=groupId eq '" + groupID + "'", audits, signIns, units, units + "/{unit}/members", crossList,
		"/users/" + bo + "/memberOf",
	} {
		w.now = w.now.Add(2 * time.Second)
		raw, err := json.MarshalIndent(w.want(200, "GET", names.Replace(path), "").body, "", " ")
		if err != nil {
			w.t.Fatal(err)
		}
		out.WriteString(path + "\n" + string(raw) + "\n")
	}
	return out.String()
}

// TestSnapshotRoundTrip holds that a loaded directory is the one that was
// saved: to readers, for the changes that are still to show, and in time.
func TestSnapshotRoundTrip(t *testing.T) {
	t.Parallel()
	change := func(o *graphtest.Options) { o.Lag, o.GroupLag = 2, 20 }
	w, names := wide(t, change)
	w.s.AddUser(graphtest.User{ID: bo, DisplayName: "Bo", DirectoryRoles: []string{globalAdm}})
	w.want(204, "POST", members+"/$ref", ref(bo))
	w.want(201, "POST", assignments, assignmentBody(groupID, exchange))
	w.want(202, "POST", "/users/"+ana+"/sendMail", mailTo("pat@contoso.test"))
	w.want(201, "POST", "/groups", `{"displayName":"D","mailNickname":"late","securityEnabled":true,"mailEnabled":false}`)

	w.s.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", Domain: "contoso.test", DAP: true})
	if _, err := w.s.AddPerson(graphtest.Person{Tenant: contoso, Name: "Pat", UPN: "pat@contoso.test", DirectoryRoles: []string{globalAdm}}); err != nil {
		t.Fatal(err)
	}

	var saved bytes.Buffer
	if err := w.s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	other := newWorld(t, func(o *graphtest.Options) {
		o.Permissions, o.PIM = everything, true
		change(o)
	})
	other.now = w.now
	other.token = other.newToken()
	if err := other.s.Load(bytes.NewReader(saved.Bytes())); err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := other.s.Save(&again); err != nil || again.String() != saved.String() {
		t.Errorf("saved again it differs (%v):\n%s\n%s", err, saved.String(), again.String())
	}
	for round := range 3 {
		if got, want := other.reads(names), w.reads(names); got != want {
			t.Fatalf("read %d: got\n%s\nwant\n%s", round+1, got, want)
		}
	}
	if len(other.s.People()) != 1 || len(other.s.Tenants()) != 2 || len(other.s.Mails()) != 1 || len(other.s.Audit()) != len(w.s.Audit()) {
		t.Error("people, mails or writes are lost")
	}
	w.due, other.due = start.AddDate(0, 0, 40), start.AddDate(0, 0, 40)
	if got, want := other.reads(names), w.reads(names); got != want {
		t.Errorf("after 40 days: got\n%s\nwant\n%s", got, want)
	}
	// What is made from here on gets a number of its own.
	other.want(201, "POST", relationships, `{"displayName":"After","duration":"P1D",`+roles(exchange)+`}`)
	if got := other.want(200, "GET", relationships, "").column("displayName"); !strings.HasSuffix(got, " After") {
		t.Errorf("the list is %q", got)
	}
}

// TestOlderSnapshot holds that a directory saved before relationships had more
// than one status on their way is taken up where it was.
func TestOlderSnapshot(t *testing.T) {
	t.Parallel()
	lag := func(o *graphtest.Options) { o.Lag = 1 }
	w := newWorld(t, lag)
	w.want(201, "POST", one+"/requests", `{"action":"terminate"}`)
	var saved bytes.Buffer
	if err := w.s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	old := strings.NewReplacer(`"Version":2`, `"Version":1`, `"Ending":false`, `"Ending":true`, `,"Moving":true`, "").Replace(saved.String())
	other := newWorld(t, lag)
	if err := other.s.Load(strings.NewReader(old)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"terminationRequested", "terminating", "terminated"} {
		if got := other.want(200, "GET", one, "").text("status"); got != want {
			t.Errorf("status %q, want %q", got, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestSnapshotRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var saved bytes.Buffer
	if err := w.s.Save(&saved); err != nil {
		t.Fatal(err)
	}
	good := saved.String()
	for name, bad := range map[string]string{
		"Realm": strings.Replace(good, `"realm":{"Tenants":`, `"realm":{"Color":1,"Tenants":`, 1),
		"Empty": "", "NotJSON": "x", "Cut": good[:len(good)/2], "Later": strings.Replace(good, `"Version":2`, `"Version":3`, 1),
		"Stranger": strings.Replace(good, partner, client, 1), "Field": strings.Replace(good, `"Version":2`, `"Version":2,"Color":1`, 1),
		"Part": strings.Replace(good, `"Parts":{`, `"Parts":{"x":1,`, 1),
	} {
		before := w.s.Version()
		if err := w.s.Load(strings.NewReader(bad)); err == nil || w.s.Version() != before {
			t.Errorf("%s: %v, changed %v", name, err, w.s.Version() != before)
		}
	}
	if err := w.s.Save(full{}); err == nil {
		t.Error("a full disk was not noticed")
	}
}
