package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// timed has a rule by the partner's clock, in Berlin, and one by the customer's.
const timed = `
admins: [U0DEE00001]
operations_channel: C0OPERATIO
timezone: Europe/Berlin
customers:
  - {name: Here, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}}
  - {name: There, tenant: 5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720, timezone: America/Los_Angeles, slack: {team: T0ADATUM01, channel: C0ADATUM01}}
bundles:
  - {name: Helpdesk, roles: [Helpdesk Administrator]}
  - {name: Mail, roles: [Exchange Administrator]}
rules:
  - {name: Ours, bundles: [Helpdesk], hours: "02:00-03:00", max_duration: 1h, approvals: 1}
  - {name: Theirs, bundles: [Mail], days: [sun], hours: "01:30-03:30", clock: customer, max_duration: 1h, approvals: 1}
rule: {max_duration: 8h, approvals: 1}
`

// TestClock holds that hours are told by the clock on the wall of whoever the rule says,
// on days that have 23 or 25 hours as well.
func TestClock(t *testing.T) {
	p := parse(t, timed)
	const mail, desk = "Mail", "Helpdesk"
	for _, row := range []struct {
		name     string
		customer access.TenantID
		roles    string
		at       string // in UTC
		want     string
		clock    string // as explain shows it
	}{
		{"Summer", contoso, desk, "2026-07-01 00:30", "Ours", "Wed 02:30 in Europe/Berlin"},
		{"Winter", contoso, desk, "2026-12-01 01:30", "Ours", "Tue 02:30 in Europe/Berlin"},
		{"ByOurClockElsewhere", adatum, desk, "2026-12-01 01:30", "Ours", "Tue 02:30 in Europe/Berlin"},
		{"BeforeTheHourThatIsNot", contoso, desk, "2026-03-29 00:59", "rule", "Sun 01:59 in Europe/Berlin"},
		{"AfterTheHourThatIsNot", contoso, desk, "2026-03-29 01:00", "rule", "Sun 03:00 in Europe/Berlin"},
		{"FirstOfTwo", contoso, desk, "2026-10-25 00:30", "Ours", "Sun 02:30 in Europe/Berlin"},
		{"SecondOfTwo", contoso, desk, "2026-10-25 01:30", "Ours", "Sun 02:30 in Europe/Berlin"},
		{"AfterBoth", contoso, desk, "2026-10-25 02:00", "rule", "Sun 03:00 in Europe/Berlin"},

		{"WithoutAZoneOurs", contoso, mail, "2026-11-29 00:30", "Theirs", "Sun 01:30 in Europe/Berlin"},
		{"Theirs", adatum, mail, "2026-11-29 09:30", "Theirs", "Sun 01:30 in America/Los_Angeles"},
		{"NotByOurs", adatum, mail, "2026-11-29 00:30", "rule", "Sat 16:30 in America/Los_Angeles"},
		{"TheirSunday", adatum, mail, "2026-11-30 10:00", "rule", "Mon 02:00 in America/Los_Angeles"},
		{"OnlyTheyHaveSummer", adatum, mail, "2026-03-15 08:30", "Theirs", "Sun 01:30 in America/Los_Angeles"},
		{"TheirHourThatIsNot", adatum, mail, "2026-03-08 10:15", "Theirs", "Sun 03:15 in America/Los_Angeles"},
		{"TheirHourThatIsNotOver", adatum, mail, "2026-03-08 10:30", "rule", "Sun 03:30 in America/Los_Angeles"},
		{"TheirFirstOfTwo", adatum, mail, "2026-11-01 08:30", "Theirs", "Sun 01:30 in America/Los_Angeles"},
		{"TheirSecondOfTwo", adatum, mail, "2026-11-01 09:00", "rule", "Sun 01:00 in America/Los_Angeles"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse("2006-01-02 15:04", row.at)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: "U0ANA00001"}, Customer: row.customer, Roles: ids, Duration: time.Hour, At: at}
			rule, err := p.Decide(ask)
			if err != nil || rule.Name != row.want {
				t.Errorf("%q decides, want %q: %v", rule.Name, row.want, err)
			}
			if got := p.Explain(ask); !strings.Contains(got, row.clock) {
				t.Errorf("explain does not say %s:\n%s", row.clock, got)
			}
		})
	}
}
