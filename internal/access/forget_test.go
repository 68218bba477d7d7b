package access_test

import (
	"testing"

	"latchkey/internal/access"
)

// TestForgottenText has names and addresses leave what others wrote, and nothing else.
func TestForgottenText(t *testing.T) {
	t.Parallel()
	f := access.Forgotten{Mails: []string{"ana@fabrikam.example"}, Names: []string{"Ana Ito", "Dee"}, As: "P-7K3M2"}
	for _, row := range []struct{ text, want string }{
		{"mailbox of Ana Ito, INC-4711", "mailbox of P-7K3M2, INC-4711"},
		{"ANA ITO and ana ito", "P-7K3M2 and P-7K3M2"},
		{"<Ana@Fabrikam.example>", "<P-7K3M2>"},
		{"Susana Itô, Ana Itoh", "Susana Itô, Ana Itoh"},
		{"joana@fabrikam.example", "joana@fabrikam.example"},
		{"Dee said so", "Dee said so"}, // one word alone may mean anybody
		{"Dee", "P-7K3M2"},
		{"İ Ana Ito", "İ Ana Ito"}, // its lower case is longer, so nothing is certain
		{"", ""},
	} {
		if got := f.Text(row.text); got != row.want {
			t.Errorf("Text(%q) = %q, want %q", row.text, got, row.want)
		}
	}
}

// TestForgottenIs holds who is the one: an id says so, and a shared address does not.
func TestForgottenIs(t *testing.T) {
	t.Parallel()
	f := access.Forgotten{Users: []access.UserID{"U0ANA"}, Objects: []access.PrincipalID{"o-ana"}, Mails: []string{"desk@fabrikam.example"}, As: "P-7K3M2"}
	entra := func(o access.PrincipalID) access.Account { return access.Account{Tenant: "t", Object: o} }
	for _, row := range []struct {
		name string
		p    access.Person
		want bool
	}{
		{"Slack", access.Person{Team: "T1", User: "U0ANA"}, true},
		{"OtherTeam", access.Person{Team: "T2", User: "U0ANA"}, true},
		{"Entra", access.Person{User: "U0OTHER", Entra: entra("o-ana")}, true},
		{"Mail", access.Person{Mail: "Desk@fabrikam.example"}, true},
		{"SharedMail", access.Person{User: "U0BO", Mail: "desk@fabrikam.example"}, false},
		{"Other", access.Person{User: "U0BO", Entra: entra("o-bo")}, false},
		{"Nobody", access.Person{}, false},
		{"Before", access.Person{User: "P-7K3M2"}, true},
	} {
		if got := f.Is(row.p); got != row.want {
			t.Errorf("%s: Is = %v, want %v", row.name, got, row.want)
		}
	}
}

// TestForgottenPerson holds what is left of somebody in a record, and that it is left so by
// another deletion.
func TestForgottenPerson(t *testing.T) {
	t.Parallel()
	ana := access.Person{Team: "T1", User: "U0ANA", Name: "Ana Ito", Mail: "ana@fabrikam.example", Entra: access.Account{Tenant: "t", Object: "o-ana"}}
	first := access.Forgotten{Users: []access.UserID{"U0ANA"}, Objects: []access.PrincipalID{"o-ana"}, As: "P-7K3M2"}
	again := access.Forgotten{Users: []access.UserID{"U0ANA"}, Objects: []access.PrincipalID{"o-ana"}, As: "P-ZZZZZ"}

	over, live := ana, ana
	over.User, over.Name, over.Mail = "P-7K3M2", "P-7K3M2", ""
	live.Name, live.Mail = "P-7K3M2", ""
	if got := first.Person(ana, true); got != over || again.Person(got, true) != over {
		t.Errorf("over: %+v", got)
	}
	if got := first.Person(ana, false); got != live || again.Person(got, false) != live || again.Person(got, true) != over {
		t.Errorf("live: %+v", got)
	}
	f := access.Forgotten{Objects: []access.PrincipalID{"o-ana"}}
	if f.Learn(over) || len(f.Users)+len(f.Names) > 0 {
		t.Errorf("learned from what was forgotten: %+v", f)
	}
	if !f.Learn(ana) || f.Learn(ana) || len(f.Users) != 1 || len(f.Mails) != 1 || len(f.Names) != 1 {
		t.Errorf("learned %+v", f)
	}
}
