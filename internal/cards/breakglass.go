package cards

import (
	"context"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// glassView adds who looks after a customer at which access was taken by break-glass.
func (r Renderer) glassView(e approvals.Entry) messages.BreakGlassView {
	p := r.Policy()
	v := messages.BreakGlassView{CardView: View(p, e)}
	if c, ok := p.Customer(e.Request.Customer); ok {
		v.Owner, v.ByMail = c.Owner, c.Channel == ""
	}
	return v
}

// breakGlass is what a customer reads that was not asked.
func (r Renderer) breakGlass(ctx context.Context, e approvals.Entry) (Post, error) {
	c, err := r.customer(e.Request.Customer)
	if err != nil {
		return Post{}, err
	}
	v := r.glassView(e)
	v.Language = c.Language
	if e.Review != nil {
		if v.Contacts, err = r.Approvals.CalledUpon(ctx, *e.Review); err != nil {
			return Post{}, err
		}
	}
	return to(c, messages.BreakGlassCard(v)), nil
}

// breakGlassInPerson says it to a contact of now, and to nobody else.
func (r Renderer) breakGlassInPerson(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	var contacts []access.Person
	if e.Review != nil {
		if contacts, err = r.Approvals.CalledUpon(ctx, *e.Review); err != nil {
			return Post{}, err
		}
	}
	if p.User == "" || !slices.ContainsFunc(contacts, func(c access.Person) bool { return c.User == p.User }) {
		return Post{}, outbox.Permanent(fmt.Errorf("%s is no contact of the customer", p.User))
	}
	v := r.glassView(e)
	if c, ok := r.Policy().Customer(e.Request.Customer); ok {
		v.Language = c.Language
	}
	return Post{Message: messages.BreakGlassInPerson(v), User: p.User}, nil
}

// reviewOpen says nothing of what has been signed off by now.
func (r Renderer) reviewOpen(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil || e.Review != nil && !e.Review.Open() {
		return Post{}, err
	}
	return r.operators(messages.BreakGlassOpen(r.glassView(e)))
}

func (r Renderer) objection(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	return r.operators(messages.BreakGlassObjection(r.glassView(e)))
}

// reviews fills in what waits for a second person.
func (h Homes) reviews(tx state.Tx, v *messages.HomeView) error {
	open, err := state.OpenBreakGlass(tx)
	if err != nil {
		return err
	}
	for _, id := range open {
		c, err := h.card(tx, id)
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		v.Reviews = append(v.Reviews, c)
	}
	slices.SortFunc(v.Reviews, func(a, b messages.CardView) int { return a.Request.BrokenAt.Compare(b.Request.BrokenAt) })
	return nil
}
