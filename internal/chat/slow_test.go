package chat_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// hung is a way to Slack on which no call ever comes to its end.
type hung struct{}

func (hung) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// hungDesk is a desk whose calls to Slack hang.
func hungDesk(r *router) *desk {
	client := chat.New(chat.Options{BotToken: botToken, HTTP: &http.Client{Transport: hung{}}})
	d := newDesk(&world{client: client}, r)
	d.Dispatcher.Homes = &chat.Homes{Client: client, Draw: &drawer{}, Log: slog.New(slog.DiscardHandler)}
	d.Dispatcher.Store, d.Dispatcher.Now = statetest.Memory(), time.Now
	return d
}

// Whatever is delivered, its acknowledgement waits for no call to Slack: what needs one
// (a form, a private word, a Home tab) follows it.
func TestNothingSlowIsWaitedFor(t *testing.T) {
	said := commands.Reply{Message: &messages.Message{Text: "done"}}
	note := messages.Note(*said.Message)
	for _, tt := range []struct {
		name, path, body string
		reply            commands.Reply
	}{
		{"Command", chat.PathCommands, slashForm("x").Encode(), said},
		{"CommandThatOpensAForm", chat.PathCommands, slashForm("x").Encode(), commands.Reply{Modal: &note}},
		{"Button", chat.PathInteractions, payload(click(`,"response_url":"https://slack.invalid/r"`)), said},
		{"ButtonOfACustomer", chat.PathInteractions, payload(clickBy("U0CARLA", "T2", "")), said},
		{"ButtonThatOpensAForm", chat.PathInteractions, payload(click("")), commands.Reply{Modal: &note}},
		{"ButtonAtHome", chat.PathInteractions, payload(click(`,"view":{"type":"home"}`)), said},
		{"Form", chat.PathInteractions, payload(submission("U0ANA", "T1")), said},
		{"Options", chat.PathOptions, payload(`{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`), said},
		{"Event", chat.PathEvents, opened("Ev1", "U0ANA"), said},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := hungDesk(&router{reply: tt.reply})
				began, rec := time.Now(), httptest.NewRecorder()
				d.Handler().ServeHTTP(rec, signed(tt.path, tt.body, secret, time.Now()))
				if took := time.Since(began); took != 0 || rec.Code != http.StatusOK {
					t.Errorf("answer %d after %v, want 200 at once", rec.Code, took)
				}
				d.Dispatcher.Wait()
			})
		})
	}
}

// stuck is a router, and a store, that answer after a minute, whatever became of the
// caller: so is a commit that has begun on a disk that hangs.
type stuck struct {
	*router
	state.Store
}

func (s stuck) Slash(_ context.Context, inv commands.Invocation) commands.Reply {
	time.Sleep(time.Minute)
	return s.router.Slash(context.Background(), inv)
}

func (s stuck) Click(_ context.Context, inv commands.Invocation) commands.Reply {
	time.Sleep(time.Minute)
	return s.router.Click(context.Background(), inv)
}

func (s stuck) Submit(_ context.Context, inv commands.Invocation) commands.Reply {
	time.Sleep(time.Minute)
	return s.router.Submit(context.Background(), inv)
}

func (s stuck) Options(_ context.Context, inv commands.Invocation) []messages.Option {
	time.Sleep(time.Minute)
	return s.router.Options(context.Background(), inv)
}

func (s stuck) Update(_ context.Context, fn func(state.Tx) error) error {
	time.Sleep(time.Minute)
	return s.Store.Update(context.Background(), fn)
}

// Where it is not known in time whether something was committed, nothing is acknowledged
// as if it were; and that is said while Slack still listens. The work goes on.
func TestStuckStoreIsSaidInTime(t *testing.T) {
	for _, tt := range []struct {
		name, path, body, say string
		want                  int
	}{
		{"Command", chat.PathCommands, slashForm("x").Encode(), "may or may not have been recorded", 200},
		{"Button", chat.PathInteractions, payload(click("")), "not known yet", 503},
		{"Form", chat.PathInteractions, payload(submission("U0ANA", "T1")), "not known yet", 503},
		{"Options", chat.PathOptions, payload(`{"type":"block_suggestion","user":{"id":"U0ANA","team_id":"T1"},"action_id":"x"}`), "not known yet", 503},
		{"Event", chat.PathEvents, opened("Ev1", "U0ANA"), "not known yet", 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &router{}
				d := hungDesk(r)
				d.Dispatcher.Router, d.Dispatcher.Store = stuck{router: r}, stuck{Store: statetest.Memory()}
				began, rec := time.Now(), httptest.NewRecorder()
				d.Handler().ServeHTTP(rec, signed(tt.path, tt.body, secret, time.Now()))
				if took := time.Since(began); took != 2500*time.Millisecond || rec.Code != tt.want || !strings.Contains(rec.Body.String(), tt.say) {
					t.Errorf("answer %d %q after %v, want %d %q after 2.5s", rec.Code, rec.Body, took, tt.want, tt.say)
				}
				d.Dispatcher.Wait()
				if !strings.Contains(d.log.String(), "delivery not answered in time") || tt.name != "Event" && r.calls() == "[]" {
					t.Errorf("the commands were asked %s; log %s", r.calls(), d.log)
				}
			})
		})
	}
}

// A delivery that takes the bot by surprise harms no other.
func TestPanicIsOneDelivery(t *testing.T) {
	d := newDesk(newWorld(t), &router{})
	d.Dispatcher.Router = nil
	if res := d.post(chat.PathCommands, slashForm("x").Encode()); res.Code != 200 || !strings.Contains(res.Body.String(), "may or may not") {
		t.Errorf("a command: answer %d %q", res.Code, res.Body)
	}
	if res := d.post(chat.PathInteractions, payload(click(""))); res.Code != 503 {
		t.Errorf("a click: answer %d %q", res.Code, res.Body)
	}
	if !strings.Contains(d.log.String(), "delivery failed") {
		t.Errorf("log %s", d.log)
	}
}
