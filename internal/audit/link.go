package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// A link is an event as far as its place in the log goes.
type link struct {
	seq        uint64
	prev, hash string
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

// check is follows for the bytes of the event alone.
func check(body []byte, seq uint64, prev string) (link, error) {
	if l, sum, ok := quick(body); ok && l.seq == seq && l.prev == prev && l.hash == sum {
		return l, nil
	}
	e, err := state.Decode[access.Event](key(seq), wrapped(body))
	if err != nil {
		return link{}, &BrokenError{seq, err.Error()}
	}
	want, err := sum(e)
	switch {
	case err != nil:
		return link{}, err
	case e.Seq != seq:
		return link{}, &BrokenError{seq, "it carries another number"}
	case e.Prev != prev:
		return link{}, &BrokenError{seq, "it does not follow the one before it"}
	case e.Hash != want:
		return link{}, &BrokenError{seq, "its content was changed"}
	}
	return link{e.Seq, e.Prev, e.Hash, e.Customer, tlog.RecordHash(body), keyNamed(e)}, nil
}

// keyNamed is the public key that an event says is used from there on.
func keyNamed(e access.Event) string {
	if e.Kind != access.EventAuditKey {
		return ""
	}
	return e.Detail["key"]
}

var (
	seqMark      = []byte(`{"Seq":`)
	prevMark     = []byte(`,"Prev":"`)
	hashMark     = []byte(`","Hash":"`)
	customerMark = []byte(`,"Customer":"`)
	keyMark      = []byte(`,"Kind":"` + string(access.EventAuditKey) + `"`)
)

// quick reads an event without decoding it, and computes what its hash should be. It
// knows the form that [Append] writes, and nothing else. In that form the hash is of all
// bytes but those of the hash itself; quotes in texts are escaped, so that no text looks
// like a field.
func quick(body []byte) (l link, hash string, ok bool) {
	rest, ok := bytes.CutPrefix(body, seqMark)
	comma := bytes.IndexByte(rest, ',')
	if !ok || comma < 1 {
		return l, "", false
	}
	seq, err := strconv.ParseUint(string(rest[:comma]), 10, 64)
	rest, ok = bytes.CutPrefix(rest[comma:], prevMark)
	end := bytes.IndexByte(rest, '"')
	if err != nil || !ok || end < 0 {
		return l, "", false
	}
	prev := rest[:end]
	rest, ok = bytes.CutPrefix(rest[end:], hashMark)
	end = bytes.IndexByte(rest, '"')
	if !ok || end < 0 || bytes.IndexByte(prev, '\\') >= 0 || bytes.Contains(body, keyMark) {
		return l, "", false
	}
	own, rest := rest[:end], rest[end:]
	at := bytes.Index(rest, customerMark)
	if at < 0 {
		return l, "", false
	}
	customer := rest[at+len(customerMark):]
	end = bytes.IndexByte(customer, '"')
	if end < 0 || bytes.IndexByte(customer[:end], '\\') >= 0 {
		return l, "", false
	}
	h := sha256.New()
	h.Write(body[:len(body)-len(rest)-len(own)])
	h.Write(rest)
	var got [sha256.Size]byte
	l = link{seq: seq, prev: string(prev), hash: string(own), customer: access.TenantID(customer[:end]), record: tlog.RecordHash(body)}
	return l, hex.EncodeToString(h.Sum(got[:0])), true
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
