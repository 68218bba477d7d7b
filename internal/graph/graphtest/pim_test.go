package graphtest_test

import (
	"fmt"
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
	w.due = start.Add(5*time.Minute - time.Second)
	if a := w.want(400, "POST", pimAsk, pimBody("adminRemove", ana, "")); a.code() != "ActiveDurationTooShort" || w.memberCount() != 1 {
		t.Errorf("removed within five minutes: %q with %d members", a.code(), w.memberCount())
	}
	w.due = start.Add(5 * time.Minute)
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

// TestPIMUpdate holds that an assignment can be given another end, earlier or later,
// without a moment in which the member is out.
func TestPIMUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	until := func(at string) string {
		return `"expiration":{"type":"afterDateTime","endDateTime":"2026-03-01T` + at + `:00Z"}`
	}
	ends := func() string {
		t.Helper()
		got := w.want(200, "GET", pim+"/assignmentScheduleInstances?$filter=groupId eq '"+groupID+"'", "").column("endDateTime")
		return strings.ReplaceAll(got, "2026-03-01T", "")
	}
	if a := w.want(400, "POST", pimAsk, pimBody("adminUpdate", ana, until("12:00"))); a.code() != "RoleAssignmentDoesNotExist" {
		t.Errorf("updated what is not there: %q", a.code())
	}
	first := w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, until("12:00"))).text("targetScheduleId")
	if got := w.want(201, "POST", pimAsk, pimBody("adminUpdate", ana, until("10:00"))).text("targetScheduleId"); got == first || ends() != "10:00:00Z" {
		t.Errorf("shortened: %q, ends %s", got, ends())
	}
	w.want(400, "POST", pimAsk, pimBody("adminExtend", ana, until("09:30")))
	w.want(201, "POST", pimAsk, pimBody("adminExtend", ana, until("13:00")))
	if got := w.memberCount(); got != 1 || ends() != "13:00:00Z" {
		t.Errorf("extended: %d members, ends %s", got, ends())
	}
	w.due = start.Add(4*time.Hour - 4*time.Minute)
	if a := w.want(400, "POST", pimAsk, pimBody("adminUpdate", ana, until("13:00"))); a.code() != "ActiveDurationTooShort" {
		t.Errorf("four minutes from now: %q", a.code())
	}
	w.due = start.Add(4 * time.Hour)
	if w.memberCount() != 0 {
		t.Error("still a member after the end")
	}
	// A member who was added without PIM gets an end.
	w.want(204, "POST", members+"/$ref", ref(ana))
	w.want(201, "POST", pimAsk, pimBody("adminUpdate", ana, until("14:00")))
	if w.due = start.Add(5 * time.Hour); w.memberCount() != 0 {
		t.Error("the direct member is still there")
	}
}

// TestPIMShowsLate holds that lists miss for a while what was asked for.
func TestPIMShowsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { withPIM(o); o.Lag = 1 })
	list := pim + "/assignmentSchedules?$filter=groupId eq '" + groupID + "' and principalId eq '" + ana + "'"
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
	if got := w.want(200, "GET", list, "").values(); len(got) != 0 {
		t.Errorf("shown at once: %v", got)
	}
	first := w.want(200, "GET", list, "").column("id")
	w.want(201, "POST", pimAsk, pimBody("adminUpdate", ana, strings.Replace(twoHours, "PT2H", "PT3H", 1)))
	if got := w.want(200, "GET", list, "").values(); len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]), "PT2H") {
		t.Errorf("the change of %s is shown at once: %v", first, got)
	}
	if got := w.want(200, "GET", list, "").values(); len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]), "PT3H") {
		t.Errorf("the change of %s is not shown: %v", first, got)
	}
}

// TestPIMLicence holds that a licence comes and goes while the world goes on, and
// that what was scheduled before still ends by itself.
func TestPIMLicence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withPIM)
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
	w.s.SetPIM(false)
	if a := w.want(400, "POST", pimAsk, pimBody("adminRemove", ana, "")); a.code() != "AadPremiumLicenseRequired" {
		t.Errorf("without a licence: %q", a.code())
	}
	if w.due = start.Add(2 * time.Hour); w.memberCount() != 0 {
		t.Error("still a member after the end")
	}
	w.s.SetPIM(true)
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
}

// TestPIMKeepsSchedules holds the other answer to what becomes of a schedule whose
// member was removed without PIM.
func TestPIMKeepsSchedules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *graphtest.Options) { withPIM(o); o.Troubles.KeepSchedules = true })
	list := pim + "/assignmentSchedules?$filter=groupId eq '" + groupID + "'"
	w.want(201, "POST", pimAsk, pimBody("adminAssign", ana, twoHours))
	w.want(204, "DELETE", members+"/"+ana+"/$ref", "")
	if got := w.want(200, "GET", list, "").values(); len(got) != 1 || w.memberCount() != 0 {
		t.Errorf("schedules %v, %d members", got, w.memberCount())
	}
	w.due = start.Add(5 * time.Minute)
	w.want(201, "POST", pimAsk, pimBody("adminRemove", ana, ""))
	if got := w.want(200, "GET", list, "").values(); len(got) != 0 {
		t.Errorf("schedules %v", got)
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
		{"Long", pimBody("adminAssign", ana, `"expiration":{"type":"afterDuration","duration":"P181D"}`), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"ForEver", pimBody("adminAssign", ana, `"expiration":{"type":"noExpiration"}`), 400, "RoleAssignmentRequestPolicyValidationFailed"},
		{"Unjustified", strings.Replace(pimBody("adminAssign", ana, twoHours), `"justification":"because"`, `"justification":""`, 1), 400, "RoleAssignmentRequestPolicyValidationFailed"},
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
