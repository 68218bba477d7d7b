package chat

import (
	"cmp"
	"errors"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// untilHeard has what a customer must hear be said again and again, however hopeless that
// looks: a channel may be opened again, and people mend what the operators are alarmed
// about. What it returns has a sentence for them.
func untilHeard(err error) error {
	if !outbox.IsPermanent(err) || errors.Is(err, state.ErrNotFound) {
		return err
	}
	if why, ok := errors.AsType[*access.Error](err); ok {
		return why
	}
	refused, _ := errors.AsType[slack.SlackErrorResponse](err)
	return &access.Error{
		Code: access.Unavailable, Message: "Slack does not let the bot write there (" + cmp.Or(refused.Err, "its log says why") + ").",
		Err: errors.New(err.Error()), // without its mark
	}
}
