package chat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
)

var _ chat.Drawer = cards.Homes{}

// drawer draws a tab that says how many were drawn before it.
type drawer struct {
	mu     sync.Mutex
	people []access.Person
	page   int // that was asked for last
	err    error
}

func (d *drawer) Home(_ context.Context, who access.Person, page int) (messages.HomeTab, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people, d.page = append(d.people, who), page
	text := slack.NewTextBlockObject(slack.PlainTextType, fmt.Sprintf("drawn %d", len(d.people)), false, false)
	button := slack.NewButtonBlockElement("request.withdraw", "R-1/1", text)
	return messages.HomeTab{HomeTabViewRequest: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, PrivateMetadata: strconv.Itoa(page), Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewActionBlock("b", button)}},
	}}, d.err
}

func (d *drawer) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// count is how many tabs were drawn.
func (d *drawer) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.people)
}

// last is for whom the last tab was drawn.
func (d *drawer) last() access.Person {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.people) == 0 {
		return access.Person{}
	}
	return d.people[len(d.people)-1]
}

// shows is what is in the Home tab of a person.
func shows(w *world, user string) string {
	v, _ := w.Home(user)
	return string(v.Raw)
}

// To which workspace a person belongs is not in the event.
func TestHomeIsDrawnForWhoOpensIt(t *testing.T) {
	for _, tt := range []struct {
		user string
		want access.Person
	}{
		{"U0ANA", access.Person{Team: "T1", User: "U0ANA", Name: "Ana Trujillo"}},
		{"U0CARLA", access.Person{Team: "T2", User: "U0CARLA", Name: "Carla Weiss"}},
	} {
		t.Run(tt.user, func(t *testing.T) {
			w := newWorld(t)
			l := newLobby(w, &router{})
			l.post(chat.PathEvents, opened("Ev1", tt.user))
			if got := l.draws.last(); got != tt.want {
				t.Errorf("drawn for %+v, want %+v", got, tt.want)
			}
			if got := shows(w, tt.user); !strings.Contains(got, "drawn 1") {
				t.Errorf("the home shows %q; log %s", got, l.log)
			}
		})
	}
}

// What goes wrong after the acknowledgement is in the log and nowhere else.
func TestHomeNotDrawn(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lobby func(*testing.T) *lobby
		log   string
	}{
		{"StoreDown", func(t *testing.T) *lobby {
			l := newLobby(newWorld(t), &router{})
			l.draws.fail(errors.New("store is down"))
			return l
		}, "store is down"},
		{"SlackRefuses", func(t *testing.T) *lobby {
			l := newLobby(newWorld(t), &router{})
			l.world.answers("views.publish", `{"ok":false,"error":"view_too_large"}`, 1)
			return l
		}, "view_too_large"},
		{"NotIdentified", func(t *testing.T) *lobby { return newLobby(anonymous(t), &router{}) }, "has not told yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := tt.lobby(t)
			if res := l.post(chat.PathEvents, opened("Ev1", "U0ANA")); res.Code != 200 {
				t.Errorf("answer %d, want 200", res.Code)
			}
			if got := l.log.String(); !strings.Contains(got, `what="draw a home"`) || !strings.Contains(got, tt.log) || strings.Contains(got, botToken) {
				t.Errorf("log %q, want %q in it and no secret", got, tt.log)
			}
		})
	}
}

// homeClick is the payload of a click in a Home tab: it has neither a channel
// nor an address to answer at.
func homeClick(user, team string) string {
	return fmt.Sprintf(`{"type":"block_actions","team":{"id":"T1"},"user":{"id":%q,"name":"n","team_id":%q},"trigger_id":"1.2.abc",`+
		`"container":{"type":"view","view_id":"V1"},"view":{"id":"V1","type":"home","state":{"values":{}}},`+
		`"actions":[{"action_id":"request.withdraw","block_id":"b","value":"R-1/1"}]}`, user, team)
}

func TestClickInAHome(t *testing.T) {
	said := commands.Reply{Message: &messages.Message{Text: "Taken back."}}
	form := messages.RequestModal(messages.RequestForm{})
	for _, tt := range []struct {
		name       string
		user, team string
		reply      commands.Reply
		view       string // what is in the opened modal
	}{
		{"Silence", "U0ANA", "T1", commands.Reply{}, ""},
		{"Told", "U0ANA", "T1", said, `"Taken back."`},
		{"ContactTold", "U0CARLA", "T2", said, `"Taken back."`},
		{"Form", "U0ANA", "T1", commands.Reply{Modal: &form}, `"callback_id":"` + messages.ViewRequest + `"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			view := ""
			w.set(func(c chattest.Call) {
				if c.Method == "views.open" && c.Phase == chattest.Before {
					view = c.Form.Get("view")
				}
			}, nil)
			l := newLobby(w, &router{reply: tt.reply})
			res := l.post(chat.PathInteractions, payload(homeClick(tt.user, tt.team)))
			if res.Code != 200 || res.Body.Len() != 0 {
				t.Errorf("answer %d %q, want 200 and nothing", res.Code, res.Body)
			}
			if (view != "") != (tt.view != "") || !strings.Contains(view, tt.view) {
				t.Errorf("opened %q, want %q", view, tt.view)
			}
			want := access.Person{Team: access.TeamID(tt.team), User: access.UserID(tt.user), Name: "n"}
			if got := l.draws.last(); got != want || !strings.Contains(shows(w, tt.user), "drawn 1") {
				t.Errorf("drawn for %+v, want %+v", got, want)
			}
			if in := l.router.last().Origin; in.Channel != "" || in.Actor != want {
				t.Errorf("the commands were told of %+v", in)
			}
		})
	}
}

// In the stand-in a real person presses a real button of their Home tab.
func TestHomeInTheWorld(t *testing.T) {
	w := newWorld(t)
	l := newLobby(w, &router{reply: commands.Reply{Message: &messages.Message{Text: "Taken back."}}})
	w.attach(t, l.desk)
	l.post(chat.PathEvents, opened("Ev1", "U0ANA"))
	home, _ := w.Home("U0ANA")
	del, err := w.Click(t.Context(), "U0ANA", "", home.ID, "request.withdraw")
	if err != nil || del.Err != nil {
		t.Fatalf("Ana clicks: %v, %v", err, del.Err)
	}
	l.Dispatcher.Wait()
	if v, ok := w.View("U0ANA"); !ok || !strings.Contains(string(v.Raw), "Taken back.") {
		t.Errorf("Ana sees %s, want a note; log %s", v.Raw, l.log)
	}
	if got := shows(w, "U0ANA"); !strings.Contains(got, "drawn 2") {
		t.Errorf("the home still shows %s", got)
	}
}

// TestHomePages holds that a tab stays at the page that was turned to, whatever changes and
// although the bot forgets it, until it is opened again.
func TestHomePages(t *testing.T) {
	w := newWorld(t)
	r := &router{}
	l := newLobby(w, r)
	w.attach(t, l.desk)
	shown := func(want int) {
		t.Helper()
		l.Dispatcher.Wait()
		if v, _ := w.Home("U0ANA"); v.PrivateMetadata != strconv.Itoa(want) || l.draws.page != want {
			t.Errorf("page %q is shown, page %d was drawn, want %d", v.PrivateMetadata, l.draws.page, want)
		}
	}
	press := func(reply commands.Reply) {
		t.Helper()
		r.reply = reply
		v, _ := w.Home("U0ANA")
		if _, err := w.Click(t.Context(), "U0ANA", "", v.ID, "request.withdraw"); err != nil {
			t.Fatal(err)
		}
	}
	l.post(chat.PathEvents, opened("Ev1", "U0ANA"))
	shown(0)
	two := 2
	press(commands.Reply{Page: &two})
	shown(2)
	press(commands.Reply{})
	shown(2)
	if err := l.Dispatcher.Homes.Refresh(t.Context(), "U0ANA"); err != nil {
		t.Fatal(err)
	}
	shown(2)
	l.Dispatcher.Homes = &chat.Homes{Client: w.client, Draw: l.draws, Log: l.Dispatcher.Homes.Log}
	press(commands.Reply{})
	shown(2)
	l.post(chat.PathEvents, opened("Ev2", "U0ANA"))
	shown(0)
}

// A submitted form may have come from a Home tab; those who never opened theirs
// are left alone.
func TestHomeFollowsSubmissions(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	l.post(chat.PathInteractions, payload(submission("U0ANA", "T1")))
	if got := l.published(); got != 0 {
		t.Errorf("%d homes published for somebody who has opened none", got)
	}
	l.post(chat.PathEvents, opened("Ev1", "U0ANA"))
	l.post(chat.PathInteractions, payload(submission("U0ANA", "T1")))
	l.post(chat.PathInteractions, payload(submission("U0CARLA", "T2")))
	if got := l.published(); got != 2 {
		t.Errorf("%d homes published, want 2", got)
	}
}

// What is drawn last is what stays, whichever call comes through first.
func TestHomeStaysTrue(t *testing.T) {
	w := newWorld(t)
	l := newLobby(w, &router{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := l.Dispatcher.Homes.Show(t.Context(), access.Person{Team: "T1", User: "U0ANA"}, 0); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := shows(w, "U0ANA"); !strings.Contains(got, fmt.Sprintf("drawn %d", l.draws.count())) {
		t.Errorf("the home shows %s", got)
	}
}

// turnstile is a way to Slack on which each call waits to be let through.
type turnstile chan struct{}

func (g turnstile) RoundTrip(*http.Request) (*http.Response, error) {
	<-g
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok":true}`))}, nil
}

// Of ten changes while a tab is on its way, one drawing more shows the last.
func TestHomeChangesAreOneDrawing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, draws := make(turnstile), &drawer{}
		h := &chat.Homes{
			Client: chat.New(chat.Options{BotToken: botToken, HTTP: &http.Client{Transport: g}}), Draw: draws, Log: slog.New(slog.DiscardHandler),
		}
		go h.Show(t.Context(), access.Person{Team: "T1", User: "U0ANA"}, 0) //nolint:errcheck // it is counted
		synctest.Wait()
		for range 10 {
			go h.Refresh(t.Context(), "U0ANA") //nolint:errcheck // it is counted
		}
		synctest.Wait()
		if n := draws.count(); n != 1 {
			t.Errorf("%d tabs were drawn while one was on its way, want it alone", n)
		}
		g <- struct{}{}
		g <- struct{}{}
		synctest.Wait()
		if n := draws.count(); n != 2 {
			t.Errorf("%d tabs were drawn, want one more", n)
		}
	})
}

// A tab that Slack does not take yet is drawn later, as it is then.
func TestHomeThrottled(t *testing.T) {
	w := newWorld(t)
	l := newLobby(w, &router{})
	var once atomic.Bool
	drawn := make(chan struct{}, 2)
	w.set(func(c chattest.Call) {
		if c.Method == "views.publish" && c.Phase == chattest.After {
			drawn <- struct{}{}
		}
	}, func(method string) (int, http.Header, string) {
		if method == "views.publish" && once.CompareAndSwap(false, true) {
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"1"}}, `{"ok":false,"error":"ratelimited"}`
		}
		return 0, nil, ""
	})
	ana := access.Person{Team: "T1", User: "U0ANA"}
	if err := l.Dispatcher.Homes.Show(t.Context(), ana, 0); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := l.Dispatcher.Homes.Refresh(t.Context(), "U0ANA"); err != nil {
			t.Fatal(err)
		}
	}
	w.moveTo(w.clock().Add(2 * time.Second))
	<-drawn
	if got := shows(w, "U0ANA"); !strings.Contains(got, "drawn 2") {
		t.Errorf("the home shows %s", got)
	}
}

// The card of a request changes with it, and with the card the Home tab of the
// requester, if they have opened it. The card does not wait for the tab.
func TestHomeFollowsTheCard(t *testing.T) {
	own := outbox.CardPayload{Request: "R-00001", Card: outbox.RequesterCard}
	for _, tt := range []struct {
		name   string
		opened bool
		to     cards.Post
		refuse bool
		want   int
		log    string
	}{
		{"Opened", true, cards.Post{User: "U0ANA"}, false, 2, ""},
		{"NotOpened", false, cards.Post{User: "U0ANA"}, false, 0, ""},
		{"CardOfTheCustomer", true, cards.Post{Channel: "C0SHARED"}, false, 1, ""},
		{"Refused", true, cards.Post{User: "U0ANA"}, true, 2, "home not drawn again"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			o := newOwed(t, w)
			log := &safeBuffer{}
			o.effects.Homes = &chat.Homes{Client: w.client, Draw: &drawer{}, Log: slog.New(slog.NewTextHandler(log, nil))}
			if tt.opened {
				if err := o.effects.Homes.Open(t.Context(), "U0ANA"); err != nil {
					t.Fatal(err)
				}
			}
			if tt.refuse {
				w.answers("views.publish", `{"ok":false,"error":"internal_error"}`, 1)
			}
			o.render.post = tt.to
			o.render.post.Message = says("now")
			o.owe(outbox.SlackCard, own)
			if next := o.once(); !next.IsZero() {
				t.Errorf("the card is still owed")
			}
			published := w.Calls()["views.publish"]
			if tt.refuse {
				published++ // the refusal never reached the stand-in
			}
			if published != tt.want || !strings.Contains(log.String(), tt.log) {
				t.Errorf("%d homes published, want %d; log %s", published, tt.want, log)
			}
		})
	}
}

// Without anything to draw with, nothing is drawn and nothing fails.
func TestNoHomes(t *testing.T) {
	var h *chat.Homes
	for name, err := range map[string]error{
		"Open": h.Open(t.Context(), "U0ANA"), "Show": h.Show(t.Context(), access.Person{}, 0), "Refresh": h.Refresh(t.Context(), "U0ANA"),
	} {
		if err != nil {
			t.Errorf("%s() = %v", name, err)
		}
	}
}
