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
		{"unlinked-without-admins", messages.HomeView{Admins: []access.UserID{"<!channel>"}}},
		{"unlinked-with-access", messages.HomeView{Access: []messages.CardView{active("R-00001")}}},
		{"admin", messages.HomeView{Admin: true, Admins: []access.UserID{"U1DEE"}}},
		{"offers", messages.HomeView{Linked: true, Admin: true, Relationships: homeOffers(1)}},
		{"offers-many", messages.HomeView{
			Linked: true, Admin: true, ContactOf: []string{"Contoso"}, Relationships: homeOffers(9),
			Access: several(60, active), Waiting: several(60, waiting), ToDecide: several(60, waiting),
		}},
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
