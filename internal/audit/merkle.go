package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sort"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
)

// edge is what it takes of a Merkle tree to go on with it, and to tell its root: the
// roots of its complete subtrees, from the left.
type edge struct {
	Size  int64
	Roots []tlog.Hash `json:",omitempty"`
}

// add puts a record at the end, and tells of each hash that it makes, from the bottom.
func (e *edge) add(h tlog.Hash, made func(level int, h tlog.Hash)) {
	level := 0
	made(level, h)
	for n := e.Size; n&1 == 1; n >>= 1 {
		last := len(e.Roots) - 1
		h, e.Roots = tlog.NodeHash(e.Roots[last], h), e.Roots[:last]
		level++
		made(level, h)
	}
	e.Roots = append(e.Roots, h)
	e.Size++
}

// unheard is for who does not ask which hashes are made.
func unheard(int, tlog.Hash) {}

// root is the hash of the whole tree, as RFC 6962 says.
func (e edge) root() tlog.Hash {
	if len(e.Roots) == 0 {
		return sha256.Sum256(nil)
	}
	h := e.Roots[len(e.Roots)-1]
	for _, left := range slices.Backward(e.Roots[:len(e.Roots)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}

// A holding is what a checkpoint says of one customer: how many events it has, and the
// root of the tree of these.
type holding struct {
	place [sha256.Size]byte // of the customer in the map
	hash  tlog.Hash         // of all that
}

func holdingOf(customer access.TenantID, size int64, root tlog.Hash) holding {
	h := holding{place: placeOf(customer)}
	h.has(size, root)
	return h
}

func placeOf(customer access.TenantID) [sha256.Size]byte { return sha256.Sum256([]byte(customer)) }

func (h *holding) has(size int64, root tlog.Hash) {
	leaf := binary.BigEndian.AppendUint64(h.place[:], uint64(size))
	h.hash = tlog.RecordHash(append(leaf, root[:]...))
}

// bit is the way that the place takes at a node so deep.
func (h holding) bit(depth int) bool { return h.place[depth/8]>>(7-depth%8)&1 == 1 }

// sorted puts holdings into the order of their places.
func sorted(all []holding) []holding {
	slices.SortFunc(all, func(a, b holding) int { return slices.Compare(a.place[:], b.place[:]) })
	return all
}

// mapRoot is the hash of a map of customers: a tree in which the bits of a customer's
// place are the way to it, as deep as it takes to be alone. So a customer is in it once or
// not at all. The holdings are sorted, and agree in their first bits.
func mapRoot(all []holding, depth int) tlog.Hash {
	switch len(all) {
	case 0:
		return tlog.Hash{}
	case 1:
		return all[0].hash
	}
	left, right := split(all, depth)
	return tlog.NodeHash(mapRoot(left, depth+1), mapRoot(right, depth+1))
}

// mapPath returns the hashes beside the way to a place, from the top, and whether
// something is there.
func mapPath(all []holding, place [sha256.Size]byte) (path []tlog.Hash, found bool) {
	for depth := 0; len(all) > 1; depth++ {
		on, beside := split(all, depth)
		if (holding{place: place}).bit(depth) {
			on, beside = beside, on
		}
		path, all = append(path, mapRoot(beside, depth+1)), on
	}
	return path, len(all) == 1 && all[0].place == place
}

// mapRootBy is the hash of the map in which the holding is, with these hashes beside the
// way to it. The path is not longer than a place has bits.
func mapRootBy(h holding, path []tlog.Hash) tlog.Hash {
	root := h.hash
	for depth, beside := range slices.Backward(path) {
		if h.bit(depth) {
			root = tlog.NodeHash(beside, root)
		} else {
			root = tlog.NodeHash(root, beside)
		}
	}
	return root
}

func split(all []holding, depth int) (left, right []holding) {
	i := sort.Search(len(all), func(i int) bool { return all[i].bit(depth) })
	return all[:i], all[i:]
}
