package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
)

// quick reads an event without decoding it, and computes what its hash should be. It takes
// the bytes that [Append] writes for an event without escapes in its texts, and no others: a
// name that is there twice, or at another place, is not taken. So in what it takes nothing
// can be found that decoding would not find. In that form the hash is of all bytes but those
// of the hash itself.
func quick(body []byte) (l link, hash string, ok bool) {
	if !plain(body) {
		return l, "", false
	}
	r := &reading{rest: body}
	r.mark(`{"Seq":`)
	l.seq = r.number()
	r.mark(`,"Prev":"`)
	l.prev = string(r.text())
	r.mark(`,"Hash":"`)
	before := len(body) - len(r.rest)
	own := r.text()
	after := before + len(own)
	r.mark(`,"At":"`)
	l.at = r.time()
	r.mark(`,"Actor":`)
	r.actor()
	r.mark(`,"Kind":"`)
	kind := r.text()
	r.mark(`,"Customer":"`)
	l.customer = access.TenantID(r.text())
	r.mark(`,"Request":"`)
	r.text()
	r.some(`,"Ref":"`)
	r.mark(`,"Detail":`)
	r.detail()
	r.some(`,"Salt":"`)
	r.mark(`}`)
	if r.other || len(r.rest) > 0 || string(kind) == string(access.EventAuditKey) {
		return link{}, "", false
	}
	h := sha256.New()
	h.Write(body[:before])
	h.Write(body[after:])
	var got [sha256.Size]byte
	l.hash, l.record = string(own), tlog.RecordHash(body)
	return l, hex.EncodeToString(h.Sum(got[:0])), true
}

// plain reports whether there is nothing in the bytes of an event that JSON writes in more
// than one way: printable ASCII, without what is escaped.
func plain(body []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	rest := body
	for ; len(rest) >= 8; rest = rest[8:] { // a byte below a space, or above ASCII
		if w := binary.LittleEndian.Uint64(rest); ((w-ones*' ')|w)&highs != 0 {
			return false
		}
	}
	for _, c := range rest {
		if c < ' ' || c >= 0x80 {
			return false
		}
	}
	for _, c := range []byte(`\<>&`) {
		if bytes.IndexByte(body, c) >= 0 {
			return false
		}
	}
	return true
}

// reading takes plain JSON apart, from its beginning.
type reading struct {
	rest  []byte
	other bool // it is not what it should be
}

// mark takes what must be there.
func (r *reading) mark(m string) {
	if !r.has(m) {
		r.other = true
	}
}

func (r *reading) has(m string) bool {
	if len(r.rest) < len(m) || string(r.rest[:len(m)]) != m {
		return false
	}
	r.rest = r.rest[len(m):]
	return true
}

// text takes what is up to the next quote, and that.
func (r *reading) text() []byte {
	end := bytes.IndexByte(r.rest, '"')
	if end < 0 {
		r.other, r.rest = true, nil
		return nil
	}
	t := r.rest[:end]
	r.rest = r.rest[end+1:]
	return t
}

// some takes a text that is there only when it says something.
func (r *reading) some(m string) {
	if r.has(m) && len(r.text()) == 0 {
		r.other = true
	}
}

func (r *reading) number() uint64 {
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(string(r.rest[:end]), 10, 64)
	if err != nil || end > 1 && r.rest[0] == '0' {
		r.other = true
	}
	r.rest = r.rest[end:]
	return n
}

// time takes a moment that is written as such are.
func (r *reading) time() (t time.Time) {
	written := r.text()
	if t.UnmarshalText(written) != nil {
		r.other = true
		return t
	}
	var again [len(time.RFC3339Nano)]byte
	if out, err := t.AppendText(again[:0]); err != nil || !bytes.Equal(out, written) {
		r.other = true
	}
	return t
}

func (r *reading) actor() {
	r.mark(`{"Team":"`)
	r.text()
	r.mark(`,"User":"`)
	r.text()
	r.mark(`,"Name":"`)
	r.text()
	if r.has(`,"Entra":{"Tenant":"`) {
		tenant := r.text()
		r.mark(`,"Object":"`)
		if len(r.text()) == 0 && len(tenant) == 0 {
			r.other = true
		}
		r.mark(`}`)
	}
	r.some(`,"Mail":"`)
	r.mark(`}`)
}

// detail takes texts by names, which rise.
func (r *reading) detail() {
	if r.has(`null`) || r.has(`{}`) {
		return
	}
	r.mark(`{"`)
	name := r.text()
	r.mark(`:"`)
	r.text()
	for !r.other && r.has(`,"`) {
		next := r.text()
		if bytes.Compare(name, next) >= 0 {
			r.other = true
		}
		name = next
		r.mark(`:"`)
		r.text()
	}
	r.mark(`}`)
}
