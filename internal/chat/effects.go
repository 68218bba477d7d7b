package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Renderer says what a posted message says now, and where it belongs.
type Renderer interface {
	Card(context.Context, outbox.CardPayload) (cards.Post, error)
	Notice(context.Context, outbox.NoticePayload) (cards.Post, error)
	OfferCard(context.Context, outbox.OfferCardPayload) (cards.Post, error)
	OfferNotice(context.Context, outbox.OfferNoticePayload) (cards.Post, error)
	AlertCard(context.Context, outbox.AlertCardPayload) (cards.Post, error)
	ReviewCard(context.Context, outbox.ReviewCardPayload) (cards.Post, error)
	// File draws a file; one without content is not shown.
	File(context.Context, outbox.FilePayload) (cards.File, error)
}

// Effects does what is owed to Slack.
type Effects struct {
	Client *Client
	Render Renderer
	Store  state.Store
	Now    func() time.Time
	Homes  *Homes // may be nil
	// Moved is by which id Slack calls a channel now; nil where none has another.
	Moved func(access.ChannelID) access.ChannelID

	seen privacy
	talk talks
}

// markEvent is the type of the metadata by which a message of ours is found
// again when the answer to its posting was lost.
const markEvent = "latchkey_effect"

// Card has a card show the current state: it posts the card, or updates it
// where it was posted before. It renders the state of now, so neither the order
// nor the number of its runs matters. A card changes whenever its request does,
// so the Home tab of the person who has the card follows it.
func (f *Effects) Card(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.CardPayload](e)
	if err != nil {
		return nil, err
	}
	card := state.Card{Request: p.Request, Name: p.Card}
	err = f.Store.View(ctx, func(tx state.Tx) error {
		known, err := state.CardOf(tx, p.Request, p.Card)
		card.Ref = known.Ref
		return unlessNotFound(err)
	})
	if err != nil {
		return nil, err
	}
	if p.Card == outbox.BreakGlassCard && card.Ref.TS == "" {
		out, err := f.show(ctx, e, p, card)
		return out, untilHeard(err)
	}
	return f.show(ctx, e, p, card)
}

// show draws the card where it is, or where it goes, and returns where that is.
func (f *Effects) show(ctx context.Context, e outbox.Effect, p outbox.CardPayload, card state.Card) (json.RawMessage, error) {
	post, err := f.Render.Card(ctx, p)
	if err != nil {
		return nil, err
	}
	if card.Ref, err = f.draw(ctx, e, card.Ref, string(p.Request)+"/"+p.Card, post); err != nil {
		return nil, err
	}
	f.Homes.follow(ctx, post.User)
	return json.Marshal(card)
}

func unlessNotFound(err error) error {
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	return err
}

// draw has the card at a place say what the post says, and returns where it is:
// there, or where it had to be posted. The mark tells it from every other card.
func (f *Effects) draw(ctx context.Context, e outbox.Effect, at access.MessageRef, mark string, post cards.Post) (access.MessageRef, error) {
	at.Channel, post.Channel = f.today(at.Channel), f.today(post.Channel)
	if post.Channel == "" && post.User == "" {
		return at, nil // for a customer who is not in Slack
	}
	if at.TS != "" {
		updated, err := f.update(ctx, at, post)
		if err != nil || updated {
			return at, err
		}
	}
	// A try before this one may have posted the card, for the first time or
	// after somebody had deleted it.
	if e.Repeated() {
		found, err := f.find(ctx, post, mark, e.Since())
		if err != nil {
			return at, err
		}
		if found.TS != "" {
			updated, err := f.update(ctx, found, post)
			if err != nil || updated {
				return found, err
			}
		}
	}
	return f.post(ctx, post, mark)
}

// update has a message say what the post says. It reports false when the
// message is no longer there.
func (f *Effects) update(ctx context.Context, at access.MessageRef, p cards.Post) (bool, error) {
	if err := f.Client.await(ctx, "chat.update", string(at.Channel)); err != nil {
		return false, err
	}
	if err := f.private(ctx, p); err != nil {
		return false, err
	}
	_, _, _, err := f.Client.API.UpdateMessageContext(ctx, string(at.Channel), at.TS, content(p)...)
	if refusedWith(err, "message_not_found") {
		return false, nil
	}
	if err != nil {
		return false, classify("update a card", err)
	}
	return true, nil
}

// CardPosted stores where the card is.
func (f *Effects) CardPosted(tx state.Tx, e outbox.Effect, result json.RawMessage) error {
	var card state.Card
	if err := json.Unmarshal(result, &card); err != nil {
		return fmt.Errorf("result of %s: %w", e.ID, err)
	}
	return state.PutCard(tx, card)
}

// Notice says something once.
func (f *Effects) Notice(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
	ctx = ticketed(ctx, e)
	p, err := outbox.Payload[outbox.NoticePayload](e)
	if err != nil {
		return nil, err
	}
	post, err := f.Render.Notice(ctx, p)
	if err != nil {
		return nil, err
	}
	return nil, f.say(ctx, e, post)
}

// say posts a message unless an earlier try did. One to nobody has nothing to say any
// more.
func (f *Effects) say(ctx context.Context, e outbox.Effect, post cards.Post) error {
	post.Channel = f.today(post.Channel)
	if post.Channel == "" && post.User == "" {
		return nil
	}
	if e.Repeated() {
		ref, err := f.find(ctx, post, e.ID, e.Since())
		if err != nil || ref.TS != "" {
			return err
		}
	}
	_, err := f.post(ctx, post, e.ID)
	return err
}

// post posts a message that carries the mark.
func (f *Effects) post(ctx context.Context, p cards.Post, mark string) (access.MessageRef, error) {
	if p.User == "" {
		if err := f.Client.await(ctx, postMessage, string(p.Channel)); err != nil {
			return access.MessageRef{}, err
		}
	}
	channel, err := f.channel(ctx, p)
	if err != nil {
		return access.MessageRef{}, err
	}
	options := append(content(p), slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: markEvent, EventPayload: map[string]any{"effect": mark},
	}))
	at, ts, err := f.Client.API.PostMessageContext(ctx, channel, options...)
	if err != nil {
		f.talk.forget(p.User)
		return access.MessageRef{}, classify("post a message", err)
	}
	return access.MessageRef{Channel: access.ChannelID(at), TS: ts}, nil
}

// today is the id of a channel that was stored under the one that it had then.
func (f *Effects) today(c access.ChannelID) access.ChannelID {
	if f.Moved == nil {
		return c
	}
	return f.Moved(c)
}

// errNobody means that the client has not been told yet who it is. It soon will.
var errNobody = errors.New("slack has not told yet who the bot is")

// channel returns the conversation of a post, opening the direct messages with
// a person where they are not open yet.
func (f *Effects) channel(ctx context.Context, p cards.Post) (string, error) {
	if f.Client.Bot() == "" {
		return "", errNobody
	}
	if p.User == "" {
		return string(p.Channel), f.private(ctx, p)
	}
	if known := f.talk.with(p.User); known != "" {
		return known, nil
	}
	c, _, _, err := f.Client.API.OpenConversationContext(ctx, &slack.OpenConversationParameters{
		Users: []string{string(p.User)}, ReturnIM: true,
	})
	if err != nil {
		return "", classify("open direct messages", err)
	}
	f.talk.note(p.User, c.ID)
	return c.ID, nil
}

// find looks for a message of ours that carries the mark, posted since a moment.
func (f *Effects) find(ctx context.Context, p cards.Post, mark string, since time.Time) (access.MessageRef, error) {
	channel, err := f.channel(ctx, p)
	if err != nil {
		return access.MessageRef{}, err
	}
	at := access.MessageRef{Channel: access.ChannelID(channel)}
	m, err := f.ours(ctx, at, since, func(m slack.Message) bool {
		return m.Metadata.EventType == markEvent && m.Metadata.EventPayload["effect"] == mark
	})
	if err != nil {
		return access.MessageRef{}, classify("look for a message", err)
	}
	if m == nil {
		return access.MessageRef{}, nil
	}
	at.TS = m.Timestamp
	return at, nil
}

// content gives the blocks and the text together: an update with text alone
// would drop the blocks.
func content(p cards.Post) []slack.MsgOption {
	return []slack.MsgOption{
		slack.MsgOptionText(p.Message.Text, false),
		slack.MsgOptionBlocks(p.Message.Blocks...),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
}

// hopeless are Slack's errors that no waiting mends. Others, such as a bot that
// is not in the channel or lacks a scope, are mended by people, so the outbox
// keeps trying.
var hopeless = []string{
	"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text",
	"cant_update_message", "edit_window_closed", "is_archived", "user_not_found", "cannot_dm_bot", "user_disabled",
}

// mended are Slack's errors about a place that people mend there.
var mended = []string{"not_in_channel", "channel_not_found", "restricted_action", "restricted_action_read_only_channel"}

// classify says what an error of Slack means for an effect.
func classify(doing string, err error) error {
	if early, ok := errors.AsType[*tooEarly](err); ok {
		return outbox.NotBegun(early.wait)
	}
	if errors.Is(err, errLockedOut) || refusedWith(err, refusals...) {
		return parked()
	}
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return outbox.RetryAfter(fmt.Errorf("%s: %w", doing, err), limited.RetryAfter)
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if refusedWith(err, hopeless...) {
		return outbox.Permanent(err)
	}
	if refused, _ := errors.AsType[slack.SlackErrorResponse](err); refusedWith(err, mended...) {
		return &access.Error{
			Code: access.Unavailable, Err: err,
			Message: "Slack does not let the bot write there (" + refused.Err + "). Invite the bot to the channel with /invite, or give policy.yml another one.",
		}
	}
	return err
}

func refusedWith(err error, codes ...string) bool {
	e, ok := errors.AsType[slack.SlackErrorResponse](err)
	return ok && slices.Contains(codes, e.Err)
}
