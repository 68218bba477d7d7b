package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/watch"
)

var (
	start = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	dee   = access.Person{Team: "T0HOME", User: "U0DEE", Name: "Dee"}
)

const contoso = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")

type edit func(*state.MirroredRelationship)

// rel is an active relationship of Contoso; the edits make it another.
func rel(edits ...edit) *state.MirroredRelationship {
	m := &state.MirroredRelationship{
		Relationship: access.Relationship{
			ID: "rel-1", Name: "Care plan", Customer: contoso, CustomerName: "Contoso", Status: access.RelationshipActive,
			Roles: []access.RoleID{"a", "b"}, Start: start.AddDate(0, -1, 0), End: start.AddDate(1, 0, 0), Duration: "P365D", AutoExtend: "P180D",
		},
		Assignments: []access.Assignment{
			{ID: "as-1", Group: "g-1", GroupName: "Staff", Roles: []access.RoleID{"a"}, Status: access.AssignmentActive},
			{ID: "as-2", Group: "g-ours", GroupName: "latchkey", Roles: []access.RoleID{"b"}, Status: access.AssignmentActive},
		},
	}
	for _, e := range edits {
		e(m)
	}
	return m
}

func is(s access.RelationshipStatus) edit {
	return func(m *state.MirroredRelationship) {
		m.Status = s
		if s != access.RelationshipActive {
			m.Assignments = nil
		}
	}
}

func called(name string) edit { return func(m *state.MirroredRelationship) { m.Name = name } }

func extends(text string) edit { return func(m *state.MirroredRelationship) { m.AutoExtend = text } }

func ends(t time.Time) edit { return func(m *state.MirroredRelationship) { m.End = t } }

func holds(roles ...access.RoleID) edit {
	return func(m *state.MirroredRelationship) { m.Roles = roles }
}

func assigned(n int, f func(*access.Assignment)) edit {
	return func(m *state.MirroredRelationship) { f(&m.Assignments[n]) }
}

func unassigned(n int) edit {
	return func(m *state.MirroredRelationship) {
		m.Assignments = append(m.Assignments[:n:n], m.Assignments[n+1:]...)
	}
}

func unseen(m *state.MirroredRelationship) { m.Unseen, m.Assignments = "They could not be read.", nil }

func did(kind state.ActKind, ago time.Duration) watch.Context {
	return watch.Context{Acts: map[state.ActKind]state.Act{kind: {Kind: kind, By: dee, At: start.Add(-ago)}}}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	none, ours := watch.Context{}, watch.Context{Ours: map[access.GroupID]bool{"g-ours": true}}
	asked, coveredBy := watch.Context{Asked: true}, watch.Context{Covered: true}
	failed := func(a *access.Assignment) { a.Status = access.AssignmentError }
	other := func(a *access.Assignment) { a.Roles = []access.RoleID{"a", "b"} }
	deleting := func(a *access.Assignment) { a.Status = access.AssignmentDeleting }
	rows := []struct {
		name     string
		old, now *state.MirroredRelationship
		context  watch.Context
		want     string // kind from→to, with "!" when it alarms and who did it
	}{
		{"Nothing", nil, nil, none, ""},
		{"Same", rel(), rel(), none, ""},
		{"Renamed", rel(), rel(called("New name")), none, ""},
		{"Terminated", rel(), rel(is("terminated")), none, "terminated active→terminated!"},
		{"TerminatedHere", rel(), rel(is("terminated")), did(state.ActTerminate, time.Minute), "terminated active→terminated by Dee"},
		{"TerminatedLongAfterAnAct", rel(), rel(is("terminated")), did(state.ActTerminate, 25*time.Hour), "terminated active→terminated!"},
		{"TerminatedAfterAnotherAct", rel(), rel(is("terminated")), did(state.ActExtend, time.Minute), "terminated active→terminated!"},
		{"TerminatedButCovered", rel(), rel(is("terminated")), coveredBy, "terminated active→terminated"},
		{"Terminating", rel(), rel(is("terminationRequested")), none, "terminating active→terminationRequested!"},
		{"TerminatingGoesOn", rel(is("terminationRequested")), rel(is("terminating")), none, ""},
		{"TerminatingThenOver", rel(is("terminating")), rel(is("terminated")), none, "terminated terminating→terminated!"},
		{"Expired", rel(is("expiring")), rel(is("expired")), none, "expired expiring→expired!"},
		{"ExpiredThoughWeTerminated", rel(), rel(is("expired")), did(state.ActTerminate, time.Minute), "expired active→expired!"},
		{"Expiring", rel(), rel(is("expiring")), none, ""},
		{"OfferExpired", rel(is("approvalPending")), rel(is("expired")), none, "expired approvalPending→expired"},
		{"Approved", rel(is("approvalPending")), rel(is("approved")), none, "approved approvalPending→approved"},
		{"Activating", rel(is("approved")), rel(is("activating")), none, ""},
		{"ApprovedUnseen", rel(is("approvalPending")), rel(is("activating")), none, "approved approvalPending→activating"},
		{"Active", rel(is("activating")), rel(), none, "active activating→active"},
		{"ActiveAgain", rel(is("terminating")), rel(), none, "active terminating→active"},
		{"UnknownStatus", rel(), rel(is("melting")), none, ""},
		{"New", nil, rel(is("approvalPending")), none, "new →approvalPending!"},
		{"NewAndActive", nil, rel(), none, "new →active!"},
		{"NewAndAsked", nil, rel(is("approvalPending")), asked, ""},
		{"NewAskedActive", nil, rel(), asked, "active →active"},
		{"NewAndOver", nil, rel(is("terminated")), none, ""},
		{"Draft", nil, rel(is("created")), none, ""},
		{"DraftSent", rel(is("created")), rel(is("approvalPending")), none, "new →approvalPending!"},
		{"DraftSentByUs", rel(is("created")), rel(is("approvalPending")), asked, ""},
		{"NewAwaitsOurConsent", nil, rel(is("approvalPending"), func(m *state.MirroredRelationship) { m.ConsentPending = true }), none, ""},
		{"Vanished", rel(), nil, none, "vanished active→not listed!"},
		{"VanishedOver", rel(is("terminated")), nil, none, ""},
		{"VanishedPending", rel(is("approvalPending")), nil, none, ""},
		{"VanishedTerminating", rel(is("terminating")), nil, none, ""},
		{"RoleGone", rel(), rel(holds("a")), none, "roles a b→a!"},
		{"RoleGoneHere", rel(), rel(holds("a")), did(state.ActRoles, time.Hour), "roles a b→a by Dee"},
		{"RolesTurned", rel(), rel(holds("b", "a")), none, ""},
		{"RenewalOff", rel(), rel(extends("PT0S")), none, "auto-extend on→off!"},
		{"RenewalOffHere", rel(), rel(extends("P0D")), did(state.ActExtend, time.Hour), "auto-extend on→off by Dee"},
		{"RenewalOn", rel(extends("")), rel(), none, "auto-extend off→on"},
		{"RenewalSpelledAnew", rel(extends("P180D")), rel(extends("P26W")), none, ""},
		{"RenewalGoneWithTheEnd", rel(), rel(is("expired"), extends("PT0S")), none, "expired active→expired!"},
		{"Extended", rel(extends("")), rel(extends(""), ends(start.AddDate(1, 6, 0))), none, "end 2027-03-02T09:30:00Z→2027-09-02T09:30:00Z"},
		{"ExtendedItself", rel(), rel(ends(start.AddDate(1, 6, 0))), none, "extended 2027-03-02T09:30:00Z→2027-09-02T09:30:00Z"},
		{"Shortened", rel(), rel(ends(start.AddDate(0, 6, 0))), none, "end 2027-03-02T09:30:00Z→2026-09-02T09:30:00Z!"},
		{"EndedAtOnce", rel(), rel(is("terminated"), ends(start)), none, "terminated active→terminated!"},
		{"FirstEnd", rel(ends(time.Time{})), rel(), none, ""},
		{"TwoAtOnce", rel(), rel(holds("a"), extends("PT0S")), none, "roles a b→a!, auto-extend on→off!"},
		{"MicrosoftLedNew", nil, rel(called("MLT_1_2_3"), is("approvalPending")), none, ""},
		{"MicrosoftLedOver", rel(called("MLT_1_2_3")), rel(called("MLT_1_2_3"), is("expired")), none, "expired active→expired"},
		{"MicrosoftLedRoles", rel(called("MLT_1_2_3")), rel(called("MLT_1_2_3"), holds("a")), none, ""},
		{"MicrosoftLedVanished", rel(called("MLT_1_2_3")), nil, none, "vanished active→not listed"},

		{"Assigned", rel(unassigned(0)), rel(), none, "g-1 assigned →a"},
		{"AssignedOurs", rel(unassigned(1)), rel(), ours, "g-ours assigned →b own"},
		{"AssignedByUs", rel(unassigned(0)), rel(), did(state.ActAssign, time.Hour), "g-1 assigned →a own by Dee"},
		{"UnassignedByUs", rel(), rel(unassigned(0)), did(state.ActAssign, time.Hour), "g-1 unassigned a→ own by Dee"},
		{"Unassigned", rel(), rel(unassigned(0)), ours, "g-1 unassigned a→"},
		{"UnassignedOurs", rel(), rel(unassigned(1)), ours, "g-ours unassigned b→! own"},
		{"Deleting", rel(), rel(assigned(1, deleting)), ours, "g-ours unassigned b→! own"},
		{"DeletedBefore", rel(assigned(1, deleting)), rel(unassigned(1)), ours, ""},
		{"Reassigned", rel(), rel(assigned(0, other)), ours, "g-1 reassigned a→a b"},
		{"ReassignedOurs", rel(), rel(assigned(1, other)), ours, "g-ours reassigned b→a b! own"},
		{"Failed", rel(), rel(assigned(0, failed)), none, "g-1 failed active→error"},
		{"FailedOurs", rel(), rel(assigned(1, failed)), ours, "g-ours failed active→error! own"},
		{"StillFailed", rel(assigned(1, failed)), rel(assigned(1, failed)), ours, ""},
		{"WorksAgain", rel(assigned(1, failed)), rel(), ours, "g-ours assigned error→active own"},
		{"UnseenNow", rel(), rel(unseen), ours, ""},
		{"SeenAgain", rel(unseen), rel(), ours, ""},
		{"BecameActive", rel(is("activating")), rel(), ours, "active activating→active"},
		{"EndedWithAssignments", rel(), rel(is("terminated")), ours, "terminated active→terminated!"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.context.Now = start
			var got []string
			for _, f := range watch.Compare(row.old, row.now, row.context) {
				got = append(got, show(f))
				if !f.Change.At.Equal(start) {
					t.Errorf("it was seen at %v", f.Change.At)
				}
			}
			if text := strings.Join(got, ", "); text != row.want {
				t.Errorf("got %q, want %q", text, row.want)
			}
		})
	}
}

func show(f watch.Found) string {
	c, text := f.Change, ""
	if f.Group != "" {
		text = string(f.Group) + " "
	}
	text += fmt.Sprintf("%s %s→%s", c.Kind, c.From, c.To)
	if c.Alarming {
		text += "!"
	}
	if f.Own {
		text += " own"
	}
	if c.By.Name != "" {
		text += " by " + c.By.Name
	}
	return text
}
