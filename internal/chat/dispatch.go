package chat

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
	"latchkey/internal/state"
)

// Router answers what people do. [commands.Router] is the one there is.
type Router interface {
	Slash(context.Context, commands.Invocation) commands.Reply
	Click(context.Context, commands.Invocation) commands.Reply
	Submit(context.Context, commands.Invocation) commands.Reply
	Options(context.Context, commands.Invocation) []messages.Option
}

// Dispatcher turns a verified delivery into an acknowledgement, whichever way
// it came in. The acknowledgement is returned when what the delivery asks for
// is committed; what must follow it (a modal, a private word) is sent after.
type Dispatcher struct {
	Client *Client
	Router Router
	Log    *slog.Logger

	Names *Names // by which people are called who act; may be nil

	// Of events. Without Homes they are acknowledged and nothing follows.
	Homes *Homes
	Store state.Store      // remembers which events came already
	Now   func() time.Time // protocol time
	// Left takes everything from a person who is no active member any more; may be nil.
	Left func(context.Context, access.Person) error
	// Moved goes on in a channel that has another id now; may be nil.
	Moved func(ctx context.Context, from, to access.ChannelID) error
	// MailIs is told the mail address that somebody has now; may be nil.
	MailIs func(ctx context.Context, p access.Person, mail string) error

	// Begin is told that a delivery has come, over http or socket, and of which kind it
	// is. It returns the context of the work, and a function that is told what became of
	// it once that has been answered. It may be nil.
	Begin func(ctx context.Context, mode, kind string) (context.Context, func(outcome string))

	after sync.WaitGroup
}

// What becomes of a delivery.
const (
	acknowledged    = "acknowledged"
	notAcknowledged = "not acknowledged" // Slack was not there any more
	notRecorded     = "not recorded"     // the store did not take it
	notReadable     = "not readable"
)

func (d *Dispatcher) begin(ctx context.Context, mode, kind string) (context.Context, func(outcome string)) {
	if d.Begin == nil {
		return ctx, func(string) {}
	}
	return d.Begin(ctx, mode, kind)
}

// Wait returns when every reply that was begun has been sent or given up.
func (d *Dispatcher) Wait() { d.after.Wait() }

// slash answers a slash command. A nil acknowledgement is an empty one.
func (d *Dispatcher) slash(ctx context.Context, s slash) any {
	ack, err := d.inTime(ctx, "command", func(ctx context.Context) (any, error) {
		inv := s.invocation(d.Client.Team())
		inv.Origin.Actor = d.Names.called(inv.Origin.Actor)
		reply := d.Router.Slash(ctx, inv)
		switch {
		case reply.Modal != nil:
			d.open(ctx, s.TriggerID, *reply.Modal)
		case reply.Message != nil:
			return ephemeral(*reply.Message), nil
		}
		return nil, nil
	})
	if err != nil {
		return reply{Type: "ephemeral", Text: tooSlow} // only staff type commands, and read English
	}
	return ack
}

const tooSlow = "That took too long. It may or may not have been recorded: look at the card or at `/access mine` before you try again."

// interaction answers a click, a submitted view or a request for options. An error means
// that it must not be acknowledged.
func (d *Dispatcher) interaction(ctx context.Context, in interaction) (any, error) {
	return d.inTime(ctx, in.Type, func(ctx context.Context) (any, error) {
		inv := in.invocation(d.Client.Team())
		inv.Origin.Actor = d.Names.called(inv.Origin.Actor)
		switch in.Type {
		case "block_actions":
			d.click(ctx, in, inv)
		case "view_submission":
			// The modal may have been opened from a Home tab, which Slack does not say.
			defer d.home(ctx, func(ctx context.Context) error { return d.Homes.Refresh(ctx, inv.Origin.Actor.User) })
			return d.submit(ctx, inv), nil
		case "block_suggestion":
			return optionList(d.Router.Options(ctx, inv)), nil
		}
		return nil, nil // closed views and kinds that we do not ask for need no answer
	})
}

func (d *Dispatcher) click(ctx context.Context, in interaction, inv commands.Invocation) {
	if len(in.Actions) != 1 {
		return
	}
	reply := d.Router.Click(ctx, inv)
	switch {
	case reply.Modal != nil:
		d.open(ctx, in.TriggerID, *reply.Modal)
	case reply.Message == nil:
	case inv.External, in.ResponseURL == "":
		// Slack may not show an ephemeral message to people of other
		// organisations, and a Home tab has no place for one; a modal reaches
		// both.
		d.open(ctx, in.TriggerID, messages.Note(*reply.Message))
	default:
		d.respond(ctx, in.ResponseURL, ephemeral(*reply.Message))
	}
	if in.View != nil && in.View.Type == "home" {
		// The page that was shown says where to go on from; what is on it is read anew.
		page := messages.HomePage(inv.Private)
		if reply.Page != nil {
			page = *reply.Page
		}
		d.home(ctx, func(ctx context.Context) error { return d.Homes.Show(ctx, inv.Origin.Actor, page) })
	}
}

func (d *Dispatcher) submit(ctx context.Context, inv commands.Invocation) any {
	reply := d.Router.Submit(ctx, inv)
	switch {
	case len(reply.Errors) > 0:
		return viewAnswer{Action: "errors", Errors: reply.Errors}
	case reply.Modal != nil:
		return viewAnswer{Action: "update", View: &reply.Modal.ModalViewRequest}
	case reply.Message != nil:
		note := messages.Note(*reply.Message)
		return viewAnswer{Action: "update", View: &note.ModalViewRequest}
	}
	return nil
}

// open shows a modal once the acknowledgement is on its way. The trigger lives
// three seconds.
func (d *Dispatcher) open(ctx context.Context, trigger string, m messages.Modal) {
	d.later(ctx, "open a modal", func(ctx context.Context) error {
		_, err := d.Client.API.OpenViewContext(ctx, trigger, m.ModalViewRequest)
		return err
	})
}

// later does what follows the acknowledgement.
func (d *Dispatcher) later(ctx context.Context, what string, do func(context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	d.after.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		if err := do(ctx); err != nil {
			d.Log.WarnContext(ctx, "reply not delivered", "what", what, "err", err)
		}
	})
}

// viewAnswer is the acknowledgement of a submitted view.
type viewAnswer struct {
	Action string                  `json:"response_action"`
	Errors map[string]string       `json:"errors,omitempty"`
	View   *slack.ModalViewRequest `json:"view,omitempty"`
}

// reply is a message to one person. The library's own type writes fields that
// Slack reads as orders.
type reply struct {
	Type    string        `json:"response_type"`
	Replace bool          `json:"replace_original"`
	Text    string        `json:"text"`
	Blocks  []slack.Block `json:"blocks,omitempty"`
}

func ephemeral(m messages.Message) reply {
	return reply{Type: "ephemeral", Text: m.Text, Blocks: m.Blocks}
}

// optionAnswer is the answer to a request for options; an empty one must still
// have the list.
type optionAnswer struct {
	Options []*slack.OptionBlockObject `json:"options"`
}

func optionList(options []messages.Option) optionAnswer {
	out := make([]*slack.OptionBlockObject, len(options))
	for i, o := range options {
		out[i] = o.Object()
	}
	return optionAnswer{out}
}

// encode writes an acknowledgement; nil is an empty one.
func encode(ack any) (json.RawMessage, error) {
	if ack == nil {
		return nil, nil
	}
	return json.Marshal(ack)
}

// Forged records a delivery that is not Slack's.
type Forged func(ctx context.Context, path string, suppressed int)
