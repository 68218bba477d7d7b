package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// errNotLinked is what a member of the workspace is told who is linked to nobody in Entra.
var errNotLinked = access.Refuse(access.Forbidden,
	"You are not linked to a user in Entra yet. Ask a bot admin to run `/access staff link @you you@your-domain`.")

// byMail is who links somebody who was found by their mail address.
var byMail = access.Person{Name: "Latchkey, by the e-mail address"}

// LinkByMail has somebody who was refused because they are not linked be looked up by
// their mail address, where policy.yml lets that count, and returns what they are told.
// Any other refusal is returned as it is.
func (s *Service) LinkByMail(ctx context.Context, o Origin, refusal error) error {
	if !errors.Is(refusal, errNotLinked) || len(s.Policy().StaffByMail) == 0 {
		return refusal
	}
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		lane := mailLane(o.Actor)
		for _, kind := range []string{outbox.SlackMail, outbox.GraphMail} {
			if owed, err := outbox.Owes(tx, lane, lane, kind); err != nil || owed {
				return err
			}
		}
		return s.lookUp(tx, o, now, outbox.SlackMail, lane, outbox.MailPayload{Person: o.Actor})
	})
	if err != nil {
		return err
	}
	return access.Refuse(access.Conflict,
		"You are not linked to a user in Entra yet, and are being looked up by your e-mail address. You hear from me in a moment; then ask again.")
}

func mailLane(p access.Person) string { return "staffmail/" + string(p.User) }

// trusted refuses an address that does not count as a name in Entra.
func (s *Service) trusted(mail string) error {
	_, domain, _ := strings.Cut(mail, "@")
	if domain == "" || !slices.Contains(s.Policy().StaffByMail, domain) {
		return access.Refuse(access.Forbidden, "Your e-mail address in Slack is of another domain than those that policy.yml trusts (staff_by_mail).")
	}
	return nil
}

// mailFound asks Entra for the user who has the address.
func (s *Service) mailFound(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	if _, err := outbox.Payload[outbox.MailPayload](e); err != nil {
		return err
	}
	var found outbox.MailResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	if err := s.trusted(found.Person.Mail); err != nil {
		return s.mailRefused(tx, e, err)
	}
	return s.owe(tx, access.Event{Seq: uint64(e.Seq)}, mailLane(found.Person), outbox.GraphMail, mailLane(found.Person),
		outbox.MailPayload(found))
}

// userFound makes the binding, unless a bot admin has made one meanwhile. Whatever may
// have changed since the look-up began is checked again.
func (s *Service) userFound(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.MailPayload](e)
	if err != nil {
		return err
	}
	var found outbox.StaffResult
	if err := json.Unmarshal(raw, &found); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	if _, err := state.Staff(tx, p.Person.User); err == nil {
		return nil // by a bot admin, who goes first
	} else if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if err := s.mayBind(tx, p.Person, found); err != nil {
		if access.CodeOf(err) == "" {
			return err
		}
		return s.mailRefused(tx, e, err)
	}
	now := s.now()
	person := p.Person
	if found.Name != "" {
		person.Name = found.Name
	}
	if err := state.PutStaff(tx, access.Staff{
		Person: person, Principal: found.Principal, UPN: found.UPN, LinkedBy: byMail, LinkedAt: now, ByMail: person.Mail,
	}); err != nil {
		return err
	}
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventStaffLinked,
		Detail: map[string]string{"user": string(person.User), "principal": string(found.Principal), "by": "mail"},
	})
	if err != nil {
		return err
	}
	return errors.Join(
		s.reply(tx, ev, person.User, fmt.Sprintf(
			"You are now linked to %s in Entra, by your e-mail address in Slack. Ask again, with `/access request`.", found.UPN)),
		s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: fmt.Sprintf(
			"<@%s> was linked to %s in Entra by the e-mail address that Slack has verified. If that is somebody else, take it back with `/access staff unlink`.", person.User, found.UPN)}))
}

// mayBind refuses a binding by mail that could make one person two, or two one.
func (s *Service) mayBind(tx state.Tx, p access.Person, found outbox.StaffResult) error {
	if err := s.trusted(p.Mail); err != nil {
		return err
	}
	if p.Team != s.Team() {
		return access.Refuse(access.Forbidden, "Only members of the partner's own workspace are linked.")
	}
	others, err := state.StaffOf(tx, found.Principal)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return access.Refuse(access.Conflict, "%s in Entra is already linked to <@%s>.", found.UPN, others[0])
	}
	for _, c := range s.Policy().Customers {
		contacts, err := state.ContactsOf(tx, c.Tenant)
		if err != nil {
			return err
		}
		for _, contact := range contacts {
			if contact.Person.User == p.User || strings.EqualFold(contact.Person.Mail, p.Mail) {
				return access.Refuse(access.Forbidden, "You are a contact of %s, and a contact cannot ask.", c.Name)
			}
		}
	}
	return nil
}

// mailRefused audits that nobody was linked, and tells the person why and what to do.
func (s *Service) mailRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.MailPayload](e)
	if err != nil {
		return s.dead(tx, e, cause)
	}
	code := access.CodeOf(cause)
	if code == "" {
		code = access.Unavailable
	}
	ev, err := audit.Append(tx, access.Event{
		At: s.now(), Actor: p.Person, Kind: access.EventRefused,
		Detail: map[string]string{"act": "link by mail", "code": string(code), "effect": e.ID},
	})
	if err != nil {
		return err
	}
	return s.reply(tx, ev, p.Person.User, "You could not be linked by your e-mail address. "+sentence(cause)+
		" Ask a bot admin to run `/access staff link @you you@your-domain`.")
}

// MailIs takes the binding from somebody who was found by another mail address than Slack
// shows of them now, with all that was given by it. Whom a bot admin has linked keeps
// theirs. It may be called again.
func (s *Service) MailIs(ctx context.Context, p access.Person, mail string) error {
	other := false
	differs := func(tx state.Tx) (access.Staff, error) {
		b, err := state.Staff(tx, p.User)
		if errors.Is(err, state.ErrNotFound) {
			err = nil
		}
		other = err == nil && b.Person.Same(p) && b.ByMail != "" && mail != "" && !strings.EqualFold(b.ByMail, mail)
		return b, err
	}
	err := s.Store.View(ctx, func(tx state.Tx) error {
		_, err := differs(tx)
		return err
	})
	if err != nil || !other {
		return err
	}
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		b, err := differs(tx)
		if err != nil || !other {
			return err
		}
		return s.otherMail(tx, b, now)
	})
}

func (s *Service) otherMail(tx state.Tx, b access.Staff, now time.Time) error {
	ev, err := s.unbind(tx, access.Person{Name: "Latchkey, as the e-mail address in Slack has changed"}, b, now)
	if err != nil {
		return err
	}
	return errors.Join(
		s.reply(tx, ev, b.Person.User, fmt.Sprintf(
			"Your e-mail address in Slack has changed, by which you were linked to %s in Entra, so you are not linked any more, and what you had there ends. Ask again to be looked up anew, or ask a bot admin to link you.", b.UPN)),
		s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: fmt.Sprintf(
			"The e-mail address of <@%s> in Slack has changed, by which they were linked to %s, so they are not linked any more, and what they had ends.", b.Person.User, b.UPN)}))
}
