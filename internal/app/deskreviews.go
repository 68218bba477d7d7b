package app

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/web"
)

// reviewPage says where an access review is answered after a sign-in; nil when nowhere.
func (a *App) reviewPage() func(access.ReviewID) string {
	if !a.signsIn() {
		return nil
	}
	return func(id access.ReviewID) string { return web.ReviewLink(a.o.Config.PublicURL, id) }
}

// reviews takes what is done on the page of an access review to the use cases.
type reviews struct{ decisions }

func (d reviews) Review(ctx context.Context, who access.SignIn, id access.ReviewID) (web.Review, error) {
	r, err := d.approvals.SignedReview(ctx, who, id)
	if err != nil {
		return web.Review{}, err
	}
	words := cards.ReviewWords(r, d.Language(r.Customer))
	out := web.Review{ID: id, Title: words.Title, Intro: words.Intro, Rest: words.Rest, Terms: r.Terms}
	for _, row := range words.Rows {
		out.Rows = append(out.Rows, web.ReviewRow{Review: id, N: row.N, Terms: row.Terms, Lines: row.Lines, Waits: row.Waits})
	}
	return out, nil
}

func refOf(row web.ReviewRow) approvals.ReviewRef {
	return approvals.ReviewRef{Review: row.Review, Row: row.N, Terms: row.Terms}
}

func (d reviews) Removal(ctx context.Context, who access.SignIn, row web.ReviewRow) (web.Removal, error) {
	removal, err := d.approvals.MayRemoveSigned(ctx, who, refOf(row))
	if err != nil {
		return web.Removal{}, err
	}
	var out web.Removal
	out.Row, out.Stops = cards.RemovalWords(d.policy(), removal, d.Language(removal.Review.Customer))
	return out, nil
}

func (d reviews) Answer(ctx context.Context, who access.SignIn, row web.ReviewRow, a access.Answer) error {
	_, err := d.approvals.AnswerReviewSigned(ctx, who, refOf(row), a)
	return err
}

func (d reviews) KeepRest(ctx context.Context, who access.SignIn, id access.ReviewID, terms int) error {
	_, err := d.approvals.KeepReviewSigned(ctx, who, approvals.ReviewRef{Review: id, Terms: terms})
	return err
}
