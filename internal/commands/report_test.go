package commands_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

func TestReport(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text, says, does string
		by               access.Person
	}{
		{"report contoso.com 2026-10", "being made (E-00001). It appears in the customer's channel", "evidence " + string(contoso) + ` "2026-10"`, dee},
		{"report contoso.com", "being made", "evidence " + string(contoso) + ` ""`, dee},
		{"report contoso.com 2026-10-05..2026-10-16", "being made", "evidence " + string(contoso) + ` "2026-10-05..2026-10-16"`, dee},
		{"report contoso.com 2026-99", "being made", "evidence " + string(contoso) + ` "2026-99"`, dee}, // the use case refuses it
		{"report contoso.com 2026-10", "for its verified contacts", "", ana},
		{"report northwind 2026-10", `No customer is called "northwind"`, "", dee},
		{"report 2026-10", "Name a customer", "", dee},
		{"report", "Name a customer", "", dee},
	} {
		t.Run(row.text+" by "+row.by.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.expect(t, w.router.Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: row.by, Channel: "C9"}, Text: row.text}), row.says, row.does)
		})
	}
}

// TestEvidenceButton asks of which time, and has it made, for those who may.
func TestEvidenceButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.expect(t, w.click(t.Context(), bo, "evidence.open", string(contoso)), "modal evidence.ask "+string(contoso), "")
	w.expect(t, w.click(t.Context(), ana, "evidence.open", string(contoso)), "for its verified contacts", "")
	w = newWorld(t)
	w.expect(t, w.click(t.Context(), bo, "evidence.open", "nonsense"), "modal note", "refused malformed button")
	for _, row := range []struct{ private, chosen, says, does string }{
		{string(contoso), "2026-10", "silence", "evidence " + string(contoso) + ` "2026-10"`},
		{string(contoso), "", "Choose a time", ""},
		{"nonsense", "2026-10", "does not belong to a customer", "refused malformed button"},
	} {
		w := newWorld(t)
		values := map[string]commands.Value{}
		if row.chosen != "" {
			values["period"] = commands.Value{Selected: strings.Fields(row.chosen)}
		}
		got := w.router.Submit(t.Context(), commands.Invocation{
			Origin: approvals.Origin{Actor: bo}, External: true, Callback: "evidence.ask", Private: row.private, Values: values,
		})
		w.expect(t, got, row.says, row.does)
	}
}
