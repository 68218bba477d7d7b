package chat_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
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
