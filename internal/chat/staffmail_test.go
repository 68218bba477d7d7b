package chat_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/outbox"
)

func zoe() outbox.MailPayload {
	return outbox.MailPayload{Person: access.Person{Team: "T1", User: "U0ZOE", Name: "zoe"}}
}

// mailing is a world with Zoe in it, of whom Slack tells the address.
func mailing(t *testing.T, change func(*chattest.User)) *owed {
	t.Helper()
	o := newOwed(t, newWorld(t))
	o.Grant("users:read.email")
	u := chattest.User{ID: "U0ZOE", Team: "T1", Name: "zoe", RealName: "Zoe New", Email: "Zoe@Fabrikam.example"}
	if change != nil {
		change(&u)
	}
	o.AddUser(u)
	return o
}

func mailEffect(t *testing.T, p any) outbox.Effect {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return outbox.Effect{ID: "x", Kind: outbox.SlackMail, Payload: raw, Term: 1}
}

func TestStaffMail(t *testing.T) {
	o := mailing(t, nil)
	raw, err := o.effects.StaffMail(t.Context(), mailEffect(t, zoe()))
	if err != nil {
		t.Fatal(err)
	}
	var got outbox.MailResult
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	if want := (access.Person{Team: "T1", User: "U0ZOE", Name: "Zoe New", Mail: "zoe@fabrikam.example"}); got.Person != want {
		t.Errorf("found %+v, want %+v", got.Person, want)
	}
}

func TestStaffMailRefused(t *testing.T) {
	for _, row := range []struct {
		name   string
		who    access.UserID
		change func(*chattest.User)
		answer string // of users.info, when not the world's own
		says   string
	}{
		{"Unknown", "U0GHOST", nil, "", "Slack does not know you"},
		{"NotVisible", "U0ZOE", nil, `{"ok":false,"error":"user_not_visible"}`, "Slack does not know you"},
		{"OfACustomer", "U0CARLA", nil, "", "another Slack workspace than the bot"},
		{"TeamUnknown", "U0ZOE", nil, `{"ok":true,"user":{"id":"U0ZOE","is_email_confirmed":true,"profile":{"email":"zoe@fabrikam.example"}}}`, "another Slack workspace"},
		{"Deactivated", "U0ZOE", func(u *chattest.User) { u.Deleted = true }, "", "no full member"},
		{"Bot", "U0ZOE", func(u *chattest.User) { u.Bot = true }, "", "no full member"},
		{"Guest", "U0ZOE", func(u *chattest.User) { u.Restricted = true }, "", "no full member"},
		{"SingleChannelGuest", "U0ZOE", func(u *chattest.User) { u.UltraRestricted = true }, "", "no full member"},
		{"NotConfirmed", "U0ZOE", func(u *chattest.User) { u.Unconfirmed = true }, "", "is not confirmed"},
		{"ConfirmationNotTold", "U0ZOE", nil, `{"ok":true,"user":{"id":"U0ZOE","team_id":"T1","profile":{"email":"zoe@fabrikam.example"}}}`, "is not confirmed"},
		{"NoAddress", "U0ZOE", func(u *chattest.User) { u.Email = "" }, "", "Slack shows no e-mail address of yours"},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := mailing(t, row.change)
			if row.answer != "" {
				o.answers("users.info", row.answer, -1)
			}
			p := zoe()
			p.Person.User = row.who
			_, err := o.effects.StaffMail(t.Context(), mailEffect(t, p))
			refusal, ok := errors.AsType[*access.Error](err)
			if !ok || !outbox.IsPermanent(err) || refusal.Code != access.Forbidden || !strings.Contains(refusal.Message, row.says) {
				t.Errorf("error %v, want a refusal for good with %q", err, row.says)
			}
		})
	}
	t.Run("NoScope", func(t *testing.T) {
		o := newOwed(t, newWorld(t))
		o.AddUser(chattest.User{ID: "U0ZOE", Team: "T1", Name: "zoe", Email: "zoe@fabrikam.example"})
		_, err := o.effects.StaffMail(t.Context(), mailEffect(t, zoe()))
		if !outbox.IsPermanent(err) || !strings.Contains(err.Error(), "has to add the bot scope users:read.email") {
			t.Errorf("error %v, want one that names the scope", err)
		}
		o.answers("auth.test", `{"ok":false,"error":"internal_error"}`, 1)
		if _, err := o.effects.StaffMail(t.Context(), mailEffect(t, zoe())); err == nil || outbox.IsPermanent(err) {
			t.Errorf("error %v, want one to try again after", err)
		}
	})
}

// TestStaffMailFaults holds that what Slack cannot tell now is no refusal, and that a
// look-up that was done and whose result was lost is done again.
func TestStaffMailFaults(t *testing.T) {
	for _, row := range []struct {
		name string
		f    chattest.Fault
	}{
		{"Failed", chattest.Fault{Error: "internal_error"}},
		{"Unavailable", chattest.Fault{Status: 503}},
		{"Throttled", chattest.Fault{RetryAfter: 30}},
		{"LostBefore", chattest.Fault{Drop: chattest.DropBefore}},
		{"LostAfter", chattest.Fault{Drop: chattest.DropAfter}},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := mailing(t, nil)
			row.f.On, row.f.Times = "users.info", 1
			if err := o.AddFault(row.f); err != nil {
				t.Fatal(err)
			}
			o.owe(outbox.SlackMail, zoe())
			o.settle()
			if got := o.Calls()["users.info"]; got != 2 || len(o.dead()) > 0 {
				t.Errorf("asked %d times, gave up on %v", got, o.dead())
			}
		})
	}
	t.Run("Crashed", func(t *testing.T) {
		o := mailing(t, nil)
		o.crashes = 1
		o.owe(outbox.SlackMail, zoe())
		o.settle()
		if got := o.Calls()["users.info"]; got != 2 || len(o.dead()) > 0 {
			t.Errorf("asked %d times, gave up on %v", got, o.dead())
		}
	})
	t.Run("BeforeTheBotKnowsItself", func(t *testing.T) {
		o := newOwed(t, anonymous(t))
		if _, err := o.effects.StaffMail(t.Context(), mailEffect(t, zoe())); err == nil || outbox.IsPermanent(err) {
			t.Errorf("error %v, want one to try again after", err)
		}
	})
	t.Run("BrokenPayload", func(t *testing.T) {
		o := mailing(t, nil)
		if _, err := o.effects.StaffMail(t.Context(), mailEffect(t, "x")); !outbox.IsPermanent(err) {
			t.Errorf("error %v, want a permanent one", err)
		}
	})
}
