package approvals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// dead records an effect that cannot be done and whose failure changes nothing
// else, such as a card in a channel that is gone. The operators are told, with
// the button that tries it again.
func (s *Service) dead(tx state.Tx, e outbox.Effect, cause error) error {
	ev, err := audit.Append(tx, access.Event{
		At: s.now(), Kind: access.EventEffectDead,
		Detail: map[string]string{"effect": e.ID, "kind": e.Kind, "code": string(access.CodeOf(cause))},
	})
	if err != nil {
		return err
	}
	told, err := s.inPerson(tx, ev, e)
	channel := s.Policy().Operations
	if err != nil || channel == "" || s.forOperators(e) {
		return err
	}
	why := "Its cause is in the bot's log, in the line “effect failed” with this effect."
	if known, ok := errors.AsType[*access.Error](cause); ok {
		why = known.Message
	}
	if told > 0 {
		why += " Its contacts are written to in person."
	}
	return s.oweNotice(tx, ev, outbox.NoticePayload{
		Notice: outbox.NoticeTrouble, Channel: channel, Effect: e.ID, Text: fmt.Sprintf(
			"%s could not be done and was set aside (%s). %s Mend the cause, then have a bot admin press Try again.", StepName(e.Kind), e.ID, why),
	})
}

// forOperators reports whether the effect is itself a word to the operators:
// that it cannot be said must not be said there again and again.
func (s *Service) forOperators(e outbox.Effect) bool {
	p, err := outbox.Payload[outbox.NoticePayload](e)
	if err != nil || e.Kind != outbox.SlackNotice {
		return false
	}
	switch p.Notice {
	case outbox.NoticeTrouble, outbox.NoticeConsent, outbox.NoticeOperators, outbox.NoticeBreakGlassOpen, outbox.NoticeBreakGlassObjection:
		return true
	}
	return false
}

// StepName is what an effect does, as the beginning of a sentence.
func StepName(kind string) string {
	switch kind {
	case outbox.SlackCard, outbox.SlackOfferCard, outbox.SlackReviewCard:
		return "A card in Slack"
	case outbox.SlackNotice, outbox.SlackOfferNotice:
		return "A message in Slack"
	case outbox.SlackFile:
		return "A file in Slack"
	case outbox.GraphLetter, outbox.GraphAlarm:
		return "A mail to a contact"
	case outbox.GraphRetract:
		return "The removal of a relationship that was given up"
	}
	return "The step " + kind
}

// Revive has an effect tried again that could not be done. Only a bot admin may.
func (s *Service) Revive(ctx context.Context, o Origin, effect string) error {
	return s.act(ctx, o, subject{act: "effect revive"}, func(tx state.Tx, now time.Time) error {
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		e, err := outbox.Revive(tx, effect, s.Protocol())
		if errors.Is(err, outbox.ErrNotDead) {
			return access.Refuse(access.Conflict, "This was tried again already, or is not set aside any more. If it fails again, there is a new message here.")
		}
		if err != nil {
			return err
		}
		_, err = audit.Append(tx, access.Event{
			At: now, Actor: named(tx, o.Actor), Kind: access.EventEffectRevived,
			Detail: map[string]string{"effect": e.ID, "kind": e.Kind},
		})
		return err
	})
}
