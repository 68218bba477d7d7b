// Package outbox performs the bot's outside effects (Slack posts, Graph calls)
// at least once, in order within a lane, across crashes.
//
// A transition and the effects it causes are written in one transaction. A
// [Runner] leases an effect, performs it with no transaction open, and records
// the result in the transaction that removes it. There is no separate recovery:
// after a crash the lease runs out and the effect is due again. A handler must
// therefore be idempotent, or look whether its work is already done when
// [Effect.Repeated] says that somebody may have been there before.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/state"
)

// Effect is something owed to the outside.
type Effect struct {
	// ID is derived from the change that caused it, such as
	// "R-7K3M2/0003/graph.join", so that a transaction that runs again enqueues
	// the same one. It is also the mark left at the remote.
	ID string
	// Lane holds effects that must happen one at a time and in order. A lane
	// belongs to one system, so a fault of Slack never holds up a removal.
	Lane    string
	Kind    string
	Payload json.RawMessage // all that is needed; never a secret

	Seq        uint64    // order within the lane
	NotBefore  time.Time // not due earlier
	Counted    time.Time `json:",omitzero"` // the moment by which NotBefore, or the lease, was set; zero: EnqueuedAt
	Attempts   int       // that counted: tries that ended in an error or a crash
	Heard      int       `json:",omitempty"` // of the attempts, those that Handler.Retrying was told of
	Throttled  int       `json:",omitempty"` // of the attempts, those at which the remote asked to wait
	Folded     int       `json:",omitempty"` // later ones whose work it does too, see [Folds]
	Term       int       // leases so far; fences a runner that was too slow
	Unbegun    int       `json:",omitempty"` // of the terms, those in which nothing was done
	LeaseOwner string
	LeaseUntil time.Time
	LastError  string
	EnqueuedAt time.Time
	FirstAt    time.Time `json:",omitzero"` // when it was owed first, of one that was revived since

	// Ref and Trace are what the effect comes from, as [cause.Cause] has it.
	Ref   string `json:",omitempty"`
	Trace string `json:",omitempty"`
	Timed bool   `json:",omitempty"` // and nothing that somebody waits for stands behind it
}

// Repeated reports whether an earlier try may already have done the work.
func (e Effect) Repeated() bool { return e.Term-e.Unbegun > 1 }

// Since is the moment before which no try can have done the work.
func (e Effect) Since() time.Time {
	if !e.FirstAt.IsZero() {
		return e.FirstAt
	}
	return e.EnqueuedAt
}

// Handler performs one kind of effect.
type Handler struct {
	// Do touches the world, without a transaction. Its context ends before the
	// lease does. It returns what Done needs.
	Do func(ctx context.Context, e Effect) (json.RawMessage, error)
	// Done writes the outcome, in the transaction that removes the effect. It
	// may be nil.
	Done func(tx state.Tx, e Effect, result json.RawMessage) error
	// Retrying is told of each try that ended in an error, in the transaction that
	// sets the next one, so that somebody can be told of trouble that lasts. The
	// attempts from e.Heard+1 to e.Attempts are new to it: tries that ended with
	// their process or their lease are heard of with the next error. It may be nil.
	Retrying func(tx state.Tx, e Effect, cause error) error
	// Failed writes the consequence of a permanent failure, in the transaction
	// that moves the effect aside. It may be nil.
	Failed func(tx state.Tx, e Effect, cause error) error
}

// Permanent marks an error after which trying again is pointless.
func Permanent(err error) error { return &outcome{err: err, permanent: true} }

// RetryAfter marks an error with the wait that the remote asked for. The effect is parked
// for so long and holds nothing up but its lane. That it was turned away is heard of, but
// does not make the waits after other errors longer.
func RetryAfter(err error, wait time.Duration) error {
	return &outcome{err: err, wait: wait, throttled: true}
}

// NotYet says that the work has begun and its end must be awaited. It is no
// failed attempt.
func NotYet(wait time.Duration) error {
	return &outcome{err: errors.New("not yet"), wait: wait, notYet: true}
}

// NotBegun says that nothing was done, for it is not the effect's turn yet at the remote.
// It is no failed attempt, and the next try does not have to look for the work of this one.
func NotBegun(wait time.Duration) error {
	return &outcome{err: errors.New("not begun"), wait: wait, notYet: true, unbegun: true}
}

type outcome struct {
	err       error
	wait      time.Duration
	permanent bool
	notYet    bool
	unbegun   bool
	throttled bool
}

func (o *outcome) Error() string { return o.err.Error() }
func (o *outcome) Unwrap() error { return o.err }

// IsPermanent reports whether the error was marked by [Permanent].
func IsPermanent(err error) bool {
	o, ok := errors.AsType[*outcome](err)
	return ok && o.permanent
}

// Wait is how long an error that [RetryAfter] marked asks to wait; zero for every
// other.
func Wait(err error) time.Duration {
	if o, ok := errors.AsType[*outcome](err); ok {
		return o.wait
	}
	return 0
}

// The prefixes of the keys of effects that are owed, and of those that could not be done.
const (
	EffectKeys = "outbox/effect/"
	DeadKeys   = "outbox/dead/"
)

const (
	effectPrefix = EffectKeys
	deadPrefix   = DeadKeys
	lanePrefix   = "outbox/lane/"
	byTimePrefix = "outbox/bytime/" // those of a lane that are Timed
	duePrefix    = "outbox/due/"
	timedPrefix  = duePrefix + "timed/" // comes after every moment
	seqKey       = "outbox/seq"
)

// Enqueue owes the effect from the commit of tx on. An effect that is already
// owed, or lies among the dead, is not owed again, and one that folds into another
// is not owed beside it; see [Folds]. One that has a NotBefore is put off until
// then, or until something comes to stand behind it. What somebody waits for takes along
// what stands before it in its lane. Kind, ID and Lane must be set.
func Enqueue(tx state.Tx, e Effect, now time.Time) error {
	if e.ID == "" || e.Lane == "" || e.Kind == "" {
		return fmt.Errorf("an effect without id, lane or kind: %q %q %q", e.ID, e.Lane, e.Kind)
	}
	if strings.Contains(e.Lane, "|") {
		return fmt.Errorf("effect %s: the lane %q would run into others", e.ID, e.Lane)
	}
	for _, prefix := range []string{effectPrefix, deadPrefix} {
		if _, err := tx.Get(prefix + e.ID); err == nil {
			return nil
		} else if !errors.Is(err, state.ErrNotFound) {
			return err
		}
	}
	if !state.CauseOf(tx).Timed {
		if err := awaited(tx, e.Lane, now); err != nil {
			return err
		}
	}
	if e.NotBefore.IsZero() {
		e.NotBefore = now
	}
	if folded, err := fold(tx, e); err != nil || folded {
		return err
	}
	seq, err := nextSeq(tx)
	if err != nil {
		return err
	}
	from := state.CauseOf(tx)
	e.Seq, e.EnqueuedAt, e.Ref, e.Trace, e.Timed = seq, now, from.Ref, from.Trace, from.Timed
	first, _, waiting, err := head(tx, e.Lane)
	if err == nil && waiting {
		err = notHeldUp(tx, first, e.NotBefore)
	}
	if err != nil {
		return err
	}
	if err := tx.Put(laneKey(e), []byte(e.ID)); err != nil {
		return err
	}
	if e.Timed {
		if err := tx.Put(byTimeKey(e), []byte(e.ID)); err != nil {
			return err
		}
	}
	if !waiting {
		if err := tx.Put(dueKey(e), []byte(e.ID)); err != nil {
			return err
		}
	}
	return save(tx, e)
}

// Pending lists the effects that are owed, in the order of their ids.
func Pending(tx state.Tx) ([]Effect, error) { return state.All[Effect](tx, effectPrefix) }

// Dead lists the effects that could not be done.
func Dead(tx state.Tx) ([]Effect, error) { return state.All[Effect](tx, deadPrefix) }

const interrupted = "the process ended during the try"

// Release ends the leases of owners that are gone; nil: all of them, for a process that
// has just opened an exclusive store. A try that ended with its process counts.
// The second in a row puts the effect off as backoff says, since an effect that
// ends the process itself would else do so at each start. What waits by a clock that was
// put back since waits from now on. What cannot be read is left alone.
func Release(tx state.Tx, now time.Time, backoff func(attempt int) time.Duration, gone func(owner string) bool) error {
	if err := recount(tx, now); err != nil {
		return err
	}
	return change(tx, func(e *Effect) bool {
		if e.LeaseOwner == "" || gone != nil && !gone(e.LeaseOwner) {
			return false
		}
		e.giveBack(now, interrupted, backoff)
		return true
	})
}

func nextSeq(tx state.Tx) (uint64, error) {
	var n uint64
	raw, err := tx.Get(seqKey)
	if err == nil {
		n, err = strconv.ParseUint(string(raw), 10, 64)
	} else if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return 0, fmt.Errorf("number an effect: %w", err)
	}
	n++
	return n, tx.Put(seqKey, strconv.AppendUint(nil, n, 10))
}

// head returns the first effect in the lane: its id and, as keys write it, its
// place.
func head(tx state.Tx, lane string) (id, seq string, ok bool, err error) {
	prefix := lanePrefix + lane + "|"
	for item, err := range tx.Scan(prefix) {
		return string(item.Value), strings.TrimPrefix(item.Key, prefix), err == nil, err
	}
	return "", "", false, nil
}

// Owes reports whether an effect of the kind, for the scope, waits in the lane. The
// ids of such effects begin with the scope and end with the kind.
func Owes(tx state.Tx, lane, scope, kind string) (bool, error) {
	for item, err := range tx.Scan(lanePrefix + lane + "|") {
		if err != nil {
			return false, err
		}
		if id := string(item.Value); strings.HasPrefix(id, scope+"/") && strings.HasSuffix(id, "/"+kind) {
			return true, nil
		}
	}
	return false, nil
}

func laneKey(e Effect) string   { return fmt.Sprintf("%s%s|%020d", lanePrefix, e.Lane, e.Seq) }
func byTimeKey(e Effect) string { return fmt.Sprintf("%s%s|%020d", byTimePrefix, e.Lane, e.Seq) }

func save(tx state.Tx, e Effect) error {
	_, err := state.Save(tx, effectPrefix+e.ID, e)
	return err
}
