package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Watching says since when the mirror is watched; until then nothing that is
// found is news.
type Watching struct {
	Since         time.Time
	Relationships int // how many there were
	Customers     int
}

// Watched returns since when the mirror is watched; zero when it is not.
func Watched(tx Tx) (Watching, error) {
	w, err := Load[Watching](tx, "watch/since")
	if errors.Is(err, ErrNotFound) {
		return Watching{}, nil
	}
	return w, err
}

// PutWatching records since when the mirror is watched.
func PutWatching(tx Tx, w Watching) error {
	_, err := Save(tx, "watch/since", w)
	return err
}

// Doubt is a whole read that missed so much that it was not believed.
type Doubt struct {
	At      time.Time
	Missing string // a digest of the ids of what it missed
	Count   int
}

// Doubted returns the doubt about the last whole read; zero when there is none.
func Doubted(tx Tx) (Doubt, error) {
	d, err := Load[Doubt](tx, "watch/doubt")
	if errors.Is(err, ErrNotFound) {
		return Doubt{}, nil
	}
	return d, err
}

// PutDoubt records a doubt; a zero one ends it.
func PutDoubt(tx Tx, d Doubt) error {
	if d.Count == 0 {
		return tx.Delete("watch/doubt")
	}
	_, err := Save(tx, "watch/doubt", d)
	return err
}

// Ending is a relationship that ends by itself at a known time, and when people
// are told of that next.
type Ending struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	End          time.Time
	Tell         time.Time // zero when there is no more to tell
}

// EndingOf returns what is kept of the end of a relationship; zero when nothing.
func EndingOf(tx Tx, id access.RelationshipID) (Ending, error) {
	e, err := Load[Ending](tx, Path("watch/ending", string(id)))
	if errors.Is(err, ErrNotFound) {
		return Ending{}, nil
	}
	return e, err
}

// PutEnding writes when a relationship ends. One without an end is forgotten.
func PutEnding(tx Tx, e Ending) error {
	old, err := EndingOf(tx, e.Relationship)
	if err != nil {
		return err
	}
	key := Path("watch/ending", string(e.Relationship))
	switch {
	case !e.End.IsZero():
		_, err = Save(tx, key, e)
	case !old.End.IsZero():
		err = tx.Delete(key)
	}
	if err != nil {
		return err
	}
	return reindex(tx, string(e.Relationship), endingIndexes(old), endingIndexes(e))
}

func endingIndexes(e Ending) []string {
	if e.Tell.IsZero() {
		return nil
	}
	return []string{dueKey(Due{At: e.Tell, Kind: DueEnding, Relationship: e.Relationship})}
}

// ActKind says what the bot did to a relationship for somebody.
type ActKind string

// What the bot does to relationships.
const (
	ActTerminate ActKind = "terminate"
	ActExtend    ActKind = "extend"
	ActRoles     ActKind = "roles"
	ActAssign    ActKind = "assign"
)

// Act is something that the bot is doing to a relationship, or did, so that what
// comes of it is not taken for somebody else's doing.
type Act struct {
	Relationship access.RelationshipID
	Kind         ActKind
	By           access.Person
	At           time.Time
}

// ActOf returns the newest act of the kind, and false when there was none.
func ActOf(tx Tx, id access.RelationshipID, kind ActKind) (Act, bool, error) {
	a, err := Load[Act](tx, Path("act", string(id), string(kind)))
	if errors.Is(err, ErrNotFound) {
		return a, false, nil
	}
	return a, err == nil, err
}

// PutAct records an act.
func PutAct(tx Tx, a Act) error {
	_, err := Save(tx, Path("act", string(a.Relationship), string(a.Kind)), a)
	return err
}

// DropAct forgets an act that Microsoft refused.
func DropAct(tx Tx, id access.RelationshipID, kind ActKind) error {
	return tx.Delete(Path("act", string(id), string(kind)))
}

// ReplaceMirrored is [PutMirrored] and returns what was known before; nil when
// nothing was. What did not change is not even read.
func ReplaceMirrored(tx Tx, r MirroredRelationship) (old *MirroredRelationship, changed bool, err error) {
	for _, customer := range []access.TenantID{r.owner(), nobody} {
		key := mirrorKey(customer, r.ID)
		raw, err := tx.Get(key)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, false, err
		}
		if changed, err = PutMirrored(tx, r); err != nil || !changed {
			return nil, changed, err
		}
		was, err := Decode[MirroredRelationship](key, raw)
		if _, bad := Unreadable(err); bad {
			return &r, true, nil // nobody can tell what it was, so nothing is news
		}
		return &was, true, err
	}
	changed, err = PutMirrored(tx, r)
	return nil, changed, err
}
