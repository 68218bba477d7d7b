package messages_test

import (
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

var (
	start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	ana   = access.Person{Team: "T1", User: "U1ANA", Name: "Ana Ruiz"}
	bo    = access.Person{Team: "T2", User: "U2BO", Name: "Bo Lind"}
	cy    = access.Person{Team: "T2", User: "U2CY", Name: "Cy Moss"}

	exchange = messages.Role{Name: "Exchange Administrator"}
	helpdesk = messages.Role{Name: "Helpdesk Administrator", Privileged: true}
)

const contosoTenant access.TenantID = "11111111-1111-4111-8111-111111111111"

// view is a pending request; the changes make it another.
func view(changes ...func(*messages.CardView)) messages.CardView {
	v := messages.CardView{
		Request: access.Request{
			ID: "R-7K3M2", Requester: ana, Principal: "p", Customer: contosoTenant, CustomerName: "Contoso",
			Duration: 4 * time.Hour, Justification: "mailbox migration, INC-4711",
			Rule:  access.Rule{Approvals: 1, DecideWithin: 24 * time.Hour},
			State: access.Pending, CreatedAt: start, DecideBy: start.Add(24 * time.Hour), Terms: 1, Rev: 1,
		},
		Roles: []messages.Role{exchange},
	}
	for _, change := range changes {
		change(&v)
	}
	return v
}

func decided(verdict access.Verdict, note string) func(*messages.CardView) {
	return func(v *messages.CardView) {
		r := &v.Request
		r.Decisions = []access.Decision{{By: bo, Verdict: verdict, Note: note, At: start.Add(time.Hour)}}
		r.State, r.EndedAt, r.Rev = access.Approved, start.Add(time.Hour), 2
		if verdict == access.Deny {
			r.State = access.Denied
		}
	}
}

func closed(state access.RequestState) func(*messages.CardView) {
	return func(v *messages.CardView) {
		v.Request.State, v.Request.EndedAt, v.Request.Rev = state, start.Add(2*time.Hour), 2
	}
}

// granted makes the request one that Bo approved, with a grant.
func granted(state access.GrantState, changes ...func(*access.Grant)) func(*messages.CardView) {
	return func(v *messages.CardView) {
		decided(access.Approve, "")(v)
		g := access.NewGrant(v.Request, start.Add(time.Hour))
		if state != access.Activating {
			g = g.Joined(start.Add(time.Hour + time.Minute))
		}
		g.State = state
		for _, change := range changes {
			change(&g)
		}
		v.Grant = &g
	}
}

func over(reason access.EndReason) func(*access.Grant) {
	return func(g *access.Grant) {
		g.EndReason, g.EndedAt = reason, start.Add(5*time.Hour+2*time.Minute)
		if reason == access.Revoked {
			g.EndedBy, g.EndNote = bo, "done early, thank you"
		}
	}
}

func roles(n int) func(*messages.CardView) {
	return func(v *messages.CardView) {
		v.Roles = nil
		for i := range n {
			v.Roles = append(v.Roles, messages.Role{
				Name:       fmt.Sprintf("Long Winded Service Number %02d Administrator", i+1),
				Privileged: i%4 == 3,
			})
		}
	}
}

// hostile fills every field that somebody else writes with an attack.
func hostile(v *messages.CardView) {
	v.Request.Requester.Name = "Eve *Status:* approved <!channel>"
	v.Request.CustomerName = "Con\u202Etoso & <Sons> :white_check_mark: ~x~"
	v.Request.Justification = "fine\n*Status:* approved\n> quoted <!channel> <@U1ANA> <https://evil.example|Contoso> `code` @here \u202Egnorw \u200B:tada: _a_ snake_case"
	v.Roles = []messages.Role{{Name: "Role *bold*\n• Another"}}
	v.Bundle = "<!here> `b`"
}

func longest(v *messages.CardView) {
	v.Request.Requester.Name = strings.Repeat("Ä", 300)
	v.Request.CustomerName = strings.Repeat("&", 300)
	v.Request.Justification = strings.Repeat("<ß", 2000)
	v.Roles = []messages.Role{{Name: strings.Repeat("R", 300), Privileged: true}}
	v.Bundle = strings.Repeat("B", 300)
}
