package audit

import (
	"bytes"
	"slices"

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
	// Later are events of the customer after that one, with which its records, which may be
	// newer, are compared.
	Later []access.Event
	// Forgotten are the deletions on request, of anybody's data and until now.
	Forgotten access.Forgettings
}

// everybodys are the kinds of events that are told of to each customer.
var everybodys = []access.EventKind{access.EventPolicy, access.EventRestored, access.EventOvertaken}

// deletions are those that tell of data that was deleted on request.
var deletions = []access.EventKind{access.EventForgetting, access.EventForgotten}

// About reads the log, and keeps what is about the customer: up to an event, or to its end
// for 0, and what came later by itself. Events of others are passed over unread.
func About(tx state.Tx, customer access.TenantID, upTo uint64) (Account, error) {
	var out Account
	marks := [][]byte{[]byte(`"` + string(customer) + `"`)}
	for _, kind := range slices.Concat(everybodys, deletions) {
		marks = append(marks, []byte(`"`+string(kind)+`"`))
	}
	var newest state.Item
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return out, err
		}
		later := upTo > 0 && item.Key > key(upTo)
		if !later {
			newest = item
			out.Count++
		}
		if out.Count != 1 && !marked(item.Value, marks) {
			continue
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil {
			return out, err
		}
		out.take(e, customer, later)
	}
	if out.Count == 0 {
		return out, nil
	}
	e, err := state.Decode[access.Event](newest.Key, newest.Value)
	out.Last, out.Hash = e.Seq, e.Hash
	return out, err
}

// take keeps an event, where it is about the customer.
func (a *Account) take(e access.Event, customer access.TenantID, later bool) {
	if a.Count == 1 && !later {
		a.First = e.Seq
	}
	if e.Customer == "" {
		a.Forgotten.Hear(e)
	}
	switch own := customer != "" && e.Customer == customer; {
	case own && later:
		a.Later = append(a.Later, e)
	case later:
	case own:
		a.Own++
		a.Events = append(a.Events, e)
	case e.Customer == "" && slices.Contains(everybodys, e.Kind):
		a.Events = append(a.Events, e)
	}
}

func marked(raw []byte, marks [][]byte) bool {
	for _, m := range marks {
		if bytes.Contains(raw, m) {
			return true
		}
	}
	return false
}
