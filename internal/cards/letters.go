package cards

import (
	"context"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
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
		return outbox.Letter{To: p.To, Subject: l.Subject, Text: l.Text, HTML: l.HTML}, nil
	}
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return outbox.Letter{}, err
	}
	asks := p.Occasion == outbox.MailAsked || p.Occasion == outbox.MailReminder
	if r.Page == nil || asks != (e.Request.State == access.Pending) {
		return outbox.Letter{}, nil
	}
	v := View(r.Policy(), e)
	v.Language = c.Language
	l := messages.RequestLetter(messages.LetterView{CardView: v, Page: r.Page(p.Request), Reminder: p.Occasion == outbox.MailReminder})
	if l.HTML == "" {
		return outbox.Letter{}, outbox.Permanent(fmt.Errorf("the mail about %s could not be written", p.Request))
	}
	return outbox.Letter{To: p.To, Subject: l.Subject, Text: l.Text, HTML: l.HTML}, nil
}
