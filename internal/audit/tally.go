package audit

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// tally is what has been read of one customer. What a checkpoint says of it is computed anew
// only where an event came since the one before: of many customers few have one in an hour.
type tally struct {
	edge
	holding
	fresh bool // it is as the edge says
}

// count takes an event into the tree of its customer.
func (w *walk) count(l link) {
	if l.customer == "" {
		return
	}
	t := w.customers[l.customer]
	if t == nil {
		t = &tally{holding: holding{place: placeOf(l.customer)}, fresh: true}
		w.customers[l.customer] = t
	}
	t.add(l.record, unheard)
	if t.fresh {
		t.fresh = false
		w.changed = append(w.changed, t)
	}
}

// mapRoot is the root of the map of customers as far as was read.
func (w *walk) mapRoot() tlog.Hash {
	before := len(w.holdings)
	for _, t := range w.changed {
		if t.hash == (tlog.Hash{}) {
			w.holdings = append(w.holdings, t)
		}
		t.has(t.Size, t.root())
		t.fresh = true
	}
	w.changed = w.changed[:0]
	if len(w.holdings) > before {
		slices.SortFunc(w.holdings, func(a, b *tally) int { return slices.Compare(a.place[:], b.place[:]) })
	}
	all := make([]holding, 0, len(w.holdings))
	for _, t := range w.holdings {
		all = append(all, t.holding)
	}
	return mapRoot(all, 0)
}
