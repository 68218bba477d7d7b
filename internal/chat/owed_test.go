package chat_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/cause"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// renderer draws the same post for everything.
type renderer struct {
	post  cards.Post
	posts map[string]cards.Post // of some alerts
	// notices, by the number that a notice says; else it is the same post
	notices []cards.Post
	file    cards.File
	err     error
}

func (r *renderer) Card(context.Context, outbox.CardPayload) (cards.Post, error) {
	return r.post, r.err
}

func (r *renderer) Notice(_ context.Context, p outbox.NoticePayload) (cards.Post, error) {
	if i, err := strconv.Atoi(p.Text); err == nil && i < len(r.notices) {
		return r.notices[i], r.err
	}
	return r.post, r.err
}

func (r *renderer) OfferCard(context.Context, outbox.OfferCardPayload) (cards.Post, error) {
	return r.post, r.err
}

func (r *renderer) AlertCard(_ context.Context, p outbox.AlertCardPayload) (cards.Post, error) {
	if post, ok := r.posts[string(p.Alert)]; ok {
		return post, r.err
	}
	return r.post, r.err
}

func (r *renderer) ReviewCard(context.Context, outbox.ReviewCardPayload) (cards.Post, error) {
	return r.post, r.err
}

// say has the card of an alert say its own.
func (r *renderer) say(alert string, post cards.Post) {
	if r.posts == nil {
		r.posts = map[string]cards.Post{}
	}
	r.posts[alert], r.post = post, post
}

func (r *renderer) File(context.Context, outbox.FilePayload) (cards.File, error) {
	return r.file, r.err
}

func (r *renderer) OfferNotice(context.Context, outbox.OfferNoticePayload) (cards.Post, error) {
	return r.post, r.err
}

// says is a message with blocks, so that an update with text alone shows.
func says(text string) messages.Message {
	block := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, true), nil, nil)
	return messages.Message{Text: text, Blocks: []slack.Block{block}}
}

// owed is a world to which something is owed, with the outbox that does it.
type owed struct {
	*world
	t       *testing.T
	store   *statetest.MemoryStore
	effects *chat.Effects
	render  *renderer
	backoff func(attempt int) time.Duration
	crashes int // the next so many tries end with the process, after their work
	lives   int
	serial  int
	from    cause.Cause // what is owed comes from it
	ours    func() time.Time
	shown   []string // what the log is told of files
}

const lease = time.Minute

func newOwed(t *testing.T, w *world) *owed {
	t.Helper()
	o := &owed{world: w, t: t, store: statetest.Memory(), render: &renderer{}, backoff: func(int) time.Duration { return time.Second }}
	o.ours = o.clock
	o.effects = &chat.Effects{Client: w.client, Render: o.render, Store: o.store, Now: o.clock}
	return o
}

// owe owes an effect and returns it.
func (o *owed) owe(kind string, payload any) outbox.Effect {
	o.t.Helper()
	return o.oweIn("lane", kind, payload)
}

// oweIn is owe in a lane of its own.
func (o *owed) oweIn(lane, kind string, payload any) outbox.Effect {
	o.t.Helper()
	o.serial++
	return o.enqueue(outbox.Effect{ID: fmt.Sprintf("R-00001/%04d/%s", o.serial, kind), Lane: lane, Kind: kind}, payload)
}

// enqueue owes exactly this effect.
func (o *owed) enqueue(e outbox.Effect, payload any) outbox.Effect {
	o.t.Helper()
	raw, err := json.Marshal(payload)
	if err != nil {
		o.t.Fatal(err)
	}
	e.Payload = raw
	observed := state.Observed{Store: o.store, Committed: func() {}}
	if err := observed.Update(cause.With(o.t.Context(), o.from), func(tx state.Tx) error { return outbox.Enqueue(tx, e, o.ours()) }); err != nil {
		o.t.Fatal(err)
	}
	return e
}

func (o *owed) oweCard() { o.owe(outbox.SlackCard, customerCard) }

var customerCard = outbox.CardPayload{Request: "R-00001", Card: outbox.CustomerCard}

// runner is a new life of the outbox. One that is to crash ends its goroutine
// when its work is done and nothing is written yet.
func (o *owed) runner() *outbox.Runner {
	crashing := func(do func(context.Context, outbox.Effect) (json.RawMessage, error)) func(context.Context, outbox.Effect) (json.RawMessage, error) {
		return func(ctx context.Context, e outbox.Effect) (json.RawMessage, error) {
			result, err := do(ctx, e)
			if o.crashes > 0 {
				o.crashes--
				runtime.Goexit()
			}
			return result, err
		}
	}
	o.lives++
	return &outbox.Runner{
		Store: o.store, Owner: fmt.Sprint("life ", o.lives), Now: o.ours, Lease: lease, Workers: 1,
		Backoff: o.backoff,
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
		Handlers: map[string]outbox.Handler{
			outbox.SlackCard:    {Do: crashing(o.effects.Card), Done: o.effects.CardPosted},
			outbox.SlackNotice:  {Do: crashing(o.effects.Notice)},
			outbox.SlackContact: {Do: crashing(o.effects.Contact)},
			outbox.SlackMail:    {Do: crashing(o.effects.StaffMail)},

			outbox.SlackOfferCard:   {Do: crashing(o.effects.OfferCard), Done: o.effects.OfferCardPosted},
			outbox.SlackReviewCard:  {Do: crashing(o.effects.ReviewCard), Done: o.effects.ReviewCardPosted},
			outbox.SlackOfferNotice: {Do: crashing(o.effects.OfferNotice)},
			outbox.SlackAlertCard:   {Do: crashing(o.effects.AlertCard), Done: o.effects.AlertCardPosted},
			outbox.SlackFile: {Do: crashing(o.effects.File), Done: func(_ state.Tx, _ outbox.Effect, raw json.RawMessage) error {
				o.shown = append(o.shown, string(raw))
				return nil
			}},
		},
	}
}

// once does all that is due and returns the moment of the next try; zero when
// nothing is owed.
func (o *owed) once() time.Time {
	o.t.Helper()
	var next time.Time
	var err error
	crashed := true
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		next, err = o.runner().Once(o.t.Context())
		crashed = false
	}()
	<-ended
	if crashed {
		return o.clock().Add(lease)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return next
}

// settle does everything, however many tries and lives it takes.
func (o *owed) settle() {
	o.t.Helper()
	for range 20 {
		next := o.once()
		if next.IsZero() {
			return
		}
		o.moveTo(next)
	}
	o.t.Fatalf("not settled: %+v", o.pending())
}

func (o *owed) pending() []outbox.Effect { return o.list(outbox.Pending) }

func (o *owed) dead() []outbox.Effect { return o.list(outbox.Dead) }

func (o *owed) list(of func(state.Tx) ([]outbox.Effect, error)) []outbox.Effect {
	o.t.Helper()
	var out []outbox.Effect
	err := o.store.View(o.t.Context(), func(tx state.Tx) (err error) {
		out, err = of(tx)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// card is where the store has the customer's card.
func (o *owed) card() access.MessageRef {
	o.t.Helper()
	var c state.Card
	err := o.store.View(o.t.Context(), func(tx state.Tx) (err error) {
		c, err = state.CardOf(tx, customerCard.Request, customerCard.Card)
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return c.Ref
}

// expect compares what the bot said in a channel, and that no more is owed.
func (o *owed) expect(viewer, channel string, want ...string) []chattest.Message {
	o.t.Helper()
	var ours []chattest.Message
	var said []string
	for _, m := range o.Messages(viewer, channel) {
		if m.User != "U0BOT" {
			continue
		}
		ours, said = append(ours, m), append(said, m.Text)
		if !strings.Contains(string(m.Blocks), m.Text) {
			o.t.Errorf("the message %q has the blocks %s", m.Text, m.Blocks)
		}
	}
	if got, want := strings.Join(said, "; "), strings.Join(want, "; "); got != want {
		o.t.Fatalf("the bot said %q, want %q", got, want)
	}
	if pending, dead := o.pending(), o.dead(); len(pending)+len(dead) > 0 {
		o.t.Errorf("still owed %+v, given up %+v", pending, dead)
	}
	return ours
}

// fault cuts the connection of calls of a method, before or after they are
// applied.
type fault struct {
	method string
	phase  chattest.Phase
	times  int
}

// arm makes the faults happen. It returns how many are left.
func (o *owed) arm(faults ...fault) (left func() int) {
	var mu sync.Mutex
	o.set(func(c chattest.Call) {
		mu.Lock()
		defer mu.Unlock()
		for i := range faults {
			if f := &faults[i]; f.method == c.Method && f.phase == c.Phase && f.times > 0 {
				f.times--
				panic(http.ErrAbortHandler)
			}
		}
	}, nil)
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n := 0
		for _, f := range faults {
			n += f.times
		}
		return n
	}
}

// place has the store know where the cards of so many more requests are.
func (o *owed) place(n int, at access.MessageRef) {
	o.t.Helper()
	err := o.store.Update(o.t.Context(), func(tx state.Tx) error {
		for i := range n {
			c := state.Card{Request: access.RequestID(fmt.Sprintf("R-%05d", i+2)), Name: outbox.CustomerCard, Ref: at}
			if err := state.PutCard(tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

// expectLast returns the last words of the bot in a channel.
func (o *owed) expectLast(viewer, channel string, n int) string {
	var said []string
	for _, m := range o.Messages(viewer, channel) {
		said = append(said, m.Text)
	}
	return strings.Join(said[max(0, len(said)-n):], "; ")
}
