package schedule

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Watcher hears what the mirror learns, in the transactions that write it.
type Watcher interface {
	// Changed is told of a relationship that differs from what was known. A nil
	// old is one that was not known, a nil one that Microsoft no longer lists.
	Changed(tx state.Tx, old, one *state.MirroredRelationship) error
	// Members is told of a group whose members were read and differ from what was
	// known. A nil old is a group that was not known.
	Members(tx state.Tx, old *state.MirroredGroup, now state.MirroredGroup) error
	// GroupsRead is told that a read of the groups, which began then, is over.
	GroupsRead(tx state.Tx, began time.Time) error
	// Read is told that a pass is over, and whether it was a whole one.
	Read(tx state.Tx, whole bool) error
	// Looked is told that single relationships were read at once.
	Looked(tx state.Tx, looked func(access.RelationshipID) bool) error
	// Doubtful is told, once, of a whole read that is not believed.
	Doubtful(tx state.Tx, d state.Doubt, known int) error
}

// put writes what was read of a relationship and tells of it when it differs.
func (s *Sync) put(tx state.Tx, m state.MirroredRelationship) error {
	old, changed, err := state.ReplaceMirrored(tx, m)
	if err != nil || !changed || s.Watch == nil {
		return err
	}
	return s.tell(tx, old, &m)
}

// tell tells of a relationship. An offer that cannot be read is set aside: all else
// that hangs on the relationship has been told by then.
func (s *Sync) tell(tx state.Tx, old, one *state.MirroredRelationship) error {
	err := s.Watch.Changed(tx, old, one)
	if bad, ok := state.Unreadable(err); ok && strings.HasPrefix(bad.Key, state.Path("offer", "")) {
		s.setAside(bad)
		return nil
	}
	return err
}

// passed tells that a pass is over.
func (s *Sync) passed(tx state.Tx, whole bool) error {
	if s.Watch == nil {
		return nil
	}
	return s.Watch.Read(tx, whole)
}

// forget removes what Graph no longer lists. It is called after a whole read. A
// read that misses everything, or most, is not believed until another whole read,
// a while later, misses the same.
func (r *reading) forget(ctx context.Context) error {
	if err := r.mend(ctx); err != nil {
		return err
	}
	var gone []state.MirroredRelationship
	var doubt state.Doubt
	known := 0
	err := r.Store.View(ctx, func(tx state.Tx) (err error) {
		gone, known = nil, 0
		for m, err := range state.EachRelationship(tx) {
			if err != nil {
				return err
			}
			if known++; !r.seen[m.ID] {
				gone = append(gone, m)
			}
		}
		doubt, err = state.Doubted(tx)
		return err
	})
	if err != nil || len(gone) == 0 && doubt.Count == 0 {
		return err
	}
	missing := state.Doubt{At: r.Now().UTC(), Missing: digest(gone), Count: len(gone)}
	again := doubt.Missing == missing.Missing
	if doubtful(len(gone), known) && !(again && missing.At.Sub(doubt.At) >= doubtFor) {
		r.Log.WarnContext(ctx, "relationships missing from a whole read", "missing", len(gone), "known", known)
		if r.partial = true; again {
			return nil // the first time counts
		}
		return r.Store.Update(ctx, func(tx state.Tx) error { return r.doubt(tx, missing, known, doubt.Count == 0) })
	}
	for part := range slices.Chunk(gone, chunk) {
		err := r.Store.Update(ctx, func(tx state.Tx) error {
			for _, m := range part {
				if r.looks.looked(m.ID) {
					continue // it may have come after the list was read
				}
				if err := r.drop(tx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if doubt.Count == 0 {
		return nil
	}
	return r.Store.Update(ctx, func(tx state.Tx) error { return state.PutDoubt(tx, state.Doubt{}) })
}

// drop removes a relationship that Graph no longer lists, and tells of it.
func (s *Sync) drop(tx state.Tx, m state.MirroredRelationship) error {
	if err := state.DeleteMirrored(tx, m); err != nil || s.Watch == nil {
		return err
	}
	return s.tell(tx, &m, nil)
}

// doubtFor is how long after the first a read must come that confirms it: one that
// follows a restart at once has met the same fault.
const doubtFor = time.Minute

// doubtful reports whether a read that misses so many is more likely at fault
// than right.
func doubtful(missing, known int) bool {
	return missing > 0 && (missing == known || missing > 10 && 2*missing > known)
}

// doubt remembers what a read missed, and tells of the first of several.
func (r *reading) doubt(tx state.Tx, d state.Doubt, known int, first bool) error {
	if err := state.PutDoubt(tx, d); err != nil || !first || r.Watch == nil {
		return err
	}
	return r.Watch.Doubtful(tx, d, known)
}

// digest stands for the ids of relationships.
func digest(all []state.MirroredRelationship) string {
	ids := make([]access.RelationshipID, 0, len(all))
	for _, m := range all {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	sum := sha256.New()
	for _, id := range ids {
		sum.Write([]byte(id + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
