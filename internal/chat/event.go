package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// event is what we read of an event: its envelope, and within it only the kind.
// The rest is read by whoever handles that kind, for the same field is an id in
// one kind and an object in another.
type event struct {
	Type      string          `json:"type"`
	Challenge string          `json:"challenge"` // of a url_verification
	ID        string          `json:"event_id"`
	Event     json.RawMessage `json:"event"`

	kind string
}

// challenge is the answer by which Slack knows that an address is ours.
type challenge struct {
	Challenge string `json:"challenge"`
}

// decodeEvent reads a delivery of the events address. One that could not be
// told from its repeats, or holds no challenge to answer, is refused.
func decodeEvent(raw []byte) (event, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("decode an event: %w", err)
	}
	switch e.Type {
	case "url_verification":
		if e.Challenge == "" {
			return e, errors.New("a verification without a challenge")
		}
	case "event_callback":
		var inner struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(e.Event, &inner); err != nil {
			return e, fmt.Errorf("decode what an event tells: %w", err)
		}
		e.kind = inner.Type
		if e.ID == "" {
			return e, errors.New("an event without an id")
		}
	}
	return e, nil
}

// work is what follows an event once it is acknowledged.
type work func(context.Context)

// events are the kinds that are handled. Each returns nil when there is nothing
// to do, and an error for what it cannot read.
var events = map[string]func(*Dispatcher, context.Context, event) (work, error){
	"app_home_opened":    (*Dispatcher).homeOpened,
	"app_uninstalled":    (*Dispatcher).removed,
	"channel_id_changed": (*Dispatcher).channelMoved,
	"tokens_revoked":     (*Dispatcher).removed,
	"user_change":        (*Dispatcher).userChanged,
}

// EventTypes returns the kinds of events that are handled, sorted.
// manifest.yml subscribes to these.
func EventTypes() []string { return slices.Sorted(maps.Keys(events)) }

// errNotRecorded means that the store did not take the event's id, so that a
// repeat would not be known.
var errNotRecorded = errors.New("the event could not be recorded; send it again")

// event does what an event asks for, once: its id is committed before it is
// acknowledged. A crash after that loses a Home tab that was not drawn, which
// the next opening mends.
func (d *Dispatcher) event(ctx context.Context, e event) error {
	_, err := d.inTime(ctx, e.kind, func(ctx context.Context) (any, error) { return nil, d.happened(ctx, e) })
	return err
}

func (d *Dispatcher) happened(ctx context.Context, e event) error {
	if e.Type == "app_rate_limited" {
		d.Log.WarnContext(ctx, "slack holds events back")
		return nil
	}
	handle, known := events[e.kind]
	if !known || d.Homes == nil {
		return nil
	}
	do, err := handle(d, ctx, e)
	if err != nil || do == nil {
		return err
	}
	first := false
	err = d.Store.Update(ctx, func(tx state.Tx) (err error) {
		first, err = state.MarkDelivery(tx, deliveryKey("event", e.ID), d.Now())
		return err
	})
	if err != nil {
		d.Log.WarnContext(ctx, "event not recorded", "type", e.kind, "err", err)
		return errNotRecorded
	}
	if first {
		do(ctx)
	}
	return nil
}

// slackUser is the form of a person's id.
var slackUser = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// homeOpened draws the Home tab of whoever opened it. Of the Messages tab Slack
// tells in the same way.
func (d *Dispatcher) homeOpened(_ context.Context, e event) (work, error) {
	var opened struct {
		User string `json:"user"`
		Tab  string `json:"tab"`
	}
	if err := json.Unmarshal(e.Event, &opened); err != nil || !slackUser.MatchString(opened.User) {
		return nil, errors.New("the event cannot be read")
	}
	if opened.Tab != "home" {
		return nil, nil
	}
	return func(ctx context.Context) {
		d.home(ctx, func(ctx context.Context) error { return d.Homes.Open(ctx, access.UserID(opened.User)) })
	}, nil
}

// userChanged takes everything from somebody whose account was ended, or who is no full
// member any more, or who was found by another mail address than they have now. Of a workspace's people Slack tells whenever one changes their
// picture, too. What it takes is taken before Slack is answered: it must not be lost.
func (d *Dispatcher) userChanged(ctx context.Context, e event) (work, error) {
	var told struct {
		User struct {
			ID        string `json:"id"`
			Team      string `json:"team_id"`
			Deleted   bool   `json:"deleted"`
			Bot       bool   `json:"is_bot"`
			Guest     bool   `json:"is_restricted"`
			SoleGuest bool   `json:"is_ultra_restricted"`
			// Profile is read by itself: what is odd in it must keep nobody's access.
			Profile json.RawMessage `json:"profile"`
		} `json:"user"`
	}
	if err := json.Unmarshal(e.Event, &told); err != nil || !slackUser.MatchString(told.User.ID) {
		return nil, errors.New("the event cannot be read")
	}
	u := told.User
	who := access.Person{Team: access.TeamID(u.Team), User: access.UserID(u.ID)}
	var err error
	switch left := u.Deleted || u.Bot || u.Guest || u.SoleGuest; {
	case left && d.Left != nil:
		err = d.Left(ctx, who)
	case !left && d.MailIs != nil:
		if mail := mailIn(u.Profile); mail != "" {
			err = d.MailIs(ctx, who, mail)
		}
	}
	if err != nil {
		d.Log.WarnContext(ctx, "who left still has what they had", "user", u.ID, "err", err)
		return nil, errNotRecorded
	}
	return nil, nil
}

// mailIn is the mail address in a profile; empty when there is none that can be read.
func mailIn(profile json.RawMessage) string {
	var p struct {
		Mail string `json:"email"`
	}
	if json.Unmarshal(profile, &p) != nil {
		return ""
	}
	return p.Mail
}

// slackChannel is the form of a channel's id.
var slackChannel = regexp.MustCompile(`^[CG][A-Z0-9]{1,30}$`)

// channelMoved follows a channel that Slack calls by another id from now on. It is
// followed before Slack is answered: nothing would be said in it any more.
func (d *Dispatcher) channelMoved(ctx context.Context, e event) (work, error) {
	var told struct {
		From string `json:"old_channel_id"`
		To   string `json:"new_channel_id"`
	}
	if err := json.Unmarshal(e.Event, &told); err != nil || !slackChannel.MatchString(told.From) || !slackChannel.MatchString(told.To) {
		return nil, errors.New("the event cannot be read")
	}
	if d.Moved == nil {
		return nil, nil
	}
	if err := d.Moved(ctx, access.ChannelID(told.From), access.ChannelID(told.To)); err != nil {
		d.Log.WarnContext(ctx, "a channel with another id is not followed", "from", told.From, "to", told.To, "err", err)
		return nil, errNotRecorded
	}
	return nil, nil
}

// removed tells the operators that Slack will answer no call any more.
func (d *Dispatcher) removed(_ context.Context, e event) (work, error) {
	return func(ctx context.Context) {
		d.Log.WarnContext(ctx, "slack took the app's tokens away", "type", e.kind, "runbook", "Slack took the app's tokens away")
	}, nil
}

// home draws a Home tab once the acknowledgement is on its way.
func (d *Dispatcher) home(ctx context.Context, draw func(context.Context) error) {
	if d.Homes != nil {
		d.later(ctx, "draw a home", draw)
	}
}
