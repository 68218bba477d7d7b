package chat

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// Gone reports whether a person's account was ended, or is no full member's any more, and
// their mail address, where Slack tells it. Of somebody whom Slack does not show to the bot
// nothing is known.
func (c *Client) Gone(ctx context.Context, p access.Person) (gone bool, mail string, err error) {
	u, err := c.API.GetUserInfoContext(ctx, string(p.User))
	if refusedWith(err, "user_not_found", "user_not_visible") {
		return false, "", nil
	}
	if err != nil {
		return false, "", err
	}
	return u.Deleted || u.IsBot || u.IsRestricted || u.IsUltraRestricted, u.Profile.Email, nil
}

// Patience is how long Slack asks to be left alone, or a call has to wait for its turn;
// zero when an error is another.
func Patience(err error) time.Duration {
	if early, ok := errors.AsType[*tooEarly](err); ok {
		return early.wait
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return limited.RetryAfter
	}
	return 0
}
