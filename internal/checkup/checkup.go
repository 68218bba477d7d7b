// Package checkup reads a whole store and tells what in it does not fit: records that
// cannot be decoded, indexes that tell of what is not so, effects about nothing, access
// that nothing will end, an audit log that does not hold.
//
// It works on any store, holds no more than one record at a time, and changes nothing;
// [Mend] writes indexes anew, and nothing else.
package checkup

import (
	"context"
	"fmt"
	"time"

	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Most is how many faults a report names; all are counted.
const Most = 100

// A Finding is a fault with what to do about it.
type Finding struct {
	Kind state.FaultKind `json:"kind"`
	Key  string          `json:"key"`
	What string          `json:"what"`
	Do   string          `json:"do"`
}

// Report is what a store holds and what is wrong with it.
type Report struct {
	Good    bool                    `json:"good"`
	Records map[string]int          `json:"records"` // by kind
	Owed    int                     `json:"owed"`    // effects that are not done yet
	Dead    int                     `json:"dead"`    // and that could not be done
	Events  uint64                  `json:"events"`  // of the audit log
	Last    time.Time               `json:"last_event"`
	Hash    string                  `json:"last_hash"`
	Count   map[state.FaultKind]int `json:"faults,omitempty"`
	// Findings are the first faults, at most [Most].
	Findings []Finding `json:"findings,omitempty"`
}

// Of reads the store, in one transaction.
func Of(ctx context.Context, s state.Store) (Report, error) {
	r := Report{Count: map[state.FaultKind]int{}}
	err := s.View(ctx, func(tx state.Tx) error {
		return r.read(ctx, tx, func(f state.Fault) {
			r.Count[f.Kind]++
			if len(r.Findings) < Most {
				r.Findings = append(r.Findings, Finding{f.Kind, f.Key, f.What, do[f.Kind]})
			}
		})
	})
	r.Good = err == nil && len(r.Count) == 0
	return r, err
}

// read checks each part of the store by who keeps it.
func (r *Report) read(ctx context.Context, tx state.Tx, found func(state.Fault)) (err error) {
	others := func(key string) bool { return outbox.Keeps(key) || audit.Keeps(key) }
	if r.Records, err = state.Check(tx, others, found); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	owing, err := outbox.Check(tx, found)
	if err != nil {
		return err
	}
	r.Owed, r.Dead = owing.Owed, owing.Dead
	reach, err := audit.Check(tx, found)
	r.Events, r.Last, r.Hash = reach.Seq, reach.At, reach.Hash
	return err
}

// do says what to do about each kind of fault.
var do = map[state.FaultKind]string{
	state.FaultMoved:      "Do as it says. The bot does not start on it.",
	state.FaultVersion:    "Start the version of the program that wrote it, or restore a backup made before it.",
	state.FaultUnreadable: "The bot leaves it out and goes on. What is mirrored from Microsoft is mended by the next read; for anything else restore a backup.",
	state.FaultMisplaced:  "Restore a backup: somebody else than the bot has written into the file.",
	state.FaultUnindexed:  "Stop the bot and run: bot state check -mend",
	state.FaultStale:      "Stop the bot and run: bot state check -mend",
	state.FaultUnended:    "Look in Entra at once whether this person is still in the group, and take them out when the time is over. Then stop the bot and run: bot state check -mend",
	state.FaultOrphan:     "What it is about was lost. Restore a backup, or leave it: the bot names it in its log when it comes to it.",
	state.FaultUnknown:    "A newer version may have written it. Start that one; otherwise leave it, it does no harm.",
	state.FaultChain:      "Keep this file as it is for whoever audits, compare it with the newest backup (bot audit list), and find out who could write into it.",
	state.FaultOwed:       "Stop the bot and run: bot state check -mend. If it stays, restore a backup.",
}

// mendMost bounds one transaction of [Mend].
const mendMost = 1000

// Mend writes the indexes of a store anew that are wrong, and returns how many entries
// that were. What has become right by it may show what else is wrong, so it looks again
// until nothing is left that it can do.
func Mend(ctx context.Context, s state.Store) (int, error) {
	total, last, again := 0, "", 0
	for {
		var faults []state.Fault
		err := s.View(ctx, func(tx state.Tx) error {
			return new(Report).read(ctx, tx, func(f state.Fault) {
				if f.Entry != nil && len(faults) < mendMost {
					faults = append(faults, f)
				}
			})
		})
		if err != nil || len(faults) == 0 {
			return total, err
		}
		if again++; faults[0].Entry.Key != last {
			again = 0
		}
		if last = faults[0].Entry.Key; again > 2 { // one time it may go, one time come back
			return total, fmt.Errorf("%s stays as it is: restore a backup", last)
		}
		if err := s.Update(ctx, func(tx state.Tx) error { return state.Mend(tx, faults) }); err != nil {
			return total, err
		}
		total += len(faults)
	}
}
