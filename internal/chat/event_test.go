package chat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// fickle is a store that may refuse to write.
type fickle struct {
	*statetest.MemoryStore
	down bool
}

func (s *fickle) Update(ctx context.Context, fn func(state.Tx) error) error {
	if s.down {
		return errors.New("the disk is full")
	}
	return s.MemoryStore.Update(ctx, fn)
}

// lobby is a desk that takes events, too.
type lobby struct {
	*desk
	world *world
	store *fickle
	draws *drawer
}

func newLobby(w *world, r *router) *lobby {
	l := &lobby{desk: newDesk(w, r), world: w, store: &fickle{MemoryStore: statetest.Memory()}, draws: &drawer{}}
	d := l.Dispatcher
	d.Homes = &chat.Homes{Client: w.client, Draw: l.draws, Log: slog.New(slog.NewTextHandler(l.log, nil))}
	d.Store, d.Now = l.store, time.Now
	return l
}

func (l *lobby) published() int { return l.world.Calls()["views.publish"] }

// happened is an event as Slack delivers it.
func happened(id, inner string) string {
	return fmt.Sprintf(`{"type":"event_callback","team_id":"T1","api_app_id":"A1","event_id":%q,"event_time":1,"event":%s,`+
		`"authorizations":[{"team_id":"T1","user_id":"U0BOT","is_bot":true}]}`, id, inner)
}

func opened(id, user string) string {
	return happened(id, fmt.Sprintf(`{"type":"app_home_opened","user":%q,"channel":"D1","tab":"home","event_ts":"1.2"}`, user))
}

func TestEvent(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       int
		answer     string
		publishes  int
	}{
		{"HomeOpened", opened("Ev1", "U0ANA"), 200, "", 1},
		{"HomeOpenedByACustomer", opened("Ev1", "U0CARLA"), 200, "", 1},
		{"HomeOpenedByNobody", opened("Ev1", "U0NOBODY"), 200, "", 0},
		{"HomeOpenedBefore", happened("Ev1", `{"type":"app_home_opened","user":"U0ANA","tab":"home","view":{"id":"V1","blocks":[{"type":"hologram"}]}}`), 200, "", 1},
		{"MessagesOpened", happened("Ev1", `{"type":"app_home_opened","user":"U0ANA","tab":"messages"}`), 200, "", 0},
		{"TabUnknown", happened("Ev1", `{"type":"app_home_opened","user":"U0ANA"}`), 200, "", 0},
		{"UserIsAnObject", happened("Ev1", `{"type":"app_home_opened","user":{"id":"U0ANA"},"tab":"home"}`), 400, "", 0},
		{"UserIsNoId", opened("Ev1", "../U0ANA"), 400, "", 0},
		{"UserIsMissing", happened("Ev1", `{"type":"app_home_opened","tab":"home"}`), 400, "", 0},
		{"KindNotHandled", happened("Ev1", `{"type":"user_change","user":{"id":"U0ANA"}}`), 200, "", 0},
		{"KindMissing", happened("Ev1", `{}`), 200, "", 0},
		{"KindIsANumber", happened("Ev1", `{"type":7}`), 400, "", 0},
		{"EventIsAList", happened("Ev1", `[]`), 400, "", 0},
		{"EventIsMissing", `{"type":"event_callback","event_id":"Ev1"}`, 400, "", 0},
		{"NoID", opened("", "U0ANA"), 400, "", 0},
		{"IDIsANumber", `{"type":"event_callback","event_id":1,"event":{}}`, 400, "", 0},
		{"RateLimited", `{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1}`, 200, "", 0},
		{"TypeMissing", `{}`, 200, "", 0},
		{"Verification", `{"type":"url_verification","token":"x","challenge":"<3eZbrw>"}`, 200, "{\"challenge\":\"\\u003c3eZbrw\\u003e\"}", 0},
		{"VerificationOfNothing", `{"type":"url_verification"}`, 400, "", 0},
		{"NoJSON", `payload=%7B%7D`, 400, "", 0},
		{"Empty", ``, 400, "", 0},
		{"Null", `null`, 200, "", 0},
		{"JSONOfAnotherKind", `[1]`, 400, "", 0},
		{"Trailing", opened("Ev1", "U0ANA") + "{}", 400, "", 0},
		{"OverTheLimit", opened("Ev1", "U0ANA") + strings.Repeat(" ", 1<<20), 413, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLobby(newWorld(t), &router{})
			res := l.post(chat.PathEvents, tt.body)
			if res.Code != tt.want || l.published() != tt.publishes {
				t.Errorf("answer %d %q and %d homes published, want %d and %d; log %s", res.Code, res.Body, l.published(), tt.want, tt.publishes, l.log)
			}
			if got := res.Body.String(); tt.want == 200 && got != tt.answer {
				t.Errorf("answer %q, want %q", got, tt.answer)
			}
		})
	}
}

// What is not signed gets no answer that could be used: no challenge, no event.
func TestEventNotSigned(t *testing.T) {
	const verification = `{"type":"url_verification","challenge":"3eZbrw"}`
	now := time.Now()
	for _, tt := range []struct {
		name string
		r    *http.Request
	}{
		{"WrongSecret", signed(chat.PathEvents, opened("Ev1", "U0ANA"), "another", now)},
		{"TooOld", signed(chat.PathEvents, opened("Ev1", "U0ANA"), secret, now.Add(-6*time.Minute))},
		{"Challenge", signed(chat.PathEvents, verification, "another", now)},
		{"OldChallenge", signed(chat.PathEvents, verification, secret, now.Add(-6*time.Minute))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLobby(newWorld(t), &router{})
			forged := ""
			l.Forged = func(_ context.Context, path string, _ int) { forged = path }
			res := l.send(tt.r)
			if res.Code != 401 || strings.Contains(res.Body.String(), "3eZbrw") || l.published() != 0 {
				t.Errorf("answer %d %q, %d published; want 401 and nothing", res.Code, res.Body, l.published())
			}
			if forged != chat.PathEvents {
				t.Errorf("reported as forged at %q", forged)
			}
		})
	}
}

// Slack repeats an event whose answer was lost, with the same id.
func TestEventRepeated(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	for i, tt := range []struct {
		body string
		want int
	}{{opened("Ev1", "U0ANA"), 1}, {opened("Ev1", "U0ANA"), 1}, {opened("Ev2", "U0ANA"), 2}, {opened("Ev1", "U0ANA"), 2}} {
		if res := l.post(chat.PathEvents, tt.body); res.Code != 200 || l.published() != tt.want {
			t.Errorf("delivery %d: answer %d, %d published; want 200 and %d", i, res.Code, l.published(), tt.want)
		}
	}
}

// An event that the store did not take is asked for again.
func TestEventNotRecorded(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	l.store.down = true
	if res := l.post(chat.PathEvents, opened("Ev1", "U0ANA")); res.Code != 503 || l.published() != 0 {
		t.Errorf("answer %d, %d published; want 503 and 0", res.Code, l.published())
	}
	if got := l.log.String(); !strings.Contains(got, `"event not recorded"`) || !strings.Contains(got, "disk is full") {
		t.Errorf("log %q", got)
	}
	l.store.down = false
	if res := l.post(chat.PathEvents, opened("Ev1", "U0ANA")); res.Code != 200 || l.published() != 1 {
		t.Errorf("the repeat: answer %d, %d published; want 200 and 1", res.Code, l.published())
	}
}

// The operators hear that Slack tells less than there is.
func TestEventsHeldBack(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	res := l.post(chat.PathEvents, `{"type":"app_rate_limited","team_id":"T1","minute_rate_limited":1518467820,"api_app_id":"A1"}`)
	if res.Code != 200 || !strings.Contains(l.log.String(), "slack holds events back") {
		t.Errorf("answer %d, log %s", res.Code, l.log)
	}
}

// What one person did, and what happened once, is known again whichever way it comes: a
// bot that was moved from HTTP to Socket Mode, or back, has the same store.
func TestDeliveriesAreKnownOverBothWays(t *testing.T) {
	w := newWorld(t)
	l := newLobby(w, &router{})
	f := newFar(t)
	f.runWith(l.Dispatcher, l.log)
	conn := f.greeted()
	keys := func(path, body, kind, over string) (string, string) {
		t.Helper()
		if res := l.post(path, body); res.Code != 200 {
			t.Fatalf("answer %d %q", res.Code, res.Body)
		}
		key := l.router.last().Origin.Delivery
		f.deliver(conn, "e-"+kind+path+over[:30], kind, over)
		f.receive(conn)
		return key, l.router.last().Origin.Delivery
	}
	for what, pair := range map[string][2]string{
		"a command": {slashForm("mine").Encode(), typed}, "a click": {payload(click("")), click("")}, "a form": {payload(submission("U0ANA", "T1")), submission("U0ANA", "T1")},
	} {
		path, kind := chat.PathInteractions, "interactive"
		if what == "a command" {
			path, kind = chat.PathCommands, "slash_commands"
		}
		if one, other := keys(path, pair[0], kind, pair[1]); one == "" || one != other {
			t.Errorf("%s has the keys %q and %q, want the same", what, one, other)
		}
	}
	l.post(chat.PathEvents, opened("Ev1", "U0ANA"))
	f.deliver(conn, "e9", "events_api", opened("Ev1", "U0ANA"))
	f.receive(conn)
	l.Dispatcher.Wait()
	if got := l.published(); got != 1 {
		t.Errorf("an event was taken %d times, want once", got)
	}
}

// The operators hear once that the bot has lost Slack.
func TestTokensGone(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	for _, body := range []string{
		happened("Ev1", `{"type":"tokens_revoked","tokens":{"oauth":[],"bot":["U0BOT"]}}`),
		happened("Ev1", `{"type":"tokens_revoked","tokens":{"oauth":[],"bot":["U0BOT"]}}`),
		happened("Ev2", `{"type":"app_uninstalled"}`),
	} {
		if res := l.post(chat.PathEvents, body); res.Code != 200 {
			t.Errorf("answer %d, want 200", res.Code)
		}
	}
	log := l.log.String()
	for _, kind := range []string{"tokens_revoked", "app_uninstalled"} {
		if got := strings.Count(log, `level=WARN msg="slack took the app's tokens away" type=`+kind); got != 1 {
			t.Errorf("%s is logged %d times, want once:\n%s", kind, got, log)
		}
	}
}

// A dispatcher that was given nothing to draw with acknowledges what it hears.
func TestEventsWithoutHomes(t *testing.T) {
	w := newWorld(t)
	if res := newDesk(w, &router{}).post(chat.PathEvents, opened("Ev1", "U0ANA")); res.Code != 200 || w.Calls()["views.publish"] != 0 {
		t.Errorf("answer %d, want 200 and nothing published", res.Code)
	}
}

// Who is no full, active member any more loses what they had before Slack is answered;
// what could not be taken is told again. Of all other changes nothing follows.
func TestUserChanged(t *testing.T) {
	w := newWorld(t)
	l := newLobby(w, &router{})
	var left []string
	var fails error
	l.Dispatcher.MailIs = func(_ context.Context, p access.Person, mail string) error {
		if fails == nil {
			left = append(left, string(p.Team)+"/"+string(p.User)+" is "+mail)
		}
		return fails
	}
	l.Dispatcher.Left = func(_ context.Context, p access.Person) error {
		if fails == nil {
			left = append(left, string(p.Team)+"/"+string(p.User))
		}
		return fails
	}
	for i, row := range []struct {
		user string
		code int
		left string
	}{
		{`{"id":"U0ANA","team_id":"T1"}`, 200, ""},
		{`{"id":"U0ANA","team_id":"T1","deleted":true}`, 200, "T1/U0ANA"},
		{`{"id":"U0ANA","team_id":"T1","profile":{"email":"ana@new.example"}}`, 200, "T1/U0ANA is ana@new.example"},
		{`{"id":"U0ANA","team_id":"T1","profile":{"email":""}}`, 200, ""},
		{`{"id":"U0ANA","team_id":"T1","profile":{"email":7}}`, 200, ""},
		{`{"id":"U0ANA","team_id":"T1","profile":[]}`, 200, ""},
		{`{"id":"U0ANA","team_id":"T1","deleted":true,"profile":{"email":7}}`, 200, "T1/U0ANA"},
		{`{"id":"U0ANA","team_id":"T1","deleted":true,"profile":{"email":"ana@new.example"}}`, 200, "T1/U0ANA"},
		{`{"id":"U0ANA","team_id":"T1","is_restricted":true}`, 200, "T1/U0ANA"},
		{`{"id":"U0ANA","team_id":"T1","is_ultra_restricted":true}`, 200, "T1/U0ANA"},
		{`{"id":"U0CARLA","team_id":"T2","is_bot":true}`, 200, "T2/U0CARLA"},
		{`{"id":"<!here>","team_id":"T1","deleted":true}`, 400, ""},
		{`[]`, 400, ""},
	} {
		left = nil
		res := l.post(chat.PathEvents, happened(fmt.Sprint("Ev", i), `{"type":"user_change","user":`+row.user+`}`))
		if got := strings.Join(left, " "); res.Code != row.code || got != row.left {
			t.Errorf("%s: answer %d, left %q; want %d, %q", row.user, res.Code, got, row.code, row.left)
		}
	}
	left, fails = nil, errors.New("disk is full")
	gone := happened("Ev9", `{"type":"user_change","user":{"id":"U0ANA","team_id":"T1","deleted":true}}`)
	if res := l.post(chat.PathEvents, gone); res.Code != 503 || !strings.Contains(l.log.String(), "who left still has what they had") {
		t.Errorf("answer %d, want 503; log %s", res.Code, l.log.String())
	}
	fails = nil
	if res := l.post(chat.PathEvents, gone); res.Code != 200 || len(left) != 1 {
		t.Errorf("the repeat: answer %d, left %q", res.Code, left)
	}
}

// A channel that has another id now is followed before Slack is answered; what could not
// be is told again.
func TestChannelIDChanged(t *testing.T) {
	l := newLobby(newWorld(t), &router{})
	var moved string
	var fails error
	l.Dispatcher.Moved = func(_ context.Context, from, to access.ChannelID) error {
		moved = string(from) + " to " + string(to)
		return fails
	}
	for i, row := range []struct {
		from, to string
		code     int
		moved    string
	}{
		{`"G0SHARED"`, `"C0SHARED"`, 200, "G0SHARED to C0SHARED"},
		{`"C0SHARED"`, `"C0FROZEN"`, 200, "C0SHARED to C0FROZEN"},
		{`"G0SHARED"`, `""`, 400, ""},
		{`"D0SHARED"`, `"C0SHARED"`, 400, ""},
		{`"<!here>"`, `"C0SHARED"`, 400, ""},
		{`"G0SHARED"`, `"C0SHARED/../x"`, 400, ""},
		{`"G0SHARED"`, `7`, 400, ""},
		{`null`, `null`, 400, ""},
	} {
		moved = ""
		res := l.post(chat.PathEvents, happened(fmt.Sprint("Ev", i), `{"type":"channel_id_changed","old_channel_id":`+row.from+`,"new_channel_id":`+row.to+`}`))
		if res.Code != row.code || moved != row.moved {
			t.Errorf("%s to %s: answer %d, moved %q; want %d, %q", row.from, row.to, res.Code, moved, row.code, row.moved)
		}
	}
	fails = errors.New("disk is full")
	if res := l.post(chat.PathEvents, happened("Ev9", `{"type":"channel_id_changed","old_channel_id":"G0SHARED","new_channel_id":"C0SHARED"}`)); res.Code != 503 || !strings.Contains(l.log.String(), "a channel with another id is not followed") {
		t.Errorf("answer %d, want 503; log %s", res.Code, l.log)
	}
}

// Over the socket an event is the same, and one that was not recorded gets no
// acknowledgement.
func TestSocketEvents(t *testing.T) {
	f := newFar(t)
	w := newWorld(t)
	l := newLobby(w, &router{})
	f.runWith(l.Dispatcher, l.log)
	conn := f.greeted()
	f.deliver(conn, "e1", "events_api", opened("Ev1", "U0ANA"))
	if got, want := f.receive(conn), `{"envelope_id":"e1"}`; got != want {
		t.Errorf("acknowledged with %s, want %s", got, want)
	}
	f.deliver(conn, "e2", "events_api", opened("Ev1", "U0ANA"))
	f.receive(conn)
	l.Dispatcher.Wait()
	if got := l.published(); got != 1 {
		t.Errorf("%d homes published, want 1", got)
	}
	f.deliver(conn, "e3", "events_api", `{"type":"event_callback","event":[]}`)
	f.deliver(conn, "e4", "events_api", happened("Ev4", `{"type":"team_rename"}`))
	if got, want := f.receive(conn), `{"envelope_id":"e4"}`; got != want {
		t.Errorf("acknowledged with %s, want %s alone", got, want)
	}
}

func TestSocketEventNotRecorded(t *testing.T) {
	f := newFar(t)
	l := newLobby(newWorld(t), &router{})
	l.store.down = true
	f.runWith(l.Dispatcher, l.log)
	conn := f.greeted()
	f.deliver(conn, "e1", "events_api", opened("Ev1", "U0ANA"))
	f.deliver(conn, "e2", "events_api", happened("Ev2", `{"type":"team_rename"}`))
	if got, want := f.receive(conn), `{"envelope_id":"e2"}`; got != want {
		t.Errorf("acknowledged with %s, want %s alone", got, want)
	}
}

func TestEventTypes(t *testing.T) {
	if got, want := fmt.Sprint(chat.EventTypes()), "[app_home_opened app_uninstalled channel_id_changed tokens_revoked user_change]"; got != want {
		t.Errorf("EventTypes() = %s, want %s", got, want)
	}
}
