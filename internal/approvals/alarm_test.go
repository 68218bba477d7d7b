package approvals_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// withKim makes Kim a contact who is not in Slack and has never signed in.
func (w *world) withKim(t testing.TB) {
	t.Helper()
	w.Mails = true
	w.put(t, func(tx state.Tx) error {
		return state.PutContact(tx, access.Contact{Person: access.Person{Name: "kim@contoso.com", Mail: "kim@contoso.com"}, Customer: contoso, LinkedAt: start})
	})
}

var noChannel = strings.Replace(glassPolicy, "    slack: {team: T0CONTOSO, channel: C0CONTOSO}\n", "", 1)

// alarms lists what is owed because of break-glass but for cards: mails with their lanes,
// what the operators hear, and who is written to in person.
func (w *world) alarms(t *testing.T) (out []string) {
	t.Helper()
	for _, e := range w.pending(t) {
		switch p, _ := outbox.Payload[outbox.NoticePayload](e); {
		case e.Kind == outbox.GraphAlarm:
			l, err := outbox.Payload[outbox.LetterPayload](e)
			if err != nil || strings.Contains(e.ID+e.Lane, "@") {
				t.Errorf("%s in %s: %v", e.ID, e.Lane, err)
			}
			lane, _, _ := strings.Cut(e.Lane, "/mail/")
			out = append(out, string(l.Occasion)+" "+l.To+" in "+lane)
		case e.Kind == outbox.SlackNotice && p.Notice == outbox.NoticeBreakGlass:
			out = append(out, "person "+string(p.User))
		case e.Kind == outbox.SlackNotice && p.Notice == outbox.NoticeTrouble:
			out = append(out, "operators: "+p.Text)
		}
	}
	return out
}

// TestAlarmByMail holds who hears of break-glass, by what way, where a customer has a
// channel and where it has none.
func TestAlarmByMail(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		policy  string
		mail    bool
		want    []string
		unheard bool
	}{
		{"Channel", glassPolicy, false, nil, false},
		{"ChannelAndMail", glassPolicy, true, []string{"alarm kim@contoso.com in R-00002"}, false},
		{"MailAlone", noChannel, true, []string{"alarm kim@contoso.com in R-00002", "person U0CAROL"}, false},
		{"Neither", noChannel, false, []string{"operators: BREAK-GLASS: Contoso cannot be told of the access that Ana Ito took without its approval: it has no Slack channel, and no contact who is written to by mail. CALL THEM NOW.", "person U0CAROL"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := glassWorld(t)
			if row.mail {
				w.withKim(t)
			}
			id := w.asked(t)
			w.drain(t)
			w.rules(t, row.policy)
			if err := w.breaks(t, ana, id); err != nil {
				t.Fatal(err)
			}
			got := slices.DeleteFunc(w.alarms(t), func(s string) bool { return s == "person "+string(cem.User) || s == "person U0CY" })
			slices.Sort(got)
			if fmt.Sprint(got) != fmt.Sprint(row.want) {
				t.Errorf("owed %q, want %q", got, row.want)
			}
			if unheard := !w.review(t, id).UnheardAt.IsZero(); unheard != row.unheard {
				t.Errorf("unheard: %t", unheard)
			}
			w.drain(t)
			if got := w.letters(t); len(got) > 0 {
				t.Errorf("in force, and mailed again: %v", got)
			}
		})
	}
}

// TestAlarmTrouble holds when the operators hear that the mail does not get through.
func TestAlarmTrouble(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		policy  string
		cause   error
		heard   []int
		unheard bool
	}{
		{"NobodyMendsIt", noChannel, access.Refuse(access.Forbidden, "Latchkey is not allowed to send a mail."), []int{1, 5, 10}, true},
		{"Busy", noChannel, access.Refuse(access.Unavailable, "Microsoft Graph is busy."), []int{5, 10}, true},
		{"WithAChannel", glassPolicy, errNet, []int{5, 10}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := glassWorld(t)
			w.withKim(t)
			id := w.broken(t)
			w.rules(t, row.policy)
			w.drain(t)
			retrying := w.Outcomes()[outbox.GraphAlarm].Retrying
			payload := []byte(fmt.Sprintf(`{"Occasion":"alarm","To":"kim@contoso.com","Customer":%q,"Request":%q}`, contoso, id))
			var heard []int
			for n := 1; n <= 12; n++ {
				w.put(t, func(tx state.Tx) error {
					return retrying(tx, outbox.Effect{ID: "x", Lane: "x", Kind: outbox.GraphAlarm, Payload: payload, Attempts: n, Heard: n - 1}, outbox.RetryAfter(row.cause, time.Minute))
				})
				for _, said := range w.alarms(t) {
					if !strings.Contains(said, "kim@contoso.com of Contoso has not been told by mail") || !strings.Contains(said, "CALL THEM NOW") {
						t.Errorf("try %d: %s", n, said)
					}
					heard = append(heard, n)
				}
				w.drain(t)
			}
			if fmt.Sprint(heard) != fmt.Sprint(row.heard) || w.review(t, id).UnheardAt.IsZero() == row.unheard {
				t.Errorf("heard at %v, want %v; the review is %+v", heard, row.heard, w.review(t, id))
			}
		})
	}
}

// TestSignedInEnds has a contact who is not in Slack end what was taken, and say that it
// was not all right; nobody else may.
func TestSignedInEnds(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	w.withKim(t)
	kim := signIn("kim")
	if _, err := w.Arrived(t.Context(), kim); err != nil {
		t.Fatal(err)
	}
	id := w.broken(t)
	w.drain(t)
	v, err := w.Signed(t.Context(), kim, id)
	if err != nil || !v.MayEnd || !v.MayObject || v.MayNot == nil {
		t.Fatalf("Kim sees %+v, %v", v, err)
	}
	lou, elsewhere := signIn("lou"), kim
	elsewhere.Account.Tenant = adatum
	noRole := kim
	noRole.Roles = nil
	for says, who := range map[string]access.SignIn{"role alone": lou, "another organisation": elsewhere, "which roles you hold": noRole} {
		code := access.Forbidden
		if who.Roles == nil {
			code = access.Unavailable
		}
		w.refuses(t, code, says, func() error {
			_, err := w.RevokeSigned(t.Context(), who, id, "")
			return err
		})
		w.refuses(t, code, says, func() error {
			_, err := w.ObjectSigned(t.Context(), who, id, "no")
			return err
		})
	}
	if _, err := w.ObjectSigned(t.Context(), kim, id, "nobody called"); err != nil {
		t.Errorf("Kim cannot object: %v", err)
	}
	if o := w.review(t, id).Objections; len(o) != 1 || o[0].By.Entra != kim.Account || !o[0].Contact {
		t.Errorf("objected: %+v", o)
	}
	w.refuses(t, access.Conflict, "already said", func() error {
		_, err := w.ObjectSigned(t.Context(), kim, id, "again")
		return err
	})
	if _, err := w.RevokeSigned(t.Context(), kim, id, "we are back"); err != nil {
		t.Errorf("Kim cannot end it: %v", err)
	}
	w.drain(t)
	if g := w.grant(t, id); g.State != access.Ended || g.EndedBy.Entra != kim.Account {
		t.Errorf("ended: %+v", g)
	}
	if v, err := w.Signed(t.Context(), kim, id); err != nil || v.MayEnd || v.MayObject {
		t.Errorf("then Kim sees %+v, %v", v, err)
	}
	for _, e := range w.events(t) {
		if strings.Contains(e.Actor.Mail, "@") {
			t.Errorf("the log has an address: %+v", e)
		}
	}
}
