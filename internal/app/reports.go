package app

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/commands"
	"latchkey/internal/policy"
	"latchkey/internal/web"
)

// reports makes the evidence for who has signed in on the pages.
type reports struct {
	approvals *approvals.Service
	policy    func() *policy.Policy
	now       func() time.Time
}

func (r reports) Periods(tenant access.TenantID) []web.Period {
	c, _ := r.policy().Customer(tenant)
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	var out []web.Period
	for _, o := range commands.Periods(c.Language, r.now().In(zone)) {
		out = append(out, web.Period{Value: o.Value, Name: o.Text})
	}
	return out
}

// Report writes down that it was asked for, makes it, and writes down what it was before
// anybody has it. A crash between leaves one that was asked for and not given.
func (r reports) Report(ctx context.Context, who access.SignIn, period string) (web.File, error) {
	order, made, err := r.approvals.EvidenceSigned(ctx, who, period)
	if err != nil {
		return web.File{}, err
	}
	name, content, shown, err := cards.Archive(made)
	if err != nil {
		return web.File{}, err
	}
	return web.File{Name: name, Content: content}, r.approvals.EvidenceTaken(ctx, order, shown)
}
