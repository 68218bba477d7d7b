package approvals_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TestOutcomesOfStrangePayloads gives every outcome what it cannot read. None
// may count as done.
func TestOutcomesOfStrangePayloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for kind, h := range w.Outcomes() {
		e := outbox.Effect{ID: "strange", Kind: kind, Payload: json.RawMessage(`{"Request": 7, "User": 7, "UPN": 7, "Container": 7, "By": 7, "Offer": 7, "Person": 7, "Restored": 7, "Evidence": 7}`)}
		if h.Done != nil {
			err := w.store.Update(t.Context(), func(tx state.Tx) error { return h.Done(tx, e, json.RawMessage(`{}`)) })
			if !outbox.IsPermanent(err) {
				t.Errorf("Done of %s = %v, want a permanent error", kind, err)
			}
		}
		if h.Failed != nil {
			w.does(t, func() error {
				return w.store.Update(t.Context(), func(tx state.Tx) error { return h.Failed(tx, e, errors.New("rotten")) })
			}, "event effect.dead", "slack.notice notice/C0OPS trouble to C0OPS")
		}
	}
	others := slices.DeleteFunc(outbox.Kinds(), func(kind string) bool { return strings.HasPrefix(kind, "watch.") })
	if len(w.Outcomes()) != len(others) {
		t.Errorf("%d kinds have outcomes, want %d", len(w.Outcomes()), len(others))
	}
}

// TestOutcomesThatChangeNothing repeats outcomes, and gives those of a grant that
// was over before Entra looked.
func TestOutcomesThatChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	over := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), over, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	active := w.active(t)
	waiting := w.approved(t)
	container := outbox.ContainerPayload{Container: w.grant(t, waiting).Container, Request: waiting}
	ofOver := outbox.ContainerPayload{Container: container.Container, Request: over}
	ready := `{"Group": "g-` + string(container.Container) + `", "Relationship": "rel", "Assignment": "as"}`
	tests := []struct {
		name, kind string
		payload    any
		result     string
	}{
		{"JoinedAgain", outbox.GraphJoin, outbox.GrantPayload{Request: active}, "null"},
		{"JoinedWhenOver", outbox.GraphJoin, outbox.GrantPayload{Request: over}, "null"},
		{"LeftAgain", outbox.GraphLeave, outbox.GrantPayload{Request: over}, "{}"},
		{"LeftWhileActive", outbox.GraphLeave, outbox.GrantPayload{Request: active}, "{}"},
		{"NoContainerNeeded", outbox.GraphContainer, container, "null"},
		{"ContainerWithoutGroup", outbox.GraphContainer, container, "{}"},
		{"ContainerWhenOver", outbox.GraphContainer, ofOver, ready},
	}
	before := w.records(t)
	for _, test := range tests {
		raw, err := encode(test.payload)
		if err != nil {
			t.Fatal(err)
		}
		e := outbox.Effect{ID: "late", Kind: test.kind, Payload: raw}
		w.does(t, func() error {
			return w.store.Update(t.Context(), func(tx state.Tx) error {
				return w.Outcomes()[test.kind].Done(tx, e, json.RawMessage(test.result))
			})
		})
		if !maps.Equal(w.records(t), before) {
			t.Errorf("%s: something changed", test.name)
		}
	}
}

// TestContactOfAnotherTeam has the answer be about somebody of another team.
func TestContactOfAnotherTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.linkContact(t, contoso, oskar.User)(); err != nil {
		t.Fatal(err)
	}
	e := w.pending(t)[0]
	answer, err := encode(outbox.ContactResult{Person: access.Person{Team: amir.Team, User: oskar.User}})
	if err != nil {
		t.Fatal(err)
	}
	w.does(t, func() error {
		return w.store.Update(t.Context(), func(tx state.Tx) error {
			return w.Outcomes()[outbox.SlackContact].Done(tx, e, answer)
		})
	}, "event refused", "slack.notice notice/U0DEE reply to U0DEE")
}

// TestOutcomesOfStrangeResults gives outcomes a result that cannot be read.
func TestOutcomesOfStrangeResults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.active(t)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	payloads := map[string]any{
		outbox.GraphContainer: outbox.ContainerPayload{Container: w.grant(t, id).Container, Request: id},
		outbox.GraphLeave:     outbox.GrantPayload{Request: id},
		outbox.GraphStaff:     outbox.StaffPayload{Person: zoe, By: dee},
		outbox.SlackMail:      outbox.MailPayload{Person: zoe},
		outbox.GraphMail:      outbox.MailPayload{Person: zoe},
		outbox.SlackContact:   outbox.ContactPayload{Customer: contoso, By: dee},
	}
	before := w.records(t)
	for kind, payload := range payloads {
		raw, err := encode(payload)
		if err != nil {
			t.Fatal(err)
		}
		e := outbox.Effect{ID: "strange", Kind: kind, Payload: raw}
		err = w.store.Update(t.Context(), func(tx state.Tx) error {
			return w.Outcomes()[kind].Done(tx, e, json.RawMessage(`"no object"`))
		})
		if err == nil {
			t.Errorf("Done of %s took a result that is none", kind)
		}
	}
	if after := w.records(t); len(after) != len(before) || w.grant(t, id).State != access.Ending {
		t.Errorf("a strange result changed %d records to %d", len(before), len(after))
	}
}
