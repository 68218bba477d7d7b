package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Trust is what whoever verifies a log knows of it from elsewhere.
type Trust struct {
	Keys []string // public keys; none: those that the log itself names are believed
	// Notes are checkpoints of this log that were kept elsewhere.
	Notes []string
}

// Held is what was found to hold.
type Held struct {
	Events      uint64
	Checkpoints int       // that are kept here, each of them signed and right
	Signed      uint64    // events in the newest that is signed with a trusted key
	At          time.Time // of that one
	Keys        []string  // public keys that the log names, in their order
	Kept        int       // checkpoints that were kept elsewhere, and agree with the log
	Newest      Checkpoint
	// Others is how many of the checkpoints are signed with a key that the log names and that
	// was not given, where any was; Other names the last of these keys.
	Others  int
	Other   string
	PutBack PutBack
}

// Verify walks the whole log and returns how many events it holds. A log that
// was changed gives a [*BrokenError].
func Verify(tx state.Tx) (uint64, error) {
	held, err := VerifyBy(tx, Trust{})
	return held.Events, err
}

// VerifyBy walks the whole log: each event, the chain of them, the trees, and the
// checkpoints. It holds one event at a time, and a few hashes for each customer. A log
// that was changed gives a [*BrokenError], hashes of the trees that were an
// [*UnsoundError].
func VerifyBy(tx state.Tx, trust Trust) (Held, error) {
	last, err := state.Load[head](tx, headKey)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Held{}, err
	}
	w := walk{tx: tx, trust: trust, customers: map[access.TenantID]*tally{}}
	for _, note := range trust.Notes {
		c, err := w.open(note)
		if err != nil {
			return w.held, err
		}
		w.kept = append(w.kept, c)
	}
	slices.SortFunc(w.kept, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	if w.tree, err = loadTree(tx); err != nil {
		return w.held, err
	}
	next, stop := iter.Pull2(tx.Scan(checkpointPrefix))
	defer stop()
	w.next = next
	if err := w.begin(); err != nil {
		return w.held, err
	}
	for item, err := range tx.Scan(eventPrefix) {
		if err != nil {
			return w.held, err
		}
		if err := w.event(item); err != nil {
			return w.held, err
		}
	}
	return w.held, w.end(last)
}

// walk goes through a log.
type walk struct {
	tx        state.Tx
	trust     Trust
	held      Held
	prev      string
	all       edge
	customers map[access.TenantID]*tally
	changed   []*tally // since the map of customers was made
	holdings  []*tally // of which it was made, sorted
	tree      tree
	rows      [][]byte // of each level of tiles, the one that is not complete

	kept []Checkpoint                     // those kept elsewhere that are still to be compared, by their size
	next func() (state.Item, error, bool) // of the checkpoints that are kept here
	at   Checkpoint                       // the next of these; of no size when there is none
}

// open reads a checkpoint. Where no key was given those count that the log has named up
// to there.
func (w *walk) open(signed string) (Checkpoint, error) {
	if len(w.trust.Keys) > 0 {
		return OpenCheckpoint(signed, w.trust.Keys)
	}
	if w.held.Events == 0 { // it is looked at again when its events are known
		return readCheckpoint(signed)
	}
	return OpenCheckpoint(signed, w.held.Keys)
}

// begin reads the next checkpoint that is kept here.
func (w *walk) begin() error {
	item, err, some := w.next()
	w.at = Checkpoint{}
	if err != nil || !some {
		return err
	}
	signed, err := state.Decode[string](item.Key, item.Value)
	if err == nil {
		w.at, err = readCheckpoint(signed)
	}
	if err != nil || item.Key != checkpointPrefix+number(uint64(w.at.Size)) || w.at.Size == 0 {
		return &UnsoundError{fmt.Errorf("the checkpoint at %s is none", item.Key)}
	}
	return nil
}

func (w *walk) event(item state.Item) error {
	seq := w.held.Events + 1
	if item.Key != key(seq) {
		return w.stopped(&BrokenError{seq, "it is missing"})
	}
	l, err := follows(item.Value, seq, w.prev)
	if err != nil {
		return w.stopped(err)
	}
	w.prev, w.held.Events = l.hash, seq
	w.held.PutBack.next(seq, l.at)
	if l.key != "" {
		w.held.Keys = append(w.held.Keys, l.key)
	}
	w.all.add(l.record, w.row)
	w.count(l)
	if err := w.tiles(); err != nil {
		return err
	}
	for len(w.kept) > 0 && w.kept[0].Size == w.all.Size {
		if err := w.compare(w.kept[0]); err != nil {
			return err
		}
		w.held.Kept, w.held.Newest, w.kept = w.held.Kept+1, w.kept[0], w.kept[1:]
	}
	for w.at.Size == w.all.Size {
		if err := w.checkpoint(); err != nil {
			return err
		}
	}
	return nil
}

// stopped has the count be of the event at which the log does not hold.
func (w *walk) stopped(err error) error {
	w.held.Events++
	return err
}

// compare holds a checkpoint that was kept elsewhere against the events up to its size.
func (w *walk) compare(c Checkpoint) error {
	if _, err := w.open(c.Note); err != nil {
		return err
	}
	if c.Root != w.all.root() || c.Customers != w.mapRoot() {
		return &BrokenError{w.held.Events, fmt.Sprintf("the events up to here are others than the checkpoint of %s has signed", access.FormatTime(c.At))}
	}
	return nil
}

// checkpoint verifies the next one that is kept here: it is signed with a key that was given,
// or else with one that the log has named.
func (w *walk) checkpoint() error {
	c := w.at
	_, err := w.open(c.Note)
	other, is := errors.AsType[*UnknownKeyError](err)
	if is && len(w.trust.Keys) > 0 {
		_, err = OpenCheckpoint(c.Note, w.held.Keys)
	}
	if err != nil {
		return &UnsoundError{fmt.Errorf("the checkpoint at event %d: %w", c.Size, err)}
	}
	if c.Root != w.all.root() || c.Customers != w.mapRoot() {
		return &BrokenError{w.held.Events, fmt.Sprintf("the events up to here are others than the checkpoint of %s has signed", access.FormatTime(c.At))}
	}
	w.held.Checkpoints++
	if is {
		w.held.Others, w.held.Other = w.held.Others+1, strings.Join(other.Signed, ", ")
	} else {
		w.held.Signed, w.held.At = uint64(c.Size), c.At
	}
	return w.begin()
}

// row takes a hash of the tree into the tiles of its level.
func (w *walk) row(level int, h tlog.Hash) {
	if level%tileHeight != 0 {
		return
	}
	if level /= tileHeight; level == len(w.rows) {
		w.rows = append(w.rows, nil)
	}
	w.rows[level] = append(w.rows[level], h[:]...)
}

// tiles compares the tiles that are complete, or the last of the tree, with those that
// are kept.
func (w *walk) tiles() error {
	if w.all.Size > w.tree.Size {
		w.rows = nil // what is not in the tree yet
		return nil
	}
	last := w.all.Size == w.tree.Size
	for level, row := range w.rows {
		full := len(row) == stride*tlog.HashSize
		if len(row) == 0 || !full && !last {
			continue
		}
		n := w.all.Size >> (tileHeight * level)
		at := tileKey(tlog.Tile{L: level, N: (n - 1) >> tileHeight})
		raw, err := w.tx.Get(at)
		if err != nil && !errors.Is(err, state.ErrNotFound) {
			return err
		}
		if !bytes.Equal(raw, row) {
			return &UnsoundError{fmt.Errorf("%s is not what was written", at)}
		}
		if full {
			w.rows[level] = row[:0]
		}
	}
	if !last {
		return nil
	}
	all, err := holdings(w.tx)
	if err != nil {
		return err
	}
	if w.tree.Root != w.all.root() || mapRoot(all, 0) != w.mapRoot() {
		return &UnsoundError{errors.New("its root, or that of a customer, is not what was written")}
	}
	return nil
}

// end compares what was walked with what the log says of itself.
func (w *walk) end(last head) error {
	seq := w.held.Events
	switch {
	case last.Seq != seq || last.Hash != w.prev:
		return &BrokenError{seq + 1, "the log is shorter or longer than its head says"}
	case len(w.kept) > 0:
		c := w.kept[len(w.kept)-1]
		return &BrokenError{seq + 1, fmt.Sprintf("it is missing, and the checkpoint of %s has signed %d events", access.FormatTime(c.At), c.Size)}
	case w.at.Size > 0 || uint64(w.tree.Size) > seq:
		return &BrokenError{seq + 1, "it is missing, and a checkpoint or the tree has it"}
	case len(w.trust.Keys) > 0 && w.held.Signed == 0 && w.held.Kept == 0:
		return errors.New("no checkpoint of this log is signed with the key that you gave")
	}
	return nil
}
