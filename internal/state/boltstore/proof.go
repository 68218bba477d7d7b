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

// lies looks at the pages of a snapshot in which the keys from lo to before hi may be, and
// returns the end of the keys that it has looked at, nil where there are no more.
func (f *proof) lies(root uint64, lo, hi []byte) ([]byte, error) {
	l, _ := f.looks.Get().(*look)
	if l == nil {
		l = &look{pages: f.pages}
	}
	defer f.looks.Put(l)
	l.lo, l.hi = lo, hi
	err := l.from(root)
	return bytes.Clone(l.until), err
}

// first looks at what everything hangs on: all but the history, whose keys begin with what
// [state.History] lists.
func (f *proof) first(b *bolt.Tx) error {
	if err := (&look{pages: f.pages}).from(uint64(b.Cursor().Bucket().Root())); err != nil {
		return err
	}
	root := uint64(b.Bucket(bucketName).Root())
	var lo []byte
	for _, prefix := range state.History() {
		if err := (&look{pages: f.pages, lo: lo, hi: []byte(prefix)}).from(root); err != nil {
			return err
		}
		lo = after(prefix)
	}
	return (&look{pages: f.pages, lo: lo}).from(root)
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
