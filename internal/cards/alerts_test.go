package cards_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// alarmed is a renderer that knows alerts of Contoso and of a customer who is not
// in policy.yml, and a card of both.
func alarmed() cards.Renderer {
	r := renderer()
	known, _ := r.Approvals.(entries)
	exchange, _ := roles.Find("Exchange Administrator")
	alert := func(id access.AlertID, customer access.TenantID, name string) approvals.AlertEntry {
		a := access.Alert{ID: id, Relationship: "rel", Name: "Care plan", Customer: customer, CustomerName: name, Roles: []access.RoleID{exchange[0].ID}}
		a = a.Changed(access.Change{
			Kind: access.ChangeRoles, Aspect: access.AspectRoles, From: string(exchange[0].ID) + " x", To: "x y", At: time.Unix(0, 0), Alarming: true,
		})
		return approvals.AlertEntry{Alert: a.Carded(), Left: []access.Relationship{{Name: "Other"}}}
	}
	one, two := alert("A-0000000001", contoso, "Name of Microsoft"), alert("A-0000000002", adatum, "Adatum")
	nameless := alert("A-0000000003", adatum, "")
	two.Alert = two.Alert.Stormed("S-0000000001")
	known.alerts = map[access.AlertID]approvals.AlertEntry{one.Alert.ID: one, two.Alert.ID: two, nameless.Alert.ID: nameless}
	known.storms = map[access.StormID]approvals.StormEntry{"S-0000000001": {
		Storm: state.Storm{ID: "S-0000000001"}, Alerts: []access.Alert{one.Alert, two.Alert, nameless.Alert},
	}}
	r.Approvals = known
	return r
}

func TestAlertCard(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name      string
		give      outbox.AlertCardPayload
		to, says  string
		permanent bool
	}{
		{"alert", outbox.AlertCardPayload{Alert: "A-0000000001", Card: 1}, "C0OPS/", "Contoso: roles of the relationship changed", false},
		{"customer of no policy", outbox.AlertCardPayload{Alert: "A-0000000002", Card: 1}, "C0OPS/", "Adatum: roles", false},
		{"customer of no name", outbox.AlertCardPayload{Alert: "A-0000000003", Card: 1}, "C0OPS/", string(adatum), false},
		{"storm", outbox.AlertCardPayload{Storm: "S-0000000001"}, "C0OPS/", "3 things changed at once, at 2 customers", false},
		{"unknown alert", outbox.AlertCardPayload{Alert: "A-0000000009", Card: 1}, "/", "", true},
		{"unknown storm", outbox.AlertCardPayload{Storm: "S-0000000009"}, "/", "", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := alarmed().AlertCard(t.Context(), row.give)
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

// The roles that came and went are named, and only who can be asked has a button
// for it.
func TestAlertCardTells(t *testing.T) {
	t.Parallel()
	r := alarmed()
	one, err1 := r.AlertCard(t.Context(), outbox.AlertCardPayload{Alert: "A-0000000001", Card: 1})
	two, err2 := r.AlertCard(t.Context(), outbox.AlertCardPayload{Alert: "A-0000000002", Card: 1})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if text := one.Message.Text; !strings.Contains(text, "New: y") || !strings.Contains(text, "Gone: Exchange Administrator") {
		t.Errorf("the card says %q", text)
	}
	buttons := func(p cards.Post) int {
		n := 0
		for _, b := range p.Message.Blocks {
			if b.BlockType() == "actions" {
				n++
			}
		}
		return n
	}
	if buttons(one) != 1 || buttons(two) != 1 {
		t.Errorf("rows of buttons are %d and %d", buttons(one), buttons(two))
	}
}

// Without a channel of the operators an alert goes nowhere.
func TestAlertCardWithoutOperators(t *testing.T) {
	t.Parallel()
	r := alarmed()
	r.Policy = func() *policy.Policy { return &policy.Policy{} }
	for _, p := range []outbox.AlertCardPayload{{Alert: "A-0000000001", Card: 1}, {Storm: "S-0000000001"}} {
		got, err := r.AlertCard(t.Context(), p)
		check(t, cards.Post{}, err, "/", "", true)
		_ = got
	}
	_, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeWatching, Text: "Watching."})
	check(t, cards.Post{}, err, "/", "", true)
}

func TestWatchingNotice(t *testing.T) {
	t.Parallel()
	got, err := alarmed().Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeWatching, Channel: "C9", Text: "Watching 3 relationships."})
	check(t, got, err, "C0OPS/", "Watching 3 relationships.", false)
}
