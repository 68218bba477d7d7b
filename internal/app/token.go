package app

import (
	"context"
	"strings"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// tokenEvery is how often it is looked whether there is another bot token, and, while
// Slack refuses the one in force, whether it takes it again.
const tokenEvery = 5 * time.Second

// turnover is what is known of the turn from one bot token to the next.
type turnover struct {
	told string // the error with which Slack refuses the one in force, of which the log knows
	bad  string // a token that will not be taken
	late string // a token about which Slack could not be asked yet, of which the log knows
}

// followToken takes another bot token over when whoever runs the bot puts one in its
// file. It is tried first: one that is not good, or is of another workspace, changes
// nothing. While Slack refuses the token, what is owed to it waits.
func (a *App) followToken(ctx context.Context) {
	var t turnover
	for wait(ctx, tokenEvery) {
		a.lookAtToken(ctx, &t)
	}
}

func (a *App) lookAtToken(ctx context.Context, t *turnover) {
	now := a.o.Config.SlackBotToken.Reveal()
	another := now != a.slack.Token() && now != t.bad
	if refusal := a.slack.LockedOut(); refusal != "" && t.told == "" {
		t.told = refusal
		a.o.Log.ErrorContext(ctx, "slack refuses the bot's token; what is owed to it waits", "code", refusal)
	}
	switch {
	case another:
		if err := a.slack.Use(ctx, now); err != nil {
			a.notTaken(ctx, t, now, err)
			return
		}
		a.o.Log.InfoContext(ctx, "another bot token is in force")
	case t.told != "":
		if err := a.slack.Identify(ctx); err != nil {
			return
		}
	default:
		return
	}
	if *t = (turnover{}); a.slack.LockedOut() != "" {
		return
	}
	a.o.Log.InfoContext(ctx, "slack takes the bot's token")
	a.hurry(ctx)
}

// notTaken remembers a token that was refused. Where nobody has said no to it, it is tried
// again.
func (a *App) notTaken(ctx context.Context, t *turnover, token string, err error) {
	if chat.Refused(err) {
		t.bad = token
	} else if t.late == token {
		return // that was logged
	}
	t.late = token
	a.o.Log.WarnContext(ctx, "another bot token is not taken", "err", err)
}

// hurry has everything that is owed to Slack be tried now: at the start, too, for the
// token may have been replaced while the bot was down.
func (a *App) hurry(ctx context.Context) {
	err := a.store.Update(ctx, func(tx state.Tx) error {
		return outbox.Hurry(tx, func(kind string) bool { return strings.HasPrefix(kind, "slack.") }, a.o.Protocol())
	})
	if err != nil {
		a.o.Log.WarnContext(ctx, "what is owed to slack goes on late", "err", err)
	}
}
