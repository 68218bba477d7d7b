package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// kept has groups whose people Slack and Entra keep, in each kind of rule.
const kept = `
admins: [U0DEE00001]
operations_channel: C0OPERATIO
staff:
  - {name: Dynamics, slack_group: S0DYNAMIC1}
  - {name: Trainees, entra_group: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913}
  - {name: Seniors, slack_group: S0SENIORS1}
  - {name: Suspended, slack_group: S0SUSPEND1}
customers:
  - {name: Adatum, tenant: 5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720, slack: {team: T0ADATUM01, channel: C0ADATUM01}}
bundles:
  - {name: Helpdesk, roles: [Helpdesk Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
  - {name: Dynamics team, roles: [Dynamics 365 Administrator]}
rules:
  - {name: Suspended, who: [Suspended], bundles: [Mail], refuse: You do not work on mail now.}
  - {name: Dynamics, who: [Dynamics, U0NAMED001], bundles: [Dynamics team], only: true, max_duration: 2d, approvals: 1}
  - {name: Trainees, who: [Trainees], max_duration: 1h, approvals: 2}
  - {name: Seniors, who: [Seniors], bundles: [Helpdesk], max_duration: 2d, approvals: 1}
rule: {max_duration: 8h, approvals: 1}
`

// TestMembership holds that the rules go by who is in a group that Slack or Entra keeps,
// and that a group of which nothing is known opens no door: neither what its people get,
// nor what they must not, nor what would be left if they were not in it.
func TestMembership(t *testing.T) {
	p := parse(t, kept)
	all := func(in ...string) policy.Membership {
		m, unknown := p.Assume(in...)
		if unknown != "" {
			t.Fatalf("%s is no group", unknown)
		}
		return m
	}
	without := func(m policy.Membership, groups ...string) policy.Membership {
		for _, g := range groups {
			delete(m, g)
		}
		return m
	}
	const ana, named = "U0ANA00001", "U0NAMED001"
	const unread = "could not be read lately, so nothing is allowed or given by it"
	for _, row := range []struct {
		name, who string
		in        policy.Membership
		roles     string
		want      string // the rule, or a part of the refusal
	}{
		{"InNone", ana, all(), "Helpdesk", "rule"},
		{"Gives", ana, all("Seniors"), "Helpdesk", "Seniors"},
		{"GivesNothingElse", ana, all("Seniors"), "Mail", "rule"},
		{"Stricter", ana, all("Trainees", "Seniors"), "Helpdesk", "Trainees"},
		{"Refuses", ana, all("Suspended"), "Mail", "You do not work on mail now"},
		{"RefusesThatAlone", ana, all("Suspended"), "Helpdesk", "rule"},
		{"Only", ana, all("Dynamics"), "Dynamics team", "Dynamics"},
		{"OnlyThat", ana, all("Dynamics"), "Mail", "There you may ask for the roles of Dynamics team."},
		{"OnlyThem", ana, all(), "Dynamics team", "There you may ask for the roles of Helpdesk and Mail."},
		{"OnlyByName", named, all(), "Dynamics team", "Dynamics"},

		{"UnreadGivesNothing", ana, without(all(), "Seniors"), "Helpdesk", "who is in “Seniors” (the Slack usergroup S0SENIORS1), and that " + unread},
		{"UnreadLeavesTheRest", ana, without(all(), "Seniors"), "Mail", "rule"},
		{"UnreadIsNotPassedOver", ana, without(all(), "Trainees"), "Helpdesk", "“Trainees” (the group 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913 in Microsoft Entra), and that " + unread},
		{"ButWhatComesBeforeDecides", ana, without(all("Suspended"), "Trainees"), "Mail", "You do not work on mail now"},
		{"UnreadRefuses", ana, without(all(), "Suspended"), "Mail", "“Suspended”"},
		{"UnreadOnlyGivesNothing", ana, without(all(), "Dynamics"), "Dynamics team", "“Dynamics”"},
		{"UnreadOnlyLetsNobodyOut", ana, without(all(), "Dynamics"), "Helpdesk", "“Dynamics”"},
		{"UnreadOnlyOfOthers", named, without(all(), "Dynamics"), "Dynamics team", "Dynamics"},
		{"UnreadOnlyBindsTheNamed", named, without(all(), "Dynamics"), "Mail", "There you may ask for the roles of Dynamics team."},
		{"NothingKnown", ana, nil, "Helpdesk", "“Dynamics”"},
		{"PartlyUnread", ana, without(all(), "Seniors"), "Mail + Helpdesk", "“Seniors”"},
		{"EveryUnread", ana, without(all(), "Seniors", "Dynamics"), "Helpdesk", "“Dynamics” (the Slack usergroup S0DYNAMIC1) and “Seniors”"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: access.UserID(row.who)}, Customer: adatum, Roles: ids, Duration: time.Hour, At: noon, In: row.in}
			j := p.Judge(ask)
			if j.Err == nil && j.Rule.Name != row.want {
				t.Errorf("%q decides, want %q", j.Rule.Name, row.want)
			}
			if j.Err != nil && !strings.Contains(j.Err.Error(), row.want) {
				t.Errorf("Judge: %v, want %s", j.Err, row.want)
			}
			offered := true
			for _, id := range ids {
				offered = offered && p.MayAsk(ask.Requester, row.in, id)
			}
			if j.Err == nil && !offered {
				t.Error("what may be asked for is not offered")
			}
		})
	}
	if p.MayAsk(access.Person{Team: "T0FABRIKAM", User: ana}, without(all(), "Dynamics"), exchange) {
		t.Error("what depends on an unread group is offered")
	}
	if _, unknown := p.Assume("Nobody"); unknown != "Nobody" {
		t.Errorf("Assume takes a group that is none")
	}
}

// TestMembershipWhereAllIsNamed holds that nothing has to be known where the file names
// all people.
func TestMembershipWhereAllIsNamed(t *testing.T) {
	p := parse(t, strings.NewReplacer("slack_group: S0", "people: [U0", "entra_group: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913", "people: [U0TRAINEE1]",
		"DYNAMIC1}", "DYNAMIC1]}", "SENIORS1}", "SENIORS1]}", "SUSPEND1}", "SUSPEND1]}").Replace(kept))
	rule, err := p.Decide(policy.Ask{Requester: access.Person{Team: "T", User: "U0SENIORS1"}, Customer: adatum, Roles: []access.RoleID{exchange}, Duration: time.Hour, At: noon})
	if err != nil || rule.Name != "rule" {
		t.Errorf("%q decides, %v", rule.Name, err)
	}
}
