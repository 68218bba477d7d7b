package chat

import (
	"context"
	"encoding/json"
	"errors"
)

// maxAnswer is the size from which Slack silently drops a frame of ours.
const maxAnswer = 20 << 10

// answer is an acknowledgement over a socket.
type answer struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// take answers one delivery. Without an answer Slack shows the person an error,
// which is right when nothing was decided.
func (s *Socket) take(ctx context.Context, l *link, e envelope) {
	t, first := s.taken.enter(e.ID)
	for !first { // it has come before
		select {
		case <-t.done:
		case <-ctx.Done():
			return
		}
		if t.frame != nil {
			break
		}
		t, first = s.taken.enter(e.ID) // and was not acknowledged
	}
	var rest func()
	end, outcome := func(string) {}, acknowledged
	if first {
		var frame []byte
		ctx, end = s.Dispatcher.begin(ctx, "socket", envelopeKinds[e.Type])
		frame, rest, outcome = s.answer(ctx, e)
		s.taken.settle(e.ID, t, frame)
	}
	defer func() { end(outcome) }()
	if t.frame == nil {
		return
	}
	if err := l.send(t.frame); err != nil {
		s.Log.WarnContext(ctx, "delivery not acknowledged", "type", e.Type, "err", err)
		outcome = notAcknowledged
	}
	if rest != nil {
		rest()
	}
}

// envelopeKinds are the kinds of deliveries, by Slack's names for them.
var envelopeKinds = map[string]string{"slash_commands": "command", "interactive": "interaction", "events_api": "event"}

// answer does what a delivery asks for and returns the frame that acknowledges it, or
// nil where it must not be acknowledged, and what is to be done once it is sent; nil
// where nothing is. It says in a word what becomes of the delivery once it is sent.
func (s *Socket) answer(ctx context.Context, e envelope) (frame []byte, rest func(), outcome string) {
	d := s.Dispatcher
	var ack any
	var err error
	aside := func() {} // says or shows all of what is too long for a socket
	switch e.Type {
	case "slash_commands":
		var c slash
		if err = json.Unmarshal(e.Payload, &c); err == nil {
			ack = d.slash(ctx, c)
			aside = func() { d.sayInstead(ctx, c, ack) }
		}
	case "interactive":
		var i interaction
		if i, err = decodeInteraction(e.Payload); err == nil {
			if ack, err = d.interaction(ctx, i); err != nil {
				return nil, nil, notRecorded // it was logged
			}
			aside = func() { d.showInstead(ctx, i, ack) }
		}
	case "events_api":
		var ev event
		if ev, err = decodeEvent(e.Payload); err == nil && d.event(ctx, ev) != nil {
			return nil, nil, notRecorded // it was logged; without an acknowledgement Slack sends it again
		}
	}
	if err != nil {
		s.Log.WarnContext(ctx, "delivery not readable", "type", e.Type, "err", err)
		return nil, nil, notReadable
	}
	frame, whole, err := fit(e.ID, ack)
	if err != nil {
		s.Log.WarnContext(ctx, "delivery not acknowledged", "type", e.Type, "err", err)
	}
	if !whole {
		rest = aside
	}
	return frame, rest, acknowledged
}

// fit writes the frame of an acknowledgement. Where Slack would drop it, it holds less:
// of a command's answer nothing, of a modal as many blocks as there is room for, and the
// whole is to be shown in another way. A list of options has no other way: first what
// describes them goes, and then the last of them.
func fit(id string, ack any) (frame []byte, whole bool, err error) {
	if frame, err = framed(id, ack); err != nil || len(frame) < maxAnswer {
		return frame, true, err
	}
	less := func() bool { return false } // takes something away; false when nothing is left
	switch a := ack.(type) {
	case reply:
		ack = nil
	case viewAnswer:
		if a.View == nil {
			return nil, false, errTooLong
		}
		view := *a.View
		a.View = &view
		ack = a
		less = func() bool {
			view.Blocks.BlockSet = view.Blocks.BlockSet[:max(len(view.Blocks.BlockSet)-1, 0)]
			return len(view.Blocks.BlockSet) > 0
		}
	case optionAnswer:
		whole = true
		for _, o := range a.Options {
			o.Description = nil
		}
		list := &a
		ack = list
		less = func() bool {
			list.Options = list.Options[:max(len(list.Options)-1, 0)]
			return true
		}
	}
	for {
		frame, err := framed(id, ack)
		if err != nil || len(frame) < maxAnswer {
			return frame, whole, err
		}
		if !less() {
			return nil, false, errTooLong
		}
	}
}

var errTooLong = errors.New("no answer is short enough for the socket")

func framed(id string, ack any) ([]byte, error) {
	raw, err := encode(ack)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer{ID: id, Payload: raw})
}

// sayInstead says through the address that came with a command what is too long for its
// acknowledgement.
func (d *Dispatcher) sayInstead(ctx context.Context, c slash, ack any) {
	if r, ok := ack.(reply); ok {
		d.respond(ctx, c.ResponseURL, r)
	}
}

// showInstead shows the whole of a modal of which the acknowledgement holds the
// beginning.
func (d *Dispatcher) showInstead(ctx context.Context, in interaction, ack any) {
	a, ok := ack.(viewAnswer)
	if !ok || a.View == nil || in.View == nil {
		return
	}
	d.later(ctx, "show the whole of a modal", func(ctx context.Context) error {
		_, err := d.Client.API.UpdateViewContext(ctx, *a.View, "", "", in.View.ID)
		return err
	})
}
