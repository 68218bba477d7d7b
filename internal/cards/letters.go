package cards

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// Letter says what a mail to a contact says now; nothing where that is no news any more,
// or where they are no contact any more.
func (r Renderer) Letter(ctx context.Context, p outbox.LetterPayload) (outbox.Letter, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return outbox.Letter{}, err
	}
	if p.Occasion == outbox.MailLinked {
		l := messages.LinkedLetter(messages.ContactView{Language: c.Language, Customer: c.Name, By: p.By})
		return sealed(p, l)
	}
	if p.Offer != "" {
		return r.offerLetter(ctx, p, c)
	}
	if p.Review != "" {
		return r.reviewLetter(ctx, p, c)
	}
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return outbox.Letter{}, err
	}
	if p.Occasion == outbox.MailAlarm {
		return r.alarmLetter(ctx, p, e)
	}
	asks := p.Occasion == outbox.MailAsked || p.Occasion == outbox.MailReminder
	if r.Page == nil || asks != (e.Request.State == access.Pending) {
		return outbox.Letter{}, nil
	}
	v := View(r.Policy(), e)
	v.Language = c.Language
	l := messages.RequestLetter(messages.LetterView{CardView: v, Page: r.Page(p.Request), Reminder: p.Occasion == outbox.MailReminder})
	return sealed(p, l)
}

// alarmLetter says it to a contact of now, and to nobody else.
func (r Renderer) alarmLetter(ctx context.Context, p outbox.LetterPayload, e approvals.Entry) (outbox.Letter, error) {
	if e.Review == nil || r.Page == nil {
		return outbox.Letter{}, nil
	}
	contacts, err := r.Approvals.CalledUpon(ctx, *e.Review)
	if err != nil || !slices.ContainsFunc(contacts, func(c access.Person) bool { return c.User == "" && c.Mail == p.To }) {
		return outbox.Letter{}, err
	}
	v := r.glassView(e)
	if c, ok := r.Policy().Customer(e.Request.Customer); ok {
		v.Language = c.Language
	}
	return sealed(p, messages.AlarmLetter(v, r.Page(p.Request)))
}

// reviewLetter says nothing of what is answered by now.
func (r Renderer) reviewLetter(ctx context.Context, p outbox.LetterPayload, c policy.Customer) (outbox.Letter, error) {
	e, err := r.review(ctx, p.Review)
	if err != nil || r.ReviewPage == nil || len(e.Review.Waiting()) == 0 || e.Review.Overdue || e.Review.State == access.ReviewClosed {
		return outbox.Letter{}, err
	}
	v := ReviewView(e.Review)
	v.Language = c.Language
	return sealed(p, messages.ReviewLetter(v, r.ReviewPage(p.Review), p.Occasion == outbox.MailStill))
}

// offerLetter says nothing of what waits no more.
func (r Renderer) offerLetter(ctx context.Context, p outbox.LetterPayload, c policy.Customer) (outbox.Letter, error) {
	v, err := r.offer(ctx, p.Offer)
	if err != nil || v.Offer.State != access.OfferSent {
		return outbox.Letter{}, err
	}
	v.Language = c.Language
	return sealed(p, messages.OfferLetter(v))
}

// sealed is a mail as it is sent.
func sealed(p outbox.LetterPayload, l messages.Letter) (outbox.Letter, error) {
	if l.HTML == "" {
		return outbox.Letter{}, outbox.Permanent(fmt.Errorf("the mail about %s%s could not be written", p.Request, cmp.Or(string(p.Review), string(p.Offer))))
	}
	return outbox.Letter{To: p.To, Subject: l.Subject, Text: l.Text, HTML: l.HTML}, nil
}
