package watch_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// answers gives the questions who did it that are owed an answer.
func (w *world) answers(by, source string) {
	w.t.Helper()
	w.update(func(tx state.Tx) error {
		all, err := outbox.Pending(tx)
		for _, e := range all {
			if e.Kind != outbox.Who {
				continue
			}
			raw, err2 := json.Marshal(outbox.WhoResult{By: by, Source: source})
			err = errors.Join(err, err2, w.Outcomes()[outbox.Who].Done(tx, e, raw))
		}
		return err
	})
}

func TestWho(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := map[access.AlertSubject]bool{access.AboutRelationship: true}
	w.Who = func(about access.AlertSubject) bool { return asked[about] }
	w.watched(rel())
	w.want("terminated", w.pass(rel(is("terminated"))), "Care plan card 1", "who terminated")
	w.answers("", "")
	w.want("nobody knows", w.owed())
	w.answers("carol@contoso.test", "the log")
	w.want("somebody does", w.owed(), "Care plan card 1")
	a := w.alert("rel-1", "")
	if c := a.Newest(); c.By.Name != "carol@contoso.test" || c.Source != "the log" || a.State != access.AlertOpen || !a.Since.Equal(start) {
		t.Errorf("the alert is %+v", a)
	}
	w.answers("somebody else", "the log")
	w.want("who is known stays", w.owed())
	w.want("what nobody does by hand", w.pass(rel(is("terminated"), called("x"))))
	asked[access.AboutRelationship] = false
	w.want("nobody can be asked", w.pass(rel(), rel2()), "Care plan card 1", "Old card 1")
}

func rel2() *state.MirroredRelationship {
	m := rel(called("Old"))
	m.ID, m.Customer = "rel-2", "adatum"
	return m
}

// TestWhoIsOurs asks nobody about what the bot did itself.
func TestWhoIsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Who = func(access.AlertSubject) bool { return true }
	w.watched(rel())
	w.update(func(tx state.Tx) error {
		return state.PutAct(tx, state.Act{Relationship: "rel-1", Kind: state.ActTerminate, By: dee, At: start})
	})
	w.want("terminated here", w.pass(rel(is("terminated"))), "Care plan card 1")
}

// TestWhoOfNoAlarm asks nobody about what nobody needs to look at: what we rejected
// ourselves, or what others carry the roles of.
func TestWhoOfNoAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Who = func(access.AlertSubject) bool { return true }
	w.watched(rel(is("approvalPending")))
	w.want("rejected", w.pass(rel(is("terminated"))), "Care plan card 1")
}

// TestWhoTooLate changes nothing when the change is no longer in the history.
func TestWhoTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Who = func(access.AlertSubject) bool { return true }
	w.watched(rel())
	w.pass(rel(is("terminating")))
	for range 12 {
		w.now = w.now.Add(time.Minute)
		w.pass(rel())
		w.now = w.now.Add(time.Minute)
		w.pass(rel(is("terminating")))
	}
	before := w.alert("rel-1", "")
	w.update(func(tx state.Tx) error {
		raw, err := json.Marshal(outbox.WhoPayload{Alert: before.ID, Change: access.ChangeEnding, At: start})
		done, err2 := json.Marshal(outbox.WhoResult{By: "x", Source: "y"})
		return errors.Join(err, err2, w.Outcomes()[outbox.Who].Done(tx, outbox.Effect{Kind: outbox.Who, Payload: raw}, done))
	})
	if after := w.alert("rel-1", ""); after.Rev != before.Rev {
		t.Errorf("it changed from %d to %d", before.Rev, after.Rev)
	}
}
