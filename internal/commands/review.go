package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "review",
		Usage: "review start|show <customer or all>",
		Short: "Have a customer review what gives access for good.",
		Long: []string{
			"`start` gives the customer's channel the list of its active relationships, and of the groups that have roles on them, each with Keep and Remove. What a contact wants removed is removed at once. `start all` asks every customer of policy.yml, but for those who are being asked already.",
			"`show` takes a customer or the id of a review such as `V-7K3M2`, and tells of each row who answered what, when, and how it ended. When a review is closed, the operators' channel has all of it as a table.",
			"How long the customer has, what becomes of rows that nobody answers, and how often the bot starts reviews by itself stand in policy.yml under `reviews`.",
		},
		Who:      "bot admins; linked staff may `show`",
		Rare:     true,
		Examples: []string{"review start contoso", "review start all", "review show contoso", "review show V-7K3M2"},
		Run:      runReview,
	})
}

func runReview(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words := scan(inv.Text).words()
	if len(words) == 0 {
		return Reply{}, access.Refuse(access.Invalid, "Say what to do, as in `/access review start contoso`, or `show` one.")
	}
	verb, words := words[0], words[1:]
	switch {
	case verb.is("start"):
		return startReview(ctx, env, inv, words)
	case verb.is("show"):
		return showReview(ctx, env, inv, words)
	}
	return Reply{}, access.Refuse(access.Invalid, "“%s” is not something to do with an access review: use `start` or `show`.", short(verb.Text))
}

func startReview(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	if len(words) == 1 && words[0].is("all") {
		return startReviews(ctx, env, inv)
	}
	c, err := env.find(ctx, inv.Origin, words)
	if err != nil {
		return Reply{}, err
	}
	r, err := env.Approvals.StartReview(ctx, inv.Origin, c.Tenant)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.ReviewStarted(cards.ReviewView(r))), nil
}

func startReviews(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	all, err := env.Approvals.StartReviews(ctx, inv.Origin)
	if err != nil {
		return Reply{}, err
	}
	var v messages.ReviewsView
	for _, one := range all {
		if one.Why != "" {
			v.Not = append(v.Not, messages.ReviewNotView{Customer: one.Customer.Name, Why: one.Why})
			continue
		}
		v.Started = append(v.Started, one.Review)
	}
	return say(messages.ReviewsStarted(v)), nil
}

func showReview(ctx context.Context, env Env, inv Invocation, words []Word) (Reply, error) {
	r, err := env.reviewOf(ctx, inv, words)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.ReviewStory(cards.ReviewView(r))), nil
}

// reviewOf finds the review that the words name: by its id, or the newest of a customer.
func (e Env) reviewOf(ctx context.Context, inv Invocation, words []Word) (access.Review, error) {
	if id, ok := access.ParseReviewID(join(words)); ok {
		return e.Approvals.Review(ctx, inv.Origin, id)
	}
	c, err := e.find(ctx, inv.Origin, words)
	if err != nil {
		return access.Review{}, err
	}
	return e.Approvals.ReviewOf(ctx, inv.Origin, c.Tenant)
}
