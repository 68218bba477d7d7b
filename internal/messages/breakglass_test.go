package messages_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

var dee = access.Person{Team: "T1", User: "U1DEE", Name: "Dee Okafor"}

// urgent is a pending request that may be taken at once.
func urgent(v *messages.CardView) { v.Request.Rule.BreakGlass = time.Hour }

// broken is a view of an access that was taken by break-glass; the changes make it another.
func broken(state access.GrantState, changes ...func(*messages.CardView)) messages.BreakGlassView {
	v := view(urgent)
	r, err := v.Request.BreakGlass(ana, 1, start.Add(time.Minute))
	if err != nil {
		panic(err)
	}
	v.Request = r
	g := access.NewGrant(r, r.BrokenAt)
	if state != access.Activating {
		g = g.Joined(start.Add(2 * time.Minute))
	}
	g.State = state
	review := access.NewBreakGlassReview(r)
	v.Grant, v.Review = &g, &review
	for _, change := range changes {
		change(&v)
	}
	return messages.BreakGlassView{CardView: v, Contacts: []access.Person{bo, cy}, Owner: dee.User}
}

func finished(reason access.EndReason) func(*messages.CardView) {
	return func(v *messages.CardView) { over(reason)(v.Grant) }
}

func objected(note string) func(*messages.CardView) {
	return func(v *messages.CardView) {
		v.Review.Objections = append(v.Review.Objections, access.Objection{By: bo, Note: note, At: start.Add(time.Hour), Contact: true})
	}
}

func signed(note string) func(*messages.CardView) {
	return func(v *messages.CardView) {
		v.Review.SignedBy, v.Review.SignedAt, v.Review.Note = dee, start.Add(30*time.Hour), note
	}
}

func glassViews() map[string]messages.BreakGlassView {
	unheard := func(v *messages.CardView) { v.Review.UnheardAt = start.Add(time.Hour) }
	return map[string]messages.BreakGlassView{
		"activating": broken(access.Activating),
		"active":     broken(access.Active),
		"ended":      broken(access.Ended, finished(access.Revoked), objected("nobody called us")),
		"signed":     broken(access.Ended, finished(access.Expired), signed("Called Bo; the server was encrypted.")),
		"again":      broken(access.Active, objected("nobody called us"), objected("nor me"), signed("fine")),
		"failed": broken(access.Failed, finished(access.CouldNotActivate), func(v *messages.CardView) {
			v.Grant.EndNote = "The relationship was terminated meanwhile."
		}),
		"unheard":    broken(access.Active, unheard),
		"hostile":    broken(access.Active, hostile, objected("*fine* <!channel>\n> ok"), signed("<@U1ANA> `x` :tada:")),
		"longest":    broken(access.Active, longest, roles(60)),
		"unreadable": broken(access.Active, func(v *messages.CardView) { v.Review = nil }),
	}
}

func TestBreakGlassCards(t *testing.T) {
	for name, v := range glassViews() {
		t.Run(name, func(t *testing.T) {
			golden(t, "breakglass-customer-"+name, messages.BreakGlassCard(v))
			golden(t, "breakglass-review-"+name, messages.BreakGlassReviewCard(v))
			if name != "active" && name != "signed" && name != "hostile" {
				return
			}
			golden(t, "breakglass-in-person-"+name, messages.BreakGlassInPerson(v))
			golden(t, "breakglass-own-"+name, messages.RequesterCard(v.CardView))
			golden(t, "breakglass-card-"+name, messages.CustomerCard(v.CardView))
			golden(t, "breakglass-show-"+name, messages.Show(messages.StoryView{CardView: v.CardView, Events: []messages.EventView{
				{At: start, Kind: access.EventRequested, By: ana}, {At: start.Add(time.Minute), Kind: access.EventBrokeGlass, By: ana},
				{At: start.Add(time.Hour), Kind: access.EventObjected, By: bo}, {At: start.Add(24 * time.Hour), Kind: access.EventReviewOpen},
				{At: start.Add(30 * time.Hour), Kind: access.EventSignedOff, By: dee},
			}}))
		})
	}
}

func TestBreakGlassWords(t *testing.T) {
	reminded := func(n int) func(*messages.CardView) { return func(v *messages.CardView) { v.Review.Reminded = n } }
	for name, m := range map[string]messages.Message{
		"offered":        messages.RequesterCard(view(urgent)),
		"receipt":        messages.Receipt(view(urgent)),
		"open":           messages.BreakGlassOpen(broken(access.Ended, finished(access.Expired), reminded(1))),
		"overdue":        messages.BreakGlassOpen(broken(access.Ended, finished(access.Expired), reminded(7))),
		"objection":      messages.BreakGlassObjection(broken(access.Active, objected("nobody called us"))),
		"objection-long": messages.BreakGlassObjection(broken(access.Active, longest, objected("<!here>"))),
	} {
		t.Run(name, func(t *testing.T) { golden(t, "breakglass-"+name, m) })
	}
	old := broken(access.Ended, finished(access.Expired)).CardView
	golden(t, "breakglass-summary", messages.Summary(messages.SummaryView{From: start, To: start.Add(24 * time.Hour), Zone: time.UTC, Unreviewed: []messages.CardView{old}}))
	goldenHome(t, "home-breakglass", messages.Home(messages.HomeView{Admin: true, Reviews: []messages.CardView{old}}))
	goldenHome(t, "home-breakglass-many", messages.Home(messages.HomeView{
		Linked: true, Admin: true, ContactOf: []string{"Contoso"}, Relationships: homeOffers(9), Reviews: []messages.CardView{old, old, old, old, old, old, old},
		Access: several(60, func(access.RequestID) messages.CardView { return old }), ToDecide: several(60, func(access.RequestID) messages.CardView { return view() }),
	}))
	v := broken(access.Active)
	for name, m := range map[string]messages.Modal{
		"signoff": messages.SignOffModal(*v.Review),
		"object":  messages.ObjectModal(*v.Review, v.Language),
		"urgent":  messages.RequestModal(messages.RequestForm{Urgent: true}),
	} {
		t.Run(name, func(t *testing.T) { goldenModal(t, "modal-breakglass-"+name, m) })
	}
}
