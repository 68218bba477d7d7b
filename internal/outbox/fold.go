package outbox

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"latchkey/internal/state"
)

// folding are the kinds that make something show the state of now, whatever it was when
// they were owed.
var folding = map[string]bool{
	SlackCard: true, SlackOfferCard: true, SlackAlertCard: true, SlackReviewCard: true,
}

// Folds reports whether effects of the kind fold: one that waits in its lane and that
// nobody has begun does the work of each later one with the same payload, so ten changes
// of a card are one update. One that is under way may have looked at the state already,
// and is followed by another.
func Folds(kind string) bool { return folding[kind] }

// fold has an effect that waits do the work of e too, and reports whether there is one.
func fold(tx state.Tx, e Effect) (bool, error) {
	if !Folds(e.Kind) {
		return false, nil
	}
	waiting, err := waitingFor(tx, e)
	if err != nil || waiting == nil {
		return false, err
	}
	was := *waiting
	waiting.Folded++
	if e.Term > e.Unbegun { // it was tried, and may have been done in part, long ago
		waiting.Term = max(waiting.Term, waiting.Unbegun+1)
		if since := e.Since(); since.Before(waiting.Since()) {
			waiting.FirstAt = since
		}
	}
	waiting.notLater(e.NotBefore)
	if waiting.NotBefore.Equal(was.NotBefore) {
		return true, save(tx, *waiting)
	}
	return true, become(tx, was, *waiting)
}

// notLater has an effect that was put off, so that what comes after may fold into it, be due
// by then, and reports whether that is sooner. What was tried waits for its own reasons.
func (e *Effect) notLater(by time.Time) bool {
	if e.Term > 0 || !e.NotBefore.After(by) {
		return false
	}
	e.NotBefore = by
	return true
}

// notHeldUp has what stands first in the lane, and was put off, be due when that is which
// comes to stand behind it.
func notHeldUp(tx state.Tx, first string, by time.Time) error {
	if !Folds(first[strings.LastIndex(first, "/")+1:]) { // ids end with the kind
		return nil
	}
	e, err := state.Load[Effect](tx, effectPrefix+first)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return nil
	}
	was := e
	if err != nil || !e.notLater(by) {
		return err
	}
	return become(tx, was, e)
}

// waitingFor finds an effect in the lane of e that does the same and that nobody has begun.
func waitingFor(tx state.Tx, e Effect) (*Effect, error) {
	for item, err := range tx.Scan(lanePrefix + e.Lane + "|") {
		if err != nil {
			return nil, err
		}
		one, err := state.Load[Effect](tx, effectPrefix+string(item.Value))
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if one.LeaseOwner == "" && one.Kind == e.Kind && bytes.Equal(one.Payload, e.Payload) {
			return &one, nil
		}
	}
	return nil, nil
}
