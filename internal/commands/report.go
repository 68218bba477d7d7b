package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

func init() {
	register(Command{
		Name:  "report",
		Usage: "report [customer] [month or year]",
		Short: "Show a customer the evidence of who had access.",
		Long: []string{
			"It is shown in the customer's channel, as a PDF, a page and a table: each access with its reason, who allowed it and how it ended, what was refused, break-glass, standing access, access reviews, alerts, and what policy.yml demands. Nothing of another customer is in it.",
			"Without a time it is the last month. Two days with dots between them are a time, too: `2026-10-05..2026-10-16`. Verified contacts of the customer have it by the button “Evidence…” in their channel.",
		},
		Who:      "bot admins, and verified contacts by the button",
		Rare:     true,
		Examples: []string{"report contoso 2026-10", "report contoso 2026-Q4"},
		Run:      runReport,
	})
	registerAction(Action{ID: messages.ActionEvidence, Run: clickEvidence})
	registerView(View{ID: messages.ViewEvidence, Blocks: []string{messages.BlockPeriod}, Run: submitEvidence})
}

func runReport(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	words, period := scan(inv.Text).words(), ""
	if n := len(words); n > 0 && looksLikeTime(words[n-1]) {
		words, period = words[:n-1], words[n-1].Text
	}
	c, err := env.find(ctx, inv.Origin, words)
	if err != nil {
		return Reply{}, choose(err)
	}
	asked, err := env.Approvals.AskEvidence(ctx, inv.Origin, c.Tenant, period)
	if err != nil {
		return Reply{}, err
	}
	return say(messages.EvidenceReply(messages.EvidenceView{Customer: asked.Customer.Name, Period: asked.Span.Name, ID: asked.ID})), nil
}

// looksLikeTime reports whether the word is one that is meant as a time, right or wrong.
func looksLikeTime(w Word) bool {
	return !w.Quoted && len(w.Text) >= 4 && strings.Trim(w.Text[:4], "0123456789") == ""
}

// clickEvidence asks of which time, but only somebody who may have it.
func clickEvidence(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.tenant(ctx, inv, inv.Value)
	if err != nil {
		return Reply{}, err
	}
	c, err := env.Approvals.MayHaveEvidence(ctx, inv.Origin, tenant)
	if err != nil {
		return Reply{}, err
	}
	zone := time.UTC
	if p, ok := env.Policy().Customer(tenant); ok {
		if at, err := time.LoadLocation(p.TimeZone); err == nil {
			zone = at
		}
	}
	v := messages.EvidenceView{Language: env.language(inv), Customer: c.Name, Tenant: c.Tenant}
	return open(messages.EvidenceModal(v, Periods(v.Language, env.Now().In(zone)))), nil
}

// Periods are those that one may choose from.
func Periods(in lang.Tag, now time.Time) []messages.Option {
	last, this := access.LastMonth(now, now.Location()), access.ThisMonth(now, now.Location())
	quarter := (int(now.Month()) - 1) / 3
	before := fmt.Sprintf("%d-Q%d", now.Year(), quarter)
	if quarter == 0 {
		before = fmt.Sprintf("%d-Q4", now.Year()-1)
	}
	return []messages.Option{
		{Value: last.Name, Text: in.Month(last.From)},
		{Value: this.Name, Text: in.Say("%s, until now", in.Month(this.From))},
		{Value: before, Text: before},
		{Value: fmt.Sprintf("%d-Q%d", now.Year(), quarter+1), Text: in.Say("%s, until now", fmt.Sprintf("%d-Q%d", now.Year(), quarter+1))},
		{Value: fmt.Sprint(now.Year() - 1), Text: fmt.Sprint(now.Year() - 1)},
		{Value: fmt.Sprint(now.Year()), Text: in.Say("%s, until now", fmt.Sprint(now.Year()))},
	}
}

// submitEvidence is silent: the channel is told that it is being made.
func submitEvidence(ctx context.Context, env Env, inv Invocation) (Reply, error) {
	tenant, err := env.tenant(ctx, inv, inv.Private)
	if err != nil {
		return Reply{}, err
	}
	chosen := inv.Values[messages.BlockPeriod].Selected
	if len(chosen) != 1 {
		return Reply{}, access.RefuseAnyone(access.Invalid, "Choose a time.").In(messages.BlockPeriod)
	}
	_, err = env.Approvals.AskEvidence(ctx, inv.Origin, tenant, chosen[0])
	return Reply{}, err
}
