package app

import (
	"context"
	"strings"
	"time"

	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// tokenEvery is how often it is looked whether there is another bot token, and, while
// Slack refuses the one in force, whether it takes it again.
const tokenEvery = 5 * time.Second

// followToken takes another bot token over when whoever runs the bot puts one in its
// file. It is tried first: one that is not good, or is of another workspace, changes
// nothing. While Slack refuses the token, what is owed to it waits.
func (a *App) followToken(ctx context.Context) {
	told, bad := "", ""
	for wait(ctx, tokenEvery) {
		now := a.o.Config.SlackBotToken.Reveal()
		another := now != a.slack.Token() && now != bad
		if refusal := a.slack.LockedOut(); refusal != "" && told == "" {
			told = refusal
			a.o.Log.ErrorContext(ctx, "slack refuses the bot's token; what is owed to it waits", "code", refusal)
		}
		switch {
		case another:
			if err := a.slack.Use(ctx, now); err != nil {
				bad = now
				a.o.Log.WarnContext(ctx, "another bot token is not taken", "err", err)
				continue
			}
			a.o.Log.InfoContext(ctx, "another bot token is in force")
		case told != "":
			if err := a.slack.Identify(ctx); err != nil {
				continue
			}
		default:
			continue
		}
		if told, bad = "", ""; a.slack.LockedOut() != "" {
			continue
		}
		a.o.Log.InfoContext(ctx, "slack takes the bot's token")
		a.hurry(ctx)
	}
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
