package policy_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

func TestFindRoles(t *testing.T) {
	p := load(t)
	bundle := func(i int, more ...access.RoleID) []access.RoleID {
		return access.SortRoles(append(more, p.Bundles[i].Roles...))
	}
	for _, tt := range []struct {
		name, text string
		want       []access.RoleID
		refusal    string // part of the message
	}{
		{"Bundle", "Mail migration", bundle(1), ""},
		{"BundleInOtherCase", "mail-MIGRATION", bundle(1), ""},
		{"Role", "Exchange Administrator", []access.RoleID{exchange}, ""},
		{"ShortRole", "exchange admin", []access.RoleID{exchange}, ""},
		{"TemplateID", string(exchange), []access.RoleID{exchange}, ""},
		{"Commas", "exchange admin, user admin", access.SortRoles([]access.RoleID{exchange, users}), ""},
		{"And", "exchange admin and user admin", access.SortRoles([]access.RoleID{exchange, users}), ""},
		{"Plus", "exchange admin+user admin", access.SortRoles([]access.RoleID{exchange, users}), ""},
		{"CommaAnd", "Helpdesk, exchange admin, and user admin", bundle(0, exchange, users), ""},
		{"BundleAndRole", "Dynamics team and Exchange Admin", bundle(2, exchange), ""},
		{"Twice", "Mail migration, exchange admin", bundle(1), ""},
		{"LooseSeparators", ", exchange admin ,, ", []access.RoleID{exchange}, ""},
		{"UniquePrefix", "power platf", []access.RoleID{"11648597-926c-4cf3-9c36-bcebb0ba8dcc"}, ""},
		{"BundleBeatsRolePrefix", "helpdesk", bundle(0), ""},
		{"NotAllowedButMeant", "GA", []access.RoleID{roles.GlobalAdministrator}, ""}, // Decide refuses it, and says why

		{"Slip", "Exchnage Administrator", nil, `There is no role or bundle "Exchnage Administrator"; did you mean Exchange Administrator?`},
		{"SlipInBundle", "mail migratoin", nil, "did you mean Mail migration?"},
		{"BeginsBoth", "help", nil, "did you mean Helpdesk or Helpdesk Administrator?"},
		{"OneOfSeveralUnknown", "exchange admin and coffee machine", nil, `no role or bundle "coffee machine". Allowed are the roles of the bundles Helpdesk,`},
		{"SuggestsOnlyWhatIsAllowed", "exchange", nil, `"exchange"; did you mean Exchange Administrator?`},
		{"Empty", "  ", nil, "at least one role or bundle"},
		{"OnlySeparators", ",+,", nil, "at least one role or bundle"},
		{"TooLong", strings.Repeat("exchange admin, ", 100), nil, "too long"},
		{"OneLine", "a\nb\u202ec" + strings.Repeat("d", 90), nil, `"a b c` + strings.Repeat("d", 55) + `…"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := p.FindRoles(tt.text)
			if tt.refusal == "" {
				if err != nil || !slices.Equal(got, tt.want) {
					t.Errorf("FindRoles(%q) = %v, %v, want %v", tt.text, got, err, tt.want)
				}
				return
			}
			refusal, ok := errors.AsType[*access.Error](err)
			if !ok || refusal.Code != access.Invalid || refusal.Field != "roles" || !strings.Contains(refusal.Message, tt.refusal) || got != nil {
				t.Errorf("FindRoles(%q) = %v, %v, want a refusal with %q", tt.text, got, err, tt.refusal)
			}
		})
	}
}

func TestFindRolesKeepsThePolicy(t *testing.T) {
	p := load(t)
	got, err := p.FindRoles("Mail migration")
	if err != nil {
		t.Fatal(err)
	}
	got[0] = "changed"
	if p.Bundles[1].Roles[0] == "changed" {
		t.Error("a caller can change the policy through FindRoles")
	}
}

func TestFindRolesSplitsOnlyWhereItMust(t *testing.T) {
	p := load(t)
	p.Bundles = append(p.Bundles, policy.Bundle{Name: "Mail and calendar", Roles: []access.RoleID{exchange}})
	got, err := p.FindRoles("mail and calendar, user admin")
	if want := access.SortRoles([]access.RoleID{exchange, users}); err != nil || !slices.Equal(got, want) {
		t.Errorf("FindRoles = %v, %v, want %v", got, err, want)
	}
}

func TestFindCustomer(t *testing.T) {
	p := load(t)
	p.Customers = append(p.Customers,
		policy.Customer{Name: "Tailwind Traders", Tenant: "77777777-0000-4000-8000-000000000001", Domains: []string{"tailwind.example"}},
		policy.Customer{Name: "Proseware.com", Tenant: "77777777-0000-4000-8000-000000000002"},
		policy.Customer{Name: "Proseware", Tenant: "77777777-0000-4000-8000-000000000003", Domains: []string{"proseware.com"}})
	for _, tt := range []struct {
		name, text string
		want       []string
		match      roles.Match
	}{
		{"Name", "contoso clinics", []string{"Contoso Clinics"}, roles.Exact},
		{"Domain", "CONTOSO.onmicrosoft.com", []string{"Contoso Clinics"}, roles.Exact},
		{"Tenant", strings.ToUpper(string(contoso)), []string{"Contoso Clinics"}, roles.Exact},
		{"Beginning", "contoso", []string{"Contoso Clinics"}, roles.Prefix},
		{"BeginsSeveral", "tail", []string{"Tailspin Toys", "Tailwind Traders"}, roles.Near},
		{"Slip", "adatmu", []string{"Adatum"}, roles.Near},
		{"SlipInDomain", "adatum.con", []string{"Adatum"}, roles.Near},
		{"NameIsAnothersDomain", "proseware.com", []string{"Proseware.com", "Proseware"}, roles.Near},
		{"Nothing", "northwind", nil, roles.None},
		{"Empty", " ", nil, roles.None},
		{"OneLetter", "a", nil, roles.None},
		{"TooLong", strings.Repeat("contoso", 1000), nil, roles.None},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, match := p.FindCustomer(tt.text)
			var got []string
			for _, c := range found {
				got = append(got, c.Name)
			}
			if !slices.Equal(got, tt.want) || match != tt.match {
				t.Errorf("FindCustomer(%q) = %q, %v, want %q, %v", tt.text, got, match, tt.want, tt.match)
			}
		})
	}
}

// FuzzFindRoles: whatever is typed, the answer is known roles or a refusal.
func FuzzFindRoles(f *testing.F) {
	for _, s := range []string{"exchange admin, and GA", "Helpdesk + Mail migration", "a and b & c", "\xff,\u202e"} {
		f.Add(s)
	}
	p, err := policy.Load(example)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ids, err := p.FindRoles(text)
		if err != nil {
			if access.CodeOf(err) != access.Invalid || ids != nil {
				t.Errorf("FindRoles(%q) = %v, %v", text, ids, err)
			}
			return
		}
		for _, id := range ids {
			if _, ok := roles.ByID(id); !ok {
				t.Errorf("FindRoles(%q) = %v, of which %s is no role", text, ids, id)
			}
		}
	})
}
