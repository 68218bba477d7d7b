package approvals_test

import (
	"errors"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

const (
	advent = access.TenantID("c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836") // known to Graph only
	german = access.TenantID("e1111111-0000-4000-8000-000000000001")
)

func newFindWorld(t *testing.T) *world {
	w := newWorld(t)
	w.policy.Customers = append(w.policy.Customers, policy.Customer{
		Name: "Contoso Deutschland", Tenant: german, Domains: []string{"contoso.de"}, Team: "T0GERMAN", Channel: "C0GERMAN",
	})
	w.put(t, func(tx state.Tx) error {
		return errors.Join(
			state.PutKnown(tx, state.Known{Tenant: advent, Name: "Adventure Works, Inc.", Domain: "Adventure-Works.com"}),
			state.PutKnown(tx, state.Known{Tenant: contoso, Name: "CONTOSO OLD NAME", Domain: "old.example"}),
			state.PutKnown(tx, state.Known{Tenant: "f2222222-0000-4000-8000-000000000002"}))
	})
	return w
}

func TestFind(t *testing.T) {
	t.Parallel()
	w := newFindWorld(t)
	tests := []struct {
		name, text string
		want       access.TenantID
		code       access.Code
		says       string
	}{
		{name: "ExactThoughOthersBeginSo", text: "contoso", want: contoso},
		{name: "CaseAndMarks", text: " Con-TOSO! ", want: contoso},
		{name: "Domain", text: "CONTOSO.de", want: german},
		{name: "Tenant", text: strings.ToUpper(string(contoso)), want: contoso},
		{name: "Prefix", text: "adat", want: adatum},
		{name: "PrefixOfOneOfTwo", text: "contoso d", want: german},
		{name: "Contains", text: "deutsch", want: german},
		{name: "OfGraph", text: "adventure works inc", want: advent},
		{name: "DomainOfGraph", text: "adventure-works.com", want: advent},
		{name: "ContainsInADomain", text: "ure-works", want: advent},
		{name: "PolicysNameWins", text: "old name", code: access.NotFound, says: "No customer is called"},
		{name: "NearMiss", text: "contozo", code: access.NotFound, says: "Did you mean Contoso or Contoso Deutschland?"},
		{name: "NearMissOfTheFirstWord", text: "adatun", code: access.NotFound, says: "Did you mean Adatum Toys?"},
		{name: "None", text: "northwind traders", code: access.NotFound, says: "Try its domain"},
		{name: "TwoLettersInside", text: "eu", code: access.NotFound, says: "No customer"},
		{name: "Empty", text: " ", code: access.Invalid, says: "Name a customer"},
		{name: "NoLetters", text: "../../*%_", code: access.Invalid, says: "Name a customer"},
		{name: "Long", text: strings.Repeat("contoso", 40), code: access.Invalid, says: "Name a customer"},
		{name: "HostileLong", text: strings.Repeat("\xff\U0001F600ſ", 1_000_000), code: access.Invalid, says: "Name a customer"},
		{name: "InvalidText", text: "\xff\xfe", code: access.Invalid, says: "Name a customer"},
		{name: "AsLongAsAllowed", text: strings.Repeat("x", 200), code: access.NotFound, says: "No customer"},
	}
	for _, test := range tests {
		got, err := w.Find(t.Context(), w.by(ana, ""), test.text)
		if got.Tenant != test.want || access.CodeOf(err) != test.code {
			t.Errorf("%s: Find = %s, %v; want %s, %s", test.name, got.Name, err, test.want, test.code)
		}
		if test.code == "" {
			if got.InPolicy != (test.want != advent) {
				t.Errorf("%s: InPolicy is %t", test.name, got.InPolicy)
			}
			continue
		}
		if e, ok := errors.AsType[*access.Error](err); !ok || e.Field != "customer" || !strings.Contains(e.Message, test.says) {
			t.Errorf("%s: Find = %v, want %q", test.name, err, test.says)
		}
	}
	if n := len(w.events(t)); n != 0 {
		t.Errorf("questions left %d events", n)
	}
}

func TestFindAmbiguous(t *testing.T) {
	t.Parallel()
	w := newFindWorld(t)
	for text, want := range map[string]int{"conto": 2, "ad": 2, "com": 3} {
		_, err := w.Find(t.Context(), w.by(dee, ""), text)
		a, ok := errors.AsType[*approvals.AmbiguousError](err)
		if !ok || len(a.Customers) != want || a.Text != text || access.CodeOf(err) != access.Invalid {
			t.Errorf("Find(%q) = %v, want %d customers", text, err, want)
		}
	}
	_, err := w.Find(t.Context(), w.by(dee, ""), "conto")
	if want := `"conto" could be Contoso (contoso.com) or Contoso Deutschland (contoso.de). Use the domain to say which.`; err == nil || err.Error() != want {
		t.Errorf("Find = %v, want %s", err, want)
	}
	for _, c := range []string{"1", "2", "3", "4", "5", "6"} {
		w.policy.Customers = append(w.policy.Customers, policy.Customer{Name: "Many " + c, Tenant: access.TenantID("many-" + c)})
	}
	_, err = w.Find(t.Context(), w.by(dee, ""), "many ")
	if a, ok := errors.AsType[*approvals.AmbiguousError](err); !ok || len(a.Customers) != 5 {
		t.Errorf("Find among many = %v, want five of them", err)
	}
}

func TestCustomers(t *testing.T) {
	t.Parallel()
	w := newFindWorld(t)
	tests := []struct {
		name, typed string
		limit       int
		want        string
	}{
		{"All", "", 10, "Adatum Toys, Contoso, Contoso Deutschland"},
		{"Limited", "", 2, "Adatum Toys, Contoso"},
		{"Prefix", "CONT", 10, "Contoso, Contoso Deutschland"},
		{"Inside", "toys", 10, "Adatum Toys"},
		{"Domain", "contoso.d", 10, "Contoso Deutschland"},
		{"NotOfGraph", "adventure", 10, ""},
		{"Hostile", strings.Repeat("a", 100_000), 10, ""},
	}
	for _, test := range tests {
		found, err := w.Customers(t.Context(), w.by(ana, ""), test.typed, test.limit)
		var names []string
		for _, c := range found {
			names = append(names, c.Name)
		}
		if got := strings.Join(names, ", "); got != test.want || err != nil {
			t.Errorf("%s: Customers(%.20q) = %q, %v; want %q", test.name, test.typed, got, err, test.want)
		}
	}
}
