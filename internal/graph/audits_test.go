package graph_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
)

// TestWhoMoved tells from the directory's log who changed a membership last.
func TestWhoMoved(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions = append(usual[:len(usual):len(usual)], "AuditLog.Read.All")
		o.Now = func() time.Time { return clock }
	})
	group := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "desk", MailNickname: "desk"}))
	other := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "other", MailNickname: "other"}))
	who := func(p access.PrincipalID, added bool, since time.Time) string {
		t.Helper()
		clock = clock.Add(3 * time.Second) // the log takes five questions in ten seconds
		name, ok, err := w.client.WhoMoved(t.Context(), group, p, added, since)
		if err != nil || ok != (name != "") {
			t.Errorf("= %q, %t, %v", name, ok, err)
		}
		return name
	}
	if got := who(ana, true, start.Add(-time.Hour)); got != "" {
		t.Errorf("before anything happened it was %q", got)
	}
	w.ms.AddMember(string(other), ana)
	w.ms.AddMember(string(group), bo)
	if got := who(ana, true, start.Add(-time.Hour)); got != "" {
		t.Errorf("of another group and another person: %q", got)
	}
	if err := w.client.AddMember(t.Context(), group, ana); err != nil {
		t.Fatal(err)
	}
	if got := who(ana, true, start.Add(-time.Hour)); got == "" || got == "admin@partner.example" {
		t.Errorf("the application is called %q", got)
	}
	w.ms.RemoveMember(string(group), ana)
	w.now = w.now.Add(time.Hour)
	w.ms.AddMember(string(group), ana)
	if got := who(ana, true, start.Add(-time.Hour)); got != "admin@partner.example" {
		t.Errorf("the last one was %q", got)
	}
	if got := who(ana, false, start.Add(-time.Hour)); got != "admin@partner.example" {
		t.Errorf("it was taken out by %q", got)
	}
	if got := who(ana, false, start.Add(time.Minute)); got != "" {
		t.Errorf("since then it was %q", got)
	}
	if _, _, err := w.client.WhoMoved(t.Context(), "x' or 1 eq 1", ana, true, start); err == nil {
		t.Error("a group with a quote in its id was asked for")
	}
}

// TestWhoMovedNotAllowed finds out nothing where the bot may not read the log, and
// does not fail.
func TestWhoMovedNotAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	group := access.GroupID(w.ms.AddGroup(graphtest.Group{DisplayName: "desk", MailNickname: "desk"}))
	if name, ok, err := w.client.WhoMoved(t.Context(), group, ana, true, start); name != "" || ok || err != nil {
		t.Errorf("= %q, %t, %v", name, ok, err)
	}
}
