package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

func carla() outbox.ContactPayload {
	return outbox.ContactPayload{Customer: "tenant", Team: "T2", Channel: "C0SHARED", User: "U0CARLA"}
}

func contactEffect(t *testing.T, p any) outbox.Effect {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Effect{ID: "x", Kind: outbox.SlackContact, Payload: raw, Term: 1}
}

func TestContact(t *testing.T) {
	crowd := func(w *world) {
		members := []string{"U0BOT"}
		for i := range 450 {
			members = append(members, fmt.Sprintf("U0CROWD%d", i))
		}
		w.AddChannel(chattest.Channel{ID: "C0SHARED", Host: "T1", Connected: []string{"T1", "T2"}, Members: append(members, "U0CARLA")})
	}
	hostedByThem := func(w *world) {
		w.AddChannel(chattest.Channel{ID: "C0SHARED", Host: "T2", Connected: []string{"T2", "T1"}, Members: []string{"U0BOT", "U0CARLA"}})
	}
	mailed := func(w *world) {
		w.Grant("users:read.email")
		w.AddUser(chattest.User{ID: "U0MAIL", Team: "T2", Name: "mia", RealName: "Mia Mail", Email: "Mia@Mail.test", EmailShown: true})
		if err := w.Join("U0MAIL", "C0SHARED"); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name   string
		user   access.UserID
		change func(*world)
		want   string
	}{
		{"Good", "U0CARLA", nil, "Carla Weiss"},
		{"WithoutARealName", "U0PLAIN", nil, "plain"},
		{"OnALaterPage", "U0CARLA", crowd, "Carla Weiss"},
		{"WithAnAddress", "U0MAIL", mailed, "Mia Mail"},
		{"InTheirChannel", "U0CARLA", hostedByThem, "Carla Weiss"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			if tt.change != nil {
				tt.change(o.world)
			}
			p := carla()
			p.User = tt.user
			raw, err := o.effects.Contact(t.Context(), contactEffect(t, p))
			if err != nil {
				t.Fatal(err)
			}
			var got outbox.ContactResult
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			want := access.Person{Team: "T2", User: tt.user, Name: tt.want}
			if tt.user == "U0MAIL" {
				want.Mail = "mia@mail.test"
			}
			if got.Person != want {
				t.Errorf("found %+v, want %+v", got.Person, want)
			}
		})
	}
}

func TestContactRefused(t *testing.T) {
	change := func(f func(*outbox.ContactPayload)) outbox.ContactPayload {
		p := carla()
		f(&p)
		return p
	}
	in := func(c string) outbox.ContactPayload {
		return change(func(p *outbox.ContactPayload) { p.Channel = access.ChannelID(c) })
	}
	is := func(u string) outbox.ContactPayload {
		return change(func(p *outbox.ContactPayload) { p.User = access.UserID(u) })
	}
	guest := func(flag string) string {
		return `{"ok":true,"user":{"id":"U0CARLA","team_id":"T2","name":"carla","` + flag + `":true}}`
	}
	for _, tt := range []struct {
		name   string
		p      outbox.ContactPayload
		answer string // of users.info, when not the world's own
		says   string
	}{
		{"NoSuchChannel", in("C0NONE"), "", "is not there, or the bot is not in it"},
		{"OwnChannel", in("C0OWN"), "", "is not shared with its Slack workspace"},
		{"ChannelOfAnotherCustomer", in("C0OTHER"), "", "is not shared with its Slack workspace"},
		{"ChannelWithAThird", in("C0THREE"), "", "shared with another organisation as well"},
		{"NotInTheChannel", is("U0DAN"), "", "is not in the channel"},
		{"NotInTheChannelButOfAThird", is("U0EVE"), "", "is not in the channel"},
		{"Nobody", is(""), "", "is not in the channel"},
		{"Unknown", is("U0GHOST"), "", "Slack does not know that person"},
		{"NotVisible", carla(), `{"ok":false,"error":"user_not_visible"}`, "Slack does not know that person"},
		{"OurOwn", is("U0ANA"), "", "belongs to another Slack workspace"},
		{"TheBotItself", is("U0BOT"), "", "belongs to another Slack workspace"},
		{"TeamUnknown", carla(), `{"ok":true,"user":{"id":"U0CARLA"}}`, "belongs to another Slack workspace"},
		{"Deactivated", is("U0GONE"), "", "a bot or a deactivated account"},
		{"Bot", is("U0ROBOT"), "", "a bot or a deactivated account"},
		{"Guest", carla(), guest("is_restricted"), "is a guest"},
		{"SingleChannelGuest", carla(), guest("is_ultra_restricted"), "is a guest"},
		{"Stranger", carla(), guest("is_stranger"), "is a guest"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			if tt.answer != "" {
				o.answers("users.info", tt.answer, -1)
			}
			_, err := o.effects.Contact(t.Context(), contactEffect(t, tt.p))
			refusal, ok := errors.AsType[*access.Error](err)
			if !ok || !outbox.IsPermanent(err) || refusal.Code != access.Forbidden || !strings.Contains(refusal.Message, tt.says) {
				t.Errorf("error %v, want a refusal for good with %q", err, tt.says)
			}
		})
	}
}

// What Slack cannot tell now is no refusal.
func TestContactTriesAgain(t *testing.T) {
	for _, method := range []string{"conversations.info", "conversations.members", "users.info"} {
		t.Run(method, func(t *testing.T) {
			o := newOwed(t, newWorld(t))
			o.answers(method, `{"ok":false,"error":"internal_error"}`, 1)
			if _, err := o.effects.Contact(t.Context(), contactEffect(t, carla())); err == nil || outbox.IsPermanent(err) {
				t.Errorf("error %v, want one to try again after", err)
			}
			if _, err := o.effects.Contact(t.Context(), contactEffect(t, carla())); err != nil {
				t.Errorf("second try: %v", err)
			}
		})
	}
	t.Run("BeforeTheBotKnowsItself", func(t *testing.T) {
		o := newOwed(t, anonymous(t))
		if _, err := o.effects.Contact(t.Context(), contactEffect(t, carla())); err == nil || outbox.IsPermanent(err) {
			t.Errorf("error %v, want one to try again after", err)
		}
	})
	t.Run("BrokenPayload", func(t *testing.T) {
		o := newOwed(t, newWorld(t))
		if _, err := o.effects.Contact(t.Context(), contactEffect(t, "x")); !outbox.IsPermanent(err) {
			t.Errorf("error %v, want a permanent one", err)
		}
	})
}
