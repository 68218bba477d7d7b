package messages_test

import (
	"fmt"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestStanding(t *testing.T) {
	t.Parallel()
	const rel access.RelationshipID = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000001"
	eve, unnamed := access.Member{ID: "aaaaaaaa-0000-4000-8000-000000000004", Name: "Eve Lunt"}, access.Member{ID: "aaaaaaaa-0000-4000-8000-000000000005"}
	one := func(kind messages.FindingKind, severity int) messages.FindingView {
		return messages.FindingView{
			Kind: kind, Severity: severity, Customer: contosoTenant, Relationship: rel, Name: "Contoso care",
			Assignment: "aaaaaaaa-0000-4000-8000-000000000006", Group: "aaaaaaaa-0000-4000-8000-000000000003", GroupName: "GDAP readers",
			Agents: access.AdminAgents, Roles: []messages.Role{exchange, helpdesk}, Members: []access.Member{eve},
			Until: start.AddDate(0, 0, 7), Since: start.AddDate(0, 0, -100),
		}
	}
	all := []messages.FindingView{
		one(messages.FindingOutside, 0), one(messages.FindingGlobal, 1), one(messages.FindingPrivileged, 1), one(messages.FindingLegacy, 1), one(messages.FindingEnding, 1),
		one(messages.FindingStanding, 2), one(messages.FindingUnused, 2), one(messages.FindingBroad, 2), one(messages.FindingNotUsed, 2),
	}
	all[len(all)-1].Times = 3
	base := messages.StandingView{Customer: "Contoso", Tenant: contosoTenant, Looked: 2, ReadAt: start, MayMend: true}
	with := func(change func(*messages.StandingView)) messages.StandingView {
		v := base
		change(&v)
		return v
	}
	tests := map[string]messages.StandingView{
		"clean":  base,
		"unread": {Customer: "Contoso", Problem: "Microsoft did not answer."},
		"none":   with(func(v *messages.StandingView) { v.Looked = 0 }),
		"all":    with(func(v *messages.StandingView) { v.Findings = all }),
		"reader": with(func(v *messages.StandingView) {
			v.Findings, v.MayMend, v.Unread, v.Problem = all[:2], false, []string{"GDAP readers"}, "Microsoft did not answer."
		}),
		"many": with(func(v *messages.StandingView) {
			for range 40 {
				v.Findings = append(v.Findings, all[2])
			}
		}),
		"hostile": with(func(v *messages.StandingView) {
			f := all[0]
			f.GroupName, f.Name, f.Kind = "*ok* <!channel>", "`x`", "new"
			g := all[2]
			g.Members, g.GroupName = []access.Member{{Name: "<@U1> _x_"}, unnamed, {UPN: "upn@x"}}, "> ok"
			h := all[2]
			h.Members = nil
			v.Findings = []messages.FindingView{f, g, h}
		}),
	}
	for name, v := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "standing-"+name, messages.Standing(v))
		})
	}
	golden(t, "standing-everywhere-partly", messages.StandingAll(messages.StandingAllView{Clean: 2, Unread: []string{"Contoso"}, ReadAt: start}))
	golden(t, "standing-partly", messages.Standing(with(func(v *messages.StandingView) { v.Unread = []string{"Contoso care"} })))
	agents := one(messages.FindingAgents, 1)
	agents.Members = []access.Member{eve, unnamed}
	every := messages.StandingAllView{Clean: 3, ReadAt: start, Agents: []messages.FindingView{agents}}
	golden(t, "standing-everywhere-clean", messages.StandingAll(every))
	golden(t, "standing-everywhere-unread", messages.StandingAll(messages.StandingAllView{}))
	for i := range 30 {
		every.Customers = append(every.Customers, messages.StandingCountView{
			Customer: fmt.Sprintf("Customer %d", i), Tenant: contosoTenant, Counts: [3]int{1, 0, 30 - i}, Worst: all[0],
		})
	}
	golden(t, "standing-everywhere", messages.StandingAll(every))
}
