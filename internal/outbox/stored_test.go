package outbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var updateGolden = flag.Bool("update", false, "add golden files that are missing")

// TestStoredBytes holds the stored form of an effect and of every payload.
func TestStoredBytes(t *testing.T) {
	t.Parallel()
	ana := access.Person{Team: "T0HOME", User: "U0ANA", Name: "Ana Ito"}
	bo := access.Person{Team: "T0CONTOSO", User: "U0BO", Name: "Bo Lind"}
	owed := outbox.Effect{
		ID: "R-7K3M2/0003/graph.join", Lane: "c/p", Kind: outbox.GraphJoin, Payload: json.RawMessage(`{"Request":"R-7K3M2"}`),
		Seq: 12, NotBefore: start, Attempts: 2, Heard: 1, Term: 3, LeaseOwner: "one",
		LeaseUntil: start.Add(time.Minute), LastError: "timeout", EnqueuedAt: start.Add(-time.Hour),
	}
	older(t, "effect-heard", owed) // before one could be parked or revived
	owed.Folded, owed.Throttled, owed.Unbegun, owed.FirstAt = 9, 1, 1, start.Add(-2*time.Hour)
	older(t, "effect-parked", owed) // before one knew what it comes from
	owed.Ref, owed.Trace = "4f2c91ab", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	older(t, "effect-cause", owed) // before a wait knew since when it is one
	owed.Counted = start.Add(-time.Minute)
	older(t, "effect-counted", owed) // before one knew whether time made it due
	owed.Timed = true
	golden(t, "effect-timed", owed)
	golden(t, "container-payload", outbox.ContainerPayload{Container: "c", Request: "R-7K3M2"})
	older(t, "grant-payload", outbox.GrantPayload{Request: "R-7K3M2"}) // before a join could go by what is on record
	golden(t, "grant-payload-on-record", outbox.GrantPayload{Request: "R-7K3M2", OnRecord: true})
	golden(t, "staff-payload", outbox.StaffPayload{Person: ana, UPN: "ana@partner.example", By: bo})
	mailed := ana
	mailed.Mail, mailed.Entra = "ana@partner.example", access.Account{Tenant: "t", Object: "o"}
	golden(t, "mail-payload", outbox.MailPayload{Person: mailed})
	contact := outbox.ContactPayload{Customer: "t", Team: "T0CONTOSO", Channel: "C0CONTOSO", User: "U0BO", By: ana}
	older(t, "contact-payload", contact) // before one could stand in for another
	contact.Until = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	golden(t, "contact-standin-payload", contact)
	golden(t, "oust-payload", outbox.OustPayload{
		Container: "c", Customer: "t", Member: access.Member{ID: "p", Name: "Ana Ito", UPN: "ana@partner.example"}, By: ana, Group: "g", Restored: true,
	})
	golden(t, "muster-payload", outbox.MusterPayload{Restored: start})
	golden(t, "card-payload", outbox.CardPayload{Request: "R-7K3M2", Card: outbox.CustomerCard})
	notice := outbox.NoticePayload{
		Notice: outbox.NoticeEnded, Channel: "C0CONTOSO", User: "U0ANA", Request: "R-7K3M2", Customer: "t",
		Person: ana, By: bo, Text: "It ended.", Effect: "R-7K3M2/0003/slack.card",
	}
	older(t, "notice-payload-effect", notice) // before one could be about a relationship
	notice.Relationship = "r"
	older(t, "notice-relationship-payload", notice) // before a summary knew the one before
	notice.Since = "2026-11-24"
	older(t, "notice-since-payload", notice) // before one could be about an access review
	notice.Review = "V-7K3M2"
	older(t, "notice-review-payload", notice) // before one could hold until a moment
	notice.Until = contact.Until
	older(t, "notice-until-payload", notice) // before one could be about a checkpoint
	notice.Events = 12
	older(t, "notice-events-payload", notice) // before one could announce a customer's evidence
	notice.Evidence = outbox.EvidenceOrder{ID: "E-7K3M2", Customer: "t", Period: "2026-10", By: bo, Made: start, UpTo: 412}
	golden(t, "notice-evidence-payload", notice)
	file := outbox.FilePayload{Day: "2026-11-25", Storm: "S-0123456789"}
	older(t, "file-payload", file)
	file.Review = "V-7K3M2"
	older(t, "file-review-payload", file) // before one could be a customer's evidence
	file.Evidence = outbox.EvidenceOrder{ID: "E-7K3M2", Customer: "t", Period: "2026-10", By: bo, Made: start, UpTo: 412}
	golden(t, "file-evidence-payload", file)
	golden(t, "evidence-shown", outbox.EvidenceShown{Digest: "d", Files: map[string]string{"latchkey-E-7K3M2-2026-10.pdf": "s"}})
	golden(t, "review-card-payload", outbox.ReviewCardPayload{Review: "V-7K3M2", Card: 2})
	letter := outbox.LetterPayload{Occasion: outbox.MailAsked, To: "kim@contoso.example", Customer: "t", Request: "R-7K3M2", By: ana}
	older(t, "letter-payload", letter) // before one could be about an access review
	letter.Review = "V-7K3M2"
	older(t, "letter-review-payload", letter) // before one could be about an offer
	letter.Offer = "O-7K3M2"
	golden(t, "letter-offer-payload", letter)
	golden(t, "offer-payload", outbox.OfferPayload{Offer: "O-7K3M2"})
	golden(t, "terminate-payload", outbox.TerminatePayload{Relationship: "r", Customer: "t", Name: "Contoso 2026", By: ana})
	golden(t, "extend-payload", outbox.ExtendPayload{Relationship: "r", Customer: "t", Name: "Contoso 2026", On: true, By: ana})
	golden(t, "consent-payload", outbox.ConsentPayload{Relationship: "r", Customer: "t", Name: "Contoso 2026", Approve: true, By: ana})
	golden(t, "offer-card-payload", outbox.OfferCardPayload{Offer: "O-7K3M2", Card: outbox.CustomerCard})
	golden(t, "offer-notice-payload", outbox.OfferNoticePayload{
		Notice: outbox.NoticeOfferActive, Offer: "O-7K3M2", Customer: "t", User: "U0ANA", Text: "It changed.",
	})
}

// older holds that bytes which an earlier version wrote are read as they were
// meant.
func older[T any](t *testing.T, name string, value T) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		stored, err := os.ReadFile("testdata/v1/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		back, err := state.Decode[T](name, bytes.TrimSuffix(stored, []byte("\n")))
		if err != nil || !reflect.DeepEqual(back, value) {
			t.Errorf("read as\n%+v, %v, want\n%+v", back, err, value)
		}
	})
}

func golden[T any](t *testing.T, name string, value T) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		statetest.Golden(t, "testdata/v1/"+name+".json", value, *updateGolden)
	})
}

func TestPayload(t *testing.T) {
	t.Parallel()
	e := outbox.Effect{ID: "e", Payload: json.RawMessage(`{"Request":"R-7K3M2"}`)}
	if p, err := outbox.Payload[outbox.GrantPayload](e); err != nil || p.Request != "R-7K3M2" {
		t.Errorf("Payload = %v, %v", p, err)
	}
	e.Payload = json.RawMessage(`{"Request":7}`)
	if _, err := outbox.Payload[outbox.GrantPayload](e); !outbox.IsPermanent(err) {
		t.Errorf("Payload = %v, want a permanent error", err)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"Nil", nil, false},
		{"Plain", errNet, false},
		{"Permanent", outbox.Permanent(errNet), true},
		{"PermanentWrapped", fmt.Errorf("join: %w", outbox.Permanent(errNet)), true},
		{"RetryAfter", outbox.RetryAfter(errNet, time.Second), false},
		{"NotYet", outbox.NotYet(time.Second), false},
	}
	for _, test := range tests {
		if got := outbox.IsPermanent(test.err); got != test.want {
			t.Errorf("%s: IsPermanent = %t, want %t", test.name, got, test.want)
		}
	}
	if err := outbox.Permanent(errNet); !errors.Is(err, errNet) || err.Error() != errNet.Error() {
		t.Errorf("Permanent hides its cause: %v", err)
	}
}

func TestKindsAreDistinct(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range outbox.Kinds() {
		if k == "" || seen[k] {
			t.Errorf("kind %q is empty or listed twice", k)
		}
		seen[k] = true
	}
}
