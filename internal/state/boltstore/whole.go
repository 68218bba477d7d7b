package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// whole reads every page of the file, and checks that each is either in use, once, or free.
// It needs a transaction of a file to which nobody writes meanwhile.
func (p *pages) whole(b *bolt.Tx) error {
	used := p.none(b)
	if err := errors.Join(used.take(0, 2), p.free(b, used.take)); err != nil {
		return err
	}
	each := func(g page) error { return used.take(g.id, g.extra+1) }
	roots := b.Cursor().Bucket()
	if err := (&look{pages: p, kind: isBucket, each: each}).from(uint64(roots.Root())); err != nil {
		return err
	}
	if state := b.Bucket(bucketName); state != nil {
		if err := (&look{pages: p, each: each}).from(uint64(state.Root())); err != nil {
			return err
		}
	}
	for id := range used.end {
		if !used.has(id) {
			return fmt.Errorf("page %d: it is neither in use nor free", id)
		}
	}
	return nil
}

// set is a set of pages.
type set struct {
	bits []uint64
	end  uint64 // how many pages there are
}

// none is a set of no pages of a snapshot.
func (p *pages) none(b *bolt.Tx) set {
	return set{make([]uint64, len(p.good)), uint64(b.Size()) / uint64(p.size)} //nolint:gosec // sizes are not negative
}

func (s set) has(id uint64) bool { return s.bits[id/64]&(1<<(id%64)) != 0 }

// lacks checks that so many pages are there, and not in the set.
func (s set) lacks(id, n uint64) error {
	for ; n > 0; id, n = id+1, n-1 {
		if id >= s.end {
			return fmt.Errorf("page %d: it is beyond the end", id)
		}
		if s.has(id) {
			return fmt.Errorf("page %d: it is in use twice, or free and in use", id)
		}
	}
	return nil
}

// take puts pages into the set that are not in it.
func (s set) take(id, n uint64) error {
	if err := s.lacks(id, n); err != nil {
		return err
	}
	for ; n > 0; id, n = id+1, n-1 {
		s.bits[id/64] |= 1 << (id % 64)
	}
	return nil
}

// free reads the list of free pages, and tells of each of them and of its own pages.
func (p *pages) free(b *bolt.Tx, take func(id, n uint64) error) error {
	id, err := p.freelist(b)
	if err != nil {
		return err
	}
	var buf []byte
	g, err := p.read(id, &buf)
	if err != nil {
		return err
	}
	if g.flags != isFreelist {
		return fmt.Errorf("page %d: it holds no list of free pages", id)
	}
	n, at := uint64(g.count), headLen //nolint:gosec // 16 bits
	if n == 0xFFFF {                  // then the count is the first of the list
		n, at = binary.NativeEndian.Uint64(g.raw[at:]), at+8
	}
	if room := uint64(len(g.raw)-at) / 8; n > room { //nolint:gosec // a page is longer than its head
		return fmt.Errorf("page %d: it cannot hold %d free pages", id, n)
	}
	if err := take(id, g.extra+1); err != nil {
		return err
	}
	last := uint64(1)
	for i := range n {
		one := binary.NativeEndian.Uint64(g.raw[at+8*int(i):]) //nolint:gosec // within the page
		if one <= last {
			return fmt.Errorf("page %d: the free pages are out of their order", id)
		}
		if err := take(one, 1); err != nil {
			return err
		}
		last = one
	}
	return nil
}

// freelist finds the list in that one of the two head pages which the transaction goes by;
// bbolt has checked its sum.
func (p *pages) freelist(b *bolt.Tx) (uint64, error) {
	raw := make([]byte, headLen+64)
	for id := range uint64(2) {
		if err := p.readAt(id, raw, int64(id)*int64(p.size)); err != nil { //nolint:gosec // 0 or 1
			return 0, err
		}
		if m := raw[headLen:]; binary.NativeEndian.Uint64(m[48:]) == uint64(b.ID()) { //nolint:gosec // it counts up
			return binary.NativeEndian.Uint64(m[32:]), nil
		}
	}
	return 0, errors.New("neither of the head pages is of the last commit")
}
