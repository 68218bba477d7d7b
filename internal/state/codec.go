package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// envelope is the stored form of every record. The fields of the record inside
// have the names of its Go fields; testdata/v1 holds bytes that every later
// version must still read, so a renamed field fails a test.
type envelope struct {
	V    int             `json:"v"`
	Data json.RawMessage `json:"d"`
}

// before and after are what the envelope of this version has around its record.
var before, after = []byte(fmt.Sprintf(`{"v":%d,"d":`, Version)), []byte("}")

// Load reads the record at key into a T, or returns [ErrNotFound].
func Load[T any](tx Tx, key string) (T, error) {
	raw, err := tx.Get(key)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", key, err)
	}
	return Decode[T](key, raw)
}

// Decode reads a stored record. Its error is an [*UnreadableError], for which the
// key is.
func Decode[T any](key string, raw []byte) (T, error) {
	var v T
	var e envelope
	if bytes.HasPrefix(raw, []byte(SealMark)) {
		return v, &UnreadableError{key, ErrSealed}
	}
	// As [Encode] writes it, the record can be had without reading the envelope first, which
	// costs as much again. Whatever is wrong with it, the envelope tells more of.
	if data, ok := bytes.CutPrefix(raw, before); ok && bytes.HasSuffix(data, after) {
		if json.Unmarshal(data[:len(data)-len(after)], &v) == nil {
			return v, nil
		}
		v = *new(T) // what was read so far
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return v, &UnreadableError{key, err}
	}
	if e.V > Version {
		return v, &UnreadableError{key, &NewerError{Found: e.V, Known: Version}}
	}
	if e.V < Version {
		return v, &UnreadableError{key, fmt.Errorf("format %d is not known", e.V)}
	}
	if err := json.Unmarshal(e.Data, &v); err != nil {
		return v, &UnreadableError{key, err}
	}
	return v, nil
}

// Body returns the bytes of a stored record without what it is stored in. They are part
// of raw.
func Body(key string, raw []byte) ([]byte, error) {
	if d, ok := bytes.CutPrefix(raw, before); ok && bytes.HasSuffix(d, []byte("}}")) {
		return d[:len(d)-1], nil
	}
	d, err := Decode[json.RawMessage](key, raw)
	return d, err
}

// Encode writes the stored form of a record.
func Encode[T any](v T) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return slices.Concat(before, data, after), nil
}

// Save writes a record at key. It reports whether the stored bytes changed; the
// same record again is not written.
func Save[T any](tx Tx, key string, v T) (changed bool, err error) {
	raw, err := Encode(v)
	if err != nil {
		return false, err
	}
	if old, err := tx.Get(key); err == nil && bytes.Equal(old, raw) {
		return false, nil
	}
	return true, tx.Put(key, raw)
}

// All reads the records below prefix, in the order of their keys.
func All[T any](tx Tx, prefix string) ([]T, error) {
	var out []T
	for v, err := range each[T](tx, prefix) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// each reads the records below prefix, one after the other. After an error nothing
// more is yielded.
func each[T any](tx Tx, prefix string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for item, err := range tx.Scan(prefix) {
			var v T
			if err == nil {
				v, err = Decode[T](item.Key, item.Value)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Path joins the parts of a key.
func Path(parts ...string) string { return strings.Join(parts, "/") }

// TimeKey writes a moment so that keys sort as times do.
func TimeKey(t time.Time) string { return t.UTC().Format("20060102T150405.000Z") }

// ParseTimeKey reads what [TimeKey] wrote.
func ParseTimeKey(s string) (time.Time, error) {
	return time.Parse("20060102T150405.000Z", s)
}
