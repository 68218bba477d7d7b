package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Proof is a file that comes with the report, by which anybody can check that no event of
// the customer in its time was changed or left out.
type Proof struct {
	File   []byte
	Key    string    // the public key by which it is checked; empty: there is no proof
	Drawn  bool      // the bot has drawn the key itself, and keeps it beside the log
	Events uint64    // how many of the whole log are signed
	At     time.Time // when they were
	Broken string    // why there can be none: the log does not hold
}

// Prove makes the proof of what a report tells. A log of which nothing is signed yet, and
// one that does not hold, have none.
func Prove(tx state.Tx, r Report) (Proof, error) {
	var file bytes.Buffer
	proven, err := audit.Prove(tx, r.Customer, audit.Period{From: r.Span.From, To: r.Span.To}, &file)
	if errors.Is(err, audit.ErrNoEvents) {
		return Proof{}, nil
	}
	if broken, ok := errors.AsType[*audit.BrokenError](err); ok {
		return Proof{Broken: broken.Error()}, nil
	}
	if unsound, ok := errors.AsType[*audit.UnsoundError](err); ok {
		return Proof{Broken: unsound.Error()}, nil
	}
	if err != nil {
		return Proof{}, fmt.Errorf("prove what is told: %w", err)
	}
	key, err := audit.KeyInForce(tx)
	if err != nil {
		return Proof{}, fmt.Errorf("the key of the audit log: %w", err)
	}
	drawn := false
	if private, err := audit.DrawnSigner(tx); err == nil {
		public, err := audit.PublicKey(private)
		drawn = err == nil && public == key
	} else if !errors.Is(err, state.ErrNotFound) {
		return Proof{}, err
	}
	c := proven.Checkpoint
	return Proof{File: file.Bytes(), Key: key, Drawn: drawn, Events: uint64(max(c.Size, 0)), At: c.At}, nil //nolint:gosec // it is no less
}
