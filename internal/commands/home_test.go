package commands_test

import (
	"encoding/json"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// TestTurn holds that the pages of a Home tab are turned from the one that it shows,
// whatever a tampered view says.
func TestTurn(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		shown, action string
		want          int
	}{
		{"", messages.ActionHomeNext, 1}, {"3", messages.ActionHomeNext, 4}, {"3", messages.ActionHomeBack, 2},
		{"", messages.ActionHomeBack, 0}, {"-7", messages.ActionHomeBack, 0}, {"99999999999999999999", messages.ActionHomeNext, 1}, {"R-00001", messages.ActionHomeNext, 1},
	} {
		for _, who := range []access.Person{ana, bo} {
			r := newWorld(t).router.Click(t.Context(), commands.Invocation{
				Origin: approvals.Origin{Actor: who}, External: who.Team != ana.Team, Action: row.action, Value: "9", Private: row.shown,
			})
			if r.Page == nil || *r.Page != row.want || r.Message != nil || r.Modal != nil {
				t.Errorf("%s from %q turns to %v, want %d", row.action, row.shown, r.Page, row.want)
			}
		}
	}
}

// TestQuick holds that the button of a customer opens the form with that customer, for the
// partner's own people, while policy.yml names it.
func TestQuick(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		who   access.Person
		value string
		want  string
	}{
		{"Form", ana, string(contoso), `"Contoso"`},
		{"NotInThePolicy", ana, string(adatum), "not in policy.yml any more"},
		{"Tampered", ana, "contoso\" or true", "not in policy.yml any more"},
		{"External", bo, string(contoso), "Only the partner's own staff ask for access"},
	} {
		r := newWorld(t).router.Click(t.Context(), commands.Invocation{
			Origin: approvals.Origin{Actor: row.who}, External: row.who.Team != ana.Team, Action: messages.ActionQuick2, Value: row.value,
		})
		raw, err := json.Marshal([]any{r.Modal, r.Message})
		if err != nil || !strings.Contains(string(raw), row.want) || strings.Contains(string(raw), "request.submit") != (row.name == "Form") {
			t.Errorf("%s: %s, %v, want %s", row.name, raw, err, row.want)
		}
	}
}
