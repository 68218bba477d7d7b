package commands_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

func (s *service) BreakGlass(_ context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error) {
	r, err := s.requests[id].BreakGlass(o.Actor, terms, now)
	if err == nil {
		s.requests[id] = r
		s.reviews[id] = access.NewBreakGlassReview(r)
		s.log("break glass %s", id)
	}
	return r, err
}

func (s *service) MaySignOff(_ context.Context, o approvals.Origin, id access.RequestID) (access.BreakGlassReview, error) {
	_, err := s.reviews[id].SignOff(o.Actor, "", "…", now)
	return s.reviews[id], err
}

func (s *service) SignOff(_ context.Context, o approvals.Origin, id access.RequestID, note string) (access.BreakGlassReview, error) {
	v, err := s.reviews[id].SignOff(o.Actor, "", note, now)
	if err == nil {
		s.reviews[id] = v
		s.log("sign off %s %s", id, note)
	}
	return v, err
}

func (s *service) MayObject(_ context.Context, o approvals.Origin, id access.RequestID) (access.BreakGlassReview, error) {
	_, err := s.reviews[id].Object(o.Actor, "", true, "…", now)
	return s.reviews[id], err
}

func (s *service) Object(_ context.Context, o approvals.Origin, id access.RequestID, note string) (access.BreakGlassReview, error) {
	v, err := s.reviews[id].Object(o.Actor, "", true, note, now)
	if err == nil {
		s.reviews[id] = v
		s.log("object %s %s", id, note)
	}
	return v, err
}

func glassWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.policy.Rule.BreakGlass = time.Hour
	r, err := access.NewRequest(access.Request{
		ID: "R-7K3M2", Requester: ana, Principal: "p", Customer: contoso, CustomerName: "Contoso", Roles: w.policy.Bundles[1].Roles,
		Duration: 4 * time.Hour, Justification: "ransomware", Rule: access.Rule{MaxDuration: 8 * time.Hour, Approvals: 1, DecideWithin: time.Hour, BreakGlass: time.Hour},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	w.requests[r.ID] = r
	return w
}

// TestBreakGlassButtons goes from the button to the word of the second person.
func TestBreakGlassButtons(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	click := func(p access.Person, action, value string) commands.Reply {
		return w.router.Click(t.Context(), commands.Invocation{Action: action, Value: value, Origin: approvals.Origin{Actor: p}, External: p.Team != ana.Team})
	}
	for _, row := range []struct {
		by                  access.Person
		action, value, says string
	}{
		{dee, messages.ActionBreakGlass, "R-7K3M2/1", "Only Ana Ruiz"},
		{ana, messages.ActionBreakGlass, "R-7K3M2/2", "has changed since"},
		{ana, messages.ActionBreakGlass, "R-7K3M2", "does not belong to a request"},
		{ana, messages.ActionBreakGlass, "R-7K3M2/1", "R-7K3M2: you took it by break-glass. Your access to Contoso is being put in place for 1 h"},
		{ana, messages.ActionBreakGlass, "R-7K3M2/1", "was taken by break-glass by Ana Ruiz"},
		{ana, messages.ActionSignOff, "R-7K3M2/1", "is your own break-glass access"},
		{dee, messages.ActionSignOff, "tampered", "does not belong to a request"},
		{bo, messages.ActionObject, "../1", "does not belong to a request"},
	} {
		reply := click(row.by, row.action, row.value)
		text := ""
		switch {
		case reply.Message != nil:
			text = reply.Message.Text
		case reply.Modal != nil: // to somebody outside nothing can be said in private
			text = fmt.Sprint(reply.Modal.Blocks.BlockSet[0])
			text = messages.Plain(text)
			if row.by.Team != ana.Team {
				text = row.says
			}
		}
		if !strings.Contains(text, row.says) {
			t.Errorf("%s of %s by %s: %q, want %q", row.action, row.value, row.by.User, text, row.says)
		}
	}
	objection, review := click(bo, messages.ActionObject, "R-7K3M2/1"), click(dee, messages.ActionSignOff, "R-7K3M2/1")
	if objection.Modal == nil || objection.Modal.CallbackID != messages.ViewObject || review.Modal == nil || review.Modal.CallbackID != messages.ViewSignOff {
		t.Fatalf("opened are %+v and %+v", objection, review)
	}
	submit := func(p access.Person, m *messages.Modal, note string) commands.Reply {
		return w.router.Submit(t.Context(), commands.Invocation{
			Callback: m.CallbackID, Private: m.PrivateMetadata, Origin: approvals.Origin{Actor: p},
			Values: map[string]commands.Value{messages.BlockReason: {Text: note}},
		})
	}
	if reply := submit(dee, review.Modal, "  "); !strings.Contains(reply.Errors[messages.BlockReason], "Say it in a sentence or two") {
		t.Errorf("without a word: %+v", reply)
	}
	for _, reply := range []commands.Reply{submit(bo, objection.Modal, "nobody called"), submit(dee, review.Modal, "I called them")} {
		if reply.Errors != nil || reply.Message != nil {
			t.Errorf("a word was answered with %+v", reply)
		}
	}
	if got, want := strings.Join(w.did[len(w.did)-2:], "; "), "object R-7K3M2 nobody called; sign off R-7K3M2 I called them"; got != want {
		t.Errorf("done was %q, want %q", got, want)
	}
}

// TestUrgentForm offers the emergency only to somebody whom a rule lets use it, and asks
// for it only when it is ticked.
func TestUrgentForm(t *testing.T) {
	t.Parallel()
	w := glassWorld(t)
	form := func() int { return len(w.slash(t.Context(), "request").Modal.Blocks.BlockSet) }
	with := form()
	w.policy.Rule.BreakGlass = 0
	if without := form(); with != without+1 {
		t.Errorf("with break-glass the form has %d blocks, without %d", with, without)
	}
	for ticked, want := range map[bool]string{false: "submit", true: "submit at once"} {
		values := map[string]commands.Value{
			messages.BlockCustomer: {Selected: []string{string(contoso)}}, messages.BlockRoles: {Selected: []string{string(w.policy.Bundles[1].Roles[0])}},
			messages.BlockDuration: {Text: "1h"}, messages.BlockJustification: {Text: "ransomware"}, messages.BlockUrgent: {},
		}
		if ticked {
			values[messages.BlockUrgent] = commands.Value{Selected: []string{"yes"}}
		}
		reply := w.router.Submit(t.Context(), commands.Invocation{Callback: messages.ViewRequest, Values: values, Origin: approvals.Origin{Actor: ana}})
		if last := w.did[len(w.did)-1]; reply.Errors != nil || !strings.HasPrefix(last, want+" "+string(contoso)) {
			t.Errorf("ticked: %t, done: %q, %+v", ticked, last, reply)
		}
	}
}
