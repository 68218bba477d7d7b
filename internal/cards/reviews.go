package cards

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/report"
)

// ReviewCard draws a card of an access review as it stands now: a part of it for the
// customer, or what came of it for the operators.
func (r Renderer) ReviewCard(ctx context.Context, p outbox.ReviewCardPayload) (Post, error) {
	e, err := r.review(ctx, p.Review)
	if err != nil {
		return Post{}, err
	}
	v := ReviewView(e.Review)
	if p.Card == 0 {
		return r.operators(messages.ReviewOperators(v))
	}
	c, err := r.customer(e.Review.Customer)
	if err != nil {
		return Post{}, err
	}
	v.Language = c.Language
	v.Card, v.Cards = p.Card, outbox.ReviewCards(len(e.Review.Rows))
	var shown []messages.ReviewRowView
	for _, row := range v.Rows {
		if outbox.ReviewCardOf(row.Row.N) == p.Card {
			shown = append(shown, row)
		}
	}
	v.Rows = shown
	return to(c, messages.ReviewCard(v)), nil
}

func (r Renderer) review(ctx context.Context, id access.ReviewID) (approvals.ReviewEntry, error) {
	e, err := r.Approvals.ReviewEntry(ctx, id)
	return e, reading(id, err)
}

// ReviewView finds the names that a message needs to show a review.
func ReviewView(r access.Review) messages.ReviewView {
	v := messages.ReviewView{Review: r, Card: 1, Cards: 1}
	for _, row := range r.Rows {
		v.Rows = append(v.Rows, ReviewRowView(r, row))
	}
	return v
}

// ReviewRowView does so for one row.
func ReviewRowView(r access.Review, row access.ReviewRow) messages.ReviewRowView {
	return messages.ReviewRowView{Row: row, Roles: Roles(row.Roles), Covered: r.Covered(row)}
}

// reviewReminder calls those who may answer. Nothing is said of what is answered by now.
func (r Renderer) reviewReminder(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.review(ctx, p.Review)
	if err != nil || len(e.Review.Waiting()) == 0 || e.Review.Overdue {
		return Post{}, err
	}
	v := ReviewView(e.Review)
	v.Contacts = e.Contacts
	if p.Notice == outbox.NoticeReviewUnanswered {
		return r.operators(messages.ReviewUnanswered(v))
	}
	c, err := r.customer(e.Review.Customer)
	if err != nil {
		return Post{}, err
	}
	v.Language = c.Language
	if p.User == "" {
		return to(c, messages.ReviewReminder(v)), nil
	}
	if r.ReviewPage != nil {
		v.Page = r.ReviewPage(p.Review)
	}
	return Post{Message: messages.ReviewInPerson(v), User: p.User}, nil
}

// reviewTable is the whole result of a review, which its card counts.
func (r Renderer) reviewTable(ctx context.Context, id access.ReviewID) (File, error) {
	e, err := r.review(ctx, id)
	if err != nil {
		return File{}, err
	}
	channel := r.Policy().Operations
	if channel == "" {
		return File{}, nobody()
	}
	v := ReviewView(e.Review)
	rows := make([][]string, len(v.Rows))
	for i, row := range v.Rows {
		rows[i] = messages.ReviewTableRow(e.Review, row)
	}
	table, err := report.Table(messages.ReviewColumns, rows)
	return File{
		Channel: channel, Name: fmt.Sprintf("latchkey-%s.csv", id), Content: table,
		Title: fmt.Sprintf("Access review of %s, closed at %s", e.Review.CustomerName, access.FormatTime(e.Review.ClosedAt)),
	}, err
}
