package commands_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

func TestActivity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, says string }{
		{"activity contoso.com", "What was done at Contoso. Outside of any access: Eve"},
		{"activity contoso.com r-7k3m2", "What was done under R-7K3M2 at Contoso"},
		{"activity contoso.com 7k3m2", "What was done under R-7K3M2 at Contoso"},
		{"activity R-7K3M2", "What was done under R-7K3M2"},
		{"activity contoso.de", "logs have not been read yet"},
		{"activity contoso.de", "https://consent.example/" + string(contosoDE)},
		{"activity", "Contoso: 2 acts that nothing allowed"},
		{"activity", "Contoso Deutschland: has not been read yet. Its admin consents here: https://consent.example/" + string(contosoDE)},
		{"activity northwind", `No customer is called "northwind"`},
		{"activity abcde", `No customer is called "abcde"`}, // not an id, though it could be one
		{"activity contoso.com nonsense", `No customer is called "contoso.com nonsense"`},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana, Channel: "C9"}, Text: row.text}), row.says, "")
		})
	}
}

// TestActivityButton holds that people of a customer see by the button what is theirs, in a
// modal, and nothing of another.
func TestActivityButton(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		by          access.Person
		value, says string
		does        string
	}{
		{bo, "R-7K3M2", "modal note", ""},
		{bo, string(contoso), "modal note", ""},
		{bo, string(adatum), "modal note", ""},
		{ana, "R-7K3M2", "What was done under R-7K3M2 at Contoso", ""},
		{ana, "R-7K3M2/../x", "does not belong to a customer", "refused malformed button"},
		{ana, "", "does not belong to a customer", "refused malformed button"},
	} {
		w := newWorld(t)
		w.expect(t, w.click(t.Context(), row.by, "activity.open", row.value), row.says, row.does)
	}
}
