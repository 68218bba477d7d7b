package policy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

const (
	contoso  = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")
	exchange = access.RoleID("29232cdf-9323-42fd-ade2-1d097af3e4de")
	users    = access.RoleID("fe930be7-5e62-47db-91af-98c3a49a38b1")
	billing  = access.RoleID("b0f54661-2d74-4c50-afa3-1ec803f12efe")
	tier1    = access.RoleID("4ba39ca4-527c-499a-b93d-d9b492c50246")
)

// noon is no time at which the example's rules differ.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestDecide(t *testing.T) {
	ask := policy.Ask{Requester: access.Person{Team: "T0FABRIKAM", User: "U024BE7LH"}, Customer: contoso, Roles: []access.RoleID{exchange, users}, Duration: 4 * time.Hour, At: noon}
	other := func(p *policy.Policy) { p.Rule.OtherRoles = true }
	named := func(p *policy.Policy) {
		p.Bundles = append(p.Bundles, policy.Bundle{Name: "Break glass", Roles: []access.RoleID{roles.GlobalAdministrator}})
	}
	for _, tt := range []struct {
		name   string
		policy func(*policy.Policy)
		ask    func(*policy.Ask)
		code   access.Code // "" when allowed
		field  string
		want   string // part of the message
	}{
		{"Allowed", nil, nil, "", "", ""},
		{"UpToTheLongest", nil, func(a *policy.Ask) { a.Duration = 8 * time.Hour }, "", "", ""},
		{"RolesOfSeveralBundles", nil, func(a *policy.Ask) {
			a.Roles = []access.RoleID{exchange, "729827e3-9c14-49f7-bb1b-9608f156bbb8"}
		}, "", "", ""},
		{"TenantInUpperCase", nil, func(a *policy.Ask) { a.Customer = access.TenantID(strings.ToUpper(string(contoso))) }, "", "", ""},
		{"OtherRoleWhereAllowed", other, func(a *policy.Ask) { a.Roles = []access.RoleID{billing} }, "", "", ""},
		{"GlobalAdministratorWhereNamed", named, func(a *policy.Ask) { a.Roles = []access.RoleID{roles.GlobalAdministrator} }, "", "", ""},
		{"TooLong", nil, func(a *policy.Ask) { a.Duration = 8*time.Hour + time.Second }, access.Forbidden, "duration", "at most 8 h is allowed"},
		{"NoDuration", nil, func(a *policy.Ask) { a.Duration = 0 }, access.Invalid, "duration", "from a minute to 8 h"},
		{"NegativeDuration", nil, func(a *policy.Ask) { a.Duration = -time.Hour }, access.Invalid, "duration", "from a minute to 8 h"},
		{"NoRoles", nil, func(a *policy.Ask) { a.Roles = nil }, access.Invalid, "roles", "at least one role"},
		{"RoleInNoBundle", nil, func(a *policy.Ask) { a.Roles = append(a.Roles, billing) }, access.Forbidden, "roles",
			"Billing Administrator may not be asked for: no bundle names it. Allowed are the roles of the bundles Helpdesk, Mail migration, Dynamics team, Look around and Tickets."},
		{"GlobalAdministrator", nil, func(a *policy.Ask) { a.Roles = []access.RoleID{roles.GlobalAdministrator} }, access.Forbidden, "roles", "Global Administrator may not be asked for"},
		{"GlobalAdministratorIsNoOtherRole", other, func(a *policy.Ask) { a.Roles = []access.RoleID{roles.GlobalAdministrator} }, access.Forbidden, "roles", "every other role but Global Administrator"},
		{"GlobalAdministratorInUpperCase", other, func(a *policy.Ask) {
			a.Roles = []access.RoleID{access.RoleID(strings.ToUpper(string(roles.GlobalAdministrator)))}
		}, access.Forbidden, "roles", "Global Administrator may not be asked for"},
		{"Reserved", other, func(a *policy.Ask) { a.Roles = []access.RoleID{tier1} }, access.Forbidden, "roles", "reserved for Microsoft"},
		{"ReservedThoughNamed", func(p *policy.Policy) { p.Bundles[0].Roles = []access.RoleID{tier1} },
			func(a *policy.Ask) { a.Roles = []access.RoleID{tier1} }, access.Forbidden, "roles", "reserved for Microsoft"},
		{"UnknownRole", other, func(a *policy.Ask) { a.Roles = []access.RoleID{"11111111-2222-3333-4444-555555555555"} }, access.Invalid, "roles", "is not known"},
		{"UnknownCustomer", nil, func(a *policy.Ask) { a.Customer = "11111111-2222-3333-4444-555555555555" }, access.Invalid, "customer", "not in the policy"},
		{"NoCustomer", nil, func(a *policy.Ask) { a.Customer = "" }, access.Invalid, "customer", "not in the policy"},
		{"CustomersOwnPeople", nil, func(a *policy.Ask) { a.Requester.Team = "T0CONTOSO" }, access.Forbidden, "", "approve or deny"},
		{"Nobody", nil, func(a *policy.Ask) { a.Requester = access.Person{} }, access.Forbidden, "", "whom Slack has named"},
		{"TeamUnknown", nil, func(a *policy.Ask) { a.Requester.Team = "" }, access.Forbidden, "", "whom Slack has named"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, a := load(t), ask
			p.Bundles[1].Dual = false // whom two must agree to is another test's
			if tt.policy != nil {
				tt.policy(p)
			}
			if tt.ask != nil {
				tt.ask(&a)
			}
			rule, err := p.Decide(a)
			if tt.code == "" {
				allowed(t, p, a, rule, err)
				return
			}
			refused(t, rule, err, tt.code, tt.field, tt.want)
		})
	}
}

// allowed checks that Decide returned the rule of the example.
func allowed(t *testing.T, p *policy.Policy, a policy.Ask, rule access.Rule, err error) {
	t.Helper()
	want := access.Rule{Name: "rule", PolicyVersion: p.Version, MaxDuration: 8 * time.Hour, Approvals: 1, DecideWithin: 24 * time.Hour,
		RemindAfter: 4 * time.Hour, EscalateAfter: 20 * time.Hour,
		StartWithin: 14 * 24 * time.Hour, Recurring: 92 * 24 * time.Hour, Extensions: 1}
	for _, id := range a.Roles {
		role, _ := roles.ByID(id)
		want.SignedIn = want.SignedIn || role.Privileged
	}
	if err != nil || rule != want {
		t.Errorf("Decide = %+v, %v, want %+v", rule, err, want)
	}
}

// refused checks a refusal of Decide.
func refused(t *testing.T, rule access.Rule, err error, code access.Code, field, want string) {
	t.Helper()
	refusal, ok := errors.AsType[*access.Error](err)
	if !ok || refusal.Code != code || refusal.Field != field || !strings.Contains(refusal.Message, want) {
		t.Errorf("Decide: error %#v, want %s in %q with %q", err, code, field, want)
	}
	if rule != (access.Rule{}) {
		t.Errorf("Decide returned the rule %+v beside its refusal", rule)
	}
}
