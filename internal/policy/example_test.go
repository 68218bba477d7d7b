package policy_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// example is the file that the repository shows as its example.
const example = "../../policy.example.yml"

func load(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.Load(example)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheExampleIsValid(t *testing.T) {
	p := load(t)
	if len(p.Customers) != 4 || len(p.Bundles) != 5 || len(p.Admins) != 2 || p.Operations != "C0OPS4FAB" || len(p.Version) != 12 {
		t.Errorf("the example is %+v", p)
	}
	if r := p.Rule; r.Name != "rule" || r.MaxDuration != 8*time.Hour || r.Approvals != 1 || r.DecideWithin != 24*time.Hour || r.OtherRoles {
		t.Errorf("Rule = %+v", r)
	}
	if len(p.Rules) != 7 || len(p.Staff) != 3 || !p.Rules[0].Only || p.Rules[1].Ticket == "" || p.Rules[2].Kept == nil ||
		p.Rules[3].Refuse == "" || p.Rules[3].Clock != policy.CustomersClock || p.Rules[4].BreakGlass != 2*time.Hour ||
		p.Rules[5].Peers != 1 || !p.Rules[6].Auto || !p.Bundles[1].Dual || len(p.OnCall) != 1 {
		t.Errorf("Rules = %+v, of %+v", p.Rules, p.Staff)
	}
	contoso, ok := p.Customer("1B7A3F52-0C4E-4D0A-9A51-7F6C2E8D4B10")
	if !ok || contoso.Name != "Contoso Clinics" || contoso.Team != "T0CONTOSO" || contoso.Channel != "C0CONTOSO" ||
		contoso.Language != "de" || contoso.TimeZone != "Europe/Berlin" || len(contoso.Domains) != 2 {
		t.Errorf("Customer(Contoso) = %+v, %v", contoso, ok)
	}
	if contoso.Driver != access.PIM || p.Customers[1].Driver != access.Membership {
		t.Errorf("the drivers are %q and %q", contoso.Driver, p.Customers[1].Driver)
	}
	if adatum := p.Customers[1]; adatum.Language != "en" {
		t.Errorf("Adatum's language is %q, want the default", adatum.Language)
	}
	if tailspin := p.Customers[2]; tailspin.TimeZone != "America/Los_Angeles" {
		t.Errorf("Tailspin's time zone is %q", tailspin.TimeZone)
	}
	if _, ok := p.Customer(""); ok {
		t.Error("Customer finds one without a tenant")
	}
	if got, want := p.Bundles[1].What, "Move mailboxes and make the accounts that go with them. Asked for per weekend, never for a whole project."; got != want {
		t.Errorf("the description of Mail migration is %q, want %q", got, want)
	}
}

func TestAdmin(t *testing.T) {
	p := load(t)
	if !p.Admin("U024BE7LH") || p.Admin("U0NOBODY1") || p.Admin("") || (&policy.Policy{Admins: []access.UserID{""}}).Admin("") {
		t.Error("Admin is not exactly true for those whom the file lists")
	}
}

func TestBundleFor(t *testing.T) {
	p := load(t)
	dynamics := p.Bundles[2]
	reversed := []access.RoleID{dynamics.Roles[1], dynamics.Roles[0]}
	if b, ok := p.BundleFor(reversed); !ok || b.Name != "Dynamics team" {
		t.Errorf("BundleFor(the roles of the Dynamics team) = %+v, %v", b, ok)
	}
	if b, ok := p.BundleFor(dynamics.Roles[:1]); ok {
		t.Errorf("BundleFor(one role of the Dynamics team) = %+v", b)
	}
}

func TestLoadSaysWhatItCouldNotRead(t *testing.T) {
	if _, err := policy.Load(t.TempDir() + "/policy.yml"); err == nil {
		t.Error("Load of a missing file returned no error")
	}
	if _, err := policy.Load(t.TempDir()); err == nil {
		t.Error("Load of a folder returned no error")
	}
}
