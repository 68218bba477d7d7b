package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

var aheadRules = strings.NewReplacer(
	"rule: {max_duration: 8h, approvals: 1}", "rule: {max_duration: 8h, approvals: 1, start_within: 30d, recurring: 90d, extensions: 2}",
	"max_duration: 30m, approvals: 1", "max_duration: 30m, approvals: 1, start_within: 7d",
).Replace(ruled)

// TestAhead holds what of access may be asked for ahead of its time, and that a rule holds
// when the access begins, not when it is asked for.
func TestAhead(t *testing.T) {
	t.Parallel()
	p := parse(t, aheadRules)
	at := func(texts ...string) (out []time.Time) {
		for _, text := range texts {
			out = append(out, moment(t, text))
		}
		return out
	}
	for _, row := range []struct {
		name   string
		starts []time.Time
		alter  func(*policy.Ask)
		want   string // the rule, or a part of the refusal
	}{
		{"Once", at("2026-12-01 12:00"), nil, "rule"},
		{"Furthest", at("2026-12-25 12:00"), nil, "rule"},
		{"TooFar", at("2026-12-25 12:01"), nil, "at most 30 d ahead"},
		{"ByNightThen", at("2026-12-01 23:00"), nil, "Nobody is awake"},
		{"AskedByNight", at("2026-12-01 12:00"), func(a *policy.Ask) { a.At = moment(t, "2026-11-25 23:30") }, "rule"},
		{"RuleOfThatDay", at("2026-11-28 12:00"), func(a *policy.Ask) { a.Duration = 30 * time.Minute }, "Weekend"},
		{"TooLongForThatDay", at("2026-11-28 12:00"), nil, "at most 30 min"},
		{"TooFarForThatDay", at("2026-12-05 12:00"), func(a *policy.Ask) { a.Duration = 30 * time.Minute }, "at most 7 d ahead"},
		{"NotAtAll", at("2026-12-01 12:00"), func(a *policy.Ask) { a.Customer = contoso; a.Roles = []access.RoleID{exchange} }, "does not let access be asked for ahead"},
		{"Recurring", at("2026-12-01 12:00", "2026-12-08 12:00"), func(a *policy.Ask) { a.Recurs = true }, "rule"},
		{"RecurringTooLong", at("2026-12-01 12:00", "2027-02-23 12:00"), func(a *policy.Ask) { a.Recurs = true }, "for at most 90 d"},
		{"RecurringNotThatDay", at("2026-11-28 12:00"), func(a *policy.Ask) { a.Recurs, a.Duration = true, 30*time.Minute }, "does not let access recur"},
		{"OneOfThemByNight", at("2026-12-01 12:00", "2026-12-08 23:00"), func(a *policy.Ask) { a.Recurs = true }, "Nobody is awake"},
		{"NotOneRule", at("2026-12-01 12:00", "2026-12-05 12:00"), func(a *policy.Ask) { a.Recurs, a.Duration = true, 30*time.Minute }, "does not let access recur"},
		{"JudgedAgain", at("2026-12-01 12:00", "2026-12-08 12:00"), func(a *policy.Ask) { a.Recurs, a.Moment = true, moment(t, "2026-12-08 23:00") }, "Nobody is awake"},
		{"Extension", nil, func(a *policy.Ask) { a.Extension = 2 }, "rule"},
		{"OneTooMany", nil, func(a *policy.Ask) { a.Extension = 3 }, "as often as policy allows, which is 2"},
		{"NoExtension", nil, func(a *policy.Ask) { a.Extension = 1; a.Customer = contoso; a.Roles = []access.RoleID{exchange} }, "does not let this access be extended"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ids, err := p.FindRoles("Helpdesk")
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{
				Requester: access.Person{Team: "T0FABRIKAM", User: "U0ANA00001"}, Customer: adatum, Roles: ids, Duration: time.Hour,
				At: moment(t, "2026-11-25 12:00"), Starts: row.starts,
			}
			if row.alter != nil {
				row.alter(&ask)
			}
			rule, err := p.Decide(ask)
			if err != nil && !strings.Contains(err.Error(), row.want) || err == nil && rule.Name != row.want {
				t.Errorf("%q, %v, want %q", rule.Name, err, row.want)
			}
		})
	}
	if !p.Schedules() || parse(t, ruled).Schedules() {
		t.Error("it is not known whether anything may be asked for ahead")
	}
}

// TestAheadIsStrict holds that of several rules the strictest counts, and that explain
// says it.
func TestAheadIsStrict(t *testing.T) {
	t.Parallel()
	p := parse(t, strings.Replace(aheadRules, `ticket: "INC-[0-9]+"`, `start_within: 2d, recurring: 10d, extensions: 1, ticket: "INC-[0-9]+"`, 1))
	ids, err := p.FindRoles("Mail + Helpdesk")
	if err != nil {
		t.Fatal(err)
	}
	ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: "U0ANA00001"}, Customer: contoso, Roles: ids, Duration: time.Hour, At: moment(t, "2026-11-25 12:00")}
	rule, err := p.Decide(ask)
	if err != nil || rule.StartWithin != 48*time.Hour || rule.Recurring != 240*time.Hour || rule.Extensions != 1 {
		t.Errorf("demanded is %+v, %v", rule, err)
	}
	if said := p.Explain(ask); !strings.Contains(said, "It may be asked for 2 d ahead. It may recur for 10 d. It may be extended once.") {
		t.Errorf("explained as %s", said)
	}
	ask.Starts = []time.Time{moment(t, "2026-11-26 12:00")}
	if said := p.Explain(ask); !strings.Contains(said, "to begin on Thu 26 Nov 2026 at 12:00 CET") {
		t.Errorf("explained as %s", said)
	}
}

func TestAheadIsRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ from, to, want string }{
		"StartTooNear":  {"start_within: 30d", "start_within: 5m", "start_within must be from 10 min to 365 d."},
		"StartTooFar":   {"start_within: 30d", "start_within: 366d", "start_within must be from 10 min to 365 d."},
		"RecurringWord": {"recurring: 90d", "recurring: quarterly", `recurring is not a length of time: "quarterly"`},
		"Extensions":    {"extensions: 2", "extensions: 11", "extensions must be from 0 to 10."},
		"ExtensionYes":  {"extensions: 2", "extensions: true", "extensions"},
		"OfARefusal":    {"refuse: Nobody is awake.", "refuse: Nobody is awake., recurring: 3d", "A rule that refuses has no recurring; remove one of the two."},
	} {
		if _, err := policy.Parse("policy.yml", []byte(strings.Replace(aheadRules, row.from, row.to, 1))); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}
