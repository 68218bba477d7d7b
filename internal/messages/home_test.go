package messages_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

// goldenHome compares a Home tab with its golden files and checks it against
// all that Slack demands.
func goldenHome(t *testing.T, name string, h messages.HomeTab) {
	t.Helper()
	raw, err := json.Marshal(h.HomeTabViewRequest)
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 250_000 {
		t.Errorf("the view has %d bytes, Slack takes 250 kB", len(raw))
	}
	view := decode(t, h.HomeTabViewRequest)
	blocks := view.(map[string]any)["blocks"]
	checkBlocks(t, blocks, 100)
	checkSurface(t, "home", view)
	for _, b := range items(blocks) {
		checkInertHome(t, b)
	}
	compare(t, name+".json", pretty(t, h.HomeTabViewRequest))
	compare(t, name+".txt", []byte("HOME\n\n"+drawn(blocks)))
}

// checkInertHome fails for any control sequence but mentions and dates.
func checkInertHome(t *testing.T, x any) {
	t.Helper()
	switch x := x.(type) {
	case map[string]any:
		if x["type"] == "mrkdwn" {
			for _, part := range strings.Split(textOf(x), "<")[1:] {
				if !strings.HasPrefix(part, "@U") && !strings.HasPrefix(part, "!date^") {
					t.Errorf("%q would act", part)
				}
			}
		}
		for _, v := range x {
			checkInertHome(t, v)
		}
	case []any:
		for _, v := range x {
			checkInertHome(t, v)
		}
	}
}

func active(id access.RequestID) messages.CardView {
	return view(granted(access.Active), func(v *messages.CardView) { v.Request.ID, v.Grant.Request = id, id })
}

func waiting(id access.RequestID) messages.CardView {
	return view(func(v *messages.CardView) { v.Request.ID = id })
}

func several(n int, of func(access.RequestID) messages.CardView) []messages.CardView {
	var out []messages.CardView
	for i := range n {
		out = append(out, of(access.RequestID(fmt.Sprintf("R-%05d", i+1))))
	}
	return out
}

func TestHome(t *testing.T) {
	rows := []struct {
		name string
		view messages.HomeView
	}{
		{"empty", messages.HomeView{Linked: true}},
		{"full", messages.HomeView{
			Linked: true,
			Access: []messages.CardView{
				active("R-00001"),
				view(granted(access.Activating)),
				view(granted(access.Ending, over(access.Revoked))),
			},
			Waiting: []messages.CardView{waiting("R-00002")},
		}},
		{"many", messages.HomeView{
			Linked: true, ContactOf: []string{"Contoso"},
			Access: several(60, active), Waiting: several(21, waiting), ToDecide: several(60, waiting),
		}},
		{"unlinked", messages.HomeView{Admins: []access.UserID{"U1DEE", "U1EVA"}}},
		{"unlinked-by-mail", messages.HomeView{Admins: []access.UserID{"U1DEE"}, ByMail: true}},
		{"unlinked-without-admins", messages.HomeView{Admins: []access.UserID{"<!channel>"}}},
		{"unlinked-with-access", messages.HomeView{Access: []messages.CardView{active("R-00001")}}},
		{"admin", messages.HomeView{Admin: true, Admins: []access.UserID{"U1DEE"}}},
		{"offers", messages.HomeView{Linked: true, Admin: true, Relationships: homeOffers(1)}},
		{"offers-many", messages.HomeView{
			Linked: true, Admin: true, ContactOf: []string{"Contoso"}, Relationships: homeOffers(9),
			Access: several(60, active), Waiting: several(60, waiting), ToDecide: several(60, waiting),
		}},
		{"quick", messages.HomeView{Linked: true, Recent: []messages.Option{{Value: "t1", Text: "Contoso"}, {Value: "t2", Text: "*Adatum* <!here>"}, {Value: "t3", Text: "Tailspin"}}}},
		{"time-left", messages.HomeView{Linked: true, Now: start.Add(time.Hour), Access: []messages.CardView{
			active("R-00001"), view(granted(access.Activating)), view(granted(access.Active), func(v *messages.CardView) { v.Grant.ExpiresAt = start }),
		}}},
		{"health", messages.HomeView{Admin: true, Linked: true, Health: messages.HomeHealth{
			At: start, ReadAt: start.Add(-3 * time.Minute), GroupsAt: start.Add(-2 * time.Hour),
		}}},
		{"of-a-day", homeOfADay()},
		{"health-bad", messages.HomeView{Admin: true, Linked: true, Health: badHealth(2)}},
		{"health-worst", messages.HomeView{Admin: true, Linked: true, Health: badHealth(120), Page: 1}},
		{"many-page-2", messages.HomeView{
			Linked: true, ContactOf: []string{"Contoso"}, Page: 1,
			Access: several(60, active), Waiting: several(21, waiting), ToDecide: several(60, waiting),
		}},
		{"many-last-page", messages.HomeView{
			Linked: true, ContactOf: []string{"Contoso"}, Page: 99,
			Access: several(60, active), Waiting: several(21, waiting), ToDecide: several(60, waiting),
		}},
		{"contact-many-de", messages.HomeView{External: true, Language: lang.Tag("de"), ContactOf: []string{"Contoso"}, ToDecide: several(60, waiting), Page: 1}},
		{"external", messages.HomeView{External: true}},
		{"contact", messages.HomeView{
			External: true, ContactOf: []string{"Contoso", "Adatum"},
			ToDecide: []messages.CardView{
				waiting("R-00001"),
				view(roles(40), func(v *messages.CardView) {
					v.Request.ID, v.Request.Rule.Approvals = "R-00002", 2
					v.Request.Decisions = []access.Decision{{By: cy, Verdict: access.Approve, At: start.Add(time.Hour)}}
				}),
			},
		}},
		{"contact-idle", messages.HomeView{External: true, ContactOf: []string{"Contoso"}}},
		{"hostile", messages.HomeView{
			Linked: true, ContactOf: []string{"*Con* <!channel>\u202E"},
			Access:  []messages.CardView{view(hostile, granted(access.Active))},
			Waiting: []messages.CardView{view(hostile)}, ToDecide: []messages.CardView{view(hostile)},
		}},
		{"longest", messages.HomeView{
			Linked: true, ContactOf: several100("Contoso"),
			Access: several(20, func(access.RequestID) messages.CardView { return view(longest, granted(access.Active)) }),
			Waiting: several(20, func(access.RequestID) messages.CardView {
				return view(longest)
			}),
			ToDecide: several(20, func(access.RequestID) messages.CardView { return view(longest, roles(140)) }),
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { goldenHome(t, "home-"+row.name, messages.Home(row.view)) })
	}
}

// homeOffers has n relationships of each kind, some with hostile names.
func homeOffers(n int) (v messages.HomeRelationships) {
	for i := range n {
		bad := func(v *messages.OfferView) {
			if i > 0 {
				v.Offer.CustomerName = strings.Repeat("*Con* <!channel>\u202E", 9)
			}
		}
		v.Waiting = append(v.Waiting, offer(bad))
		v.Declined = append(v.Declined, offer(offerState(access.OfferDeclined), bad))
		v.Ending = append(v.Ending, messages.EndingView{Customer: "Adatum", Name: "Fabrikam_Adatum <!here>", End: start.AddDate(0, 0, i)})
	}
	if n == 1 {
		v.Waiting = append(v.Waiting, offer(offerState(access.OfferDrafted)))
	}
	return v
}

func several100(name string) []string {
	var out []string
	for i := range 100 {
		out = append(out, fmt.Sprintf("%s %d", name, i+1))
	}
	return out
}

// badHealth has everything go wrong, n times.
func badHealth(n int) messages.HomeHealth {
	v := messages.HomeHealth{At: start, Problem: "Microsoft did not answer <!channel>.", Owed: n, Waiting: 90 * time.Minute, Damaged: 1}
	for i := range n {
		id := fmt.Sprintf("R-%05d/0007/slack.card", i)
		v.SetAside = append(v.SetAside, messages.SetAsideView{Effect: id, Step: "A card in Slack", Why: "channel_not_found <!here> *bold*"})
		v.Unlinked = append(v.Unlinked, fmt.Sprintf("Customer <!here> %d", i))
	}
	v.Unread = []messages.UnreadView{{Name: "Desk <1>", Problem: "Slack has no such usergroup.", Since: start}}
	return v
}

// TestHomePages holds that the pages together show each row once, that none takes more than
// Slack does, and that what a person decides on is never cut in two.
func TestHomePages(t *testing.T) {
	v := messages.HomeView{
		Linked: true, Admin: true, ContactOf: []string{"Contoso"}, Health: badHealth(60), Relationships: homeOffers(9),
		Access: several(120, active), Waiting: several(90, waiting),
		ToDecide: several(70, func(id access.RequestID) messages.CardView {
			return view(longest, roles(140), func(v *messages.CardView) { v.Request.ID = id })
		}),
	}
	values := map[string]int{}
	pages := 0
	for ; ; pages++ {
		v.Page = pages
		tab := messages.Home(v)
		if messages.HomePage(tab.PrivateMetadata) != pages {
			break // the last one, again
		}
		raw, err := json.Marshal(tab.HomeTabViewRequest)
		if err != nil || len(raw) > 250_000 || len(tab.Blocks.BlockSet) > 100 {
			t.Errorf("page %d has %d blocks and %d bytes, %v", pages, len(tab.Blocks.BlockSet), len(raw), err)
		}
		text := string(raw)
		for _, part := range []struct{ button, of string }{{"request.approve", "value"}, {"request.deny", "value"}, {"request.withdraw", "value"}, {"grant.end", "value"}, {"effect.revive", "value"}} {
			for _, after := range strings.Split(text, `"action_id":"`+part.button+`","value":"`)[1:] {
				value, _, _ := strings.Cut(after, `"`)
				values[part.button+" "+value]++
			}
		}
		if asked, decided := strings.Count(text, "⏳ *R-"), strings.Count(text, "request.approve"); asked != decided {
			t.Errorf("page %d shows %d requests to decide and %d buttons", pages, asked, decided)
		}
	}
	for key, n := range values {
		if n != 1 {
			t.Errorf("%s is shown %d times", key, n)
		}
	}
	if want := 70 + 70 + 90 + 120 + 60; len(values) != want || pages < 5 {
		t.Errorf("%d buttons on %d pages, want %d", len(values), pages, want)
	}
}

// homeOfADay is the tab of a bot admin who works on customers, too, on an ordinary day. The
// docs show its picture.
func homeOfADay() messages.HomeView {
	asked := view(func(v *messages.CardView) { v.Request.ID, v.Request.Rule.Peers = "R-4F9QN", 1 })
	given := view(granted(access.Active), func(v *messages.CardView) {
		v.Request.CustomerName, v.Request.ID, v.Grant.Request = "Adatum", "R-9D0TX", "R-9D0TX"
		v.Request.Rule.Extensions = 1
	})
	return messages.HomeView{
		Linked: true, Admin: true, Now: start.Add(time.Hour),
		Recent:   []messages.Option{{Value: "t1", Text: "Adatum"}, {Value: "t2", Text: "Contoso"}, {Value: "t3", Text: "Tailspin Toys"}},
		ToDecide: []messages.CardView{asked}, Access: []messages.CardView{given}, Waiting: []messages.CardView{waiting("R-7K3M2")},
		Health: messages.HomeHealth{
			At: start, ReadAt: start.Add(-3 * time.Minute), GroupsAt: start.Add(-4 * time.Minute), Owed: 2, Waiting: 5 * time.Minute,
			SetAside: []messages.SetAsideView{{Effect: "R-2VQ8H/0004/slack.card", Step: "A card in Slack", Why: "post a card: is_archived"}},
			Unread:   []messages.UnreadView{{Name: "Night shift", Problem: "Slack has no usergroup S0614TZR7, or it was disabled. Enable it there, or give policy.yml another id.", Since: start.Add(-time.Hour)}},
			Unlinked: []string{"Litware"},
		},
		Relationships: messages.HomeRelationships{Ending: []messages.EndingView{{Customer: "Adatum", Name: "Fabrikam_Adatum_2026", End: start.AddDate(0, 0, 12)}}},
	}
}
