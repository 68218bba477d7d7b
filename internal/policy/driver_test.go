package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// TestDriver holds which driver a customer has, and that an explanation says so.
func TestDriver(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file string
		want       access.Driver
	}{
		{"Usual", valid, access.Membership},
		{"OfThePolicy", "driver: pim\n" + valid, access.PIM},
		{"OfTheCustomer", valid + "    driver: pim\n", access.PIM},
		{"TheCustomersBeatsThePolicys", "driver: pim\n" + valid + "    driver: membership\n", access.Membership},
	} {
		p, err := policy.Parse("policy.yml", []byte(tt.file))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := p.Customers[0].Driver; got != tt.want {
			t.Errorf("%s: driver %q, want %q", tt.name, got, tt.want)
		}
		said := p.Explain(policy.Ask{
			Requester: access.Person{Team: "T024BE7LZ", User: "U024BE7LH"}, Customer: contoso, Roles: []access.RoleID{exchange}, Duration: time.Hour, At: noon,
		})
		if strings.Contains(said, "PIM for Groups") != (tt.want == access.PIM) {
			t.Errorf("%s is explained as\n%s", tt.name, said)
		}
	}
}
