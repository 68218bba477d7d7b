package audit

import (
	"errors"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const postedPrefix = "audit/posted/"

// Posted is when a customer was told of a checkpoint last, and how many events of its own
// it had by then.
type Posted struct {
	At     time.Time
	Events int64
}

// Due is a customer who is to be told of a checkpoint.
type Due struct {
	Customer access.TenantID
	Events   int64 // of its own, under the newest checkpoint
}

// DueToPost lists who of the customers has new events under the newest checkpoint and was
// told of one longer ago than every, at most so many. Who was never told is noted as if
// they had been told now: what has just begun needs no proof yet.
func DueToPost(tx state.Tx, customers []access.TenantID, now time.Time, every time.Duration, most int) (due []Due, err error) {
	t, err := loadTree(tx)
	if err != nil || t.Signed == 0 || t.Signed != t.Size {
		return nil, err
	}
	posted := map[access.TenantID]Posted{}
	for item, err := range tx.Scan(postedPrefix) {
		if err != nil {
			return nil, err
		}
		p, err := state.Decode[Posted](item.Key, item.Value)
		if err != nil {
			return nil, err
		}
		posted[access.TenantID(strings.TrimPrefix(item.Key, postedPrefix))] = p
	}
	for _, c := range customers {
		p, known := posted[c]
		if since := now.Sub(p.At); known && since >= 0 && since < every { // what was told later than now was told by a clock that was ahead
			continue
		}
		e, err := state.Load[edge](tx, customerPrefix+string(c))
		if errors.Is(err, state.ErrNotFound) || err == nil && e.Size <= p.Events {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !known {
			if err := PutPosted(tx, c, Posted{At: now}); err != nil {
				return nil, err
			}
			continue
		}
		if due = append(due, Due{c, e.Size}); len(due) == most {
			break
		}
	}
	return due, nil
}

// PutPosted writes that a customer was told.
func PutPosted(tx state.Tx, customer access.TenantID, p Posted) error {
	_, err := state.Save(tx, postedPrefix+string(customer), p)
	return err
}
