package approvals_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

// TestDamageStopsNoRemoval damages one record of one person's access and has the
// time of all be over: that of the others ends, and `list` shows them until then.
func TestDamageStopsNoRemoval(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		key    func(access.RequestID) string
		ends   bool // the access whose record it is ends as well
		counts int  // what `list` says is not shown
	}{
		{"Request", func(id access.RequestID) string { return "request/" + string(id) }, true, 1},
		{"Grant", func(id access.RequestID) string { return "grant/" + string(id) }, false, 1},
		{"Staff", func(access.RequestID) string { return "staff/" + string(ana.User) }, true, 0},
		{"Contact", func(access.RequestID) string {
			return state.Path("contact", string(contoso), string(carol.Team), string(carol.User))
		}, true, 0},
		{"Relationship", func(access.RequestID) string { return "mirror/relationship/" + string(contoso) + "/damaged" }, true, 1},
		{"Customer", func(access.RequestID) string { return "mirror/customer/damaged" }, true, 0},
		{"MirrorInfo", func(access.RequestID) string { return "mirror/info" }, true, 0},
		{"Offer", func(access.RequestID) string { return "offer/O-00001" }, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			one, other := w.active(t), w.activeOf(t, bo)
			restore(t, w, tt.key(one))
			if err := w.store.Update(t.Context(), func(tx state.Tx) error { return tx.Put(tt.key(one), []byte("{")) }); err != nil {
				t.Fatal(err)
			}
			seen, err := w.Overview(t.Context(), approvals.Origin{Actor: dee}, contoso)
			if err != nil || seen.Unreadable != tt.counts || len(seen.Grants) < 1 {
				t.Errorf("list shows %d grants, %d unreadable, %v", len(seen.Grants), seen.Unreadable, err)
			}
			w.now = w.now.Add(9 * time.Hour)
			var due []state.Due
			w.look(t, func(tx state.Tx) (err error) {
				due, err = state.DueUntil(tx, w.now, 10)
				return err
			})
			for _, d := range due {
				if err := w.Due(t.Context(), d); err != nil && (tt.ends || d.Request != one) {
					t.Errorf("%s: %v", d.ID(), err)
				}
			}
			w.drain(t)
			if g := w.grant(t, other); g.State != access.Ended {
				t.Errorf("the other's access is %s", g.State)
			}
			err = w.store.View(t.Context(), func(tx state.Tx) error {
				g, err := state.Grant(tx, one)
				if tt.ends && g.State != access.Ended {
					err = errors.Join(err, errors.New("the access of the damaged record is "+string(g.State)))
				}
				return err
			})
			if (err != nil) == tt.ends {
				t.Error(err)
			}
		})
	}
}

// restore puts the record back in the end, for the checks of every world.
func restore(t *testing.T, w *world, key string) {
	was := w.records(t)[key]
	t.Cleanup(func() {
		now := w.records(t)[key]
		w.put(t, func(tx state.Tx) error {
			switch {
			case now != "{":
				return nil
			case was == "":
				return tx.Delete(key)
			}
			return tx.Put(key, []byte(was))
		})
	})
}

// activeOf gives a colleague the access that Ana has.
func (w *world) activeOf(t *testing.T, p access.Person) access.RequestID {
	t.Helper()
	r, err := w.Submit(t.Context(), w.by(p, ""), anAsk())
	if err == nil {
		_, err = w.decide(carol, r.ID, access.Approve)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	return r.ID
}
