package cards

import (
	"context"
	"errors"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// summary draws the daily summary: the partner's goes to the operators and no
// other channel, a customer's to its own.
func (r Renderer) summary(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	day := access.Day(p.Text)
	if !day.Valid() {
		return Post{}, outbox.Permanent(errors.New("a summary of no day"))
	}
	of, language := p.Customer, lang.English
	if of == "" {
		of = state.Partner
	} else {
		c, err := r.customer(of)
		if err != nil {
			return Post{}, err
		}
		language = c.Language
	}
	s, err := r.Approvals.DailySummary(ctx, of, day, access.Day(p.Since))
	if err != nil {
		return Post{}, err
	}
	m := messages.Summary(SummaryView(language, r.Policy(), s))
	if of == state.Partner {
		return r.operators(m)
	}
	c, err := r.customer(of)
	return to(c, m), err
}

// SummaryView finds the names that a message needs to show the summary to who reads the
// language.
func SummaryView(language lang.Tag, p *policy.Policy, s approvals.Summary) messages.SummaryView {
	v := messages.SummaryView{
		Language: language,
		From:     s.From, To: s.To, Zone: s.Zone, Asked: s.Asked, Refused: s.Refused, Alerts: s.Alerts, Changed: s.Changed, Failed: s.Failed, Reviews: s.Reviews,
		Unreadable: s.Unreadable, ReadAt: s.Standing.ReadAt, Problem: s.Standing.Problem, Quiet: s.Quiet(),
	}
	if s.For != state.Partner {
		v.Customer, v.Tenant = s.Customer.Name, s.For
	}
	views := func(all []approvals.Entry) (out []messages.CardView) {
		for _, e := range all {
			out = append(out, ViewIn(v.Language, p, e))
		}
		return out
	}
	v.Waiting, v.Active, v.Ended = views(s.Waiting), views(s.Active), views(s.Ended)
	v.Unreviewed = views(s.Unreviewed)
	for _, c := range s.Standing.Customers {
		for i, n := range c.Counts {
			v.Findings[i] += n
		}
	}
	if v.Customers = len(s.Standing.Customers); v.Customers > 0 {
		v.Worst = s.Standing.Customers[0].Customer.Name
	}
	for _, e := range s.Standing.Ending {
		v.Ending = append(v.Ending, messages.EndView{Customer: e.Customer.Name, Name: e.Finding.Name, At: e.Finding.Until})
	}
	for _, t := range s.Trends {
		v.Trends = append(v.Trends, messages.Trend{Period: t.Period, Now: messages.Totals(t.Now), Then: messages.Totals(t.Then)})
	}
	return v
}
