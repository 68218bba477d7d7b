package audit

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const (
	treeKey        = "audit/tree"
	tilePrefix     = "audit/tile/"
	customerPrefix = "audit/customer/"

	// tileHeight is the number of levels in a tile, which has 2 to the power of it hashes.
	tileHeight = 8
	// stride is how many events go into the trees in one transaction: as many as fill a
	// tile, so that it writes a few tiles, and a record for each customer among them.
	stride = 1 << tileHeight
)

// tree is the Merkle tree of the events, whose hashes are in tiles.
type tree struct {
	Size   int64     // how many events are in it
	Root   tlog.Hash // of all of them
	Signed int64     // how many are in the last checkpoint
	Key    string    // the public key with which that one is signed, or the next is to be
}

func loadTree(tx state.Tx) (tree, error) {
	t, err := state.Load[tree](tx, treeKey)
	if errors.Is(err, state.ErrNotFound) {
		return tree{Root: edge{}.root()}, nil
	}
	return t, err
}

// tiles reads the tiles of the tree in a transaction. What is read of them is checked
// against a root by the [tlog.HashReader] around it.
type tiles struct{ tx state.Tx }

func tileKey(t tlog.Tile) string { return fmt.Sprintf("%s%02d/%012d", tilePrefix, t.L, t.N) }

func (tiles) Height() int { return tileHeight }

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tiles) ReadTiles(all []tlog.Tile) (data [][]byte, err error) {
	for _, t := range all {
		raw, err := r.tx.Get(tileKey(t))
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return nil, err
		}
		if len(raw) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is not whole", tileKey(t))
		}
		data = append(data, raw[:t.W*tlog.HashSize])
	}
	return data, nil
}

// reader reads the hashes of a tree of which the root is known.
func reader(tx state.Tx, size int64, root tlog.Hash) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tiles{tx})
}

// remembered reads hashes of a tree without a look at whether they lead to its root, which
// is left to whoever uses them, and remembers each: those of neighbours are nearly the same.
type remembered struct {
	tx    state.Tx
	known map[int64]tlog.Hash
}

func (r remembered) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, ok := r.known[index]
		if !ok {
			t := tlog.TileForIndex(tileHeight, index)
			data, err := tiles{r.tx}.ReadTiles([]tlog.Tile{t})
			if err != nil {
				return nil, err
			}
			if h, err = tlog.HashFromTile(t, data[0], index); err != nil {
				return nil, err
			}
			r.known[index] = h
		}
		out[i] = h
	}
	return out, nil
}

// growing is a tree with records that are not in tiles yet.
type growing struct {
	old  tlog.HashReader
	more map[int64]tlog.Hash
}

func (g growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var missing []int64
	for i, index := range indexes {
		if h, ok := g.more[index]; ok {
			out[i] = h
		} else {
			missing = append(missing, index)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	found, err := g.old.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, index := range indexes {
		if _, ok := g.more[index]; !ok {
			out[i], found = found[0], found[1:]
		}
	}
	return out, nil
}

// grow puts the next events into the trees, at most [stride] of them, once it has
// checked that each follows the one before it.
func (t *tree) grow(tx state.Tx, last head) error {
	if uint64(t.Size) > last.Seq {
		return &BrokenError{last.Seq + 1, "the log is shorter than the tree of its events"}
	}
	before := t.Size
	g := growing{old: reader(tx, t.Size, t.Root), more: map[int64]tlog.Hash{}}
	prev, err := t.last(tx, g)
	if err != nil {
		return err
	}
	edges := map[access.TenantID]*edge{}
	for ; uint64(t.Size) < last.Seq && t.Size < before+stride; t.Size++ {
		seq := uint64(t.Size) + 1
		raw, err := tx.Get(key(seq))
		if errors.Is(err, state.ErrNotFound) {
			return &BrokenError{seq, "it is missing"}
		}
		if err != nil {
			return err
		}
		l, err := follows(raw, seq, prev)
		if err != nil {
			return err
		}
		prev = l.hash
		hashes, err := tlog.StoredHashesForRecordHash(t.Size, l.record, g)
		if err != nil {
			return unsound(err)
		}
		for i, h := range hashes {
			g.more[tlog.StoredHashIndex(0, t.Size)+int64(i)] = h
		}
		if err := addTo(tx, edges, l); err != nil {
			return err
		}
	}
	return t.keep(tx, before, g, edges)
}

// last returns the hash of the last event that is in the tree. What follows it would hold
// as well if it were written anew, so it must be the one of the tree.
func (t *tree) last(tx state.Tx, g growing) (string, error) {
	if t.Size == 0 {
		return "", nil
	}
	raw, err := tx.Get(key(uint64(t.Size)))
	if errors.Is(err, state.ErrNotFound) {
		return "", &BrokenError{uint64(t.Size), "it is missing"}
	}
	if err != nil {
		return "", err
	}
	body, err := state.Body(key(uint64(t.Size)), raw)
	if err != nil {
		return "", err
	}
	e, err := state.Decode[access.Event](key(uint64(t.Size)), raw)
	if err != nil {
		return "", err
	}
	was, err := g.ReadHashes([]int64{tlog.StoredHashIndex(0, t.Size-1)})
	if err != nil {
		return "", unsound(err)
	}
	if tlog.RecordHash(body) != was[0] {
		return "", &BrokenError{uint64(t.Size), "it is not the one that is in the tree"}
	}
	return e.Hash, nil
}

// unsound is what is wrong with the tiles.
func unsound(err error) error {
	return &UnsoundError{err}
}

// UnsoundError means that the hashes that are kept of the tree are not those that were
// written.
type UnsoundError struct{ Err error }

func (e *UnsoundError) Error() string {
	return "the tree of the audit log does not hold: " + e.Err.Error()
}

func (e *UnsoundError) Unwrap() error { return e.Err }

// addTo puts an event into the tree of its customer.
func addTo(tx state.Tx, edges map[access.TenantID]*edge, l link) error {
	if l.customer == "" {
		return nil
	}
	if edges[l.customer] == nil {
		e, err := state.Load[edge](tx, customerPrefix+string(l.customer))
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		edges[l.customer] = &e
	}
	edges[l.customer].add(l.record, unheard)
	return nil
}

// keep writes what has been added to the trees since it had before records.
func (t *tree) keep(tx state.Tx, before int64, g growing, edges map[access.TenantID]*edge) error {
	for _, tile := range tlog.NewTiles(tileHeight, before, t.Size) {
		data, err := tlog.ReadTileData(tile, g)
		if err != nil {
			return unsound(err)
		}
		if err := tx.Put(tileKey(tile), data); err != nil {
			return err
		}
	}
	for customer, e := range edges {
		if _, err := state.Save(tx, customerPrefix+string(customer), *e); err != nil {
			return err
		}
	}
	var err error
	if t.Root, err = tlog.TreeHash(t.Size, g); err != nil {
		return unsound(err)
	}
	return nil
}

// holdings lists what the tree has of each customer, sorted.
func holdings(tx state.Tx) ([]holding, error) {
	var all []holding
	for item, err := range tx.Scan(customerPrefix) {
		if err != nil {
			return nil, err
		}
		e, err := state.Decode[edge](item.Key, item.Value)
		if err != nil {
			return nil, err
		}
		all = append(all, holdingOf(access.TenantID(strings.TrimPrefix(item.Key, customerPrefix)), e.Size, e.root()))
	}
	return sorted(all), nil
}
