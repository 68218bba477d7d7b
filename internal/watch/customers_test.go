package watch_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

func TestCustomer(t *testing.T) {
	t.Parallel()
	held := state.DAP{Customer: contoso, Held: true, Relationship: "reseller", ReadAt: start}
	gone, left, both, back := held, held, held, held
	gone.Held, left.Relationship = false, "none"
	both.Held, both.Relationship = false, "none"
	back.Relationship = "Reseller"
	trouble := held
	trouble.Problem = "no answer"
	unread := held
	unread.ReadAt = time.Time{}
	rows := []struct {
		name     string
		old, now state.DAP
		ours     bool // a bot admin removed it here
		kinds    []access.ChangeKind
		state    access.AlertState
	}{
		{"Nothing", held, back, false, nil, ""},
		{"First", unread, gone, false, nil, ""},
		{"Unreadable", held, trouble, false, nil, ""},
		{"Removed", held, gone, false, []access.ChangeKind{access.ChangeDAPGone}, access.AlertOpen},
		{"RemovedHere", held, gone, true, []access.ChangeKind{access.ChangeDAPGone}, access.AlertResolved},
		{"Given", gone, held, false, []access.ChangeKind{access.ChangeDAPHeld}, access.AlertOpen},
		{"Left", held, left, false, []access.ChangeKind{access.ChangeLeft}, access.AlertOpen},
		{"LeftAltogether", held, both, false, []access.ChangeKind{access.ChangeDAPGone, access.ChangeLeft}, access.AlertOpen},
		{"Came", left, held, false, []access.ChangeKind{access.ChangeReseller}, access.AlertResolved},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := &clubhouse{world: newWorld(t)}
			w.watched(rel())
			w.update(func(tx state.Tx) error {
				if row.ours {
					if err := state.PutTicket(tx, state.Ticket{
						ID: "t-1", Act: state.TicketDAP, Customer: contoso, By: dee, TakenAt: start.Add(-time.Minute), SettledAt: start,
					}); err != nil {
						return err
					}
				}
				return w.Customer(tx, row.old, row.now)
			})
			var a access.Alert
			w.update(func(tx state.Tx) (err error) {
				if a, err = state.Alert(tx, access.AlertOfCustomer(contoso)); len(row.kinds) == 0 {
					err = nil
				}
				return err
			})
			w.stands(row.name, a, row.state, row.kinds...)
			if row.ours != (a.Newest().By == dee) {
				t.Errorf("done by %v", a.Newest().By)
			}
			w.update(w.CustomersRead)
			cards := w.owed()
			if len(row.kinds) == 0 {
				w.want("the cards", cards)
				return
			}
			w.want("the cards", cards, " card 1")
			w.update(func(tx state.Tx) error { return w.Customer(tx, row.now, row.old) })
			w.update(func(tx state.Tx) (err error) { a, err = state.Alert(tx, a.ID); return err })
			if row.state == access.AlertOpen && a.State != access.AlertResolved {
				t.Errorf("what is as before is still %q: %+v", a.State, a.Wrong)
			}
		})
	}
}
