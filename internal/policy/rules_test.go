package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const ruled = `
admins: [U0DEE00001]
operations_channel: C0OPERATIO
timezone: Europe/Berlin
staff:
  - {name: Dynamics, people: [U0DYN00001, U0DYN00002]}
  - {name: Nights, people: [U0NIGHT001]}
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}, tags: [health, big]}
  - {name: Adatum, tenant: 5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720, domains: [theirs.example], slack: {team: T0ADATUM01, channel: C0ADATUM01}}
bundles:
  - {name: Helpdesk, roles: [Helpdesk Administrator]}
  - {name: Mail, roles: [Exchange Administrator, User Administrator]}
  - {name: Dynamics team, roles: [Dynamics 365 Administrator, User Administrator]}
rules:
  - {name: Dynamics, who: [Dynamics], bundles: [Dynamics team], only: true, max_duration: 2d, approvals: 1}
  - {name: Health, customers: [health], bundles: [Mail], max_duration: 2h, approvals: 2, ticket: "INC-[0-9]+", justification: 20}
  - {name: Nights, who: [Nights], hours: "22:00-06:00", max_duration: 1h, approvals: 1, other_roles: true}
  - {name: No nights, hours: "22:00-06:00", refuse: Nobody is awake.}
  - {name: Weekend, days: [sat, sun], bundles: [Helpdesk], max_duration: 30m, approvals: 1}
rule: {max_duration: 8h, approvals: 1}
`

const adatum = access.TenantID("5d2f8c16-93ab-4e77-b0c8-2a9e61f3d720")

// TestRules holds that the first rule that fits decides, by everything that a rule may
// name.
func TestRules(t *testing.T) {
	p := parse(t, ruled)
	const wednesday, saturday = "2026-11-25 12:00", "2026-11-28 12:00"
	for _, row := range []struct {
		name, who string
		customer  access.TenantID
		roles, at string
		want      string // the rule, or a part of the refusal
		length    time.Duration
	}{
		{"Last", "U0ANA00001", adatum, "Helpdesk", wednesday, "rule", 8 * time.Hour},
		{"ByTag", "U0ANA00001", contoso, "Mail", wednesday, "Health", 2 * time.Hour},
		{"PartOfABundle", "U0ANA00001", contoso, "Exchange Administrator", wednesday, "Health", 2 * time.Hour},
		{"MoreThanTheBundle", "U0ANA00001", contoso, "Mail + Helpdesk", wednesday, "Health and rule", 2 * time.Hour},
		{"NoLongerWithMore", "U0ANA00001", contoso, "Helpdesk + Mail", wednesday, "at most 2 h is allowed", 3 * time.Hour},
		{"RefusedInPart", "U0ANA00001", adatum, "Mail + Helpdesk", "2026-11-25 23:00", "Nobody is awake", time.Hour},
		{"OtherCustomer", "U0ANA00001", adatum, "Mail", wednesday, "rule", 2 * time.Hour},
		{"TheFirstThatFitsIsNotPassedOver", "U0ANA00001", contoso, "Mail", wednesday, "at most 2 h is allowed", 3 * time.Hour},
		{"Only", "U0DYN00001", adatum, "Dynamics team", wednesday, "Dynamics", 48 * time.Hour},
		{"OnlyThat", "U0DYN00002", adatum, "Helpdesk", wednesday, "There you may ask for the roles of Dynamics team.", time.Hour},
		{"OnlyThatNorPartly", "U0DYN00002", adatum, "Dynamics team + Helpdesk", wednesday, "No rule of policy.yml lets you ask for", time.Hour},
		{"OnlyThem", "U0ANA00001", adatum, "Dynamics team", wednesday, "There you may ask for the roles of Helpdesk and Mail.", time.Hour},
		{"SharedRoleByTheOther", "U0ANA00001", adatum, "User Administrator", wednesday, "rule", time.Hour},
		{"OtherRolesByNight", "U0NIGHT001", adatum, "Billing Administrator", "2026-11-25 23:30", "Nights", time.Hour},
		{"NotTheOnlyOnesByNight", "U0NIGHT001", adatum, "Dynamics 365 Administrator", "2026-11-25 23:30", "Nobody is awake. (policy.yml, “No nights”)", time.Hour},
		{"OtherRolesByDay", "U0NIGHT001", adatum, "Billing Administrator", wednesday, "There you may ask for the roles of Helpdesk and Mail.", time.Hour},
		{"NothingIsOfferedThatIsRefused", "U0DYN00001", adatum, "Helpdesk", "2026-11-25 23:30", "Nobody is awake", time.Hour},
		{"Refused", "U0ANA00001", adatum, "Helpdesk", "2026-11-25 22:00", "Nobody is awake. (policy.yml, “No nights”)", time.Hour},
		{"RefusedUntil", "U0ANA00001", adatum, "Helpdesk", "2026-11-26 06:00", "rule", time.Hour},
		{"Day", "U0ANA00001", adatum, "Helpdesk", saturday, "Weekend", 30 * time.Minute},
		{"DayByTheClockThere", "U0ANA00001", adatum, "Helpdesk", "2026-11-29 23:00 UTC", "Nobody is awake", 30 * time.Minute},
		{"DayOfAnotherBundle", "U0ANA00001", adatum, "Mail", saturday, "rule", time.Hour},
		{"NobodysOther", "U0ANA00001", adatum, "Global Administrator", wednesday, "Global Administrator may not be asked for", time.Hour},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: access.UserID(row.who)}, Customer: row.customer, Roles: ids, Duration: row.length, At: moment(t, row.at)}
			rule, err := p.Decide(ask)
			if err != nil {
				if !strings.Contains(err.Error(), row.want) || rule != (access.Rule{}) {
					t.Errorf("refused with %v, %+v, want %q", err, rule, row.want)
				}
				return
			}
			if rule.Name != row.want || rule.PolicyVersion != p.Version {
				t.Errorf("decided by %+v, want %q", rule, row.want)
			}
			first, _, _ := strings.Cut(row.want, " and ")
			if all := p.Explain(ask); !strings.Contains(all, "“"+first+"” (line ") || !strings.Contains(all, "Allowed by “"+row.want+"”") {
				t.Errorf("explained as %s", all)
			}
			for _, id := range ids {
				if !p.MayAsk(ask.Requester, nil, id) {
					t.Errorf("%s is said not to be asked for", id)
				}
			}
		})
	}
	if p.MayAsk(access.Person{Team: "T0FABRIKAM", User: "U0DYN00001"}, nil, exchange) || p.MayAsk(access.Person{Team: "T0CONTOSO1", User: "U0CAROL001"}, nil, exchange) {
		t.Error("who may not ask for mail is offered it")
	}
	rule, err := p.Decide(policy.Ask{Requester: access.Person{Team: "T", User: "U0ANA00001"}, Customer: contoso, Roles: []access.RoleID{exchange}, Duration: time.Hour, At: noon})
	if want := (access.Rule{Name: "Health", PolicyVersion: p.Version, MaxDuration: 2 * time.Hour, Approvals: 2, DecideWithin: 24 * time.Hour, Ticket: "INC-[0-9]+", Justification: 20}); err != nil || rule != want {
		t.Errorf("demanded is %+v, %v, want %+v", rule, err, want)
	}
}

func parse(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// moment is a time in Berlin, unless it says another zone.
func moment(t *testing.T, text string) time.Time {
	t.Helper()
	if at, err := time.Parse("2006-01-02 15:04 MST", text); err == nil {
		return at
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestRulesAreRefused holds that what cannot be meant is refused where it stands.
func TestRulesAreRefused(t *testing.T) {
	for name, row := range map[string]struct{ from, to, want string }{
		"Group":        {"who: [Dynamics]", "who: [Dynamcs]", `:16:28: "Dynamcs" is neither a staff group nor a Slack user id; did you mean Dynamics?`},
		"Customer":     {"customers: [health]", "customers: [helth]", `:17:32: "helth" is neither a customer nor a tag of one; did you mean health?`},
		"Bundle":       {"bundles: [Mail]", "bundles: [Mai]", `:17:51: "Mai" is not a bundle; did you mean Mail?`},
		"Twice":        {"customers: [health]", "customers: [health, HEALTH]", `"HEALTH" is already on line 17; remove one of them.`},
		"Ticket":       {`"INC-[0-9]+"`, `"INC-["`, `ticket is not a pattern: "INC-["; write it as in INC-[0-9]+.`},
		"AnyTicket":    {`"INC-[0-9]+"`, `"[0-9]*"`, `ticket fits a text without any ticket: "[0-9]*"; write it as in INC-[0-9]+.`},
		"Reason":       {"justification: 20", "justification: 201", "justification must be from 1 to 200."},
		"OnlyWho":      {"who: [Dynamics], bundles", "bundles", "only: true says that some people get some bundles and nothing else; give the rule who and bundles."},
		"RefuseAndMay": {"refuse: Nobody is awake.", "refuse: Nobody is awake., max_duration: 1h", "A rule that refuses has no max_duration; remove one of the two."},
		"NoTerms":      {"max_duration: 30m, approvals: 1", "other_roles: true", "A rule has no max_duration; say how long access may last, as in 8h."},
		"Hours":        {`"22:00-06:00", max`, `"22-06", max`, `"22-06" are not hours of a day`},
		"Name":         {"name: Weekend", "name: rule", "the name “rule” is that of the last one; choose another."},
		"SameName":     {"name: Weekend", "name: HEALTH", `The rule "HEALTH" is already on line 17; remove one of them.`},
		"NoPeople":     {"people: [U0NIGHT001]", "people: []", "people is an empty list"},
		"NoSource":     {", people: [U0NIGHT001]", "", ":7:5: A staff group has none of people, slack_group and entra_group; give it one of them."},
		"TwoSources":   {"people: [U0NIGHT001]", "people: [U0NIGHT001], slack_group: S0NIGHT01", ":7:42: A staff group has people or slack_group, not both; remove one of the two."},
		"BothSources":  {"people: [U0NIGHT001]", "slack_group: S0NIGHT01, entra_group: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913", "has slack_group or entra_group, not both"},
		"Usergroup":    {"people: [U0NIGHT001]", "slack_group: night", `"night" is not the id of a usergroup in Slack, which looks like S0614TZR7`},
		"EntraGroup":   {"people: [U0NIGHT001]", "entra_group: night", `"night" is not the id of a group, which has the form 8-4-4-4-12`},
		"ByMail":       {"staff:", "staff_by_mail: [fabrikam]\nstaff:", `:5:17: "fabrikam" is not a domain such as contoso.com`},
		"ByMailTwice":  {"staff:", "staff_by_mail: [a.example, A.example]\nstaff:", `"A.example" is already on line 5`},
		"ByTheirMail":  {"staff:", "staff_by_mail: [theirs.example]\nstaff:", `"theirs.example" is a domain of Adatum; only those of your own say who of your people is who.`},
		"Clock":        {`hours: "22:00-06:00", max`, `hours: "22:00-06:00", clock: ours, max`, `"ours" is no clock; write customer for that of the customer, or partner for that of the policy.`},
		"OnlyClock":    {"customers: [health], ", "customers: [health], clock: customer, ", "clock says by whose clock days and hours are told; give the rule one of them, or remove it."},
		"Tag":          {"tags: [health, big]", "tags: [Adatum, health]", "a tag must not be called as a customer is; choose another."},
		"NoRule":       {"rules:", "staffs:", `"staffs" is not a key of the policy`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(ruled, row.from) {
				t.Fatalf("the file has no %q", row.from)
			}
			_, err := policy.Parse("policy.yml", []byte(strings.Replace(ruled, row.from, row.to, 1)))
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(row.want)) {
				t.Errorf("Parse: %v, want %s", err, row.want)
			}
		})
	}
	without := strings.Replace(ruled, "rule: {max_duration: 8h, approvals: 1}\n", "", 1)
	p := parse(t, without)
	_, err := p.Decide(policy.Ask{Requester: access.Person{Team: "T", User: "U0ANA00001"}, Customer: adatum, Roles: []access.RoleID{exchange}, Duration: time.Hour, At: noon})
	if access.CodeOf(err) != access.Forbidden || !strings.Contains(err.Error(), "There is nothing that you may ask for there now.") {
		t.Errorf("without a last rule: %v", err)
	}
}
