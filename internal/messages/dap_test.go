package messages_test

import (
	"testing"

	"latchkey/internal/messages"
)

func TestDAP(t *testing.T) {
	t.Parallel()
	base := messages.DAPView{
		Customer: "Contoso <Ltd>", Tenant: "1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10", Connected: true, Page: true, Admin: true,
		InPolicy: true, Held: true, ReadAt: start, Active: 1,
	}
	with := func(change func(*messages.DAPView)) messages.DAPView {
		v := base
		change(&v)
		return v
	}
	rows := map[string]messages.DAPView{
		"dap_held":        base,
		"dap_held_nogdap": with(func(v *messages.DAPView) { v.Active, v.Problem = 0, "Partner Center could not be read." }),
		"dap_held_hand":   with(func(v *messages.DAPView) { v.Page, v.Active = false, 2 }),
		"dap_held_staff":  with(func(v *messages.DAPView) { v.Admin = false }),
		"dap_gone":        with(func(v *messages.DAPView) { v.Held = false }),
		"dap_never":       with(func(v *messages.DAPView) { *v = messages.DAPView{Customer: v.Customer, Tenant: v.Tenant} }),
		"dap_unread": with(func(v *messages.DAPView) {
			v.Held, v.Problem = false, "Partner Center does not let this bot in."
			v.ReadAt = messages.DAPView{}.ReadAt
		}),
		"dap_elsewhere": with(func(v *messages.DAPView) { v.Held, v.InPolicy, v.ReadAt = false, false, messages.DAPView{}.ReadAt }),
	}
	for name, v := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, messages.DAP(v))
		})
	}
	t.Run("modal", func(t *testing.T) {
		t.Parallel()
		goldenModal(t, "dap_modal", messages.DAPModal(base))
	})
	t.Run("sign in", func(t *testing.T) {
		t.Parallel()
		golden(t, "dap_signin", messages.OwnPage(messages.OwnPageView{
			What: "To remove legacy administration (DAP) of Contoso:", Address: "https://latchkey.example/signin/0123", Minutes: "10 min",
		}))
	})
	t.Run("overview", func(t *testing.T) {
		t.Parallel()
		golden(t, "dap_overview", messages.Overview(messages.OverviewView{Customer: "Contoso", InPolicy: true, ReadAt: start, DAP: base}))
	})
}
