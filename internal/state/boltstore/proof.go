package boltstore

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"latchkey/internal/state"
)

const (
	// atOnce is how large a file may be that is read whole before it is used: it takes some
	// hundredths of a second. Of a larger one that is read which everything hangs on; see
	// docs/decisions/0040-opening.md.
	atOnce = 64 << 20
	// slice is how many leaves one transaction of the reading that goes on looks at.
	slice = 256
)

// proof is what is known of a file that was not read whole when it was opened. No page
// is used of which it is not known that it makes sense: a transaction has what it
// touches be looked at first, and meanwhile the rest is read.
type proof struct {
	pages *pages
	whole atomic.Bool   // everything has been looked at
	ended chan struct{} // closed when nothing is looked at any more but on demand
	stop  context.CancelFunc
	looks sync.Pool // of *look
}

// known is the proof of a file that was just made.
func known() *proof {
	f := &proof{ended: make(chan struct{})}
	f.whole.Store(true)
	close(f.ended)
	return f
}

// lies looks at the page of a snapshot in which the key is, or would be, and at the next, to
// which bbolt goes on; beside has it look at those, too, that may become one with it. It
// returns where the last begins, and false where there is none after it.
func (f *proof) lies(root uint64, key []byte, beside bool) (last []byte, more bool, err error) {
	l, _ := f.looks.Get().(*look)
	if l == nil {
		l = &look{pages: f.pages, next: true}
	}
	defer f.looks.Put(l)
	l.lo, l.hi, l.beside = key, append(bytes.Clone(key), 0), beside
	err = l.from(root)
	return bytes.Clone(l.last), l.until != nil, err
}

// first looks at what everything hangs on: all but the history, whose keys begin with what
// [state.History] lists. None of it may be in the list of free pages, which is read as well.
func (f *proof) first(b *bolt.Tx) error {
	free := f.pages.none(b)
	if err := f.pages.free(b, free.take); err != nil {
		return err
	}
	l := &look{pages: f.pages, kind: isBucket, each: func(g page) error { return free.lacks(g.id, g.extra+1) }}
	if err := l.from(uint64(b.Cursor().Bucket().Root())); err != nil {
		return err
	}
	root := uint64(b.Bucket(bucketName).Root())
	l.kind = 0
	for _, prefix := range state.History() {
		if l.hi = []byte(prefix); bytes.Equal(l.lo, l.hi) {
			continue
		}
		if err := l.from(root); err != nil {
			return err
		}
		l.lo = after(prefix)
	}
	l.hi = nil
	return l.from(root)
}

// after is the least key that sorts behind all that begin with the prefix; nil where there
// is none.
func after(prefix string) []byte {
	if prefix == "" {
		return nil
	}
	b := []byte(prefix)
	b[len(b)-1]++
	return b
}

// readRest reads what was not read at the opening, beside whatever else is done.
func (s *Store) readRest() {
	if s.proof.whole.Load() {
		return
	}
	var ctx context.Context
	ctx, s.proof.stop = context.WithCancel(context.Background())
	go s.goOn(ctx)
}

// goOn reads the rest, a slice in each transaction, so that nothing waits for it, and at
// most half of the time, so that others have the disk. It ends with the first damage, or
// when ctx does.
func (s *Store) goOn(ctx context.Context) {
	defer close(s.proof.ended)
	l := &look{pages: s.proof.pages, most: slice}
	for ctx.Err() == nil {
		began := time.Now()
		b, err := s.begin(false)
		if err != nil {
			return
		}
		err = s.guard(func() error { return l.from(uint64(b.Bucket(bucketName).Root())) })
		if err != nil {
			s.ruin(err) //nolint:errcheck // whoever uses the store hears of it
			return
		}
		if s.rollback(b) != nil {
			return
		}
		if l.until == nil {
			s.proof.whole.Store(true)
			return
		}
		l.lo = append(l.lo[:0], l.until...)
		pause := time.NewTimer(time.Since(began))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
		}
	}
}

// Whole waits until the whole file has been read, and returns the damage that was found.
func (s *Store) Whole(ctx context.Context) error {
	select {
	case <-s.proof.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	if d := s.damage.Load(); d != nil {
		return d
	}
	return nil // or it was closed
}
