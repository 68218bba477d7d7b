package chat

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// lookBack allows for clocks that differ between Slack and us by a little, and for one that
// is moved between two answers of Slack.
const lookBack = 10 * time.Minute

// ours looks for a message of the bot's own, said since a moment in a conversation, or in
// the thread under a message of it. There may be none. The moment is one of our clock; where
// that is ahead of Slack's, the look goes back further by as much.
func (f *Effects) ours(ctx context.Context, at access.MessageRef, since time.Time, is func(slack.Message) bool) (*slack.Message, error) {
	for {
		ahead := f.Client.ahead()
		m, err := f.since(ctx, at, since.Add(-lookBack-ahead), is)
		if err != nil || m != nil || f.Client.ahead() < ahead+lookBack/2 {
			return m, err
		}
	}
}

func (f *Effects) since(ctx context.Context, at access.MessageRef, since time.Time, is func(slack.Message) bool) (*slack.Message, error) {
	oldest, cursor := strconv.FormatInt(max(since.Unix(), 0), 10)+".000000", ""
	for {
		all, next, err := f.page(ctx, at, oldest, cursor)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(all, func(m slack.Message) bool { return m.User == string(f.Client.Bot()) && is(m) }); i >= 0 {
			return &all[i], nil
		}
		if cursor = next; cursor == "" {
			return nil, nil
		}
	}
}

// page reads some of a conversation, or of the thread under a message of it.
func (f *Effects) page(ctx context.Context, at access.MessageRef, oldest, cursor string) ([]slack.Message, string, error) {
	if at.TS != "" {
		all, more, next, err := f.Client.API.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: string(at.Channel), Timestamp: at.TS, Oldest: oldest, Cursor: cursor, Limit: 200,
		})
		if !more {
			next = ""
		}
		return all, next, err
	}
	page, err := f.Client.API.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: string(at.Channel), Oldest: oldest, Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, "", err
	}
	if !page.HasMore {
		return page.Messages, "", nil
	}
	return page.Messages, page.ResponseMetaData.NextCursor, nil
}
