package messages_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// views are the states that a request and its grant can be in, and the odd ones.
func views() map[string]messages.CardView {
	return map[string]messages.CardView{
		"pending": view(),
		"pending-two-of-three": view(func(v *messages.CardView) {
			v.Request.Rule.Approvals, v.Request.Rev = 3, 3
			v.Request.Decisions = []access.Decision{
				{By: bo, Verdict: access.Approve, At: start.Add(time.Hour)},
				{By: cy, Verdict: access.Approve, At: start.Add(2 * time.Hour)},
			}
		}),
		"peers":        view(staged(0)),
		"peers-agreed": view(staged(1)),
		"changed": view(func(v *messages.CardView) {
			v.Request.ChangedAt, v.Request.Terms, v.Request.Since = start.Add(time.Hour), 2, 2
		}),
		"narrowed": view(decided(access.Approve, ""), func(v *messages.CardView) {
			v.Request.Decisions[0].Narrowed = &access.Narrowing{Roles: v.Request.Roles, Duration: time.Hour}
		}),
		"auto": view(granted(access.Active), func(v *messages.CardView) {
			v.Request.Decisions, v.Request.Rule = nil, access.Rule{Name: "On *call*", Auto: true}
		}),
		"changed-into-auto": view(granted(access.Active), func(v *messages.CardView) {
			v.Request.Rule, v.Request.Terms, v.Request.Since = access.Rule{Name: "On call", Auto: true}, 2, 2
		}),
		"denied":          view(decided(access.Deny, "not during month end")),
		"withdrawn":       view(closed(access.Withdrawn)),
		"lapsed":          view(closed(access.Lapsed)),
		"approved":        view(decided(access.Approve, "")),
		"activating":      view(granted(access.Activating)),
		"active":          view(granted(access.Active)),
		"active-enforced": view(granted(access.Active, func(g *access.Grant) { g.Driver = access.PIM })),
		"active-fallback": view(granted(access.Active, func(g *access.Grant) { g.Driver, g.FellBack = access.PIM, access.NoLicence })),
		"expiring":        view(granted(access.Ending, over(access.Expired))),
		"revoking":        view(granted(access.Ending, over(access.Revoked))),
		"expired":         view(granted(access.Ended, over(access.Expired))),
		"revoked":         view(granted(access.Ended, over(access.Revoked))),
		"drifted":         view(granted(access.Ended, over(access.RemovedElsewhere))),
		"unconfirmed": view(granted(access.Ended, over(access.NotActivated), func(g *access.Grant) {
			g.ActiveAt, g.ExpiresAt = time.Time{}, time.Time{}
		})),
		"held": view(granted(access.Ended, over(access.Expired), func(g *access.Grant) { g.HeldBy = "R-2ND00" }),
			func(v *messages.CardView) { v.HeldUntil = start.Add(9 * time.Hour) }),
		"failed": view(granted(access.Failed, over(access.CouldNotActivate), func(g *access.Grant) {
			g.EndNote = "The relationship was terminated meanwhile."
		})),
		"smaller": view(func(v *messages.CardView) {
			v.Smaller = &messages.Smaller{Roles: []messages.Role{{Name: "Password Administrator", Privileged: true}}, Task: "Reset the password of a user"}
		}),
		"smaller-hostile": view(func(v *messages.CardView) {
			v.Smaller = &messages.Smaller{Roles: []messages.Role{{Name: "*x* <!here>"}}, Task: strings.Repeat("<!channel> `x` ", 40)}
		}),
		"no-roles":     view(roles(0)),
		"forty-roles":  view(roles(40), func(v *messages.CardView) { v.Bundle = "Everything that we do" }),
		"all-roles":    view(roles(140)),
		"hostile":      view(hostile),
		"hostile-note": view(hostile, decided(access.Deny, "*Status:* approved\n<!channel>\u202E")),
		"longest":      view(longest),
		"nameless": view(func(v *messages.CardView) {
			v.Request.Requester.Name, v.Request.CustomerName = "", ""
		}),
	}
}

func TestCards(t *testing.T) {
	for name, v := range views() {
		t.Run(name, func(t *testing.T) {
			golden(t, "card-customer-"+name, messages.CustomerCard(v))
			golden(t, "card-requester-"+name, messages.RequesterCard(v))
		})
	}
}

// staged makes the request wait for two colleagues, of whom so many have agreed, or for
// the customer, once both have.
func staged(agreed int) func(*messages.CardView) {
	return func(v *messages.CardView) {
		v.Request.Rule.Name, v.Request.Rule.Peers, v.Request.Rule.PeersOf = "Led", 2, "Leads\nSeniors <!here>"
		for range agreed {
			v.Request.Decisions = append(v.Request.Decisions, access.Decision{By: cy, Verdict: access.Approve, At: start.Add(time.Hour), Stage: access.ByPeers})
		}
	}
}

func TestPeersCards(t *testing.T) {
	all := views()
	for _, name := range []string{"peers", "peers-agreed", "pending", "denied", "active", "hostile", "longest", "forty-roles"} {
		v := all[name]
		if v.Request.State == access.Pending {
			staged(1)(&v)
		}
		t.Run(name, func(t *testing.T) { golden(t, "card-peers-"+name, messages.PeersCard(v)) })
	}
	golden(t, "notice-peers-reminder", messages.PeersReminder(all["peers"], []access.Person{cy}))
	golden(t, "notice-peers-reminder-anybody", messages.PeersReminder(all["peers"], nil))
	golden(t, "notice-unanswered-peers", messages.Unanswered(all["peers"]))
	golden(t, "notice-unanswered-all-peers", messages.UnansweredToAll(all["peers"], "U0OWNER001"))
}

func TestNarrowModal(t *testing.T) {
	for _, name := range []string{"pending", "forty-roles", "hostile", "longest"} {
		v := views()[name]
		ids := make([]access.RoleID, len(v.Roles))
		for i := range ids {
			ids[i] = access.RoleID(fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		}
		t.Run(name, func(t *testing.T) { goldenModal(t, "modal-narrow-"+name, messages.NarrowModal(v, ids)) })
	}
}

func remindsTwo(v messages.CardView) messages.Message {
	return messages.Reminder(v, []access.Person{{User: "U0CAROL001", Name: "Carol Weber"}, {User: "U0CEM00001", Name: "Cem <!here> *Kaya*"}})
}

func TestNoticesOfRequests(t *testing.T) {
	all := views()
	rows := []struct {
		name string
		of   func(messages.CardView) messages.Message
		in   []string
	}{
		{"active", messages.Active, []string{"active", "forty-roles", "hostile"}},
		{"ended", messages.Ended, []string{"expired", "revoked", "held", "drifted"}},
		{"ended-requester", messages.EndedRequester, []string{"expired", "revoked", "held"}},
		{"failed", messages.Failed, []string{"failed", "unconfirmed"}},
		{"decided", messages.Decided, []string{"denied", "lapsed", "hostile-note", "longest"}},
		{"reminder", remindsTwo, []string{"pending", "pending-two-of-three", "hostile", "longest"}},
		{"unanswered", messages.Unanswered, []string{"pending", "hostile"}},
		{"unanswered-all", func(v messages.CardView) messages.Message { return messages.UnansweredToAll(v, "") }, []string{"pending", "hostile"}},
		{"receipt", messages.Receipt, []string{"peers", "auto", "pending", "forty-roles", "hostile", "longest"}},
	}
	for _, row := range rows {
		for _, name := range row.in {
			t.Run(row.name+"/"+name, func(t *testing.T) {
				golden(t, "notice-"+row.name+"-"+name, row.of(all[name]))
			})
		}
	}
}

func TestDenyModal(t *testing.T) {
	for _, name := range []string{"pending", "forty-roles", "hostile", "longest"} {
		t.Run(name, func(t *testing.T) {
			goldenModal(t, "modal-deny-"+name, messages.DenyModal(views()[name]))
		})
	}
}

// TestDialogTellsTheCustomersTime holds that a dialog, in which Slack shows no time of its
// reader, tells it by the clock of the customer.
func TestDialogTellsTheCustomersTime(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	v := view(func(v *messages.CardView) { v.Request.StartAt, v.Zone = start.Add(24*time.Hour), zone })
	raw, err := json.Marshal(messages.CustomerCard(v).Blocks)
	if err != nil || !strings.Contains(string(raw), "from 2026-11-25 01:00 PST until 2026-11-25 05:00 PST") {
		t.Errorf("the card is %s, %v", raw, err)
	}
}
