package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

const (
	deskID  = "7b1f0c52-3d8e-4a96-b1c7-52f08d6ea913"
	nightID = "7b1f0c52-3d8e-4a96-b1c7-52f08d6ea914"
)

// withBundles is a policy with these bundles.
func withBundles(bundles string) string {
	return `admins: [U024BE7LH]
operations_channel: C0OPS4FAB
customers:
  - name: Contoso
    tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10
    slack: {team: T0CONTOSO, channel: C0CONTOSO}
bundles:
` + bundles + `
rule: {max_duration: 8h, approvals: 1}
`
}

func TestGroupsOfBundles(t *testing.T) {
	p, err := policy.Parse("policy.yml", []byte(withBundles(`
  - name: Helpdesk
    roles: [Helpdesk Administrator]
    groups: [{name: Desk, id: `+strings.ToUpper(deskID)+`}]
  - name: First line
    roles: [Helpdesk Administrator]
    groups: [{name: Service desk, id: `+deskID+`}, {name: Night, id: `+nightID+`}]
  - name: Mail
    roles: [Exchange Administrator]
`)))
	if err != nil {
		t.Fatal(err)
	}
	helpdesk := p.Bundles[0].Roles
	want := []access.GroupAccess{{Group: deskID, Name: "Desk", Roles: helpdesk}, {Group: nightID, Name: "Night", Roles: helpdesk}}
	if got := p.GroupsFor(helpdesk); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("GroupsFor = %v, want %v", got, want)
	}
	if got := p.GroupsFor(p.Bundles[2].Roles); got != nil {
		t.Errorf("groups that nobody named: %v", got)
	}
	if got := p.GroupsFor(slices.Concat(helpdesk, p.Bundles[2].Roles)); got != nil {
		t.Errorf("groups of a part of what is asked for: %v", got)
	}
}

func TestGroupsRefused(t *testing.T) {
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf("{name: N%d, id: 7b1f0c52-3d8e-4a96-b1c7-52f08d6ea9%02d}", i, i)
	}
	for name, tt := range map[string]struct{ groups, want string }{
		"no id":        {"[{name: Desk}]", "give the object id"},
		"no name":      {"[{id: " + deskID + "}]", "your customers read it"},
		"not an id":    {"[{name: Desk, id: desk}]", "is not the id of a group"},
		"zero":         {"[{name: Desk, id: 00000000-0000-0000-0000-000000000000}]", "is not the id of a group"},
		"twice":        {"[{name: Desk, id: " + deskID + "}, {name: Night, id: " + deskID + "}]", "group"},
		"one name":     {"[{name: Desk, id: " + deskID + "}, {name: desk, id: " + nightID + "}]", "group"},
		"too many":     {"[" + strings.Join(many, ", ") + "]", "at most 10 groups"},
		"a bare id":    {"[" + deskID + "]", "group"},
		"a key of its": {"[{name: Desk, id: " + deskID + ", roles: []}]", "roles"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.Parse("policy.yml", []byte(withBundles("  - name: Helpdesk\n    roles: [Helpdesk Administrator]\n    groups: "+tt.groups)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
