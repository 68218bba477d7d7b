package messages_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func TestWhy(t *testing.T) {
	t.Parallel()
	care := messages.RelationshipView{Name: "Contoso care", Status: access.RelationshipActive}
	standing := messages.WayView{
		Group: "GDAP readers", Relationship: "Contoso care", Status: access.RelationshipActive, AssignmentStatus: access.AssignmentActive,
		Until: start.AddDate(1, 0, 0), Roles: []messages.Role{exchange, helpdesk}, Open: true,
	}
	inForce, denied := view(granted(access.Active)), view(decided(access.Deny, "not today"))
	base := messages.ReachView{
		Person: ana, Customer: "Contoso", AgentsKnown: true, InPolicy: true, ReadAt: start, Relationships: []messages.RelationshipView{care},
	}
	with := func(change func(*messages.ReachView)) messages.ReachView {
		v := base
		change(&v)
		return v
	}
	tests := map[string]messages.ReachView{
		"granted": with(func(v *messages.ReachView) { v.Open = []messages.CardView{inForce} }),
		"standing": with(func(v *messages.ReachView) {
			v.Ways = []messages.WayView{standing}
			v.Agents = access.AgentGroups()
		}),
		"both": with(func(v *messages.ReachView) {
			v.Open = []messages.CardView{inForce}
			drift := standing
			drift.Group, drift.Ours, drift.AssignmentStatus = "Latchkey Contoso", true, "pending"
			v.Ways = []messages.WayView{standing, drift}
		}),
		"agents":   with(func(v *messages.ReachView) { v.Agents = []access.AgentGroup{access.AdminAgents, "NewAgents"} }),
		"waits":    with(func(v *messages.ReachView) { v.Open = []messages.CardView{view()} }),
		"denied":   with(func(v *messages.ReachView) { v.Last, v.Own = &denied, true }),
		"nothing":  with(func(v *messages.ReachView) { v.Own, v.Relationships = true, nil }),
		"unlinked": with(func(v *messages.ReachView) { v.Unlinked, v.Person = true, access.Person{User: "U9EVE"} }),
		"inactive": with(func(v *messages.ReachView) {
			v.Relationships = []messages.RelationshipView{{Name: "Old", Status: access.RelationshipExpired}, {Name: "New", Status: "approvalPending"}, {Name: "Odd", Status: "quantum"}}
			v.InPolicy, v.AgentsKnown, v.Unseen, v.Problem = false, false, []string{"GDAP readers"}, "Microsoft did not answer."
		}),
		"unread": {Person: ana, Customer: "Contoso", InPolicy: true},
		"hostile": with(func(v *messages.ReachView) {
			v.Person.Name, v.Customer = "*Status*: <@U1> `approved`", "<!channel> & _co_"
			w := standing
			w.Group, w.Relationship = "> *approved* <!here>", "~gone~"
			v.Ways = []messages.WayView{w}
		}),
		"many": with(func(v *messages.ReachView) {
			for range 30 {
				v.Ways = append(v.Ways, standing)
			}
		}),
	}
	for name, v := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "why-"+name, messages.Why(v))
		})
	}
	blocked := messages.SignInView{Errors: []messages.SignInError{{
		Code: "AADSTS53003", What: "The customer's Conditional Access blocked the sign-in.", Customer: true,
		Next: []string{"Ask the customer's admin for the setting."}, Ask: "A policy of yours turns our technicians away.",
	}}, Unknown: []string{"AADSTS1234567"}}
	golden(t, "signin", messages.SignIn(blocked))
	golden(t, "signin-whose", messages.WhyFailed(blocked, with(func(v *messages.ReachView) {
		v.Open = []messages.CardView{view(granted(access.Active, func(g *access.Grant) { g.ExpiresAt = start.Add(time.Hour) }))}
	})))
}
