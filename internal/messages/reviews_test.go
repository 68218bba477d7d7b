package messages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

const fortnight = 14 * 24 * time.Hour

// reviewed is a review of Contoso in its middle; the changes make it another.
func reviewed(changes ...func(*access.Review)) messages.ReviewView {
	ends := start.AddDate(1, 0, 0)
	r := access.Review{
		ID: "V-7K3M2", Customer: contosoTenant, CustomerName: "Contoso", StartedBy: ana, StartedAt: start, DueBy: start.Add(fortnight),
		Unanswered: access.UnansweredAsk, State: access.ReviewOpen, Terms: 1, Rev: 1, Rows: []access.ReviewRow{
			{N: 1, Relationship: "a", Name: "Fabrikam_Contoso_2026", Roles: []access.RoleID{"x", "h"}, End: ends, AutoExtend: true, Terms: 1, State: access.RowOpen},
			{
				N: 2, Relationship: "a", Name: "Fabrikam_Contoso_2026", Group: "g", GroupName: "GDAP Contoso readers", Assignment: "as-1", Roles: []access.RoleID{"h"},
				Members: []string{"Bo Lindqvist"}, Count: 1, Terms: 1, State: access.RowOpen,
			},
			{
				N: 3, Relationship: "a", Name: "Fabrikam_Contoso_2026", Group: "o", GroupName: "Latchkey Contoso", Assignment: "as-2", Own: true, Roles: []access.RoleID{"x"},
				Members: []string{"Ana Ruiz (R-7K3M2)"}, Count: 1, Terms: 1, State: access.RowOpen,
			},
			{N: 4, Relationship: "b", Name: "Fabrikam_Contoso_2024", Roles: []access.RoleID{"x"}, End: ends, Terms: 1, State: access.RowOpen},
			{N: 5, Relationship: "b", Name: "Fabrikam_Contoso_2024", Group: "p", GroupName: "Old desk", Assignment: "as-3", Roles: []access.RoleID{"x"}, Unseen: true, Terms: 1, State: access.RowOpen},
			{N: 6, Relationship: "c", Name: "Spare", Roles: []access.RoleID{"x"}, Terms: 1, State: access.RowOpen},
		},
	}
	for _, change := range changes {
		change(&r)
	}
	v := messages.ReviewView{Review: r, Card: 1, Cards: 1, Contacts: []access.Person{bo, cy}}
	for _, row := range r.Rows {
		v.Rows = append(v.Rows, reviewRow(r, row))
	}
	return v
}

func reviewRow(r access.Review, row access.ReviewRow) messages.ReviewRowView {
	v := messages.ReviewRowView{Row: row, Covered: r.Covered(row)}
	for _, id := range row.Roles {
		v.Roles = append(v.Roles, map[access.RoleID]messages.Role{"x": exchange, "h": helpdesk}[id])
	}
	return v
}

// rows puts rows, from the first, into states.
func rows(by access.Person, states ...access.RowState) func(*access.Review) {
	return func(r *access.Review) {
		for i, s := range states {
			row := &r.Rows[i]
			row.State = s
			if s != access.RowOpen && s != access.RowHanded && s != access.RowGone {
				row.By, row.At = by, start.Add(time.Hour)
			}
			if s == access.RowRemoved || s == access.RowFailed || s == access.RowGone {
				row.EndedAt = start.Add(2 * time.Hour)
			}
			if s == access.RowFailed {
				row.Note = "Microsoft says that it may not be changed."
			}
		}
	}
}

func closedReview(r *access.Review) {
	r.State, r.ClosedAt, r.Overdue = access.ReviewClosed, start.Add(fortnight), true
}

func reviews() map[string]messages.ReviewView {
	k, rm, gone, fail := access.RowKept, access.RowRemoved, access.RowGone, access.RowFailed
	all := map[string]messages.ReviewView{
		"new":       reviewed(),
		"keep":      reviewed(func(r *access.Review) { r.Unanswered, r.StartedBy = access.UnansweredKeep, access.Person{} }),
		"remove":    reviewed(func(r *access.Review) { r.Unanswered, r.Unread = access.UnansweredRemove, []string{"Spare", "Other"} }),
		"middle":    reviewed(rows(bo, k, rm, access.RowRemoving, fail, gone)),
		"covered":   reviewed(rows(bo, access.RowRemoving, access.RowOpen, access.RowOpen, k, k, k)),
		"handed":    reviewed(rows(bo, k, k, k, access.RowHanded, access.RowHanded, k), func(r *access.Review) { r.Overdue = true }),
		"removing":  reviewed(rows(bo, k, k, access.RowRemoving, k, k, k)),
		"closed":    reviewed(rows(bo, k, rm, rm, fail, gone, k), closedReview),
		"by-policy": reviewed(rows(access.Person{}, k, rm, access.RowRemoving, k, k, k), func(r *access.Review) { r.Overdue = true }),
		"hostile": reviewed(func(r *access.Review) {
			r.CustomerName, r.StartedBy.Name = "Con\u202Etoso & <Sons> :tada: ~x~", "Eve *Kept* by <!channel>"
			r.Rows[0].Name, r.Rows[1].GroupName, r.Rows[1].Members = "<!here> *b* `c`\n✅ Kept", "G\n<@U1ANA>", []string{"<!channel>", "_x_"}
		}),
		"longest": reviewed(func(r *access.Review) {
			row := r.Rows[1]
			row.Name, row.GroupName, row.Count = strings.Repeat("&", 300), strings.Repeat("<", 300), 4000
			row.Members, row.Roles = slices.Repeat([]string{strings.Repeat("Ä", 300)}, 20), slices.Repeat([]access.RoleID{"h"}, 60)
			r.Rows = slices.Repeat([]access.ReviewRow{row}, 15)
			for i := range r.Rows {
				r.Rows[i].N = i + 1
			}
		}),
	}
	second := reviewed()
	second.Card, second.Cards = 2, 3
	all["second"] = second
	german := reviewed(rows(bo, k, rm))
	german.Language = "de"
	all["german"] = german
	return all
}

func TestReviewCards(t *testing.T) {
	for name, v := range reviews() {
		t.Run(name, func(t *testing.T) { golden(t, "review-"+name, messages.ReviewCard(v)) })
	}
}

// TestReviewLanguages holds that the longest card is taken by Slack in each language,
// and that its buttons are read as they look.
func TestReviewLanguages(t *testing.T) {
	for _, l := range lang.Known() {
		v := reviews()["longest"]
		v.Language = lang.Tag(l)
		blocks := decode(t, messages.ReviewCard(v).Blocks)
		checkBlocks(t, blocks, 50)
		checkSurface(t, "message", blocks)
	}
}

func TestReviewOperators(t *testing.T) {
	for _, name := range []string{"handed", "closed", "by-policy", "hostile"} {
		t.Run(name, func(t *testing.T) { golden(t, "review-operators-"+name, messages.ReviewOperators(reviews()[name])) })
	}
	many := reviews()["longest"]
	for i := range many.Rows {
		many.Rows[i].Row.State, many.Review.Rows[i].State = access.RowHanded, access.RowHanded
	}
	golden(t, "review-operators-many", messages.ReviewOperators(many))
}

func TestReviewStory(t *testing.T) {
	for _, name := range []string{"middle", "covered", "closed"} {
		t.Run(name, func(t *testing.T) { golden(t, "review-story-"+name, messages.ReviewStory(reviews()[name])) })
	}
	many := reviews()["longest"]
	many.Rows = slices.Repeat(many.Rows, 4)
	golden(t, "review-story-many", messages.ReviewStory(many))
}

func TestReviewModal(t *testing.T) {
	for name, n := range map[string]int{"relationship": 1, "group": 2, "own": 3} {
		v := messages.ReviewRemovalView{ReviewView: reviewed()}
		v.Row = v.Rows[n-1]
		if n != 2 {
			v.Grants = []messages.CardView{views()["active"]}
		}
		t.Run(name, func(t *testing.T) { goldenModal(t, "review-modal-"+name, messages.ReviewRemoveModal(v)) })
		for _, l := range lang.Known() {
			v.Language = lang.Tag(l)
			checkView(t, decode(t, messages.ReviewRemoveModal(v).ModalViewRequest).(map[string]any))
		}
	}
}

func TestReviewNotices(t *testing.T) {
	golden(t, "review-reminder", messages.ReviewReminder(reviews()["middle"]))
	golden(t, "review-inperson", messages.ReviewInPerson(reviews()["middle"]))
	paged := reviews()["middle"]
	paged.Page = "https://latchkey.fabrikam.example/reviews/" + string(paged.Review.ID)
	golden(t, "review-inperson-page", messages.ReviewInPerson(paged))
	golden(t, "review-unanswered", messages.ReviewUnanswered(reviews()["new"]))
	golden(t, "review-started", messages.ReviewStarted(reviews()["new"]))
	golden(t, "reviews-started", messages.ReviewsStarted(messages.ReviewsView{
		Started: []access.Review{reviewed().Review},
		Not:     []messages.ReviewNotView{{"Adatum", "Adatum is under review already: V-00001. `/access review show V-00001` shows it."}, {"<x>", "It has *none*."}},
	}))
}

func TestReviewTable(t *testing.T) {
	v := reviews()["closed"]
	v.Review.Rows[4].Members, v.Review.Rows[4].Count = []string{"Bo"}, 3
	var said []string
	for _, row := range v.Review.Rows {
		cells := messages.ReviewTableRow(v.Review, reviewRow(v.Review, row))
		if len(cells) != len(messages.ReviewColumns) {
			t.Errorf("%d cells for %d columns", len(cells), len(messages.ReviewColumns))
		}
		said = append(said, strings.Join(cells, "; "))
	}
	v.Review.Rows[5].By = access.Person{}
	said = append(said, strings.Join(messages.ReviewTableRow(v.Review, reviewRow(v.Review, v.Review.Rows[5])), "; "))
	compare(t, "review-table.txt", fmt.Append(nil, strings.Join(said, "\n")+"\n"))
}
