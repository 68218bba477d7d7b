package approvals_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// longAgo is a moment at which everything has ended long enough ago.
func (w *world) longAgo() time.Time { return w.Service.Now().Add(-w.Service.Policy().Retention) }

// age puts ended records of each kind into the store, and returns their keys.
func (w *world) age(t *testing.T, ended time.Time) []string {
	t.Helper()
	denied := access.Request{ID: "R-0DEN1", Requester: ana, Customer: contoso, State: access.Denied, EndedAt: ended}
	given := access.Request{ID: "R-0G1VE", Requester: ana, Customer: contoso, State: access.Approved, EndedAt: ended, BrokenAt: ended}
	stopped := access.Request{ID: "R-0ST0P", Requester: ana, Customer: contoso, State: access.Approved, EndedAt: ended, StartAt: ended, Stopped: access.Stop{At: ended}}
	longer := access.Request{ID: "R-010NG", Requester: ana, Customer: contoso, State: access.Approved, EndedAt: ended, Extends: "R-0G1VE"}
	w.put(t, func(tx state.Tx) error {
		return errors.Join(
			state.PutRequest(tx, denied), state.PutRequest(tx, given), state.PutRequest(tx, stopped), state.PutRequest(tx, longer),
			state.PutGrant(tx, access.Grant{Request: given.ID, Requester: ana, Customer: contoso, State: access.Ended, EndedAt: ended}),
			state.PutBreakGlassReview(tx, access.BreakGlassReview{Request: given.ID, OpenedAt: ended, SignedAt: ended}),
			state.PutCard(tx, state.Card{Request: given.ID, Name: "customer"}), state.PutCard(tx, state.Card{Request: denied.ID, Name: "customer"}),
			state.PutOffer(tx, access.Offer{ID: "O-00001", Customer: contoso, State: access.OfferLapsed, EndedAt: ended}),
			state.PutReview(tx, access.Review{ID: "V-00001", Customer: contoso, State: access.ReviewClosed, StartedAt: ended, ClosedAt: ended}),
			state.PutReview(tx, access.Review{ID: "V-00002", Customer: contoso, State: access.ReviewClosed, StartedAt: ended.Add(time.Second), ClosedAt: ended}),
			state.PutAlert(tx, access.Alert{ID: "A-1", Customer: contoso, State: access.AlertResolved, LastAt: ended}, false),
			state.PutAlertCard(tx, state.AlertCard{Alert: "A-1", Card: 1}), state.PutStorm(tx, state.Storm{ID: "S-1", At: ended}))
	})
	return []string{
		"request/R-0DEN1", "request/R-0G1VE", "request/R-0ST0P", "request/R-010NG", "grant/R-0G1VE", "breakglass/R-0G1VE",
		"card/R-0G1VE/customer", "card/R-0DEN1/customer", "offer/O-00001", "review/V-00001", "alert/A-1", "card/A-1/1", "storm/S-1",
	}
}

func (w *world) pruned(t *testing.T) int {
	t.Helper()
	n, err := w.Prune(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPrune deletes what ended before what is kept, with all that tells of it, and keeps
// what ended a moment later, what lives, and the whole audit log.
func TestPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inForce := w.active(t)
	events := len(w.events(t))
	before := w.all(t)
	keys := w.age(t, w.longAgo().Add(time.Second))
	if n := w.pruned(t); n != 0 {
		t.Errorf("%d records went that are kept", n)
	}
	w.age(t, w.longAgo())
	if n := w.pruned(t); n != 10 {
		t.Errorf("%d records went, want 10", n)
	}
	after := w.all(t)
	for _, key := range keys {
		if _, ok := after[key]; ok {
			t.Errorf("%s is still there", key)
		}
	}
	for key := range after {
		if _, ok := before[key]; !ok && !strings.Contains(key, "V-00002") && !strings.HasPrefix(key, "event/") && !strings.HasPrefix(key, "idx/event/") {
			t.Errorf("%s is left", key)
		}
	}
	if g := w.grant(t, inForce); g.State != access.Active {
		t.Errorf("%s is %s", inForce, g.State)
	}
	log := w.events(t)
	if last := log[len(log)-1]; len(log) != events+1 || last.Kind != access.EventPruned || last.Detail["request"] != "4" || last.Detail["storm"] != "1" {
		t.Errorf("the log has %d events, the last %v", len(log), last)
	}
	if n := w.pruned(t); n != 0 {
		t.Errorf("then %d more went", n)
	}
	w.holds(t)
}

func (w *world) all(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	w.look(t, func(tx state.Tx) error {
		for item, err := range tx.Scan("") {
			if err != nil {
				return err
			}
			out[item.Key] = string(item.Value)
		}
		return nil
	})
	return out
}

// TestPruneKeeps lists what somebody may still come back to.
func TestPruneKeeps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(w *world, tx state.Tx) error
		stays  string
	}{
		"Owed": {func(w *world, tx state.Tx) error {
			raw, err := json.Marshal(outbox.CardPayload{Request: "R-0G1VE", Card: "customer"})
			return errors.Join(err, outbox.Enqueue(tx, outbox.Effect{ID: "x", Lane: "x", Kind: outbox.SlackCard, Payload: raw}, w.protocol))
		}, "request/R-0G1VE"},
		"EmergencyOpen": {func(w *world, tx state.Tx) error {
			return state.PutBreakGlassReview(tx, access.BreakGlassReview{Request: "R-0G1VE", OpenedAt: w.longAgo()})
		}, "grant/R-0G1VE"},
		"EmergencySignedLately": {func(w *world, tx state.Tx) error {
			return state.PutBreakGlassReview(tx, access.BreakGlassReview{Request: "R-0G1VE", OpenedAt: w.longAgo(), SignedAt: w.longAgo().Add(time.Hour)})
		}, "breakglass/R-0G1VE"},
		"GrantAgain": {func(w *world, tx state.Tx) error {
			return state.PutGrant(tx, access.Grant{Request: "R-0G1VE", Requester: ana, Customer: contoso, State: access.Active, ExpiresAt: w.Service.Now()})
		}, "request/R-0G1VE"},
		"AlertAgain": {func(w *world, tx state.Tx) error {
			return state.PutAlert(tx, access.Alert{ID: "A-1", Customer: contoso, State: access.AlertOpen, LastAt: w.longAgo()}, false)
		}, "alert/A-1"},
		"Damaged": {func(_ *world, tx state.Tx) error { return tx.Put("request/R-0DEN1", []byte("{")) }, "request/R-0DEN1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.age(t, w.longAgo())
			w.put(t, func(tx state.Tx) error { return test.change(w, tx) })
			w.pruned(t)
			after := w.all(t)
			if _, ok := after[test.stays]; !ok {
				t.Errorf("%s is gone", test.stays)
			}
			if _, ok := after["offer/O-00001"]; ok {
				t.Error("it held up the others")
			}
		})
	}
}

// TestPruneInBatches writes no more at a time than a batch, and goes on after a failure
// where it was.
func TestPruneInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 350
	w.put(t, func(tx state.Tx) error {
		for i := range many {
			r := access.Request{ID: access.RequestID(fmt.Sprintf("R-%05d", i)), Requester: ana, Customer: contoso, State: access.Denied, EndedAt: w.longAgo().Add(-time.Duration(i) * time.Minute)}
			if err := state.PutRequest(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	b := &bounded{Store: w.store, after: 2}
	w.Service.Store = b
	n, err := w.Prune(t.Context())
	if !errors.Is(err, errNet) || n != 200 || b.most > 6*100 {
		t.Errorf("Prune = %d, %v, with %d deletions at a time", n, err, b.most)
	}
	b.after = -1
	if n := w.pruned(t); n != many-200 {
		t.Errorf("then %d went, want %d", n, many-200)
	}
	told := 0
	for _, e := range w.events(t) {
		if e.Kind == access.EventPruned {
			told++
		}
	}
	w.look(t, func(tx state.Tx) error {
		_, err := audit.Verify(tx)
		return err
	})
	if told != 4 {
		t.Errorf("%d batches were told of, want 4", told)
	}
}

// bounded counts deletions, and fails after so many Updates.
type bounded struct {
	state.Store
	after, most int
}

func (b *bounded) Update(ctx context.Context, fn func(state.Tx) error) error {
	if b.after == 0 {
		return errNet
	}
	b.after--
	return b.Store.Update(ctx, func(tx state.Tx) error {
		d := &deletions{Tx: tx}
		err := fn(d)
		b.most = max(b.most, d.n)
		return err
	})
}

type deletions struct {
	state.Tx
	n int
}

func (d *deletions) Delete(key string) error {
	d.n++
	return d.Tx.Delete(key)
}

// TestPruneOldState finds what ended before there was an index for it.
func TestPruneOldState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := w.age(t, w.longAgo())
	w.put(t, func(tx state.Tx) error {
		for _, key := range slices.Sorted(maps.Keys(w.indexed(tx))) {
			if err := tx.Delete(key); err != nil {
				return err
			}
		}
		return nil
	})
	if n := w.pruned(t); n != 1 { // the storm, which needs none
		t.Errorf("%d went without an index", n)
	}
	for range 2 {
		if err := state.IndexEnded(t.Context(), w.store); err != nil {
			t.Fatal(err)
		}
	}
	w.pruned(t)
	after := w.all(t)
	for _, key := range keys {
		if _, ok := after[key]; ok {
			t.Errorf("%s is still there", key)
		}
	}
}

func (w *world) indexed(tx state.Tx) map[string]bool {
	out := map[string]bool{}
	for item, err := range tx.Scan("idx/ended/") {
		if err == nil {
			out[item.Key] = true
		}
	}
	return out
}
