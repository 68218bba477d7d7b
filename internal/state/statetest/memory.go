package statetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"latchkey/internal/state"
)

var (
	errClosed   = errors.New("the store is closed")
	errOver     = errors.New("the transaction is over")
	errEmptyKey = errors.New("a key must not be empty")
)

// MemoryStore is a [state.Store] that forgets everything with the process. It
// passes the suite, so tests of what lies above the store may use it.
type MemoryStore struct {
	disk   *disk
	mu     sync.Mutex     // guards closed, and Add before Wait
	closed bool           // no new transactions
	active sync.WaitGroup // transactions under way
}

// disk is what survives the end of a store.
type disk struct {
	writer sync.Mutex // held by the one Update under way
	mu     sync.Mutex // guards items
	items  []state.Item
}

var _ state.Store = (*MemoryStore)(nil)

// Memory returns an empty store.
func Memory() *MemoryStore { return &MemoryStore{disk: &disk{}} }

// Reopen returns another store with what s has committed, as a new process
// finds it after the old one has ended or was killed.
func (s *MemoryStore) Reopen() *MemoryStore {
	return &MemoryStore{disk: &disk{items: s.disk.load()}}
}

// Exclusive reports true: no other process can have it open.
func (s *MemoryStore) Exclusive() bool { return true }

// View runs fn on the items of the last commit.
func (s *MemoryStore) View(ctx context.Context, fn func(state.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.active.Done()
	t := &memoryTx{items: s.disk.load(), shared: true, readOnly: true}
	defer func() { t.over = true }()
	return fn(t)
}

// Update runs fn alone and commits what it wrote.
func (s *MemoryStore) Update(ctx context.Context, fn func(state.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.active.Done()
	s.disk.writer.Lock()
	defer s.disk.writer.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &memoryTx{items: s.disk.load(), shared: true}
	defer func() { t.over = true }()
	if err := fn(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.disk.store(t.items)
	return nil
}

// Close refuses new transactions and waits for those under way.
func (s *MemoryStore) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.active.Wait()
	return nil
}

func (s *MemoryStore) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.active.Add(1)
	return nil
}

func (d *disk) load() []state.Item {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.items
}

func (d *disk) store(items []state.Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.items = items
}

// memoryTx works on a sorted list that others may be reading. It copies the list
// before it changes it, and a scan goes on with the list that it began with.
type memoryTx struct {
	items    []state.Item
	shared   bool // somebody else reads items
	readOnly bool
	over     bool
}

func (t *memoryTx) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.items, key, func(i state.Item, key string) int {
		return strings.Compare(i.Key, key)
	})
}

func (t *memoryTx) Get(key string) ([]byte, error) {
	if t.over {
		return nil, errOver
	}
	i, ok := t.find(key)
	if !ok {
		return nil, state.ErrNotFound
	}
	return clone(t.items[i].Value), nil
}

func (t *memoryTx) Scan(prefix string) iter.Seq2[state.Item, error] {
	return func(yield func(state.Item, error) bool) {
		t.shared = true
		items := t.items
		i, _ := t.find(prefix)
		for ; i < len(items) && strings.HasPrefix(items[i].Key, prefix); i++ {
			if t.over {
				yield(state.Item{}, errOver)
				return
			}
			if !yield(state.Item{Key: items[i].Key, Value: clone(items[i].Value)}, nil) {
				return
			}
		}
	}
}

func (t *memoryTx) Put(key string, value []byte) error {
	if err := t.writable(); err != nil {
		return err
	}
	if key == "" {
		return errEmptyKey
	}
	item := state.Item{Key: key, Value: clone(value)}
	if i, ok := t.find(key); ok {
		t.items[i] = item
	} else {
		t.items = slices.Insert(t.items, i, item)
	}
	return nil
}

func (t *memoryTx) Delete(key string) error {
	if err := t.writable(); err != nil {
		return err
	}
	if i, ok := t.find(key); ok {
		t.items = slices.Delete(t.items, i, i+1)
	}
	return nil
}

// writable makes the list the transaction's own.
func (t *memoryTx) writable() error {
	switch {
	case t.over:
		return errOver
	case t.readOnly:
		return state.ErrReadOnly
	case t.shared:
		t.items, t.shared = slices.Clone(t.items), false
	}
	return nil
}

func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }
