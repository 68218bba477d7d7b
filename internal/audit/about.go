package audit

import (
	"bytes"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Account is what the log holds of one customer.
type Account struct {
	// Events are those of the customer, and those that concern all of them alike: which
	// policy was in force, and that the state was put back from a backup.
	Events []access.Event
	Own    int    // how many of these are of the customer
	First  uint64 // the number of the first event that is there
	Last   uint64 // that of the last one that was read
	Hash   string // of that one
	Count  int    // how many were looked at
}

// everybodys are the kinds of events that are told of to each customer.
var everybodys = []access.EventKind{access.EventPolicy, access.EventRestored, access.EventOvertaken}

// About reads the log up to an event, or to its end for 0, and keeps what is about the
// customer. Events of others are passed over unread.
func About(tx state.Tx, customer access.TenantID, upTo uint64) (Account, error) {
	var out Account
	marks := [][]byte{[]byte(`"` + string(customer) + `"`)}
	for _, kind := range everybodys {
		marks = append(marks, []byte(`"`+string(kind)+`"`))
	}
	var newest state.Item
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return out, err
		}
		if upTo > 0 && item.Key > key(upTo) {
			break
		}
		newest = item
		out.Count++
		if out.Count > 1 && !marked(item.Value, marks) {
			continue
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil {
			return out, err
		}
		if out.Count == 1 {
			out.First = e.Seq
		}
		switch {
		case customer != "" && e.Customer == customer:
			out.Own++
		case e.Customer != "" || !of(everybodys, e.Kind):
			continue
		}
		out.Events = append(out.Events, e)
	}
	if out.Count == 0 {
		return out, nil
	}
	e, err := state.Decode[access.Event](newest.Key, newest.Value)
	out.Last, out.Hash = e.Seq, e.Hash
	return out, err
}

func marked(raw []byte, marks [][]byte) bool {
	for _, m := range marks {
		if bytes.Contains(raw, m) {
			return true
		}
	}
	return false
}

func of(kinds []access.EventKind, kind access.EventKind) bool {
	for _, k := range kinds {
		if k == kind {
			return true
		}
	}
	return false
}
