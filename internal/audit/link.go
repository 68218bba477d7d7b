package audit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// A link is an event as far as its place in the log goes.
type link struct {
	seq        uint64
	prev, hash string
	at         time.Time
	customer   access.TenantID
	record     tlog.Hash // of its bytes, as a record of a Merkle tree
	key        string    // the public key that it names, of an event that names one
}

// follows reads a stored event and checks that it is the seq'th, that it follows the one
// with the hash prev, and that its own hash is right. Else the error is a [*BrokenError].
func follows(raw []byte, seq uint64, prev string) (link, error) {
	body, err := state.Body(key(seq), raw)
	if err != nil {
		return link{}, &BrokenError{seq, err.Error()}
	}
	return check(body, seq, prev)
}

// check is follows for the bytes of the event alone. They must be those that [Append] writes
// for what they say: a name that is there twice, or in small letters, is one thing to one
// reader and another to the next.
func check(body []byte, seq uint64, prev string) (link, error) {
	if l, sum, ok := quick(body); ok && l.seq == seq && l.prev == prev && l.hash == sum {
		return l, nil
	}
	e, err := state.Decode[access.Event](key(seq), wrapped(body))
	if err != nil {
		return link{}, &BrokenError{seq, err.Error()}
	}
	want, err := sum(e)
	if err != nil {
		return link{}, err
	}
	again, err := json.Marshal(e)
	switch {
	case err != nil:
		return link{}, err
	case e.Seq != seq:
		return link{}, &BrokenError{seq, "it carries another number"}
	case e.Prev != prev:
		return link{}, &BrokenError{seq, "it does not follow the one before it"}
	case e.Hash != want:
		return link{}, &BrokenError{seq, "its content was changed"}
	case !bytes.Equal(again, body):
		return link{}, &BrokenError{seq, "it is not written as events are, so that it could be read in two ways"}
	}
	return link{e.Seq, e.Prev, e.Hash, e.At, e.Customer, tlog.RecordHash(body), keyNamed(e)}, nil
}

// keyNamed is the public key that an event says is used from there on.
func keyNamed(e access.Event) string {
	if e.Kind != access.EventAuditKey {
		return ""
	}
	return e.Detail["key"]
}

// wrapped is the stored form of the bytes of an event.
func wrapped(body []byte) []byte {
	out, err := state.Encode(rawJSON(body))
	if err != nil {
		return body // which is not JSON, and is told to be so
	}
	return out
}

type rawJSON []byte

func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// BrokenError says where the chain does not hold.
type BrokenError struct {
	Seq uint64
	Why string
}

func (e *BrokenError) Error() string {
	return "the audit log does not hold at event " + strconv.FormatUint(e.Seq, 10) + ": " + e.Why
}
