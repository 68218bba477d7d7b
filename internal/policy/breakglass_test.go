package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const glass = `
admins: [U0DEE00001, U0BO000001]
operations_channel: C0OPERATIO
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}}
bundles:
  - {name: Helpdesk, roles: [Helpdesk Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
  - {name: Reports, roles: [Reports Reader]}
  - {name: Emergency, roles: [Global Administrator]}
rules:
  - {name: Nights, who: [U0NIGHT001], refuse: Sleep.}
  - {name: Desk, bundles: [Helpdesk], max_duration: 8h, approvals: 1, break_glass: 2h}
  - {name: Mail, bundles: [Mail], max_duration: 8h, approvals: 1, break_glass: 1h}
  - {name: Last day, who: [U0CTO00001], bundles: [Emergency], max_duration: 1h, approvals: 1, break_glass: 30m}
  - {name: Emergency, bundles: [Emergency], max_duration: 1h, approvals: 2}
rule: {max_duration: 8h, approvals: 1, break_glass: 4h, other_roles: true}
`

// TestBreakGlass holds what may be taken at once, and for how long.
func TestBreakGlass(t *testing.T) {
	p := parse(t, glass)
	for _, row := range []struct {
		name, who, roles string
		want             time.Duration
		explained        string
	}{
		{"Named", "U0ANA00001", "Helpdesk", 2 * time.Hour, "In an emergency it can be taken at once, without anybody's word, for at most 2 h."},
		{"TheShortestOfAll", "U0ANA00001", "Helpdesk + Mail", time.Hour, "for at most 1 h."},
		{"NotPrivileged", "U0ANA00001", "Reports", 4 * time.Hour, "for at most 4 h."},
		{"PrivilegedMustBeNamed", "U0ANA00001", "Privileged Role Administrator", 0, "“rule” would have to name a bundle with Privileged Role Administrator"},
		{"OneOfThemMustBeNamed", "U0ANA00001", "Helpdesk + Privileged Role Administrator", 0, "would have to name a bundle with Privileged Role Administrator"},
		{"OneOfThemMayNot", "U0ANA00001", "Helpdesk + Emergency", 0, ""},
		{"GlobalAdministratorNamed", "U0CTO00001", "Emergency", 30 * time.Minute, "for at most 30 min."},
		{"Usually", "U0ANA00001", "Emergency", 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: access.UserID(row.who)}, Customer: contoso, Roles: ids, Duration: 10 * time.Minute, At: noon}
			rule, err := p.Decide(ask)
			if err != nil || rule.BreakGlass != row.want {
				t.Errorf("BreakGlass = %v, %v, want %v", rule.BreakGlass, err, row.want)
			}
			told := p.Explain(ask)
			if !strings.Contains(told, row.explained) || row.explained == "" && strings.Contains(told, "break-glass") {
				t.Errorf("explained as %s", told)
			}
		})
	}
	night := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: "U0NIGHT001"}, Customer: contoso, Roles: p.Bundles[0].Roles, Duration: time.Minute, At: noon}
	if _, err := p.Decide(night); err == nil || !strings.Contains(err.Error(), "Sleep.") {
		t.Errorf("a rule that refuses gave %v", err)
	}
	if got := p.Reviewers("U0DEE00001"); len(got) != 1 || got[0] != "U0BO000001" {
		t.Errorf("an admin's own is reviewed by %v", got)
	}
	if !p.MayBreakGlass(night.Requester, nil) || parse(t, ruled).MayBreakGlass(night.Requester, nil) {
		t.Error("who may break glass is not who a rule covers")
	}
}

func TestBreakGlassIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"break_glass: true":   "break_glass is true or false; write a length of time",
		"break_glass: 9h":     "break_glass is longer than max_duration, 8 h",
		"break_glass: 30s":    "break_glass is not a length of time",
		"break_glass: 10d":    "break_glass must be from 1 min to 1 d",
		"break_glass: soon":   "break_glass is not a length of time",
		"break_glasses: 1h":   "is not a key of",
		"break_glass: [1h]":   "break_glass",
		"break_glass: {a: 1}": "break_glass",
	} {
		_, err := policy.Parse("policy.yml", []byte(strings.Replace(glass, "break_glass: 4h", text, 1)))
		if problems, ok := errors.AsType[*policy.Problems](err); !ok || !strings.Contains(problems.Error(), says) || !strings.Contains(problems.Error(), ":17:") {
			t.Errorf("%s: %v, want %q in line 17", text, err, says)
		}
	}
	_, err := policy.Parse("policy.yml", []byte(strings.Replace(glass, "refuse: Sleep.", "refuse: Sleep., break_glass: 1h", 1)))
	if err == nil || !strings.Contains(err.Error(), "A rule that refuses has no break_glass") {
		t.Errorf("a rule that refuses, with break-glass: %v", err)
	}
}
