package boltstore

import (
	"bytes"
	"errors"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"latchkey/internal/state"
)

// filled is how full a page is left that is split. Events are added at the end of theirs,
// where bbolt's half would stay half for ever; what is written in between needs a quarter
// less, too, as docs/performance.md tells.
const filled = 0.9

var errOver = errors.New("the transaction is over")

// tx is the view that one fn has of a bbolt transaction, which it may share
// with others that run before and after it.
type tx struct {
	store  *Store
	bucket *bolt.Bucket
	root   uint64 // of the bucket, as the last commit has left it
	writes int    // so far; a cursor is only good until the next
	scans  []*scan
	over   bool
	err    error // damage that was met, which fn cannot hide
}

// scan is an iteration that is under way.
type scan struct {
	prefix string
	// added holds the keys that are new since it began. It does not visit them:
	// a loop that adds keys would never end.
	added map[string]bool

	proven []byte // what comes after each key before this one is in pages that were looked at
	all    bool   // so it is with every key
}

// prove has the page be looked at in which that is which comes after the key, or is it.
func (s *scan) prove(t *tx, key []byte) error {
	f := t.store.proof
	if f.whole.Load() || s.all || bytes.Compare(key, s.proven) < 0 {
		return nil
	}
	last, more, err := f.lies(t.root, key, false)
	if err != nil {
		return t.store.ruin(err)
	}
	s.proven, s.all = last, !more
	return nil
}

func newTx(s *Store, b *bolt.Tx) *tx {
	t := &tx{store: s}
	t.err = s.guard(func() error {
		t.bucket = b.Bucket(bucketName)
		t.root = uint64(t.bucket.Root())
		t.bucket.FillPercent = filled
		return nil
	})
	return t
}

// End makes the view useless.
func (t *tx) End() { t.over = true }

// Err is the damage that was met.
func (t *tx) Err() error { return t.err }

func (t *tx) guard(step func() error) error {
	switch {
	case t.over:
		return errOver
	case t.err != nil:
		return t.err
	}
	err := t.store.guard(step)
	if d := t.store.damage.Load(); d != nil {
		t.err = d
	}
	return err
}

// prove has the pages be looked at in which the key may be, and those that its deletion may
// move, unless all have been.
func (t *tx) prove(key string, deletes bool) error {
	f := t.store.proof
	if f.whole.Load() {
		return nil
	}
	if _, _, err := f.lies(t.root, []byte(key), deletes); err != nil {
		return t.store.ruin(err)
	}
	return nil
}

// Get returns a copy of the value.
func (t *tx) Get(key string) (value []byte, err error) {
	err = t.guard(func() error {
		if err := t.prove(key, false); err != nil {
			return err
		}
		// Not Bucket.Get, which answers nil for an empty value too.
		k, v := t.bucket.Cursor().Seek([]byte(key))
		if k == nil || string(k) != key {
			return state.ErrNotFound
		}
		value = clone(v)
		return nil
	})
	return value, err
}

// Put sets the value. bbolt keeps what it is given until the commit, so it gets
// a copy.
func (t *tx) Put(key string, value []byte) error {
	err := t.guard(func() error {
		if err := t.prove(key, false); err != nil {
			return err
		}
		t.note(key)
		return t.bucket.Put([]byte(key), clone(value))
	})
	return t.wrote(err)
}

// Delete removes the key.
func (t *tx) Delete(key string) error {
	missing := false
	err := t.guard(func() error {
		if err := t.prove(key, true); err != nil {
			return err
		}
		if t.bucket.Writable() && !t.has(key) {
			missing = true // so there may be nothing to commit
			return nil
		}
		return t.bucket.Delete([]byte(key))
	})
	if missing {
		return nil
	}
	return t.wrote(err)
}

func (t *tx) wrote(err error) error {
	if errors.Is(err, bolterrors.ErrTxNotWritable) {
		return state.ErrReadOnly
	}
	if err == nil {
		t.writes++
	}
	return err
}

func (t *tx) has(key string) bool {
	k, _ := t.bucket.Cursor().Seek([]byte(key))
	return k != nil && string(k) == key
}

// note tells the scans under way of a key that is about to be added.
func (t *tx) note(key string) {
	if len(t.scans) == 0 || t.has(key) {
		return
	}
	for _, s := range t.scans {
		if s.added == nil {
			s.added = map[string]bool{}
		}
		s.added[key] = true
	}
}

// Scan yields copies. It shows keys that were there when it began and have not
// been deleted meanwhile, with the values of now.
func (t *tx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		s := &scan{prefix: prefix}
		t.scans = append(t.scans, s)
		defer func() {
			t.scans = slices.DeleteFunc(t.scans, func(x *scan) bool { return x == s })
		}()
		var c *bolt.Cursor
		var at []byte // the key that c is at
		writes := t.writes
		for {
			var item state.Item
			more := false
			err := t.guard(func() error {
				from := at
				if c == nil {
					from = []byte(prefix)
				}
				if err := s.prove(t, from); err != nil {
					return err
				}
				var k, v []byte
				switch {
				case c == nil:
					c = t.bucket.Cursor()
					k, v = c.Seek([]byte(prefix))
				case writes != t.writes:
					writes = t.writes
					k, v = c.Seek(append(at, 0)) // the least key that is greater
				default:
					k, v = c.Next()
				}
				if more = k != nil && hasPrefix(k, prefix); !more {
					return nil
				}
				at = append(at[:0], k...)
				item = state.Item{Key: string(k), Value: clone(v)}
				return nil
			})
			switch {
			case err != nil:
				yield(state.Item{}, err)
				return
			case !more:
				return
			case s.added[item.Key]:
			case !yield(item, nil):
				return
			}
		}
	}
}
