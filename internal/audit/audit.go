// Package audit keeps the log of what happened: one event for every transition
// and every refusal, each holding the hash of the one before it, so that a
// change, a gap or a swap shows.
//
// An event is appended in the transaction of the change it tells of: a crash
// leaves both or neither. Events hold ids, never names or what people wrote;
// such text is kept as a salted [Digest], so that a person's data can be
// deleted while the chain stays whole.
//
// Off the way of any change the events are put, in their order, into a Merkle tree, and the
// events of each customer into one of their own; a [Checkpoint] signs both. [Prove] writes
// what one customer may hold of it, and [CheckProof] needs nothing but that and the key.
package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// EventKeys is the prefix of the keys of events.
const EventKeys = "event/"

const (
	eventPrefix = EventKeys
	headKey     = "audit/head"
)

// head is the last event's number and hash.
type head struct {
	Seq  uint64
	Hash string
}

// Append adds the event to the log and returns it with its number and hashes.
func Append(tx state.Tx, e access.Event) (access.Event, error) {
	last, err := state.Load[head](tx, headKey)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return e, err
	}
	if e.Salt, err = saltOf(tx, e.Customer); err != nil {
		return e, err
	}
	e.Actor.Name, e.Actor.Mail = "", ""
	e.At = e.At.UTC()
	if e, err = stored(e); err != nil {
		return e, err
	}
	e.Seq, e.Prev, e.Ref = last.Seq+1, last.Hash, state.CauseOf(tx).Ref
	if e.Hash, err = sum(e); err != nil {
		return e, err
	}
	if _, err := state.Save(tx, key(e.Seq), e); err != nil {
		return e, err
	}
	if e.Request != "" {
		if err := tx.Put(state.Path("idx/event", string(e.Request), number(e.Seq)), nil); err != nil {
			return e, err
		}
	}
	_, err = state.Save(tx, headKey, head{Seq: e.Seq, Hash: e.Hash})
	return e, err
}

// Of lists the events of a request, oldest first.
func Of(tx state.Tx, id access.RequestID) ([]access.Event, error) {
	var out []access.Event
	for item, err := range tx.Scan(state.Path("idx/event", string(id)) + "/") {
		if err != nil {
			return nil, err
		}
		e, err := state.Load[access.Event](tx, eventPrefix+item.Key[strings.LastIndexByte(item.Key, '/')+1:])
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Tail returns up to n of the newest events, oldest first.
func Tail(tx state.Tx, n int) ([]access.Event, error) {
	last, err := state.Load[head](tx, headKey)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first := uint64(1)
	if last.Seq > uint64(n) {
		first = last.Seq - uint64(n) + 1
	}
	var out []access.Event
	for seq := first; seq <= last.Seq; seq++ {
		e, err := state.Load[access.Event](tx, key(seq))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// Back yields the events from the newest to the oldest. After an error nothing
// more is yielded.
func Back(tx state.Tx) iter.Seq2[access.Event, error] {
	return func(yield func(access.Event, error) bool) {
		last, err := state.Load[head](tx, headKey)
		if err != nil {
			if !errors.Is(err, state.ErrNotFound) {
				yield(access.Event{}, err)
			}
			return
		}
		for seq := last.Seq; seq > 0; seq-- {
			e, err := state.Load[access.Event](tx, key(seq))
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// digestMark begins a digest.
const digestMark = "hmac-sha256:"

// Digest stands for a text in the log. Without the salt it says nothing about
// the text; with both, anybody can check that this was the text.
func Digest(salt, text string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(text))
	return digestMark + hex.EncodeToString(mac.Sum(nil))
}

// sum is the hash of everything in the event but the hash itself. Map keys are
// sorted by the encoder, so the bytes are the same each time.
func sum(e access.Event) (string, error) {
	e.Hash = ""
	raw, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("hash event %d: %w", e.Seq, err)
	}
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:]), nil
}

// stored returns the event as it will be read back. Text that is not UTF-8 comes
// back as other bytes, and the hash must be of those.
func stored(e access.Event) (access.Event, error) {
	raw, err := state.Encode(e)
	if err != nil {
		return e, err
	}
	return state.Decode[access.Event]("an event", raw)
}

func key(seq uint64) string { return eventPrefix + number(seq) }

func number(seq uint64) string {
	s := strconv.FormatUint(seq, 10)
	return strings.Repeat("0", 20-len(s)) + s
}
