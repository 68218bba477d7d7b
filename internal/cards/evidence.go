package cards

import (
	"context"
	"errors"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
)

// evidenceAsked tells the customer's channel that its evidence is being made.
func (r Renderer) evidenceAsked(p outbox.NoticePayload) (Post, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return Post{}, err
	}
	return to(c, messages.EvidenceAsked(messages.EvidenceView{
		Language: c.Language, Customer: c.Name, Tenant: c.Tenant, Period: p.Evidence.Period, ID: p.Evidence.ID, By: p.Evidence.By,
	})), nil
}

// evidenceFailed tells whoever asked why it cannot be shown.
func (r Renderer) evidenceFailed(p outbox.NoticePayload) (Post, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return Post{}, err
	}
	if p.User == "" || p.Channel != "" {
		return Post{}, outbox.Permanent(errors.New("a reply to nobody"))
	}
	return Post{User: p.User, Message: messages.EvidenceFailed(messages.EvidenceView{
		Language: c.Language, Customer: c.Name, Tenant: c.Tenant, Period: p.Evidence.Period, ID: p.Evidence.ID, By: p.Evidence.By,
	}, access.Code(p.Text))}, nil
}

// evidence draws the report in all its forms, for the customer's channel as it is now.
func (r Renderer) evidence(ctx context.Context, o outbox.EvidenceOrder) (File, error) {
	c, err := r.customer(o.Customer)
	if err != nil {
		return File{}, err
	}
	if c.Channel == "" {
		return File{}, outbox.Permanent(access.Refuse(access.Conflict, "%s is not in Slack any more, so there is no channel to show its report in.", c.Name))
	}
	report, err := r.Approvals.Evidence(ctx, o)
	if err != nil {
		return File{}, err
	}
	forms, err := paper.Forms(report)
	if err != nil {
		return File{}, err
	}
	d := paper.New(report)
	out := File{
		Channel: c.Channel, Team: c.Team, Digest: report.Digest(),
		Words: messages.EvidenceShown(messages.EvidenceView{
			Language: c.Language, Customer: c.Name, Period: d.Period, ID: o.ID, Digest: report.Digest(),
			Accesses: len(report.Accesses), Glass: len(report.Took()), Refused: len(report.Refused) + len(report.Turned),
		}),
	}
	for i, f := range forms {
		_, kind, _ := strings.Cut(f.Name, ".")
		one := File{Name: f.Name, Title: d.Head + " (" + strings.ToUpper(kind) + ")", Content: f.Content}
		if i == 0 {
			out.Name, out.Title, out.Content = one.Name, one.Title, one.Content
			continue
		}
		out.With = append(out.With, one)
	}
	return out, nil
}
