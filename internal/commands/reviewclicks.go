package commands

import (
	"context"
	"regexp"
	"strconv"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

func init() {
	registerAction(Action{ID: messages.ActionReviewKeep, Run: clickReviewKeep})
	registerAction(Action{ID: messages.ActionReviewRemove, Run: clickReviewRemove})
	registerAction(Action{ID: messages.ActionReviewRest, Run: clickReviewRest})
	registerView(View{ID: messages.ViewReviewRemove, Run: submitReviewRemove})
}

// clickReviewKeep is silent: the card says who kept it.
func clickReviewKeep(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	ref, err := env.reviewRef(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.AnswerReview(ctx, inv.Origin, ref, access.AnswerKeep)
	return Reply{}, err
}

// clickReviewRemove says what would stop, but only to somebody who may remove it.
func clickReviewRemove(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	ref, err := env.reviewRef(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	found, err := env.Approvals.MayRemove(ctx, inv.Origin, ref)
	if err != nil {
		return Reply{}, err
	}
	v := messages.ReviewRemovalView{
		ReviewView: cards.ReviewView(found.Review), Row: cards.ReviewRowView(found.Review, found.Row), Grants: env.views(found.Grants),
	}
	v.Language = lang.English
	if c, ok := env.Policy().Customer(found.Review.Customer); ok && inv.External {
		v.Language = c.Language
	}
	return open(messages.ReviewRemoveModal(v)), nil
}

// submitReviewRemove is silent, too: the modal closes, and the card changes.
func submitReviewRemove(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	ref, err := env.reviewRef(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.AnswerReview(ctx, inv.Origin, ref, access.AnswerRemove)
	return Reply{}, err
}

func clickReviewRest(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	ref, err := env.reviewRef(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	_, err = env.Approvals.KeepReview(ctx, inv.Origin, ref)
	return Reply{}, err
}

var reviewForm = regexp.MustCompile(`^(V-[0-9A-HJKMNP-TV-Z]{5})/([0-9]{1,5})/([0-9]{1,5})$`)

// reviewRef reads what a button or a modal of an access review carries.
func (e Env) reviewRef(ctx context.Context, inv Invocation, text string) (approvals.ReviewRef, error) {
	m := reviewForm.FindStringSubmatch(text)
	if m == nil {
		return approvals.ReviewRef{}, e.refuseAnyone(ctx, inv, "malformed button", "This button does not belong to an access review. Look for a newer card.")
	}
	row, _ := strconv.Atoi(m[2])   //nolint:errcheck // few digits, as the form says
	terms, _ := strconv.Atoi(m[3]) //nolint:errcheck // few digits, too
	return approvals.ReviewRef{Review: access.ReviewID(m[1]), Row: row, Terms: terms}, nil
}
