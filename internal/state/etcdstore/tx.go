package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"latchkey/internal/state"
)

const (
	// largest bounds one value: etcd takes requests of 1.5 MiB.
	largest = 1 << 20
	// A scan asks for few items first, for most want only the first, and for more each time.
	firstPage, lastPage = 8, 512
)

var (
	errOver     = errors.New("the transaction is over")
	errEmptyKey = errors.New("a key must not be empty")
)

// write is what a key will be.
type write struct {
	value []byte
	gone  bool
}

// writes are the changes of a transaction, by their keys.
type writes map[string]write

// tx is one view of the state at a revision, with the writes of those that ran before it
// in the same batch, and its own.
type tx struct {
	store    *Store
	ctx      context.Context
	revision int64
	before   writes // not this transaction's
	own      writes
	fence    *fence
	readOnly bool
	over     bool
	err      error // what fn cannot hide
}

// End makes the view useless.
func (t *tx) End() { t.over = true }

// Err is a failure to read.
func (t *tx) Err() error { return t.err }

// Get returns the value that the transaction, or one before it, has put, or else the one
// of the revision.
func (t *tx) Get(key string) ([]byte, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	for _, w := range []writes{t.own, t.before} {
		if w, ok := w[key]; ok {
			if w.gone {
				return nil, state.ErrNotFound
			}
			return clone(w.value), nil
		}
	}
	r, err := t.read(t.store.dataKey(key))
	if err != nil {
		return nil, err
	}
	if len(r.Kvs) == 0 {
		return nil, state.ErrNotFound
	}
	return clone(r.Kvs[0].Value), nil
}

// Put keeps a copy until the commit.
func (t *tx) Put(key string, value []byte) error {
	if len(value) > largest {
		return fmt.Errorf("%s has %d bytes, and etcd takes up to %d", key, len(value), largest)
	}
	return t.write(key, write{value: clone(value)})
}

// Delete keeps in mind that the key goes.
func (t *tx) Delete(key string) error { return t.write(key, write{gone: true}) }

func (t *tx) write(key string, w write) error {
	switch err := t.usable(); {
	case err != nil:
		return err
	case t.readOnly:
		return state.ErrReadOnly
	case key == "":
		return errEmptyKey
	}
	if t.own == nil {
		t.own = writes{}
	}
	t.own[key] = w
	return nil
}

// Scan yields what was there when it began.
func (t *tx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		changed := maps.Clone(t.before)
		if changed == nil {
			changed = writes{}
		}
		maps.Copy(changed, t.own)
		maps.DeleteFunc(changed, func(key string, _ write) bool { return !strings.HasPrefix(key, prefix) })
		order := slices.Sorted(maps.Keys(changed))
		// until yields the changes whose keys come before the one given.
		until := func(key string, all bool) bool {
			for len(order) > 0 && (all || order[0] < key) {
				k := order[0]
				order = order[1:]
				if w := changed[k]; !w.gone && !yield(state.Item{Key: k, Value: clone(w.value)}, nil) {
					return false
				}
			}
			return true
		}
		for item, err := range t.stored(prefix) {
			if err != nil {
				yield(state.Item{}, err)
				return
			}
			if !until(item.Key, false) {
				return
			}
			if _, ok := changed[item.Key]; ok {
				continue // it comes in its turn, unless it is gone
			}
			if !yield(item, nil) {
				return
			}
		}
		until("", true)
	}
}

// stored yields the items of the revision.
func (t *tx) stored(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		from := t.store.dataKey(prefix)
		end := clientv3.GetPrefixRangeEnd(from)
		skip := len(t.store.dataKey(""))
		for page := firstPage; ; page = min(page*4, lastPage) {
			if err := t.usable(); err != nil {
				yield(state.Item{}, err)
				return
			}
			r, err := t.read(from, clientv3.WithRange(end), clientv3.WithLimit(int64(page)))
			if err != nil {
				yield(state.Item{}, err)
				return
			}
			for _, kv := range r.Kvs {
				if err := t.usable(); err != nil {
					yield(state.Item{}, err)
					return
				}
				if !yield(state.Item{Key: string(kv.Key[skip:]), Value: clone(kv.Value)}, nil) {
					return
				}
			}
			if !r.More {
				return
			}
			from = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
		}
	}
}

// read asks the member that is connected; only if that one does not have the revision
// yet, the cluster.
func (t *tx) read(key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	ctx, cancel := context.WithTimeout(t.ctx, within)
	defer cancel()
	opts = append(opts, clientv3.WithRev(t.revision))
	r, err := t.store.client.Get(ctx, key, append(slices.Clip(opts), clientv3.WithSerializable())...)
	if errors.Is(err, rpctypes.ErrFutureRev) {
		r, err = t.store.client.Get(ctx, key, opts...)
	}
	if err != nil {
		t.err = fmt.Errorf("read from etcd: %w", err)
	}
	return r, t.err
}

func (t *tx) usable() error {
	if t.over {
		return errOver
	}
	return t.err
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }
