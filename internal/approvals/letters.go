package approvals

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// LinkContactByMail makes somebody who is not in Slack a contact. They decide nothing before they
// have signed in to the customer's tenant under that name; the customer's other contacts
// are told.
func (s *Service) LinkContactByMail(ctx context.Context, o Origin, customer access.TenantID, address string) error {
	return s.act(ctx, o, subject{act: "customer link", customer: customer}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		c, ok := s.Policy().Customer(customer)
		switch {
		case !ok:
			return access.Refuse(access.NotFound, "This customer is not in policy.yml. Add it there first.").In("customer")
		case !s.Page || !s.Mails:
			return access.Refuse(access.Unavailable, "Contacts who are not in Slack need mail and a page to sign in on: whoever runs the bot sets MAIL_FROM, PUBLIC_URL and READER_CLIENT_ID, as its README says.")
		}
		to, err := mail.ParseAddress(address)
		if err != nil || to.Address != address || strings.ContainsAny(address, "/ ") {
			return access.Refuse(access.Invalid, "That is no mail address. Give the name under which they sign in, as in `/access customer link contoso kim@contoso.com`.")
		}
		address = strings.ToLower(address)
		if err := s.foreign(tx, address, c.Name); err != nil {
			return err
		}
		contact := access.Contact{
			Person: access.Person{Name: address, Mail: address}, Customer: customer, LinkedBy: named(tx, o.Actor), LinkedAt: now,
		}
		switch _, err := state.ContactByMail(tx, customer, address); {
		case err == nil:
			return access.Refuse(access.Conflict, "%s is a contact of %s already.", address, c.Name)
		case !errors.Is(err, state.ErrNotFound):
			return err
		}
		if err := state.PutContact(tx, contact); err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: o.Actor, Kind: access.EventContactLinked, Customer: customer, Detail: map[string]string{"by": "mail"},
		})
		if err != nil {
			return err
		}
		if c.Channel != "" {
			err = s.oweNotice(tx, ev, outbox.NoticePayload{
				Notice: outbox.NoticeContactLinked, Channel: c.Channel, Customer: customer, Person: contact.Person, By: contact.LinkedBy,
			})
		}
		return errors.Join(err, s.oweLetters(tx, ev, outbox.LetterPayload{Occasion: outbox.MailLinked, Customer: customer, By: contact.LinkedBy}))
	})
}

// foreign refuses the address of somebody of our own staff.
func (s *Service) foreign(tx state.Tx, address, customer string) error {
	ours, err := ours(tx, address)
	if err != nil || !ours {
		return err
	}
	return access.Refuse(access.Forbidden, "That is the address of somebody of our own staff, who cannot decide for %s.", customer)
}

// UnlinkContactByMail takes the word of a contact who is not in Slack away, at once.
func (s *Service) UnlinkContactByMail(ctx context.Context, o Origin, customer access.TenantID, address string) error {
	return s.act(ctx, o, subject{act: "customer unlink", customer: customer}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		contact, err := state.ContactByMail(tx, customer, address)
		if errors.Is(err, state.ErrNotFound) {
			return access.Refuse(access.NotFound, "That person is not a contact of this customer.")
		}
		if err != nil {
			return err
		}
		return s.removeContact(tx, contact, named(tx, o.Actor), now)
	})
}

// occasion is what contacts who are not in Slack are told of a request as it stands; empty
// where there is nothing new for them: a word on the review is none.
func occasion(cause access.EventKind, r access.Request, g *access.Grant) outbox.Occasion {
	switch {
	case cause == access.EventSignedOff, cause == access.EventObjected:
		return ""
	case r.State == access.Pending && r.Stage() == access.ByContacts && r.Approvals() == 0:
		return outbox.MailAsked
	case r.State == access.Denied, r.State == access.Withdrawn, r.State == access.Lapsed:
		return outbox.MailOver
	case !r.Stopped.At.IsZero() && (g == nil || g.Final()), r.State == access.Approved && r.Scheduled() && g == nil:
		return outbox.MailOver
	case g != nil && g.State == access.Active && !r.BrokeGlass(): // else they have been alarmed
		return outbox.MailGiven
	case g != nil && g.Final():
		return outbox.MailEnded
	}
	return ""
}

// oweRequestLetters tells them where a request stands, when that is news to them.
func (s *Service) oweRequestLetters(tx state.Tx, cause access.Event, id access.RequestID) error {
	if !s.Mails {
		return nil
	}
	e, err := entry(tx, id)
	if _, bad := state.Unreadable(err); bad {
		return nil // it waits for its repair, as its cards do
	}
	if err != nil {
		return err
	}
	if !e.Request.Shown() {
		return nil
	}
	o := occasion(cause.Kind, e.Request, e.Grant)
	if o == "" {
		return nil
	}
	return s.oweLetters(tx, cause, outbox.LetterPayload{Occasion: o, Customer: e.Request.Customer, Request: id})
}

// oweLetters sends a mail to each contact who is not in Slack.
func (s *Service) oweLetters(tx state.Tx, cause access.Event, p outbox.LetterPayload) error {
	if !s.Mails {
		return nil
	}
	all, err := state.ContactsOf(tx, p.Customer)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Person.User != "" || c.Person.Mail == "" {
			continue
		}
		p.To = c.Person.Mail
		about := cmp.Or(string(p.Request), string(p.Review), string(p.Offer), string(p.Customer))
		box := boxOf(c.Person.Mail)
		scope := fmt.Sprintf("%s/mail/%s/%s", about, box, p.Occasion)
		if err := s.owe(tx, cause, scope, outbox.GraphLetter, fmt.Sprintf("mail/%s/%s", p.Customer, box), p); err != nil {
			return err
		}
	}
	return nil
}

// boxOf stands for an address in the names of effects, which are logged.
func boxOf(address string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return hex.EncodeToString(sum[:6])
}
