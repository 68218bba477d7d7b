package commands_test

import (
	"strings"
	"testing"
)

// TestWhy has people ask about themselves, about others and about errors that
// they paste.
func TestWhy(t *testing.T) {
	t.Parallel()
	const pasted = "AADSTS53003: Access has been blocked by Conditional Access policies. Trace ID: e0ea6353"
	tests := []struct {
		name, text string
		want       []string
		not        string
	}{
		{"Own", "why contoso.com", []string{"Can Ana Ruiz get into Contoso?", "You asked for nothing"}, ""},
		{"Mentioned", "why <@U9EVE|eve> contoso.com", []string{"<@U9EVE>", "nobody has told me who this is"}, "You asked"},
		{"CustomerFirst", "why contoso.com <@U9EVE|eve>", []string{"<@U9EVE>"}, ""},
		{"SignInName", "why <mailto:eve@fabrikam.example|eve@fabrikam.example> contoso.com", []string{"Can eve@fabrikam.example get into Contoso?"}, ""},
		{"Two", "why <@U9EVE|eve> <@U1ANA|ana> contoso.com", []string{"one person at a time"}, ""},
		{"NoCustomer", "why <@U9EVE|eve>", []string{"Name a customer"}, ""},
		{"UnknownCustomer", "why northwind", []string{`No customer is called "northwind"`}, ""},
		{"Error", "why " + pasted, []string{"AADSTS53003", "service provider users", "To mend it, the customer must act"}, "get into"},
		{"ErrorOfSomebody", "why <@U1ANA|ana> contoso.com " + pasted, []string{"service provider users", "Can Ana Ruiz get into Contoso?"}, ""},
		{"ErrorWithWordsBefore", "why it says Error: " + pasted, []string{"service provider users"}, "get into"},
		{"UnknownError", "why AADSTS1234567", []string{"I do not know `AADSTS1234567`"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := newWorld(t).slash(t.Context(), test.text).Message.Text
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the answer lacks %q: %s", want, text)
				}
			}
			if test.not != "" && strings.Contains(text, test.not) {
				t.Errorf("the answer says %q: %s", test.not, text)
			}
		})
	}
}
