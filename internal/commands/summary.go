package commands

import (
	"context"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "summary",
		Usage: "summary [week or month] [customer]",
		Short: "Tell who had access, who has it, and what waits.",
		Long: []string{
			"Without a word it is today; `week` is the last seven days, `month` the last thirty, compared with as many before. With a customer it is what that customer's own summary says: nothing about others.",
			"The operations channel has it by itself on every working day, and so does the channel of a customer with `summary: true` in policy.yml. The first of a week or a month tells of the one that is over, too.",
		},
		Who:      "linked staff and bot admins",
		Rare:     true,
		Examples: []string{"summary", "summary week contoso"},
		Run:      runSummary,
	})
}

func runSummary(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words, days := scan(inv.Text).words(), 1
	for word, n := range map[string]int{"today": 1, "week": 7, "month": 30} {
		if len(words) > 0 && words[0].is(word) {
			words, days = words[1:], n
			break
		}
	}
	var of access.TenantID // of all customers
	if len(words) > 0 {
		c, err := env.find(ctx, inv.Origin, words)
		if err != nil {
			return Reply{}, choose(err)
		}
		of = c.Tenant
	}
	s, err := env.Approvals.Summarize(ctx, inv.Origin, of, days)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.Summary(cards.SummaryView(env.language(inv), env.Policy(), s))), nil
}
