package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const agreed = `
admins: [U0DEE00001]
operations_channel: C0OPERATIO
timezone: Europe/Berlin
staff:
  - {name: Seniors, people: [U0SEN00001, U0SEN00002]}
  - {name: Security, people: [U0SEN00002]}
on_call:
  - name: Evenings
    people: [U0ANA00001, U0BO000001, U0CY000001]
    from: "2026-10-19 18:00"
    turn: 7d
    instead: [{person: U0SEN00001, from: "2026-11-24 00:00", until: "2026-11-25 00:00"}]
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}}
bundles:
  - {name: Look around, roles: [Reports Reader]}
  - {name: Mail, roles: [Exchange Administrator]}
  - {name: Guard, roles: [User Administrator, Helpdesk Administrator], dual_control: true}
  - {name: Desk, roles: [Service Support Administrator]}
  - {name: Phones, roles: [Teams Administrator]}
rules:
  - {name: Looking, bundles: [Look around], max_duration: 2h, auto: true}
  - {name: On call, on_call: Evenings, bundles: [Mail], max_duration: 1h, auto: true}
  - {name: Desk, bundles: [Desk], max_duration: 3h, peers: 1, peers_of: Seniors}
  - {name: Phones, bundles: [Phones], max_duration: 3h, peers: 2, peers_of: security, approvals: 1}
rule: {max_duration: 8h, approvals: 1}
`

// TestWhoIsAsked holds who must agree, for one bundle and for several at once, of which
// the strictest is kept.
func TestWhoIsAsked(t *testing.T) {
	p := parse(t, agreed)
	const tuesday = "2026-12-01 12:00" // the seventh turn is U0ANA00001's
	for _, row := range []struct {
		name, who, roles, at string
		want                 access.Rule
		says                 string // how it is explained
	}{
		{"Auto", "U0BO000001", "Look around", tuesday, access.Rule{Name: "Looking", Auto: true}, "Nobody is asked; the customer is told at once."},
		{"OnCall", "U0ANA00001", "Mail", tuesday, access.Rule{Name: "On call", Auto: true}, "Nobody is asked"},
		{"NotOnCall", "U0BO000001", "Mail", tuesday, access.Rule{Name: "rule", Approvals: 1}, "does not fit: who asks is not on call then, by “Evenings”."},
		{"AutoAndAsked", "U0ANA00001", "Mail + Look around + Desk", tuesday, access.Rule{Name: "On call and Looking and Desk", Peers: 1, PeersOf: "Seniors"}, "One colleague of Seniors must agree, within 1 d. The customer is told, and not asked."},
		{"PeersAndContacts", "U0BO000001", "Phones", tuesday, access.Rule{Name: "Phones", Peers: 2, PeersOf: "Security", Approvals: 1}, "2 colleagues of Security must agree, within 1 d. Then one of the customer's contacts must agree, within 1 d."},
		{"ColleaguesOfBoth", "U0BO000001", "Phones + Desk", tuesday, access.Rule{Name: "Phones and Desk", Peers: 2, PeersOf: "Security\nSeniors", Approvals: 1}, "of Security and of Seniors must agree"},
		{"Dual", "U0BO000001", "Helpdesk Administrator", tuesday, access.Rule{Name: "rule", Approvals: 2}, "2 of the customer's contacts must agree"},
		{"DualWithAColleague", "U0BO000001", "Guard + Desk", tuesday, access.Rule{Name: "rule and Desk", Peers: 1, PeersOf: "Seniors", Approvals: 2}, "Then 2 of the customer's contacts"},
		{"DualAfterAColleague", "U0BO000001", "User Administrator + Desk", tuesday, access.Rule{Name: "Desk and rule", Peers: 1, PeersOf: "Seniors", Approvals: 2}, "Then 2 of the customer's contacts"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: access.UserID(row.who)}, Customer: contoso, Roles: ids, Duration: time.Hour, At: moment(t, row.at)}
			got, err := p.Decide(ask)
			if err != nil {
				t.Fatal(err)
			}
			names := strings.Split(got.Name, " and ")
			for _, want := range strings.Split(row.want.Name, " and ") {
				if !strings.Contains(got.Name, want) || len(names) != strings.Count(row.want.Name, " and ")+1 {
					t.Errorf("decided by %q, want %q", got.Name, row.want.Name)
				}
			}
			for _, group := range strings.Split(row.want.PeersOf, "\n") {
				if !strings.Contains(got.PeersOf, group) || len(got.PeersOf) != len(row.want.PeersOf) {
					t.Errorf("colleagues are of %q, want %q", got.PeersOf, row.want.PeersOf)
				}
			}
			if got.Auto != row.want.Auto || got.Peers != row.want.Peers || got.Approvals != row.want.Approvals {
				t.Errorf("demanded is %+v, want %+v", got, row.want)
			}
			if all := p.Explain(ask); row.name != "ColleaguesOfBoth" && !strings.Contains(all, row.says) {
				t.Errorf("explained as %s", all)
			}
		})
	}
	for _, row := range []struct {
		of, who string
		want    bool
	}{
		{"", "U0ANY00001", true},
		{"Seniors", "U0SEN00001", true},
		{"Seniors", "U0ANY00001", false},
		{"Seniors\nSecurity", "U0SEN00001", false},
		{"Seniors\nSecurity", "U0SEN00002", true},
		{"Gone", "U0SEN00002", false},
		{"Shift", "U0ANY00001", true},
		{"Shift\nSeniors", "U0ANY00001", false},
	} {
		if got := p.Peer(access.Rule{PeersOf: row.of}, access.UserID(row.who), policy.Membership{"Shift": true}); got != row.want {
			t.Errorf("%s is of %q: %v", row.who, row.of, got)
		}
	}
}

// TestOnCall holds that turns change at the same time by the clock on the wall, also
// over the days on which clocks are changed.
func TestOnCall(t *testing.T) {
	t.Parallel()
	p := parse(t, agreed)
	const ana, bo, cy, senior = "U0ANA00001", "U0BO000001", "U0CY000001", "U0SEN00001"
	for at, want := range map[string]access.UserID{
		"2026-10-19 17:59": "",
		"2026-10-19 18:00": ana,
		"2026-10-25 01:30": ana, // the night in which clocks go back
		"2026-10-26 17:59": ana,
		"2026-10-26 18:00": bo,
		"2026-11-02 17:59": bo,
		"2026-11-02 18:00": cy,
		"2026-11-09 18:00": ana,
		"2026-11-23 23:59": cy,
		"2026-11-24 00:00": senior,
		"2026-11-24 23:59": senior,
		"2026-11-25 00:00": cy,
		"2027-03-28 17:59": bo, // the day on which they go forward
		"2027-03-29 17:59": bo,
		"2027-03-29 18:00": cy,
	} {
		if got := p.OnCall[0].At(moment(t, at)); got != want {
			t.Errorf("at %s it is %q, want %q", at, got, want)
		}
	}
	hours := policy.OnCall{People: []access.UserID{ana, bo}, From: moment(t, "2026-10-25 00:00"), Turn: 12 * time.Hour}
	if got := hours.At(moment(t, "2026-10-25 11:30")); got != bo {
		t.Errorf("half a day later, in which clocks went back, it is %q", got)
	}
}

func TestTermsAreRefused(t *testing.T) {
	for name, row := range map[string]struct{ from, to, want string }{
		"AutoPrivileged":    {"bundles: [Look around], max", "bundles: [Look around, Guard], max", "the bundle Guard holds User Administrator, which is privileged, so somebody must be asked; remove it, or auto."},
		"AutoDual":          {"roles: [Reports Reader]", "roles: [Reports Reader], dual_control: true", "the bundle Look around is under dual control, so two people must be asked; remove it, or auto."},
		"AutoDualElsewhere": {"  - {name: Desk, roles: [Service Support Administrator]}", "  - {name: Desk, roles: [Service Support Administrator, Reports Reader], dual_control: true}", "the bundle Look around holds Reports Reader, which is under dual control, so two people must be asked; remove it, or auto."},
		"AutoForAll":        {"bundles: [Look around], max", "max", "auto: true gives without asking anybody; name the bundles that it is for, and no other_roles."},
		"AutoOthers":        {"max_duration: 2h, auto: true", "max_duration: 2h, auto: true, other_roles: true", "name the bundles that it is for, and no other_roles."},
		"AutoAndApprovals":  {"max_duration: 2h, auto: true", "max_duration: 2h, auto: true, approvals: 1", "with auto: true nobody is asked; remove approvals, or auto."},
		"AutoAndPeers":      {"max_duration: 2h, auto: true", "max_duration: 2h, auto: true, peers: 1", "with auto: true nobody is asked; remove peers, or auto."},
		"Nobody":            {"max_duration: 3h, peers: 1, peers_of: Seniors", "max_duration: 3h", "has no approvals; say how many of a customer's contacts must agree, at least 1."},
		"NobodyAtAll":       {"rule: {max_duration: 8h, approvals: 1}", "rule: {max_duration: 8h, approvals: 0}", "an empty list of approvers means nobody, not everybody"},
		"NoContacts":        {"peers_of: Seniors}", "peers_of: Seniors, approvals: 0}", "or leave it out: then colleagues agree, and the customer is told."},
		"NoPeers":           {"peers: 1, peers_of: Seniors", "peers: 0", "peers must be from 1 to 10."},
		"PeersOfNobody":     {"peers: 1, peers_of: Seniors", "approvals: 1, peers_of: Seniors", "peers_of says which colleagues must agree; say with peers how many."},
		"PeersOfUnknown":    {"peers_of: Seniors", "peers_of: Senors", `"Senors" is not a staff group; did you mean Seniors?`},
		"OnCallUnknown":     {"on_call: Evenings, bundles", "on_call: Evening, bundles", `"Evening" is not a schedule of on_call; did you mean Evenings?`},
		"OnCallTurn":        {"turn: 7d", "turn: 5m", "turn must be from 1 h to 90 d."},
		"OnCallFrom":        {`"2026-10-19 18:00"`, `"19.10.2026"`, `"19.10.2026" is not a time; write it in quotes, as in "2026-11-30 18:00".`},
		"OnCallNobody":      {"people: [U0ANA00001, U0BO000001, U0CY000001]", "people: []", "people is an empty list"},
		"OnCallTwice":       {"people: [U0ANA00001, U0BO000001, U0CY000001]", "people: [U0ANA00001, U0ANA00001]", `The person "U0ANA00001" is already on line`},
		"InsteadBackwards":  {`until: "2026-11-25 00:00"`, `until: "2026-11-23 00:00"`, "until is not after from; nobody would stand in."},
		"InsteadOfSomebody": {"person: U0SEN00001", "person: somebody", `"somebody" is not a Slack user id`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(agreed, row.from) {
				t.Fatalf("the file has no %q", row.from)
			}
			_, err := policy.Parse("policy.yml", []byte(strings.Replace(agreed, row.from, row.to, 1)))
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(row.want)) {
				t.Errorf("Parse: %v, want %s", err, row.want)
			}
		})
	}
}
