package commands_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"standing":             "Contoso: 🟡 1 for when there is time",
		"standing contoso.com": "The relationship Care has not been used since",
		"standing northwind":   `No customer is called "northwind"`,
	} {
		if got := newWorld(t).slash(t.Context(), text).Message.Text; !strings.Contains(got, want) {
			t.Errorf("%s says %q, want %q", text, got, want)
		}
	}
}

// TestStandingClicks has each button act on what it names, and refuse what it
// does not.
func TestStandingClicks(t *testing.T) {
	t.Parallel()
	const (
		group   = "aaaaaaaa-0000-4000-8000-000000000003"
		person  = "aaaaaaaa-0000-4000-8000-000000000004"
		another = "aaaaaaaa-0000-4000-8000-000000000005"
	)
	outsider := access.Person{Team: "T3", User: "U3CY", Name: "Cy"}
	target := string(contoso) + "/" + string(relA)
	rows := []struct {
		name          string
		by            access.Person
		action, value string
		says, does    string
	}{
		{"Look", ana, "standing.show", string(contoso), "message: What stands open at Contoso.", ""},
		{"LookByAnOutsider", outsider, "standing.show", string(contoso), "modal note", "refused standing.show"},
		{"LookAtNothing", ana, "standing.show", "contoso", "message: This button is not known.", "refused standing.show"},
		{"Remove", ana, "standing.remove", group + "/" + person, "message: Eve is being removed from the group.", "oust " + group + " " + person},
		{"RemoveMalformed", ana, "standing.remove", group, "message: This button does not belong to a group.", "refused malformed button"},
		{"TakeAway", ana, "standing.unassign", target + "/" + another, "message: The roles of the group GDAP readers are being taken away.", "unassign " + string(contoso) + " " + string(relA) + " " + another},
		{"TakeAwayMalformed", ana, "standing.unassign", target, "message: This button does not belong to a group.", "refused malformed button"},
		{"TakeAwayElsewhere", ana, "standing.unassign", strings.Repeat("x", 110) + "/" + another, "message: This button does not belong to a relationship.", "refused malformed button"},
		{"RenewMalformed", ana, "standing.renew", string(contoso), "message: This button does not belong to a relationship.", "refused malformed button"},
		{"Replace", dee, "standing.replace", target, "modal relationship.replace " + target + " 365 false ", ""},
		{"ReplaceWhatIsMended", ana, "standing.replace", string(adatum) + "/" + string(relA), "message: This is not so any more", ""},
		{"ReplaceMalformed", ana, "standing.replace", target + "/x", "message: This button does not belong to a relationship.", "refused malformed button"},
		{"Entra", ana, "standing.entra", group, "silence", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.click(t.Context(), row.by, row.action, row.value), row.says, row.does)
		})
	}
}
