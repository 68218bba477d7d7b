package app

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/config"
	"latchkey/internal/state/boltstore"
)

// TestTokenIsTriedAgain takes another bot token over as soon as Slack can be asked about
// it, and one that Slack refuses is asked about once.
func TestTokenIsTriedAgain(t *testing.T) {
	t.Parallel()
	var asked, down atomic.Int64
	slack := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch {
		case down.Load() > 0:
			down.Add(-1)
			http.Error(w, "", http.StatusServiceUnavailable)
		case r.Header.Get("Authorization") == "Bearer xoxb-bad":
			fmt.Fprint(w, `{"ok":false,"error":"invalid_auth"}`)
		default:
			fmt.Fprint(w, `{"ok":true,"team_id":"T1","user_id":"U1"}`)
		}
	}))
	defer slack.Close()
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close() //nolint:errcheck // a test's
	a := &App{
		store: store, slack: chat.New(chat.Options{BotToken: "xoxb-old", APIURL: slack.URL + "/", Unpaced: true}),
		o: Options{Log: slog.New(slog.DiscardHandler), Protocol: time.Now},
	}
	var turn turnover
	look := func(token string) {
		a.o.Config.SlackBotToken = config.NewSecret(token)
		a.lookAtToken(t.Context(), &turn)
	}
	look("xoxb-bad")
	look("xoxb-bad")
	if n := asked.Load(); n != 1 || a.slack.Token() != "xoxb-old" {
		t.Errorf("Slack was asked %d times about a token that it refuses, and %s is in force", n, a.slack.Token())
	}
	down.Store(1)
	look("xoxb-new")
	if a.slack.Token() != "xoxb-old" {
		t.Fatal("a token is in force that nobody vouched for")
	}
	look("xoxb-new")
	if a.slack.Token() != "xoxb-new" {
		t.Error("a good token is not taken, for Slack could not be reached when it came")
	}
}
