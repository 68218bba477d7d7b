package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// How bbolt lays out a page: a head, an element for each key, then keys and values.
const (
	headLen    = 16
	elementLen = 16
	isBranch   = 0x01
	isLeaf     = 0x02
	isFreelist = 0x10
	isBucket   = 0x01 // of an element of a leaf, whose value is where a bucket is
	// deepest is far above what a tree of pages that hold two keys at least can have.
	deepest = 64
)

// page is one page of the file with those that it overflows into.
type page struct {
	id    uint64
	flags uint16
	count int
	extra uint64 // pages that it overflows into
	raw   []byte
}

// pages reads the pages of a file as they are on the disk, and remembers of which it has
// found that they make sense. Nothing of it stays in memory but one bit for each.
type pages struct {
	file *os.File
	size int      // of a page
	good []uint64 // a bit for each page that was there at the opening
}

func newPages(file *os.File, size int, bytes int64) *pages {
	return &pages{file: file, size: size, good: make([]uint64, bytes/int64(size)/64+1)}
}

func (p *pages) is(id uint64) bool {
	return id/64 < uint64(len(p.good)) && atomic.LoadUint64(&p.good[id/64])&(1<<(id%64)) != 0
}

func (p *pages) mark(id uint64) {
	if id/64 < uint64(len(p.good)) {
		atomic.OrUint64(&p.good[id/64], 1<<(id%64))
	}
}

// read reads a page into buf, which it may let grow. Of a leaf that is known to be good it
// reads the head alone.
func (p *pages) read(id uint64, buf *[]byte) (page, error) {
	if len(*buf) < p.size {
		*buf = make([]byte, p.size)
	}
	at := int64(id) * int64(p.size) //nolint:gosec // a page beyond the file is not there
	if id < 2 || at < 0 {
		return page{}, fmt.Errorf("page %d: it is none that holds keys", id)
	}
	if err := p.readAt(id, (*buf)[:p.size], at); err != nil {
		return page{}, err
	}
	b := *buf
	got := page{
		id: binary.NativeEndian.Uint64(b), flags: binary.NativeEndian.Uint16(b[8:]),
		count: int(binary.NativeEndian.Uint16(b[10:])), extra: uint64(binary.NativeEndian.Uint32(b[12:])), raw: b[:p.size],
	}
	if got.id != id {
		return got, fmt.Errorf("page %d: it says that it is %d", id, got.id)
	}
	if got.extra == 0 || got.flags == isLeaf && p.is(id) {
		return got, nil
	}
	info, err := p.file.Stat()
	if err != nil {
		return got, err
	}
	if end := uint64(info.Size()) / uint64(p.size); id+got.extra >= end { //nolint:gosec // sizes are not negative
		return got, fmt.Errorf("page %d: it goes on for %d pages, beyond the end of the file", id, got.extra)
	}
	whole := make([]byte, (int(got.extra)+1)*p.size) //nolint:gosec // not more than the file
	*buf, got.raw = whole, whole
	return got, p.readAt(id, whole, at)
}

func (p *pages) readAt(id uint64, b []byte, at int64) error {
	_, err := p.file.ReadAt(b, at)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("page %d: the file ends before it does", id)
	}
	return err
}

// key returns the key of an element. It is nil where that lies outside the page.
func (g page) key(i int) []byte {
	at := headLen + i*elementLen
	pos, size := g.u32(at), g.u32(at+4)
	if g.flags == isLeaf {
		pos, size = g.u32(at+4), g.u32(at+8)
	}
	return g.part(at, pos, size)
}

// between is where the keys below a child begin and end; max is the end of all.
func (g page) between(i int, max []byte) (from, to []byte) {
	if i < g.count-1 {
		max = g.key(i + 1)
	}
	return g.key(i), max
}

func (g page) u32(at int) uint64 { return uint64(binary.NativeEndian.Uint32(g.raw[at:])) }

func (g page) child(i int) uint64 {
	return binary.NativeEndian.Uint64(g.raw[headLen+i*elementLen+8:])
}

// part is what an element that is there points to.
func (g page) part(at int, pos, size uint64) []byte {
	from := uint64(at) + pos //nolint:gosec // within a page
	if to := from + size; from >= uint64(headLen+g.count*elementLen) && to <= uint64(len(g.raw)) && size > 0 {
		return g.raw[from:to]
	}
	return nil
}

// sound checks the page by itself, that its keys are from min to before max, where nil is no
// bound, and that they are of elements of one kind.
func (g page) sound(min, max []byte, kind uint64) error {
	if g.flags != isBranch && g.flags != isLeaf {
		return fmt.Errorf("page %d: it holds no keys (%x)", g.id, g.flags)
	}
	if headLen+g.count*elementLen > len(g.raw) || g.count == 0 && (g.flags == isBranch || min != nil) {
		return fmt.Errorf("page %d: it cannot hold %d keys", g.id, g.count)
	}
	before := min
	for i := range g.count {
		k := g.key(i)
		if k == nil {
			return fmt.Errorf("page %d: key %d lies outside it", g.id, i)
		}
		if order := bytes.Compare(before, k); before != nil && (order > 0 || order == 0 && i > 0) || max != nil && bytes.Compare(k, max) >= 0 {
			return fmt.Errorf("page %d: key %d is out of its order", g.id, i)
		}
		before = k
		if g.flags != isLeaf {
			continue
		}
		at := headLen + i*elementLen
		if g.u32(at) != kind {
			return fmt.Errorf("page %d: key %d is of another tree", g.id, i)
		}
		after := g.u32(at+4) + g.u32(at+8)
		if size := g.u32(at + 12); size > 0 && g.part(at, after, size) == nil {
			return fmt.Errorf("page %d: the value of key %d lies outside it", g.id, i)
		}
	}
	return nil
}

// look is a walk over the pages that hold the keys from lo to before hi; nil is no bound.
type look struct {
	*pages
	kind   uint64 // of the elements; zero: of a bucket that holds no others
	lo, hi []byte
	most   int // leaves that it may look at; zero: all
	// next has the leaf be looked at, too, that comes after those: bbolt goes on to it from
	// the last key of a leaf. beside has the pages be that hang beside them, on every level:
	// bbolt makes one page of two when little is left of one.
	next, beside bool
	// last is where the last leaf begins that was looked at, and until where it ends; nil:
	// there are no more keys before, or after.
	last, until []byte
	// each is told of each page, before what hangs on it; may be nil.
	each func(page) error

	leaves int
	past   bool // it has looked at a leaf that begins at hi or after
	bufs   [deepest][]byte
}

// from begins at the page that is the root of a bucket. Pages that are known to be good
// are not looked at again, but what hangs on them is.
func (l *look) from(root uint64) error {
	l.last, l.until, l.leaves, l.past = nil, nil, 0, false
	if root == 0 {
		return nil // a bucket of some bytes, which is in the page of its parent
	}
	return l.at(root, 0, nil, nil)
}

func (l *look) full() bool { return l.most > 0 && l.leaves == l.most }

func (l *look) at(id uint64, depth int, min, max []byte) error {
	if depth == deepest {
		return fmt.Errorf("page %d: the pages above it go round in a circle", id)
	}
	g, err := l.see(id, depth, min, max)
	if err != nil {
		return err
	}
	if l.each != nil {
		if err := l.each(g); err != nil {
			return err
		}
	}
	if g.flags == isLeaf {
		l.leaf(min, max)
		return nil
	}
	first := true
	for i := range g.count {
		from, to := g.between(i, max)
		if l.before(to) {
			continue
		}
		if first && i > 0 && l.beside {
			if _, err := l.see(g.child(i-1), depth+1, g.key(i-1), from); err != nil {
				return err
			}
		}
		if i > 0 && l.behind(from) || l.full() {
			if !l.beside {
				break
			}
			_, err := l.see(g.child(i), depth+1, from, to)
			return err
		}
		first = false
		if err := l.at(g.child(i), depth+1, from, to); err != nil {
			return err
		}
	}
	return nil
}

// see looks at one page.
func (l *look) see(id uint64, depth int, min, max []byte) (page, error) {
	g, err := l.read(id, &l.bufs[depth])
	if err != nil {
		return g, err
	}
	if !l.is(id) || g.flags != isBranch && g.flags != isLeaf {
		if err := g.sound(min, max, l.kind); err != nil {
			return g, err
		}
		l.mark(id)
	}
	return g, nil
}

// leaf notes that a leaf was looked at.
func (l *look) leaf(min, max []byte) {
	l.leaves++
	l.past = l.past || l.hi != nil && bytes.Compare(min, l.hi) >= 0
	l.last, l.until = keep(l.last, min), keep(l.until, max)
}

// keep is a copy of a bound, in the room of another.
func keep(room, bound []byte) []byte {
	if bound == nil {
		return nil
	}
	return append(room[:0], bound...)
}

// before reports whether what ends there comes before all that is looked for, and behind
// whether what begins there comes behind it.
func (l *look) before(end []byte) bool {
	return l.lo != nil && end != nil && bytes.Compare(end, l.lo) <= 0
}

func (l *look) behind(begin []byte) bool {
	return l.hi != nil && bytes.Compare(begin, l.hi) >= 0 && (!l.next || l.past)
}
