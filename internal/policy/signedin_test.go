package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

// TestSignedIn holds that roles which can raise their own rights are approved by who
// has signed in, that a rule may demand it of others, and that none can do without.
func TestSignedIn(t *testing.T) {
	for _, row := range []struct {
		name, file, roles string
		want              bool
		explained         string
	}{
		{"Privileged", ruled, "Helpdesk", true, "Helpdesk Administrator can raise its own rights."},
		{"OneOfThem", ruled, "Exchange Administrator + Helpdesk", true, "Helpdesk Administrator can raise its own rights."},
		{"TwoOfThem", ruled, "Helpdesk Administrator + User Administrator", true, "Helpdesk Administrator and User Administrator can raise their own rights."},
		{"Others", ruled, "Exchange Administrator", false, ""},
		{"Widened", strings.Replace(ruled, "rule: {", "rule: {signed_in: true, ", 1), "Exchange Administrator", true, "the rule says so."},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := parse(t, row.file)
			ids, err := p.FindRoles(row.roles)
			if err != nil {
				t.Fatal(err)
			}
			ask := policy.Ask{Requester: access.Person{Team: "T", User: "U0ANA00001"}, Customer: adatum, Roles: ids, Duration: time.Hour, At: noon}
			rule, err := p.Decide(ask)
			if err != nil || rule.SignedIn != row.want {
				t.Errorf("Decide = %+v, %v", rule, err)
			}
			if told := p.Explain(ask); strings.Contains(told, "after signing in") != row.want || !strings.Contains(told, row.explained) {
				t.Errorf("explained as %s", told)
			}
		})
	}
	_, err := policy.Parse("policy.yml", []byte(strings.Replace(ruled, "rule: {", "rule: {signed_in: false, ", 1)))
	if err == nil || !strings.Contains(err.Error(), "signed_in: false would change nothing") {
		t.Errorf("signed_in: false: %v", err)
	}
}

// TestContactRoles holds by which directory roles somebody may become a contact.
func TestContactRoles(t *testing.T) {
	p := parse(t, strings.Replace(ruled, "tags: [health, big]}", `tags: [health, big], contact_roles: [Security Administrator]}`, 1))
	c, _ := p.Customer(contoso)
	other, _ := p.Customer(adatum)
	if _, ok := c.Admits([]access.RoleID{roles.GlobalAdministrator}); ok || len(c.ContactRoles) != 1 {
		t.Errorf("contoso: %v", c.ContactRoles)
	}
	if id, ok := other.Admits([]access.RoleID{"x", roles.RelationshipAdministrator}); !ok || id != roles.RelationshipAdministrator {
		t.Errorf("adatum: %v, %v", id, ok)
	}
	if _, ok := other.Admits(nil); ok || !slices.Contains(other.ContactRoles, roles.GlobalAdministrator) {
		t.Errorf("adatum: %v", other.ContactRoles)
	}
	_, err := policy.Parse("policy.yml", []byte(strings.Replace(ruled, "tags: [health, big]}", `contact_roles: [Mail boss]}`, 1)))
	if err == nil || !strings.Contains(err.Error(), `"Mail boss" is not a role of Microsoft Entra`) {
		t.Errorf("no role: %v", err)
	}
}
