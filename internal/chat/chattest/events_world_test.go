package chattest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"latchkey/internal/chat/chattest"
)

func TestWhichEventsAreHeard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, kind string
		event      map[string]any
		spoil      func(*chattest.Options)
		want       int
	}{
		{name: "Public", kind: "member_joined_channel", event: map[string]any{"channel": "C-OPEN"}, want: 1},
		{name: "Private", kind: "member_joined_channel", event: map[string]any{"channel": "C-SHARED"}, want: 1},
		{name: "BotNotThere", kind: "member_joined_channel", event: map[string]any{"channel": "C-QUIET"}},
		{name: "NoChannel", kind: "member_joined_channel"},
		{name: "SharedElsewhere", kind: "channel_shared", event: map[string]any{"channel": "C-QUIET"}, want: 1},
		{name: "SharedInSecret", kind: "channel_shared", event: map[string]any{"channel": "C-SECRET"}},
		{name: "ChannelObject", kind: "channel_archive", event: map[string]any{"channel": map[string]any{"id": "C-OPEN"}}, want: 1},
		{name: "NewID", kind: "channel_id_changed", event: map[string]any{"old_channel_id": "G1", "new_channel_id": "C-OPEN"}, want: 1},
		{name: "User", kind: "user_change", event: map[string]any{"user": map[string]any{"id": "U-ANA"}}, want: 1},
		{name: "Unknown", kind: "reaction_added"},
		{name: "NoScope", kind: "user_change", spoil: func(o *chattest.Options) { o.Scopes = []string{"chat:write"} }},
		{name: "NoScopeForPrivate", kind: "member_joined_channel", event: map[string]any{"channel": "C-SHARED"},
			spoil: func(o *chattest.Options) { o.Scopes = []string{"channels:read"} }},
		{name: "NotSubscribed", kind: "app_uninstalled", spoil: func(o *chattest.Options) { o.Events = []string{"app_home_opened"} }},
		{name: "Uninstalled", kind: "app_uninstalled", want: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newEventApp(t, nil, tt.spoil)
			a.Happen(tt.kind, tt.event)
			a.settle()
			got := a.requests()
			if len(got) != tt.want {
				t.Fatalf("the app heard %d events, want %d", len(got), tt.want)
			}
			if tt.want == 1 {
				e := parse(t, string(got[0].body))
				same(t, "type", at(e, "event", "type"), tt.kind)
				same(t, "shared", e["is_ext_shared_channel"], tt.event["channel"] == "C-SHARED")
				if at(e, "event", "event_ts") == nil {
					t.Errorf("the event has no event_ts")
				}
			}
			if tt.event["type"] != nil {
				t.Errorf("the caller's event was changed")
			}
		})
	}
}

// What happens in the world is an event of its own kind, shared channels
// included.
func TestActsMakeEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		act  func(*eventApp) error
		want map[string]map[string]any // by type
	}{
		{"Join", func(a *eventApp) error { return a.Join("U-BO", "C-SHARED") }, map[string]map[string]any{
			"member_joined_channel": {"user": "U-BO", "channel": "C-SHARED", "channel_type": "G", "team": "T-OWN"},
		}},
		{"ExternalJoins", func(a *eventApp) error { return a.Join("U-DAN", "C-SHARED") }, map[string]map[string]any{
			"member_joined_channel": {"user": "U-DAN", "team": "T-CUST"},
		}},
		{"Leave", func(a *eventApp) error { return a.Leave("U-CARLA", "C-SHARED") }, map[string]map[string]any{
			"member_left_channel": {"user": "U-CARLA", "channel": "C-SHARED"},
		}},
		{"BotLeaves", func(a *eventApp) error { return a.Leave("U-BOT", "C-OPEN") }, map[string]map[string]any{
			"member_left_channel": {"user": "U-BOT", "channel": "C-OPEN", "channel_type": "C"},
		}},
		{"Share", func(a *eventApp) error {
			a.AddChannel(chattest.Channel{ID: "G-NEW", Name: "new", Host: "T-OWN", Members: []string{"U-BOT", "U-ANA"}, Private: true})
			c, err := a.Share("G-NEW", "T-CUST")
			if err != nil {
				return err
			}
			return a.Accept(c.ID, "T-CUST")
		}, map[string]map[string]any{
			"channel_id_changed": {"old_channel_id": "G-NEW", "new_channel_id": "C-NEW"},
			"channel_shared":     {"channel": "C-NEW", "connected_team_id": "T-CUST"},
		}},
		{"Disconnect", func(a *eventApp) error { return a.Disconnect("C-SHARED", "T-CUST") }, map[string]map[string]any{
			"channel_unshared": {"channel": "C-SHARED", "previously_connected_team_id": "T-CUST", "is_ext_shared": false},
		}},
		{"Archive", func(a *eventApp) error { return a.Archive("U-ANA", "C-OPEN") }, map[string]map[string]any{
			"channel_archive": {"channel": "C-OPEN", "user": "U-ANA"},
		}},
		{"Deactivate", func(a *eventApp) error { return a.Deactivate("U-BO") }, map[string]map[string]any{"user_change": {}}},
		{"Uninstall", func(a *eventApp) error { a.Uninstall(); return nil }, map[string]map[string]any{"app_uninstalled": {}}},
		{"Revoke", func(a *eventApp) error { a.RevokeToken(); return nil }, map[string]map[string]any{"tokens_revoked": {}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newEventApp(t, nil, nil)
			if err := tt.act(a); err != nil {
				t.Fatal(err)
			}
			a.settle()
			got := a.requests()
			if len(got) != len(tt.want) {
				t.Errorf("%d events, want %d", len(got), len(tt.want))
			}
			for _, r := range got {
				e, _ := parse(t, string(r.body))["event"].(map[string]any)
				want, ok := tt.want[fmt.Sprint(e["type"])]
				if !ok {
					t.Errorf("an event of type %v", e["type"])
				}
				for field, v := range want {
					same(t, field, e[field], v)
				}
			}
		})
	}
}

func TestMessageEvents(t *testing.T) {
	t.Parallel()
	a := newEventApp(t, nil, nil)
	if _, err := a.Say("U-CARLA", "C-SHARED", "hello"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Say("U-ANA", "C-QUIET", "not for the bot"); err != nil {
		t.Fatal(err)
	}
	a.must("chat.postEphemeral", "channel", "C-OPEN", "user", "U-ANA", "text", "not an event")
	a.settle()
	got := a.requests()
	if len(got) != 1 {
		t.Fatalf("the app heard %d events, want 1", len(got))
	}
	e := parse(t, string(got[0].body))
	for field, want := range map[string]string{
		"type": "message", "channel": "C-SHARED", "channel_type": "group", "text": "hello", "user": "U-CARLA", "user_team": "T-CUST",
	} {
		same(t, field, at(e, "event", field), want)
	}
	same(t, "is_ext_shared_channel", e["is_ext_shared_channel"], true)
	a.must("chat.postMessage", "channel", "C-OPEN", "text", "own")
	a.settle()
	e = parse(t, string(a.requests()[1].body))
	same(t, "bot", at(e, "event", "bot_id"), chattest.BotID)
}

func TestVerifyEvents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, content, form string
		status              int
		want                error
	}{
		{"Plain", "text/plain", "%s", 200, nil},
		{"JSON", "application/json", `{"challenge":%q}`, 200, nil},
		{"Form", "application/x-www-form-urlencoded", "challenge=%s", 200, nil},
		{"Other", "text/plain", "no%s", 200, chattest.ErrChallenge},
		{"OtherJSON", "application/json", `["%s"]`, 200, chattest.ErrChallenge},
		{"Refused", "text/plain", "%s", 401, chattest.ErrChallenge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var a *eventApp
			a = newEventApp(t, func(n int, w http.ResponseWriter, _ *http.Request) {
				var body struct{ Type, Challenge string }
				if err := json.Unmarshal(a.requests()[n].body, &body); err != nil || body.Type != "url_verification" {
					t.Errorf("got %+v, %v", body, err)
				}
				w.Header().Set("Content-Type", tt.content)
				w.WriteHeader(tt.status)
				fmt.Fprintf(w, tt.form, body.Challenge)
			}, nil)
			if _, err := a.VerifyEvents(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("VerifyEvents = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestDeliveriesAreRemembered(t *testing.T) {
	t.Parallel()
	const kept = 256
	seen := 0
	w := newWorld(t, func(o *chattest.Options) { o.ObserveDelivery = func(chattest.Delivery) { seen++ } })
	for range kept + 3 {
		if _, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil {
			t.Fatal(err)
		}
	}
	got := w.Deliveries()
	if len(got) != kept || seen != kept+3 || got[0].Type != "slash_commands" || got[0].Status != http.StatusOK {
		t.Errorf("%d kept of %d, the first %+v", len(got), seen, got[0])
	}
}
