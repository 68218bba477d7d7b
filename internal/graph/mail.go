package graph

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"net/url"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Letters says what a mail says now.
type Letters interface {
	Letter(context.Context, outbox.LetterPayload) (outbox.Letter, error)
}

// Mail sends a mail, as text and as HTML, from the one mailbox that may be sent from.
// Microsoft takes a mail twice if it is sent twice; so a try that is not the first looks
// into Sent Items, where the mail is under the name that its effect gives it.
func (f *Effects) Mail(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	p, err := outbox.Payload[outbox.LetterPayload](e)
	if err != nil {
		return nil, err
	}
	l, err := f.Letters.Letter(ctx, p)
	if err != nil || l.To == "" {
		return none, err
	}
	name := messageID(e.ID, f.MailFrom)
	if e.Repeated() {
		sent, err := f.mailer().Sent(ctx, f.MailFrom, name)
		if err != nil || sent {
			return none, err
		}
	}
	raw, err := written(l, f.MailFrom, name, f.Now())
	if err != nil {
		return nil, outbox.Permanent(err)
	}
	return none, f.mailer().SendMail(ctx, f.MailFrom, raw)
}

func (f *Effects) mailer() *Client { return cmp.Or(f.Mailer, f.Client) }

// Alarm sends a mail that must be read. It is tried again and again, however hopeless that
// looks, for people mend what the operators are alarmed about.
func (f *Effects) Alarm(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	out, err := f.Mail(ctx, e)
	if !outbox.IsPermanent(err) || errors.Is(err, state.ErrNotFound) {
		return out, err
	}
	if why, ok := errors.AsType[*access.Error](err); ok {
		return nil, why
	}
	return nil, errors.New(err.Error()) // without its mark
}

// messageID names a mail by its effect, so that it can be found.
func messageID(effect, from string) string {
	sum := sha256.Sum256([]byte(effect))
	_, domain, _ := bytes.Cut([]byte(from), []byte("@"))
	return "<" + hex.EncodeToString(sum[:16]) + "@" + string(domain) + ">"
}

// written is the mail as MIME: the text first, and the HTML for who can show it.
func written(l outbox.Letter, from, name string, at time.Time) ([]byte, error) {
	to, err := mail.ParseAddress(l.To)
	if err != nil {
		return nil, fmt.Errorf("the address of a contact: %w", err)
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct{ kind, text string }{{"text/plain", l.Text}, {"text/html", l.HTML}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{
			"Content-Type": {part.kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
		})
		if err != nil {
			return nil, err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := q.Write([]byte(part.text)); err != nil {
			return nil, err
		}
		if err := q.Close(); err != nil {
			return nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, h := range [][2]string{
		{"From", (&mail.Address{Address: from}).String()}, {"To", (&mail.Address{Address: to.Address}).String()},
		{"Subject", mime.QEncoding.Encode("utf-8", l.Subject)}, {"Date", at.UTC().Format(time.RFC1123Z)}, {"Message-ID", name},
		{"Auto-Submitted", "auto-generated"}, {"MIME-Version", "1.0"},
		{"Content-Type", "multipart/alternative; boundary=" + parts.Boundary()},
	} {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	out.WriteString("\r\n")
	out.Write(body.Bytes())
	return out.Bytes(), nil
}

// SendMail sends a mail that is written as MIME from a mailbox.
func (c *Client) SendMail(ctx context.Context, from string, raw []byte) error {
	r, err := c.request(abs.POST, nil, "users", from, "sendMail")
	if err != nil {
		return err
	}
	r.SetStreamContentAndContentType([]byte(base64.StdEncoding.EncodeToString(raw)), "text/plain")
	return c.perform(ctx, "send a mail", r)
}

// Sent reports whether a mail of that name is in the mailbox's Sent Items.
func (c *Client) Sent(ctx context.Context, from, name string) (bool, error) {
	const doing = "look for a mail"
	r, err := c.request(abs.GET, url.Values{"$filter": {"internetMessageId eq '" + name + "'"}, "$select": {"id"}},
		"users", from, "mailFolders", "sentitems", "messages")
	if err != nil {
		return false, err
	}
	for _, err := range list[models.Messageable](ctx, c, doing, r, models.CreateMessageFromDiscriminatorValue) {
		return err == nil, err
	}
	return false, nil
}
