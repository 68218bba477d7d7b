package chat_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
)

// Over HTTP the bot proves that the events address is its own, and takes each
// event at the first attempt.
func TestEventsFromStandIn(t *testing.T) {
	s := chattest.New(chattest.Options{
		SigningSecret: secret, BotToken: botToken, BotTeam: "T1", BotUser: "U0BOT", Events: []string{"app_home_opened"},
	})
	t.Cleanup(s.Close)
	s.AddUser(chattest.User{ID: "U0ANA", Team: "T1", Name: "ana"})
	api := httptest.NewServer(s)
	t.Cleanup(api.Close)
	log := slog.New(slog.DiscardHandler)
	client := chat.New(chat.Options{BotToken: botToken, APIURL: api.URL + "/api/"})
	in := &chat.Intake{
		Dispatcher: &chat.Dispatcher{Client: client, Router: &router{}, Log: log}, Secret: secret, Now: time.Now,
	}
	bot := httptest.NewServer(in.Handler())
	t.Cleanup(bot.Close)
	s.Serve(bot.URL, api.URL)
	if _, err := s.VerifyEvents(t.Context()); err != nil {
		t.Error(err)
	}
	for _, open := range []func() (chattest.Delivery, error){
		func() (chattest.Delivery, error) { return s.OpenHome(t.Context(), "U0ANA") },
		func() (chattest.Delivery, error) { return s.OpenMessages(t.Context(), "U0ANA") },
	} {
		if d, err := open(); err != nil || d.Err != nil || d.Event != "app_home_opened" {
			t.Errorf("the delivery %+v, %v", d, err)
		}
	}
	if err := s.Idle(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(s.Deliveries()); n != 3 {
		t.Errorf("%d deliveries, want 3", n)
	}
}
