package app

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
)

const (
	// peopleEvery is how often everybody who is linked is looked up. Slack tells of each
	// who leaves; this finds whom it told while the bot was down.
	peopleEvery = 24 * time.Hour
	// peoplePause keeps within the calls that Slack takes: 100 in a minute.
	peoplePause = 700 * time.Millisecond
)

// followPeople takes everything from who has left unheard, at the start and daily.
func (a *App) followPeople(ctx context.Context) {
	for ctx.Err() == nil {
		people, err := a.service.Linked(ctx)
		if err != nil {
			a.o.Log.WarnContext(ctx, "who is linked could not be listed", "err", err)
		}
		for _, p := range people {
			if !a.stay(ctx, p) {
				return
			}
		}
		if !wait(ctx, peopleEvery) {
			return
		}
	}
}

// stay looks up one person. It returns false when ctx has ended.
func (a *App) stay(ctx context.Context, p access.Person) bool {
	for range 3 {
		gone, err := a.slack.Gone(ctx, p)
		if err == nil && gone {
			err = a.service.Left(ctx, p)
		}
		if !wait(ctx, max(peoplePause, chat.Patience(err))) {
			return false
		}
		if err == nil {
			return true
		}
		a.o.Log.InfoContext(ctx, "a person could not be looked up", "user", p.User, "err", err)
	}
	return true // the next day, then
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
