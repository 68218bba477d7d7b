package audit

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const indexPrefix = "idx/event/"

// Keeps reports whether the key is of the audit log.
func Keeps(key string) bool {
	return key == secretKey || key == settingsKey || strings.HasPrefix(key, "audit/") || strings.HasPrefix(key, eventPrefix) || strings.HasPrefix(key, indexPrefix)
}

// Reach is how far a log goes.
type Reach struct {
	Seq  uint64 // of the last event; zero when there is none
	Hash string
	At   time.Time
}

// ReachOf returns how far the log goes, as its head says.
func ReachOf(tx state.Tx) (Reach, error) {
	last, err := state.Load[head](tx, headKey)
	if errors.Is(err, state.ErrNotFound) {
		return Reach{}, nil
	}
	if err != nil {
		return Reach{}, err
	}
	e, err := state.Load[access.Event](tx, key(last.Seq))
	return Reach{last.Seq, last.Hash, e.At}, err
}

// Check reads the whole log and tells of each fault in it: of the chain the first, of
// the index all.
func Check(tx state.Tx, found func(state.Fault)) (Reach, error) {
	_, err := Verify(tx)
	broken, isBroken := errors.AsType[*BrokenError](err)
	unsound, isUnsound := errors.AsType[*UnsoundError](err)
	_, unread := state.Unreadable(err)
	switch {
	case isBroken:
		found(state.Fault{Kind: state.FaultChain, Key: key(broken.Seq), What: fmt.Sprintf("The chain does not hold: %s.", broken.Why)})
	case isUnsound:
		found(state.Fault{Kind: state.FaultChain, Key: treeKey, What: "The events hold, and what is kept of the tree of them does not: " + unsound.Err.Error() + "."})
	case unread:
		found(state.Fault{Kind: state.FaultChain, Key: headKey, What: "The end of the chain cannot be read."})
	case err != nil:
		return Reach{}, err
	}
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return Reach{}, err
		}
		e, err := state.Decode[access.Event](item.Key, item.Value)
		if err != nil || e.Request == "" {
			continue // the chain has told of what cannot be read
		}
		at := state.Path("idx/event", string(e.Request), strings.TrimPrefix(item.Key, eventPrefix))
		if _, err := tx.Get(at); errors.Is(err, state.ErrNotFound) {
			found(state.Fault{
				Kind: state.FaultUnindexed, Key: item.Key, What: at + " is missing.", Entry: &state.Entry{Item: state.Item{Key: at}},
			})
		} else if err != nil {
			return Reach{}, err
		}
	}
	if err := checkIndex(tx, found); err != nil {
		return Reach{}, err
	}
	reach, err := ReachOf(tx)
	if _, unread := state.Unreadable(err); unread || errors.Is(err, state.ErrNotFound) {
		err = nil // told of as the chain's
	}
	return reach, err
}

func checkIndex(tx state.Tx, found func(state.Fault)) error {
	for item, err := range tx.Scan(indexPrefix) {
		if err != nil {
			return err
		}
		request, seq, _ := strings.Cut(strings.TrimPrefix(item.Key, indexPrefix), "/")
		e, err := state.Load[access.Event](tx, eventPrefix+seq)
		if _, unread := state.Unreadable(err); unread || err == nil && string(e.Request) == request {
			continue
		}
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		found(state.Fault{
			Kind: state.FaultStale, Key: item.Key, What: "No event of this number is about " + request + ".",
			Entry: &state.Entry{Item: state.Item{Key: item.Key}, None: true},
		})
	}
	return nil
}
