package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const remindedRules = `
admins: [U024BE7LH]
operations_channel: C0OPS4FAB
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}}
bundles:
  - {name: Mail, roles: [Exchange Administrator]}
  - {name: Phones, roles: [Teams Administrator]}
  - {name: Desk, roles: [Service Support Administrator]}
rules:
  - {name: Mail, bundles: [Mail], max_duration: 8h, approvals: 1, decide_within: 10h, remind_after: 2h, escalate_after: 9h}
  - {name: Phones, bundles: [Phones], max_duration: 8h, approvals: 1, decide_within: 12h, escalate_after: 8h}
rule: {max_duration: 8h, approvals: 1}
`

// TestReminders holds when a request is called to mind, as the rules say, the soonest of
// several; where none says anything, nothing is stored, and it is as is usual.
func TestReminders(t *testing.T) {
	t.Parallel()
	p := parse(t, remindedRules)
	for _, row := range []struct {
		roles            string
		remind, escalate time.Duration
		says             string
	}{
		{"Desk", 0, 0, ""},
		{"Mail", 2 * time.Hour, 9 * time.Hour, "They are reminded after 2 h; after 9 h who asks and the operators hear that nobody has answered."},
		{"Phones", 6 * time.Hour, 8 * time.Hour, "They are reminded after 6 h"},
		{"Mail + Phones", 2 * time.Hour, 8 * time.Hour, "They are reminded after 2 h; after 8 h"},
		{"Desk + Phones", 6 * time.Hour, 8 * time.Hour, "They are reminded after 6 h"},
	} {
		ids, err := p.FindRoles(row.roles)
		if err != nil {
			t.Fatal(err)
		}
		ask := policy.Ask{Customer: p.Customers[0].Tenant, Roles: ids, Duration: time.Hour, At: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)}
		ask.Requester = access.Person{Team: "T0HOME", User: "U0BO000001"}
		rule, err := p.Judge(ask).Rule, p.Judge(ask).Err
		if err != nil || rule.RemindAfter != row.remind || rule.EscalateAfter != row.escalate {
			t.Errorf("%s: after %s and %s, %v", row.roles, rule.RemindAfter, rule.EscalateAfter, err)
		}
		if said := p.Explain(ask); !strings.Contains(said, row.says) || strings.Contains(said, "reminded") != (row.says != "") {
			t.Errorf("%s is explained as %s", row.roles, said)
		}
	}
}

func TestRemindersAreRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ from, to, want string }{
		"NoTime":       {"remind_after: 2h", "remind_after: soon", `remind_after is not a length of time: "soon"`},
		"TooSoon":      {"remind_after: 2h", "remind_after: 1m", "remind_after must be from 5 min to 30 d."},
		"AfterTheEnd":  {"remind_after: 2h", "remind_after: 10h", "remind_after is not before the request lapses, after 10 h; write less."},
		"EscalateLate": {"escalate_after: 9h", "escalate_after: 10h", "escalate_after is not before the request lapses, after 10 h; write less."},
		"WrongOrder":   {"remind_after: 2h", "remind_after: 9h", "others would hear of it after 9 h, and not after those who were asked are reminded, after 9 h; give both, remind_after the shorter."},
		"UsualIsLater": {"escalate_after: 8h", "escalate_after: 6h", "after those who were asked are reminded, after 6 h"},
	} {
		if _, err := policy.Parse("policy.yml", []byte(strings.Replace(remindedRules, row.from, row.to, 1))); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}
