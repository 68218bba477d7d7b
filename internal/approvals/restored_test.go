package approvals_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// restored has the state be one that was put back from a backup.
func (w *world) restored(t *testing.T) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		return state.PutRestored(tx, state.Restored{At: w.Service.Now(), Backup: w.Service.Now().Add(-time.Hour), Seq: 7, Digest: "abc"})
	})
}

// TestRestored makes a state safe: nothing is given that was on its way, and what is in
// force goes on. It does so once, and never to a state that was not restored.
func TestRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inForce := w.active(t)
	underWay := w.approved(t)
	waits := w.asked(t)
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.request(t, waits); r.State != access.Pending {
		t.Fatalf("a state that was not restored has %s %s", r.ID, r.State)
	}
	w.put(t, func(tx state.Tx) error {
		return errors.Join(state.Begin(tx, state.Begun{State: "57a7e", Until: w.protocol.Add(time.Minute)}, w.protocol),
			state.OpenSession(tx, state.Session{Name: "5e5510", Until: w.protocol.Add(time.Hour)}, w.protocol))
	})
	w.restored(t)
	for range 2 { // a crash after it has it be done again, and nothing come of that
		if err := w.Restored(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if r := w.request(t, waits); r.State != access.Lapsed || !r.Overtaken {
		t.Errorf("%s is %s, want lapsed", r.ID, r.State)
	}
	if g := w.grant(t, underWay); g.State != access.Ending || g.EndReason != access.Superseded {
		t.Errorf("%s is %s (%s), want it to be ended", underWay, g.State, g.EndReason)
	}
	if g := w.grant(t, inForce); g.State != access.Active {
		t.Errorf("%s is %s, want active", inForce, g.State)
	}
	for key := range w.all(t) {
		if strings.Contains(key, "session/") || strings.Contains(key, "signin/") {
			t.Errorf("%s is there: a browser goes on as if nothing had happened", key)
		}
	}
	settled := 0
	for _, e := range w.events(t) {
		if e.Kind == access.EventOvertaken {
			settled++
			if e.Detail["lapsed"] != "1" || e.Detail["ended"] != "1" || e.Detail["stopped"] != "0" {
				t.Errorf("the log says %v", e.Detail)
			}
		}
	}
	if settled != 1 {
		t.Errorf("it was settled %d times", settled)
	}
	w.refuses(t, access.Conflict, "lapsed", func() error {
		_, err := w.decide(carol, waits, access.Approve)
		return err
	})
	w.drain(t)
	if g := w.grant(t, underWay); g.State != access.Ended {
		t.Errorf("%s is %s, want ended", underWay, g.State)
	}
	if len(w.members) != 1 {
		t.Errorf("in Entra are %v", w.members)
	}
	w.holds(t)
}

// TestRestoredSetsAside leaves it to a bot admin whether what gives for good is done
// again, and forgets who was let sign in.
func TestRestoredSetsAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owe := func(kind string) outbox.Effect {
		return outbox.Effect{ID: "x/1/" + kind, Lane: "x/" + kind, Kind: kind, Payload: json.RawMessage("{}")}
	}
	w.put(t, func(tx state.Tx) error {
		return errors.Join(
			outbox.Enqueue(tx, owe(outbox.GraphAssign), w.protocol), outbox.Enqueue(tx, owe(outbox.GraphConsent), w.protocol),
			outbox.Enqueue(tx, owe(outbox.GraphTerminate), w.protocol),
			state.PutTicket(tx, state.Ticket{ID: "unused"}), state.PutTicket(tx, state.Ticket{ID: "taken", TakenAt: w.protocol}))
	})
	w.restored(t)
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead := w.dead(t)
	if len(dead) != 2 || dead[0].Kind != outbox.GraphAssign || dead[1].Kind != outbox.GraphConsent || dead[0].Term != 1 {
		t.Errorf("set aside are %+v", dead)
	}
	kinds := map[string]int{}
	for _, e := range w.pending(t) {
		kinds[e.Kind]++
	}
	if kinds[outbox.GraphTerminate] != 1 || kinds[outbox.GraphMuster] != 1 || kinds[outbox.GraphAssign] != 0 {
		t.Errorf("owed are %v", kinds)
	}
	w.look(t, func(tx state.Tx) error {
		all, err := state.AllTickets(tx)
		if len(all) != 1 || all[0].ID != "taken" {
			t.Errorf("the tickets are %+v", all)
		}
		return err
	})
	if err := w.Revive(t.Context(), w.by(dee, ""), dead[0].ID); err != nil {
		t.Errorf("Revive: %v", err)
	}
}

// TestRestoredOfADamagedState goes on past what cannot be read.
func TestRestoredOfADamagedState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	underWay := w.approved(t)
	damaged := w.asked(t)
	ask := anAsk()
	ask.Roles = ask.Roles[:1]
	waits, err := w.Submit(t.Context(), w.by(ana, ""), ask)
	if err != nil {
		t.Fatal(err)
	}
	w.put(t, func(tx state.Tx) error {
		return errors.Join(tx.Put("request/"+string(damaged), []byte("{")), tx.Put("request/"+string(underWay), []byte("{")))
	})
	w.restored(t)
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.request(t, waits.ID); r.State != access.Lapsed {
		t.Errorf("%s is %s, want lapsed", r.ID, r.State)
	}
	if g := w.grant(t, underWay); g.State != access.Ending {
		t.Errorf("%s is %s, want it to be ended", underWay, g.State)
	}
}

// TestMustered orders out whom no grant is known of, from groups that are known or not,
// and nobody else.
func TestMustered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inForce := w.active(t)
	g := w.grant(t, inForce)
	w.restored(t)
	w.mustering = outbox.MusterResult{Groups: []outbox.MusteredGroup{
		{Group: access.GroupID("g-" + g.Container), Members: []access.Member{{ID: g.Principal, Name: "Ana"}, {ID: "p-stranger", Name: "Sam"}}},
		{Group: "g-lost", Members: []access.Member{{ID: g.Principal, Name: "Ana"}}},
		{Group: "g-empty"},
	}}
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.onceOf(t, outbox.GraphMuster)
	var out []string
	for _, e := range w.pending(t) {
		if e.Kind != outbox.GraphOust {
			continue
		}
		p, err := outbox.Payload[outbox.OustPayload](e)
		if err != nil || !p.Restored {
			t.Errorf("owed is %+v, %v", p, err)
		}
		out = append(out, e.Lane)
	}
	if want := string(g.Container) + "/p-stranger g-lost/" + string(g.Principal); strings.Join(out, " ") != want {
		t.Errorf("ordered out are %q, want %q", out, want)
	}
	w.drain(t)
	ousted := 0
	for _, e := range w.events(t) {
		if e.Kind == access.EventOusted && e.Detail["cause"] == "restored" {
			ousted++
		}
	}
	if g := w.grant(t, inForce); ousted != 2 || g.State != access.Active {
		t.Errorf("%d were told out, and %s is %s", ousted, inForce, g.State)
	}
	w.holds(t)
}

// TestMusterTrouble tells the operators when it stays unknown who is in the groups.
func TestMusterTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.restored(t)
	if err := w.Restored(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.failing(outbox.GraphMuster, errNet)
	for range 6 {
		w.once(t)
		w.protocol = w.protocol.Add(time.Hour)
	}
	if told := strings.Join(w.done, "\n"); !strings.Contains(told, "trouble") {
		t.Errorf("the operators heard nothing: %s", told)
	}
}
