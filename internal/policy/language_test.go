package policy_test

import (
	"fmt"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
)

// TestLanguage finds the language of people of customers by their channel, then by
// their workspace.
func TestLanguage(t *testing.T) {
	t.Parallel()
	const customer = "\n  - {name: %s, tenant: %s, slack: {team: %s, channel: %s}, language: %s}"
	p, err := policy.Parse("policy.yml", []byte("admins: [U0DEE00001]\noperations_channel: C0OPERATIO\nrule: {max_duration: 8h, approvals: 1, other_roles: true}\ncustomers:"+
		fmt.Sprintf(customer, "One", "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", "T0ONE00001", "C0ONE00001", "de-AT")+
		fmt.Sprintf(customer, "Two", "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b11", "T0TWO00001", "C0TWO00001", "es-419")+
		fmt.Sprintf(customer, "Three", "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b12", "T0TWO00001", "C0TWO00002", "fr")))
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		channel access.ChannelID
		team    access.TeamID
		want    lang.Tag
	}{
		{"C0ONE00001", "T0ONE00001", "de-AT"},
		{"C0TWO00002", "T0ONE00001", "fr"}, // a stranger in a customer's channel
		{"", "T0TWO00001", "es-419"},
		{"C0OTHER001", "T0OTHER001", "en"},
		{"", "", "en"},
	}
	for _, row := range rows {
		if got := p.Language(row.channel, row.team); got != row.want {
			t.Errorf("Language(%q, %q) = %q, want %q", row.channel, row.team, got, row.want)
		}
	}
}
