package commands_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// TestLanguageOfRefusals tells people of customers no in the customer's language, those
// of whom nobody knows in that of the channel, and staff in English.
func TestLanguageOfRefusals(t *testing.T) {
	t.Parallel()
	stranger := access.Person{Team: "T8", User: "U8STRANGER"}
	of := func(by access.Person, channel access.ChannelID) commands.Invocation {
		return commands.Invocation{Origin: approvals.Origin{Actor: by, Channel: channel}, External: by.Team != "T1"}
	}
	rows := []struct {
		name string
		inv  commands.Invocation
		run  func(context.Context, *commands.Router, commands.Invocation) commands.Reply
		says []string
	}{
		{"a command of a customer's", of(bo, "C9"), slash, []string{"Befehle sind den Mitarbeitenden des Partners vorbehalten", "Schließen"}},
		{"a command of a stranger's", of(stranger, "C1"), slash, []string{"Befehle sind den Mitarbeitenden"}},
		{"a command of a stranger's elsewhere", of(stranger, "C9"), slash, []string{"Commands are for the partner's own staff", "Close"}},
		{"a button that was tampered with", of(bo, "C1"), click, []string{"gehört zu keiner Anfrage"}},
		{"a button that was tampered with, of staff", of(ana, "C1"), click, []string{"does not belong to a request"}},
		{"a form without a reason", of(bo, "C1"), submit, []string{"in höchstens 500 Zeichen"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.policy.Customers[0].Language = "de-AT"
			raw, err := json.Marshal(row.run(t.Context(), w.router, row.inv))
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range row.says {
				if !strings.Contains(string(raw), part) {
					t.Errorf("%q is not in %s", part, raw)
				}
			}
		})
	}
}

func slash(ctx context.Context, r *commands.Router, inv commands.Invocation) commands.Reply {
	inv.Text = "list contoso"
	if !inv.External {
		inv.Text = "lisst"
	}
	return r.Slash(ctx, inv)
}

func click(ctx context.Context, r *commands.Router, inv commands.Invocation) commands.Reply {
	inv.Action, inv.Value = messages.ActionApprove, "R-0/tampered"
	return r.Click(ctx, inv)
}

func submit(ctx context.Context, r *commands.Router, inv commands.Invocation) commands.Reply {
	inv.Callback, inv.Private = messages.ViewDeny, "R-7K3M2/1"
	inv.Values = map[string]commands.Value{messages.BlockReason: {Text: ""}}
	return r.Submit(ctx, inv)
}
