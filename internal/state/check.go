package state

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// FaultKind says what is wrong with something in the store.
type FaultKind string

// The kinds of faults.
const (
	FaultMoved      FaultKind = "moved"      // the state is elsewhere, or a copy of it here is not finished
	FaultVersion    FaultKind = "version"    // the mark of the store's form cannot be read, or is newer
	FaultUnreadable FaultKind = "unreadable" // a record cannot be decoded
	FaultMisplaced  FaultKind = "misplaced"  // a record is under another key than its own
	FaultUnindexed  FaultKind = "unindexed"  // a record is not found by an index
	FaultStale      FaultKind = "stale"      // an index tells of what is not so
	FaultUnended    FaultKind = "unended"    // access is in force, and nothing is due to end it
	FaultOrphan     FaultKind = "orphan"     // it is about a record that is not there
	FaultUnknown    FaultKind = "unknown"    // no part of this program knows the key
	FaultChain      FaultKind = "chain"      // the audit log does not hold
	FaultOwed       FaultKind = "owed"       // an effect will not be done when it should
)

// Fault is something in the store that does not fit.
type Fault struct {
	Kind FaultKind
	Key  string
	What string // a sentence
	// Entry is the entry of an index as it should be, where that alone is wrong; nil
	// otherwise.
	Entry *Entry
}

// Entry is an entry of an index, or that there is none under the key.
type Entry struct {
	Item
	None bool
}

// Mend writes the entries of indexes as they should be. It leaves every other fault.
func Mend(tx Tx, faults []Fault) error {
	for _, f := range faults {
		var err error
		switch {
		case f.Entry == nil:
		case f.Entry.None:
			err = tx.Delete(f.Entry.Key)
		default:
			err = tx.Put(f.Entry.Key, f.Entry.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errUnknown is a key that no part of the program knows.
var errUnknown = errors.New("no part of this program knows this key")

// shelfOf reads the record at a key, whatever it is.
func shelfOf(all []records, key string, raw []byte) (shelf, string, error) {
	for _, k := range all {
		if key == k.prefix || strings.HasSuffix(k.prefix, "/") && strings.HasPrefix(key, k.prefix) {
			s, err := k.read(key, raw)
			return s, strings.TrimSuffix(k.prefix, "/"), err
		}
	}
	return shelf{}, "", errUnknown
}

// Check reads the whole store and tells of each fault in what this package keeps, one
// after the other. What others keep (whose tells of a key that it is) it leaves to them.
// It returns how many records of each kind there are. Of what is sealed and was not
// opened only that is told.
func Check(tx Tx, whose func(key string) bool, found func(Fault)) (map[string]int, error) {
	c := &checking{tx: tx, kinds: kinds(), found: found, count: map[string]int{}}
	for item, err := range tx.Scan("") {
		if err != nil {
			return nil, err
		}
		if whose(item.Key) {
			continue
		}
		if err := c.item(item); err != nil {
			return nil, err
		}
	}
	return c.count, nil
}

type checking struct {
	tx    Tx
	kinds []records
	found func(Fault)
	count map[string]int
}

func (c *checking) say(kind FaultKind, key, format string, args ...any) {
	c.found(Fault{Kind: kind, Key: key, What: fmt.Sprintf(format, args...)})
}

// stale tells of an entry that should not be there.
func (c *checking) stale(key, format string, args ...any) {
	c.found(Fault{FaultStale, key, fmt.Sprintf(format, args...), &Entry{Item{Key: key}, true}})
}

// unindexed tells of an entry that is missing.
func (c *checking) unindexed(kind FaultKind, record, key, id, what string) {
	c.found(Fault{kind, record, what, &Entry{Item{key, []byte(id)}, false}})
}

func (c *checking) item(item Item) error {
	switch {
	case item.Key == rewriteKey, item.Key == endedMark, item.Key == "meta/seal":
		return nil
	case item.Key == copyingKey, item.Key == movedKey:
		c.say(FaultMoved, item.Key, "It cannot be used: %v.", Usable(c.tx))
		return nil
	case item.Key == versionKey:
		if v, err := strconv.Atoi(string(item.Value)); err != nil || v < 1 || v > Version {
			c.say(FaultVersion, item.Key, "The form is marked %q; this program knows up to %d.", item.Value, Version)
		}
		return nil
	case strings.HasPrefix(item.Key, "delivery/"), strings.HasPrefix(item.Key, "notification/"):
		return c.marked(item)
	case strings.HasPrefix(item.Key, "idx/"):
		return c.index(item)
	}
	return c.record(item)
}

// record checks one record, and that every index that should tells of it.
func (c *checking) record(item Item) error {
	s, kind, err := shelfOf(c.kinds, item.Key, item.Value)
	if errors.Is(err, errUnknown) {
		c.say(FaultUnknown, item.Key, "It is kept under a name that this program does not use.")
		return nil
	}
	c.count[kind]++
	if Sealed(item.Value) {
		c.count[SealedRecords]++
		return nil
	}
	if err != nil {
		c.say(FaultUnreadable, item.Key, "It cannot be decoded: %v.", errors.Unwrap(err))
		return nil
	}
	if s.key != item.Key {
		c.say(FaultMisplaced, item.Key, "It is the record of %s.", s.key)
		return nil
	}
	for _, key := range s.indexes {
		raw, err := c.tx.Get(key)
		kind, what := FaultUnindexed, ""
		if strings.HasPrefix(key, "idx/due/") && strings.Contains(key, "/"+string(DueExpire)+"/") {
			kind, what = FaultUnended, "Nothing is due to end this access: "
		}
		switch {
		case errors.Is(err, ErrNotFound):
			c.unindexed(kind, item.Key, key, s.id, what+key+" is missing.")
		case err != nil:
			return err
		case string(raw) != s.id:
			c.say(kind, item.Key, "%s%s tells of %q instead.", what, key, raw)
		}
	}
	return c.about(item.Key, s.about)
}

func (c *checking) about(key string, about []string) error {
	for _, other := range about {
		if _, err := c.tx.Get(other); errors.Is(err, ErrNotFound) {
			c.say(FaultOrphan, key, "It is about %s, which is not there.", other)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// index checks that an entry of an index tells of a record that has it.
func (c *checking) index(item Item) error {
	if strings.HasPrefix(item.Key, "idx/delivery/") || strings.HasPrefix(item.Key, "idx/notification/") {
		return c.markIndex(item)
	}
	record, known := byIndex(item.Key, string(item.Value))
	if !known {
		c.say(FaultUnknown, item.Key, "It is an index that this program does not use.")
		return nil
	}
	raw, err := c.tx.Get(record)
	if errors.Is(err, ErrNotFound) {
		c.stale(item.Key, "It tells of %s, which is not there.", record)
		return nil
	}
	if err != nil {
		return err
	}
	s, _, err := shelfOf(c.kinds, record, raw) // an error, too, of what is sealed
	if err == nil && s.key == record && !slices.Contains(s.indexes, item.Key) && !strings.HasPrefix(item.Key, "idx/alert/stale/") {
		c.stale(item.Key, "%s does not have it.", record)
	}
	return nil // what cannot be read is told of where it is
}

// marked checks a delivery that is remembered.
func (c *checking) marked(item Item) error {
	space, key, _ := strings.Cut(item.Key, "/")
	c.count[space]++
	if _, err := ParseTimeKey(string(item.Value)); err != nil {
		c.say(FaultUnreadable, item.Key, "It is not remembered since when.")
		return nil
	}
	at := Path("idx/"+space, string(item.Value), key)
	_, err := c.tx.Get(at)
	if errors.Is(err, ErrNotFound) {
		c.unindexed(FaultUnindexed, item.Key, at, "", "It will not be forgotten in time.")
		return nil
	}
	return err
}

func (c *checking) markIndex(item Item) error {
	p := strings.SplitN(item.Key, "/", 4)
	if len(p) < 4 {
		c.say(FaultUnknown, item.Key, "It is an index that this program does not use.")
		return nil
	}
	raw, err := c.tx.Get(Path(p[1], p[3]))
	if errors.Is(err, ErrNotFound) || err == nil && string(raw) != p[2] {
		c.stale(item.Key, "It tells of %s, which is not remembered since then.", Path(p[1], p[3]))
		return nil
	}
	return err
}
