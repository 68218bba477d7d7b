package graph_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

// letters says one thing, or nothing.
type letters struct{ one outbox.Letter }

func (l letters) Letter(context.Context, outbox.LetterPayload) (outbox.Letter, error) {
	return l.one, nil
}

// mailing is a scene in which a mail is to be sent from the bot's mailbox.
func mailing(t *testing.T) (*scene, outbox.Effect) {
	t.Helper()
	s := newScene(t, func(o *graphtest.Options) {
		o.Permissions = append([]string{"Mail.Send", "Mail.ReadBasic.All"}, o.Permissions...)
	})
	s.ms.AddUser(graphtest.User{DisplayName: "Access", UPN: "access@partner.test", Mail: "access@partner.test"})
	s.fx.MailFrom = "access@partner.test"
	s.fx.Letters = letters{outbox.Letter{To: "kim@contoso.test", Subject: "Ana möchte Zugriff", Text: "Ana asks.\nWhy: äöü — =x", HTML: "<p>Ana asks.</p>"}}
	return s, effect(t, outbox.GraphLetter, outbox.LetterPayload{Occasion: outbox.MailAsked, To: "kim@contoso.test", Request: "R-1"})
}

// mails wants n of them, whole.
func (s *scene) mails(n int) {
	s.t.Helper()
	all := s.ms.Mails()
	if len(all) != n {
		s.t.Errorf("%d mails were sent, want %d", len(all), n)
	}
	for _, m := range all {
		if m.To[0] != "kim@contoso.test" || m.Subject != "Ana möchte Zugriff" || m.Plain != "Ana asks.\nWhy: äöü — =x" || m.Body != "<p>Ana asks.</p>" || !strings.HasSuffix(m.MessageID, "@partner.test>") {
			s.t.Errorf("sent: %+v", m)
		}
	}
}

// TestMailFaults breaks each request once, in every way: the mail is sent once.
func TestMailFaults(t *testing.T) {
	for _, f := range faults {
		for at := 1; at <= 2; at++ {
			t.Run(f.name, func(t *testing.T) {
				s, e := mailing(t)
				s.wire.reset()
				s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
					if n == at {
						return f.do(carry)
					}
					return carry()
				}
				if _, err := settle(t, s.fx.Mail, e); err != nil {
					t.Errorf("at %d: %v", at, err)
				}
				e.Term, s.wire.fault = 2, nil // as after a crash, or of a second runner
				if _, err := s.fx.Mail(t.Context(), e); err != nil {
					t.Errorf("again after a fault at %d: %v", at, err)
				}
				s.mails(1)
			})
		}
	}
}

// TestAlarmFaults holds the same of the mail that must be read, which no refusal sets aside.
func TestAlarmFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			s, e := mailing(t)
			e.Kind = outbox.GraphAlarm
			s.wire.reset()
			s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
				if n == 1 {
					return f.do(carry)
				}
				return carry()
			}
			if _, err := settle(t, s.fx.Alarm, e); err != nil {
				t.Error(err)
			}
			s.mails(1)
		})
	}
	s, e := mailing(t)
	s.fx.Letters = letters{outbox.Letter{To: "not an address", Subject: "x"}}
	if _, err := s.fx.Alarm(t.Context(), e); err == nil || outbox.IsPermanent(err) {
		t.Errorf("a mail that must be read is set aside: %v", err)
	}
}

// TestMailByTwoRunners has a second runner take the mail over while the answer to the
// first is still under way: it finds the mail, and sends none.
func TestMailByTwoRunners(t *testing.T) {
	s, e := mailing(t)
	s.wire.reset()
	s.wire.fault = func(n int, carry func() (*http.Response, error)) (*http.Response, error) {
		resp, err := carry()
		if n == 1 {
			second := e
			second.Term = 2
			if _, err := s.fx.Mail(t.Context(), second); err != nil {
				t.Errorf("the second runner: %v", err)
			}
		}
		return resp, err
	}
	if _, err := s.fx.Mail(t.Context(), e); err != nil {
		t.Error(err)
	}
	s.mails(1)
}

// TestMailOfNothing sends nothing where nothing is to be said any more.
func TestMailOfNothing(t *testing.T) {
	s, e := mailing(t)
	s.fx.Letters = letters{}
	if _, err := s.fx.Mail(t.Context(), e); err != nil {
		t.Error(err)
	}
	s.mails(0)
}

// TestMailRefused holds that what Microsoft refuses is told, and that no address is none.
func TestMailRefused(t *testing.T) {
	s, e := mailing(t)
	s.fx.MailFrom = "nobody@partner.test"
	if _, err := s.fx.Mail(t.Context(), e); err == nil {
		t.Error("a mail went from a mailbox that is not there")
	}
	s.fx.MailFrom, s.fx.Letters = "access@partner.test", letters{outbox.Letter{To: "not an address", Subject: "x"}}
	if _, err := s.fx.Mail(t.Context(), e); !outbox.IsPermanent(err) {
		t.Errorf("to no address: %v", err)
	}
	s.mails(0)
}
