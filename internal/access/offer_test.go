package access_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

const related = access.RelationshipID("rel-1")

func offerTerms() access.Offer {
	return access.Offer{
		ID: "O-7K3M2", Requester: ana, Customer: "contoso", CustomerName: "Contoso",
		Roles: []access.RoleID{reader, helpdesk, reader}, Days: 365, Name: "Contoso O-7K3M2 abc", Salt: "s",
	}
}

// offerIn returns an offer in the state, by the way that leads there.
func offerIn(t testing.TB, s access.OfferState) access.Offer {
	t.Helper()
	o, err := access.NewOffer(offerTerms(), start)
	if err != nil {
		t.Fatal(err)
	}
	must := func(next access.Offer, err error) access.Offer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	sent := o.Sent(related, start)
	active := sent.Seen(seenAs(access.RelationshipActive), start)
	switch s {
	case access.OfferDrafted:
	case access.OfferSent:
		o = sent
	case access.OfferDeclined:
		o = must(sent.Decline(bo, "no", start))
	case access.OfferApproved:
		o = sent.Seen(seenAs(access.RelationshipApproved), start)
	case access.OfferActive:
		o = active
	case access.OfferTerminating:
		o = must(active.Terminate(ana))
	case access.OfferEnded:
		o = must(active.Terminate(ana)).Seen(seenAs(access.RelationshipTerminated), start)
	case access.OfferLapsed:
		o = must(sent.Lapse(start.Add(access.ApproveWithin)))
	case access.OfferFailed:
		o = o.GiveUp("no such role", start)
	}
	if o.State != s {
		t.Fatalf("the way to %s led to %s", s, o.State)
	}
	return o
}

// seenAs is what Microsoft says of the offer's relationship.
func seenAs(status access.RelationshipStatus) access.Relationship {
	return access.Relationship{ID: related, Status: status, End: start.AddDate(1, 0, 0), AutoExtend: "PT0S"}
}

func TestNewOffer(t *testing.T) {
	t.Parallel()
	o, err := access.NewOffer(offerTerms(), start)
	if err != nil {
		t.Fatal(err)
	}
	want := offerTerms()
	want.Roles = []access.RoleID{helpdesk, reader}
	want.State, want.CreatedAt, want.Rev = access.OfferDrafted, start, 1
	if !reflect.DeepEqual(o, want) {
		t.Errorf("NewOffer = %+v, want %+v", o, want)
	}
	for name, change := range map[string]func(*access.Offer){
		"NoRoles": func(o *access.Offer) { o.Roles = nil },
		"NoTime":  func(o *access.Offer) { o.Days = 0 },
		"TooLong": func(o *access.Offer) { o.Days = access.LongestOffer + 1 },
	} {
		asked := offerTerms()
		change(&asked)
		_, err := access.NewOffer(asked, start)
		wantRefusal(t, name, err, access.Invalid)
	}
}

// TestOfferTransitions tries every event in every state. The states to which an
// event leads are listed; in all others it changes nothing.
func TestOfferTransitions(t *testing.T) {
	t.Parallel()
	now := start.Add(time.Hour)
	silent := func(f func(access.Offer) access.Offer) func(access.Offer) (access.Offer, error) {
		return func(o access.Offer) (access.Offer, error) { return f(o), nil }
	}
	sees := func(s access.RelationshipStatus) func(access.Offer) (access.Offer, error) {
		return silent(func(o access.Offer) access.Offer { return o.Seen(seenAs(s), now) })
	}
	type moves map[access.OfferState]access.OfferState
	over := moves{
		access.OfferSent: access.OfferEnded, access.OfferDeclined: access.OfferEnded, access.OfferApproved: access.OfferEnded,
		access.OfferActive: access.OfferEnded, access.OfferTerminating: access.OfferEnded, access.OfferLapsed: access.OfferEnded,
	}
	ending := moves{
		access.OfferSent: access.OfferTerminating, access.OfferDeclined: access.OfferTerminating, access.OfferLapsed: access.OfferTerminating,
		access.OfferApproved: access.OfferTerminating, access.OfferActive: access.OfferTerminating,
	}
	active := moves{
		access.OfferSent: access.OfferActive, access.OfferDeclined: access.OfferActive, access.OfferLapsed: access.OfferActive,
		access.OfferApproved: access.OfferActive,
	}
	approved := moves{
		access.OfferSent: access.OfferApproved, access.OfferDeclined: access.OfferApproved, access.OfferLapsed: access.OfferApproved,
	}
	tests := []struct {
		name    string
		event   func(access.Offer) (access.Offer, error)
		to      moves
		refuses bool // in every other state
	}{
		{"Sent", silent(func(o access.Offer) access.Offer { return o.Sent(related, now) }), moves{access.OfferDrafted: access.OfferSent}, false},
		{"SentNothing", silent(func(o access.Offer) access.Offer { return o.Sent("", now) }), nil, false},
		{"GiveUp", silent(func(o access.Offer) access.Offer { return o.GiveUp("why", now) }), moves{access.OfferDrafted: access.OfferFailed}, false},
		{"Slipped", silent(func(o access.Offer) access.Offer { return o.Slipped(related, now) }), moves{access.OfferFailed: access.OfferDeclined}, false},
		{"Decline", func(o access.Offer) (access.Offer, error) { return o.Decline(bo, "no", now) }, moves{access.OfferSent: access.OfferDeclined}, true},
		{"DeclineTooLate", func(o access.Offer) (access.Offer, error) { return o.Decline(bo, "no", now.Add(access.ApproveWithin)) }, nil, true},
		{"Lapse", func(o access.Offer) (access.Offer, error) { return o.Lapse(start.Add(access.ApproveWithin)) },
			moves{access.OfferDrafted: access.OfferFailed, access.OfferSent: access.OfferLapsed, access.OfferDeclined: access.OfferLapsed}, true},
		{"LapseTooSoon", func(o access.Offer) (access.Offer, error) { return o.Lapse(now) }, nil, true},
		{"Terminate", func(o access.Offer) (access.Offer, error) { return o.Terminate(ana) }, moves{access.OfferActive: access.OfferTerminating}, true},
		{"NotTerminated", silent(access.Offer.NotTerminated), moves{access.OfferTerminating: access.OfferActive}, false},
		{"SeenCreated", sees(access.RelationshipCreated), nil, false},
		{"SeenPending", sees(access.RelationshipApprovalPending), nil, false},
		{"SeenApproved", sees(access.RelationshipApproved), approved, false},
		{"SeenActivating", sees(access.RelationshipActivating), approved, false},
		{"SeenActive", sees(access.RelationshipActive), active, false},
		{"SeenExpiring", sees(access.RelationshipExpiring), active, false},
		{"SeenEndAsked", sees(access.RelationshipTerminationRequested), ending, false},
		{"SeenTerminating", sees(access.RelationshipTerminating), ending, false},
		{"SeenTerminated", sees(access.RelationshipTerminated), over, false},
		{"SeenExpired", sees(access.RelationshipExpired), over, false},
		{"SeenUnknown", sees("unknownFutureValue"), nil, false},
		{"SeenAnother", silent(func(o access.Offer) access.Offer {
			other := seenAs(access.RelationshipActive)
			other.ID = "rel-2"
			return o.Seen(other, now)
		}), nil, false},
	}
	for _, test := range tests {
		for _, state := range access.OfferStates() {
			name := test.name + "/" + string(state)
			before := offerIn(t, state)
			got, err := test.event(before)
			to, moved := test.to[state]
			switch {
			case !moved && !reflect.DeepEqual(got, before):
				t.Errorf("%s changed %+v to %+v", name, before, got)
			case moved && (got.State != to || got.Rev != before.Rev+1):
				t.Errorf("%s led to %s, rev %d after %d; want %s", name, got.State, got.Rev, before.Rev, to)
			case moved && err != nil:
				t.Errorf("%s: %v", name, err)
			}
			if !moved && test.refuses {
				wantRefusal(t, name, err, access.Conflict)
			}
		}
	}
}

func TestOfferKeepsWhatItLearns(t *testing.T) {
	t.Parallel()
	end := start.AddDate(1, 0, 0)
	o := offerIn(t, access.OfferActive)
	if !o.End.Equal(end) || o.AutoExtend || o.ActiveAt.IsZero() || o.ApprovedAt.IsZero() {
		t.Errorf("active is %+v", o)
	}
	renewed := seenAs(access.RelationshipActive)
	renewed.End, renewed.AutoExtend = end.AddDate(0, 0, 180), "P180D"
	if got := o.Seen(renewed, start); got.Rev != o.Rev+1 || !got.AutoExtend || !got.End.Equal(renewed.End) || got.State != access.OfferActive {
		t.Errorf("renewed is %+v", got)
	}
	declined := offerIn(t, access.OfferDeclined)
	if over := declined.Seen(seenAs(access.RelationshipActive), start); !over.Overruled() || declined.Overruled() || o.Overruled() {
		t.Error("overruled is what was declined and became active")
	}
	ends := map[string]struct {
		o    access.Offer
		want access.OfferEnd
	}{
		"Here":      {offerIn(t, access.OfferEnded), access.TerminatedHere},
		"Elsewhere": {o.Seen(seenAs(access.RelationshipTerminated), start), access.TerminatedElsewhere},
		"RanOut":    {o.Seen(seenAs(access.RelationshipExpired), start), access.RanOut},
	}
	for name, test := range ends {
		if test.o.EndReason != test.want || test.o.EndedAt.IsZero() {
			t.Errorf("%s ended for %q at %v", name, test.o.EndReason, test.o.EndedAt)
		}
	}
	slipped := offerIn(t, access.OfferFailed).Slipped(related, start)
	if slipped.DeclinedBy.User != "" || slipped.DeclinedAt.IsZero() || !slipped.EndedAt.IsZero() {
		t.Errorf("slipped is %+v", slipped)
	}
}

func TestOfferDue(t *testing.T) {
	t.Parallel()
	for state, after := range map[access.OfferState]time.Duration{
		access.OfferDrafted: access.DraftWithin, access.OfferSent: access.ApproveWithin, access.OfferDeclined: access.ApproveWithin,
		access.OfferApproved: 0, access.OfferActive: 0, access.OfferTerminating: 0, access.OfferEnded: 0, access.OfferLapsed: 0, access.OfferFailed: 0,
	} {
		at, ok := offerIn(t, state).Due()
		if ok != (after != 0) || ok && !at.Equal(start.Add(after)) {
			t.Errorf("%s is due at %v, %t", state, at, ok)
		}
	}
}

func TestParseOfferID(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]access.OfferID{
		"O-7K3M2": "O-7K3M2", " o-7k3m2 ": "O-7K3M2", "0-7k3m2": "O-7K3M2", "#O-7K3M2": "O-7K3M2", "O-oil00": "O-01100",
		"": "", "R-7K3M2": "", "7K3M2": "", "O-7K3M": "", "O-R-7K3M2": "", "O-#7K3M2": "", "O-7K3MU": "", "O--7K3M": "",
	} {
		if got, ok := access.ParseOfferID(text); got != want || ok != (want != "") {
			t.Errorf("ParseOfferID(%q) = %q, %t; want %q", text, got, ok, want)
		}
	}
}

func TestFormatDays(t *testing.T) {
	t.Parallel()
	for days, want := range map[int]string{1: "1 day", 2: "2 days", 180: "180 days", 365: "1 year", 730: "2 years", 366: "366 days"} {
		if got := access.FormatDays(days); got != want {
			t.Errorf("FormatDays(%d) = %q, want %q", days, got, want)
		}
	}
}

// FuzzOfferWalk lets random events happen to an offer; two bytes make one.
func FuzzOfferWalk(f *testing.F) {
	f.Add([]byte{0, 0, 8, 4, 8, 5})
	f.Add([]byte{0, 0, 3, 0, 8, 2, 8, 4, 6, 0, 8, 6, 8, 8})
	f.Add([]byte{1, 0, 2, 0, 8, 4})
	f.Add([]byte{9, 255, 5, 0, 0, 0, 9, 255, 5, 0, 8, 4})
	f.Add([]byte{0, 0, 8, 4, 6, 0, 7, 0, 8, 9})
	f.Fuzz(func(t *testing.T, events []byte) {
		o, err := access.NewOffer(offerTerms(), start)
		if err != nil {
			t.Fatal(err)
		}
		now := start
		for ; len(events) >= 2 && len(events) < 400; events = events[2:] {
			if events[0]%10 == 9 {
				now = now.Add(time.Duration(events[1]) * 24 * time.Hour)
				continue
			}
			before := o
			next, err := offerEvent(o, events[0], events[1], now)
			checkOfferStep(t, before, o, next, err)
			o = next
		}
	})
}

func offerEvent(o access.Offer, event, detail byte, now time.Time) (access.Offer, error) {
	by := people[int(detail)%len(people)]
	switch event % 10 {
	case 0:
		return o.Sent([]access.RelationshipID{related, ""}[detail%2], now), nil
	case 1:
		return o.GiveUp("why", now), nil
	case 2:
		return o.Slipped(related, now), nil
	case 3, 4:
		return o.Decline(by, "no", now)
	case 5:
		return o.Lapse(now)
	case 6:
		return o.Terminate(by)
	case 7:
		return o.NotTerminated(), nil
	}
	statuses := []access.RelationshipStatus{
		access.RelationshipCreated, access.RelationshipApprovalPending, access.RelationshipApproved, access.RelationshipActivating,
		access.RelationshipActive, access.RelationshipExpiring, access.RelationshipTerminationRequested, access.RelationshipTerminating,
		access.RelationshipTerminated, access.RelationshipExpired, "unknown",
	}
	return o.Seen(seenAs(statuses[int(detail)%len(statuses)]), now), nil
}

// checkOfferStep holds what is true of every step of an offer.
func checkOfferStep(t *testing.T, kept, before, after access.Offer, err error) {
	t.Helper()
	changed := !reflect.DeepEqual(after, before)
	if err != nil && access.CodeOf(err) == "" {
		t.Fatalf("the refusal %v is not for a person", err)
	}
	if err != nil && !strings.HasSuffix(err.Error(), ".") {
		t.Fatalf("%q is no sentence", err)
	}
	_, timed := after.Due()
	switch {
	case !reflect.DeepEqual(kept, before):
		t.Fatalf("the event changed the value it was called on: %+v", before)
	case err != nil && changed:
		t.Fatalf("a refused event changed %+v to %+v", before, after)
	case changed && after.Rev != before.Rev+1:
		t.Fatalf("a change took Rev from %d to %d", before.Rev, after.Rev)
	case changed && before.State == access.OfferEnded:
		t.Fatalf("ended became %s", after.State)
	case changed && after.State == access.OfferDrafted:
		t.Fatalf("%s became drafted", before.State)
	case before.Relationship != "" && after.Relationship != before.Relationship:
		t.Fatalf("%q became %q", before.Relationship, after.Relationship)
	case (after.Relationship == "") != (after.State == access.OfferDrafted || after.State == access.OfferFailed):
		t.Fatalf("%s with the relationship %q", after.State, after.Relationship)
	case timed != (after.State == access.OfferDrafted || after.Waiting()):
		t.Fatalf("%s has an end that time alone brings: %t", after.State, timed)
	case after.State == access.OfferActive && after.ActiveAt.IsZero(), after.State == access.OfferApproved && after.ApprovedAt.IsZero():
		t.Fatalf("%s since never", after.State)
	case !before.DeclinedAt.IsZero() && !after.DeclinedAt.Equal(before.DeclinedAt):
		t.Fatal("a no was forgotten")
	case (after.EndReason != "") != (after.State == access.OfferTerminating || after.State == access.OfferEnded):
		t.Fatalf("%s for %q", after.State, after.EndReason)
	case (after.State == access.OfferEnded || after.State == access.OfferLapsed || after.State == access.OfferFailed) == after.EndedAt.IsZero():
		t.Fatalf("%s, ended at %v", after.State, after.EndedAt)
	}
}
