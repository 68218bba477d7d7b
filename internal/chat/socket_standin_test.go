package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

// gate is a router whose answers to commands wait until the test lets them go.
type gate struct {
	*router
	entered, open chan struct{}
}

func (g *gate) Slash(ctx context.Context, inv commands.Invocation) commands.Reply {
	g.entered <- struct{}{}
	<-g.open
	return g.router.Slash(ctx, inv)
}

// socketWorld is the stand-in for Slack and a bot that is connected to it over
// Socket Mode. What comes is answered by the router by, r or one around it.
func socketWorld(t *testing.T, r *router, by chat.Router) (*chattest.Server, *near) {
	t.Helper()
	s := chattest.New(chattest.Options{
		BotToken: botToken, AppToken: appToken, BotTeam: "T1", BotUser: "U0BOT", Scopes: []string{"chat:write", "commands"},
		SocketMode: true, Events: []string{"app_home_opened"}, RetryWaits: []time.Duration{0},
	})
	s.AddUser(chattest.User{ID: "U0ANA", Team: "T1", Name: "ana"})
	s.AddChannel(chattest.Channel{ID: "C0OWN", Name: "own", Host: "T1", Members: []string{"U0BOT", "U0ANA"}})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	t.Cleanup(s.Close)
	s.Serve("", srv.URL)
	n := &near{router: r, log: &safeBuffer{}, waits: make(chan int, 1)}
	log := slog.New(slog.NewTextHandler(n.log, nil))
	client := chat.New(chat.Options{BotToken: botToken, AppToken: appToken, APIURL: srv.URL + "/api/"})
	bot := &chat.Socket{
		Dispatcher: &chat.Dispatcher{Client: client, Router: by, Log: log}, API: client.API, Log: log,
		Backoff: func(attempt int) time.Duration {
			select {
			case n.waits <- attempt:
			default:
			}
			return time.Millisecond
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); bot.Run(ctx) }()
	n.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(n.stop)
	connected(t, s, n)
	return s, n
}

func connected(t *testing.T, s *chattest.Server, n *near) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Connected(ctx, 1); err != nil {
		t.Fatalf("the bot does not connect: %v\n%s", err, n.log)
	}
}

// told is what ana saw last after she typed a command.
func told(t *testing.T, s *chattest.Server) string {
	t.Helper()
	d, err := s.Slash(t.Context(), "U0ANA", "C0OWN", "/access", "mine")
	if err != nil || d.Err != nil {
		t.Fatalf("the command: %v, %v", d.Err, err)
	}
	all := s.Messages("U0ANA", "C0OWN")
	return all[len(all)-1].Text
}

func answering(text string) *router {
	return &router{reply: commands.Reply{Message: &messages.Message{Text: text}}}
}

func TestSocketToStandIn(t *testing.T) {
	r := answering("yours")
	s, n := socketWorld(t, r, r)
	if got := told(t, s); got != "yours" || n.calls() != "[slash]" || n.last().Text != "mine" {
		t.Errorf("ana sees %q after %s of %q", got, n.calls(), n.last().Text)
	}
	if d, err := s.OpenHome(t.Context(), "U0ANA"); err != nil || d.Err != nil {
		t.Errorf("the Home tab: %v, %v", d.Err, err)
	}
	for name, end := range map[string]func(){"refreshed": s.RefreshSockets, "cut": s.CutSockets} {
		end()
		connected(t, s, n)
		if got := told(t, s); got != "yours" {
			t.Errorf("%s: ana sees %q", name, got)
		}
	}
	n.stop()
	for s.Holdings().Sockets > 0 { // the other end hears of it in a moment
		runtime.Gosched()
	}
	if d, err := s.Slash(t.Context(), "U0ANA", "C0OWN", "/access", ""); err != nil || !errors.Is(d.Err, chattest.ErrDispatch) {
		t.Errorf("without the bot: %v, %v, want %v", d.Err, err, chattest.ErrDispatch)
	}
}

// What is too long for the socket is told in another way, and not dropped.
func TestSocketToStandInTooLong(t *testing.T) {
	r := answering("in blocks")
	r.reply.Message.Blocks = sections(4, strings.Repeat("界", 2900)) // fewer characters than a message may have, and more bytes than a frame
	s, n := socketWorld(t, r, r)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	d, err := s.Slash(ctx, "U0ANA", "C0OWN", "/access", "list")
	if err != nil || d.Err != nil || len(d.Response) > 0 {
		t.Fatalf("the command: %v, %v, %.100q", d.Err, err, d.Response)
	}
	after := s.Version()
	for len(s.Messages("U0ANA", "C0OWN")) == 0 {
		if after, err = s.Wait(ctx, after); err != nil {
			t.Fatalf("ana sees nothing: %v\n%s", err, n.log)
		}
	}
	all := s.Messages("U0ANA", "C0OWN")
	if len(all) != 1 || !all[0].Ephemeral || strings.Count(string(all[0].Blocks), `"section"`) != 4 {
		t.Errorf("ana sees %+v", all)
	}
}

// A command that is being answered when Slack refreshes the socket is answered;
// one whose socket breaks is an error that the person sees, and the next works.
func TestSocketEndsDuringACommand(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(*chattest.Server)
		want  error
		shown string
	}{
		{"Refreshed", (*chattest.Server).RefreshSockets, nil, "yours"},
		{"Warned", (*chattest.Server).WarnSockets, nil, "yours"},
		{"Cut", (*chattest.Server).CutSockets, chattest.ErrTimeout, `/access failed with the error "operation_timeout"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := answering("yours")
			g := &gate{router: r, entered: make(chan struct{}), open: make(chan struct{})}
			s, _ := socketWorld(t, r, g)
			done := make(chan error, 1)
			go func() {
				d, err := s.Slash(t.Context(), "U0ANA", "C0OWN", "/access", "")
				done <- errors.Join(err, d.Err)
			}()
			<-g.entered
			tt.end(s)
			close(g.open)
			if err := <-done; !errors.Is(err, tt.want) {
				t.Errorf("the command ended with %v, want %v", err, tt.want)
			}
			if all := s.Messages("U0ANA", "C0OWN"); len(all) != 1 || all[0].Text != tt.shown {
				t.Errorf("ana sees %+v, want %q", all, tt.shown)
			}
		})
	}
}

// Where Socket Mode is turned off the bot asks again and again, and is back when
// it is turned on.
func TestSocketLinkDisabled(t *testing.T) {
	r := answering("yours")
	s, n := socketWorld(t, r, r)
	s.DisableLink()
	if got := <-n.waits; got != 1 {
		t.Errorf("waited after attempt %d, want 1", got)
	}
	s.EnableLink()
	connected(t, s, n)
	if got := told(t, s); got != "yours" {
		t.Errorf("ana sees %q", got)
	}
}
