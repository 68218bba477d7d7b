package graphtest_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

func withPIM(o *graphtest.Options) { o.Permissions, o.PIM = everything, true }

const twoHours = `"expiration":{"type":"afterDuration","duration":"PT2H"}`

// TestPIMLife holds that a membership comes and goes by itself.
func TestPIMLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	a := w.want(201, "POST", pimAsk, pimBody("adminAssign", strings.ToUpper(ana), twoHours))
	if a.text("status") != "Provisioned" || !strings.HasPrefix(a.text("targetScheduleId"), groupID+"_member_") {
		t.Errorf("request %v", a.body)
	}
	if got := w.want(200, "GET", members, "").column("id"); got != ana {
		t.Errorf("members %q", got)
	}
	instance := w.want(200, "GET", pim+"/assignmentScheduleInstances?$filter=groupId eq '"+groupID+"' and principalId eq '"+ana+"'", "").values()
	if len(instance) != 1 || instance[0]["endDateTime"] != "2026-03-01T11:00:00Z" || instance[0]["assignmentScheduleId"] != a.text("targetScheduleId") {
		t.Errorf("instances %v", instance)
	}
	w.due = start.Add(2*time.Hour - time.Second)
	if got := w.memberCount(); got != 1 {
		t.Errorf("%d members before the end", got)
	}
	w.due = start.Add(2 * time.Hour)
	if got := w.want(200, "GET", members, "").column("id"); got != "" {
		t.Errorf("members after the end %q", got)
	}
	if got := w.want(200, "GET", pim+"/assignmentSchedules?$filter=groupId eq '"+groupID+"'", "").values(); len(got) != 0 {
		t.Errorf("schedules after the end %v", got)
	}
	got := w.want(200, "GET", audits+"?$filter=initiatedBy/app/displayName eq 'MS-PIM'", "").column("activityDisplayName")
	if got != "Remove member from group Add member to group" {
		t.Errorf("audit %q", got)
	}
}

func TestPIMLaterAndCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	from := `"startDateTime":"2026-03-01T12:00:00Z","expiration":{"type":"afterDateTime","endDateTime":"2026-03-01T13:00:00Z"}`
	first := w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, from))
	second := w.want(201, "POST", pimAsk, pimBody("adminAssign", bo, from))
	if first.text("status") != "Granted" || w.memberCount() != 0 {
		t.Errorf("%q with %d members", first.text("status"), w.memberCount())
	}
	w.want(204, "POST", pimAsk+"/"+second.text("id")+"/cancel", "", "Content-Type", "")
	w.want(400, "POST", pimAsk+"/"+second.text("id")+"/cancel", "", "Content-Type", "")
	w.due = start.Add(3 * time.Hour)
	if got := w.want(200, "GET", members, "").column("id"); got != ana {
		t.Errorf("members %q, want the one not cancelled", got)
	}
	if got := w.want(200, "GET", pimAsk+"?$filter=groupId eq '"+groupID+"'", "").column("status"); got != "Provisioned Canceled" {
		t.Errorf("requests %q", got)
	}
	w.want(400, "POST", pimAsk+"/"+first.text("id")+"/cancel", "")
	w.due = start.Add(4 * time.Hour)
	if w.memberCount() != 0 {
		t.Error("still a member after the end")
	}
}

func TestPIMRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
	if a := w.want(201, "POST", pimAsk, pimBody("adminRemove", ana, "")); a.text("status") != "Revoked" || w.memberCount() != 0 {
		t.Errorf("%v with %d members", a.body, w.memberCount())
	}
	// A member who was added without PIM is one to PIM, too.
	w.want(204, "POST", members+"/$ref", ref(ana))
	if a := w.want(400, "POST", pimAsk, pimBody("adminAssign", ana, twoHours)); a.code() != "RoleAssignmentExists" {
		t.Errorf("code %q", a.code())
	}
	w.want(201, "POST", pimAsk, pimBody("adminRemove", ana, ""))
	if w.memberCount() != 0 {
		t.Error("the direct member is still there")
	}
	// Whoever removes a member by other means ends its schedule.
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
	w.want(204, "DELETE", members+"/"+ana+"/$ref", "")
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.due = start.Add(3 * time.Hour)
	if w.memberCount() != 1 {
		t.Error("an ended schedule removed a member")
	}
}

func TestPIMRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	for _, row := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"Action", pimBody("selfActivate", ana, twoHours), 400, "InvalidRoleAssignmentRequest"},
		{"Subject", pimBody("adminAssign", unknown, twoHours), 404, "SubjectNotFound"},
		{"Group", strings.ReplaceAll(pimBody("adminAssign", ana, twoHours), groupID, unknown), 404, "ResourceNotFound"},
		{"Access", strings.Replace(pimBody("adminAssign", ana, twoHours), `"member"`, `"guest"`, 1), 400, "InvalidRoleAssignmentRequest"},
		{"Short", pimBody("adminAssign", ana, `"expiration":{"type":"afterDuration","duration":"PT4M"}`), 400, "ActiveDurationTooShort"},
		{"Weeks", pimBody("adminAssign", ana, `"expiration":{"type":"afterDuration","duration":"P1W"}`), 400, "InvalidRoleAssignmentRequest"},
		{"Past", pimBody("adminAssign", ana, `"expiration":{"type":"afterDateTime","endDateTime":"2026-02-01T00:00:00Z"}`), 400, "InvalidRoleAssignmentRequest"},
		{"Type", pimBody("adminAssign", ana, `"expiration":{"type":"never"}`), 400, "InvalidRoleAssignmentRequest"},
		{"Unknown", `{"accessId":"member","who":"x"}`, 400, "Request_BadRequest"},
	} {
		if a := w.do("POST", pimAsk, row.body); a.status != row.status || a.code() != row.code {
			t.Errorf("%s = %d %q, want %d %q", row.name, a.status, a.code(), row.status, row.code)
		}
	}
	validated := strings.Replace(pimBody("adminAssign", ana, twoHours), "{", `{"isValidationOnly":true,`, 1)
	if w.want(201, "POST", pimAsk, validated); w.memberCount() != 0 {
		t.Error("a validation was carried out")
	}
	w = newWorld(t, func(o *graphtest.Options) { o.Permissions = everything })
	if a := w.want(400, "POST", pimAsk, pimBody("adminAssign", ana, twoHours)); a.code() != "AadPremiumLicenseRequired" {
		t.Errorf("without a licence: %q", a.code())
	}
}
