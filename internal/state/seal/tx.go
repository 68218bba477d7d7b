package seal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"latchkey/internal/state"
)

// tx opens and seals what goes through a transaction of the store below.
type tx struct {
	under state.Tx
	s     *Store
}

// Get returns the opened value. One that does not open is a [*state.UnreadableError].
func (t *tx) Get(logical string) ([]byte, error) {
	if logical == metaKey {
		return nil, state.ErrNotFound
	}
	for _, place := range t.s.places(logical) {
		raw, err := t.under.Get(place)
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found, value, err := t.s.opened(place, raw)
		if err == nil && found != logical {
			err = errNotOpened
		}
		if err != nil {
			return nil, &state.UnreadableError{Key: logical, Err: err}
		}
		return value, nil
	}
	return nil, state.ErrNotFound
}

// Put seals the value with the first key.
func (t *tx) Put(logical string, value []byte) error {
	if isPlain(logical) {
		return t.under.Put(logical, value)
	}
	first := t.s.keys[0]
	place := first.place(logical)
	for _, other := range t.s.places(logical) {
		if other == place {
			continue
		}
		if err := t.under.Delete(other); err != nil {
			return err
		}
	}
	if logical == "" {
		return t.under.Put("", value) // which refuses it
	}
	if first.id == "" {
		if bytes.HasPrefix(value, []byte(state.SealMark)) {
			return fmt.Errorf("%s would be taken for a sealed value", logical)
		}
		return t.under.Put(place, value)
	}
	return t.under.Put(place, first.seal(place, logical, value))
}

// Delete removes the key, wherever it is.
func (t *tx) Delete(logical string) error {
	for _, place := range t.s.places(logical) {
		if err := t.under.Delete(place); err != nil {
			return err
		}
	}
	return nil
}

// Scan opens what the store below yields. What does not open is yielded as a sealed value, so
// that whoever decodes it sets it aside as damaged, and goes on with the others.
func (t *tx) Scan(prefix string) iter.Seq2[state.Item, error] {
	below := prefix
	if dir, ok := folder(prefix); ok {
		below = dir // the places in there do not begin as the keys do
	}
	return func(yield func(state.Item, error) bool) {
		var group []state.Item // of one folder, whose places have another order than its keys
		flush := func() bool {
			slices.SortFunc(group, func(a, b state.Item) int { return cmp.Compare(a.Key, b.Key) })
			for _, item := range group {
				if !yield(item, nil) {
					return false
				}
			}
			group = group[:0]
			return true
		}
		in := ""
		for item, err := range t.under.Scan(below) {
			if err != nil {
				flush()
				yield(item, err)
				return
			}
			if item.Key == metaKey { // ours
				continue
			}
			dir, ok := folder(item.Key)
			if dir != in {
				if !flush() {
					return
				}
				in = dir
			}
			if logical, value, err := t.s.opened(item.Key, item.Value); err == nil {
				item = state.Item{Key: logical, Value: value}
			} else {
				item.Value = []byte(state.SealMark)
			}
			if ok {
				if strings.HasPrefix(item.Key, prefix) {
					group = append(group, item)
				}
				continue
			}
			if !yield(item, nil) {
				return
			}
		}
		flush()
	}
}
