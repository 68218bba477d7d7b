package schedule

import (
	"context"
	"errors"
	"hash/maphash"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// sweepMost is about how many things that have to be read one by one a pass reads, if
// nothing says that they changed. It is 250 calls, each for 20 of them.
const sweepMost = 5000

// sweep spreads over several passes what is read one by one, when there is more of it
// than a pass may read. Each thing has its turn in every round, by its id, so nothing
// has to be remembered of it.
type sweep struct{ parts, turn int }

// shares gives each id its turn, the same as long as the process lives.
var shares = maphash.MakeSeed()

// next begins the next turn. The round is as long as what there was at the last pass
// needs; where that is not known yet, everything has its turn.
func (w *sweep) next(known, most int) {
	parts := max(1, (known+most-1)/most)
	if w.parts != parts {
		w.parts, w.turn = parts, 0
		return
	}
	w.turn = (w.turn + 1) % parts
}

// has reports whether it is the turn of what has the id.
func (w *sweep) has(id string) bool {
	if w.parts <= 1 {
		return true
	}
	return maphash.String(shares, id)%uint64(w.parts) == uint64(w.turn)
}

// sift takes from what is listed what has to be read whole: what is new or changed,
// what has no assignments to read, and what has its turn.
func (r *reading) sift(ctx context.Context) error {
	from := len(r.pending)
	err := r.Store.View(ctx, func(tx state.Tx) error {
		r.pending = r.pending[:from]
		for _, m := range r.listed {
			rests, err := r.rests(tx, m)
			if err != nil {
				return err
			}
			if !rests {
				r.pending = append(r.pending, m)
			}
		}
		return nil
	})
	r.listed = r.listed[:0]
	return err
}

// rests reports whether the relationship is as it was and has no turn. Its groups, as
// they were read last, are still to be looked at.
func (r *reading) rests(tx state.Tx, m state.MirroredRelationship) (bool, error) {
	if m.Status != access.RelationshipActive || r.assigned.has(string(m.ID)) {
		return false, nil
	}
	known, same, err := state.Unmoved(tx, m)
	if err != nil || !same {
		return false, err
	}
	r.partial = r.partial || known.Unseen != ""
	for _, a := range known.Assignments {
		r.kept[a.Group] = a.GroupName
	}
	return true, nil
}

// turn leaves those of the groups that are to be read now: those that are not known
// yet, Partner Center's own, those of which somebody is to be looked at again, and
// those that have their turn.
func (r *reading) turn(ctx context.Context, want map[access.GroupID]state.MirroredGroup) ([]access.GroupID, error) {
	var due []access.GroupID
	err := r.Store.View(ctx, func(tx state.Tx) error {
		due = nil
		again := map[access.GroupID]bool{}
		all, err := state.Rechecks(tx)
		if err != nil {
			return err
		}
		for _, one := range all {
			again[one.Group] = true
		}
		for id, g := range want {
			if g.Agents == "" && !again[id] && !r.member.has(string(id)) {
				known, err := mirroredGroup(tx, id)
				if err != nil {
					return err
				}
				if known {
					continue
				}
			}
			due = append(due, id)
		}
		return nil
	})
	return due, err
}

// mirroredGroup reports whether something is known of the group that can be read.
func mirroredGroup(tx state.Tx, id access.GroupID) (bool, error) {
	_, err := state.GroupMirrored(tx, id)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
