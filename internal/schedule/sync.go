package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cause"
	"latchkey/internal/state"
)

// Reader reads what the mirror shows.
type Reader interface {
	Relationships(context.Context) iter.Seq2[access.Relationship, error]
	// AssignmentsOf, GroupNames and MembersOf tell each of what was asked for once.
	// What of one cannot be read is its own error; the error that they return means
	// that the rest was not tried.
	AssignmentsOf(context.Context, []access.RelationshipID, func(access.RelationshipID, []access.Assignment, error)) error
	GroupNames(context.Context, []access.GroupID, func(access.GroupID, string, error)) error
	MembersOf(context.Context, []access.GroupID, func(access.GroupID, []access.Member, error)) error
	// AgentGroup reports false where the partner has no group of this name.
	AgentGroup(context.Context, access.AgentGroup) (access.GroupID, bool, error)
	Customers(context.Context) iter.Seq2[state.Known, error]
	Relationship(context.Context, access.RelationshipID) (access.Relationship, error)
}

// Sync mirrors relationships, their assignments, the groups by which people
// reach customers, and the customers that Graph names into the store. Nothing else writes the mirror.
type Sync struct {
	Store    state.Store
	Graph    Reader
	Now      func() time.Time
	Interval time.Duration
	Log      *slog.Logger
	// Provider reads the name and the domain of an indirect provider. It may be nil.
	Provider func(context.Context, access.TenantID) (name, domain string, err error)
	Watch    Watcher // may be nil
	// Turned is told whenever a pass has gone on, and between passes; may be nil.
	Turned func()

	aside    aside
	looks    looks
	assigned sweep     // of the assignments of relationships
	member   sweep     // of the members of groups
	known    int       // relationships in the last whole read
	moved    time.Time // when a pass last found a change; not by s.Now
	most     int       // for tests: in place of sweepMost
}

// Run reads everything at once and then in every interval, sooner after a failure
// and while things change. While an offer may move at any moment, it follows those in
// between.
func (s *Sync) Run(ctx context.Context, wake <-chan struct{}) {
	for {
		began := time.Now()
		err := s.Once(ctx)
		wait := pace(s.Interval, time.Since(s.moved), time.Since(began))
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "relationships not read", "err", err)
			wait = min(wait, 30*time.Second)
		}
		if !s.followFor(ctx, wait, wake) {
			return
		}
	}
}

const (
	// hurryFor is how long after a change the next ones are looked for more often:
	// they come in rows, such as what approves, activates and assigns.
	hurryFor = 10 * time.Minute
	// hurryLeast is how long it waits at least, and hurryShare which part of the time
	// it reads at most, so that a large partner's passes do not follow on each other.
	hurryLeast = time.Minute
	hurryShare = 5
)

// pace is how long to wait before the next pass, at most the interval: when the last
// change was seen that long ago, and the last pass took so long.
func pace(interval, changed, took time.Duration) time.Duration {
	if changed >= hurryFor {
		return interval
	}
	return min(interval, max(interval/hurryShare, hurryLeast, (hurryShare-1)*took))
}

// Once reads everything and writes what differs. A read that fails in its
// middle removes nothing from the mirror.
func (s *Sync) Once(ctx context.Context) error {
	ctx, _ = cause.Begin(ctx)
	s.looks.begin()
	s.assigned.next(s.known, s.sweeps())
	read := s.reading()
	err := read.relationships(ctx)
	if err == nil {
		s.known = len(read.seen)
		err = read.forget(ctx)
	}
	if err == nil {
		err = read.customers(ctx)
	}
	info := state.MirrorInfo{ReadAt: s.Now().UTC().Truncate(time.Second)}
	writeErr := s.Store.Update(ctx, func(tx state.Tx) error {
		if err != nil {
			old, err := state.Mirror(tx)
			if err != nil {
				return err
			}
			info = state.MirrorInfo{ReadAt: old.ReadAt, Problem: "The last attempt to read the relationships from Microsoft failed."}
		}
		return errors.Join(state.PutMirror(tx, info), s.passed(tx, info.Problem == ""))
	})
	if err != nil {
		return err
	}
	if writeErr != nil {
		return writeErr
	}
	return read.groups(ctx) // nobody waits for these, and each says by itself what is missing
}

// chunk is how much is held in memory, and written in one transaction.
const chunk = 200

// reading is one pass. What it remembers of everything is ids and names; all else
// is held for one batch.
type reading struct {
	*Sync
	names   map[access.GroupID]string // read now
	kept    map[access.GroupID]string // of relationships whose assignments have no turn
	seen    map[access.RelationshipID]bool
	listed  []state.MirroredRelationship // as the list has them
	pending []state.MirroredRelationship // of them, those to be read whole and compared
	partial bool                         // some assignments could not be read
	asked   map[access.TenantID]bool     // the providers whose names were looked at
	wrote   bool                         // something differed from what was known
	look    bool                         // it is of one relationship, beside a pass
}

func (s *Sync) reading() *reading {
	return &reading{
		Sync: s, names: map[access.GroupID]string{}, kept: map[access.GroupID]string{}, seen: map[access.RelationshipID]bool{},
	}
}

func (s *Sync) sweeps() int { return cmp.Or(s.most, sweepMost) }

func (r *reading) relationships(ctx context.Context) error {
	for rel, err := range r.Graph.Relationships(ctx) {
		turned(r.Turned)
		if err != nil {
			return fmt.Errorf("read relationships: %w", err)
		}
		r.seen[rel.ID] = true
		if r.listed = append(r.listed, state.MirroredRelationship{Relationship: rel}); len(r.listed) < chunk {
			continue
		}
		if err := r.sift(ctx); err != nil {
			return err
		}
		if len(r.pending) < chunk {
			continue
		}
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	if err := r.sift(ctx); err != nil {
		return err
	}
	return r.flush(ctx)
}

// flush adds the assignments to the relationships that are pending, and writes
// what differs from what was known.
func (r *reading) flush(ctx context.Context) error {
	turned(r.Turned)
	if err := r.assignments(ctx); err != nil {
		return err
	}
	if err := r.name(ctx); err != nil {
		return err
	}
	if err := r.providers(ctx); err != nil { // before anybody is told of what they made
		return err
	}
	news := r.pending[:0]
	err := r.Store.View(ctx, func(tx state.Tx) error {
		news = r.pending[:0]
		for _, m := range r.pending {
			known, err := state.Mirrored(tx, m)
			if err != nil {
				return err
			}
			if !known {
				news = append(news, m)
			}
		}
		return nil
	})
	r.pending = r.pending[:0]
	if err != nil || len(news) == 0 {
		return err
	}
	if r.wrote = true; !r.look {
		r.moved = time.Now()
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		for _, m := range news {
			if !r.look && r.looks.looked(m.ID) {
				continue // what is held here may be older
			}
			if err := r.put(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// assignments reads those of the pending relationships that are active. Those that
// cannot be read are said to be unseen.
func (r *reading) assignments(ctx context.Context) error {
	at := map[access.RelationshipID]int{}
	var active []access.RelationshipID
	for i, m := range r.pending {
		if m.Status == access.RelationshipActive {
			at[m.ID] = i
			active = append(active, m.ID)
		}
	}
	if len(active) == 0 {
		return nil
	}
	told := 0
	err := r.Graph.AssignmentsOf(ctx, active, func(id access.RelationshipID, found []access.Assignment, err error) {
		m := &r.pending[at[id]]
		turned(r.Turned)
		m.Assignments, told = found, told+1
		if err != nil {
			r.unseen(ctx, m, err)
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && told == 0 {
		for _, id := range active {
			r.unseen(ctx, &r.pending[at[id]], err)
		}
		return nil
	}
	return err
}

func (r *reading) unseen(ctx context.Context, m *state.MirroredRelationship, err error) {
	r.partial = true
	m.Unseen = "Its access assignments could not be read: the bot may lack the permission, or Microsoft did not answer."
	r.Log.WarnContext(ctx, "assignments not read", "relationship", m.ID, "err", err)
}

// name adds the names of the groups to the pending assignments. A name that cannot
// be read stays empty.
func (r *reading) name(ctx context.Context) error {
	var unknown []access.GroupID
	for _, m := range r.pending {
		for _, a := range m.Assignments {
			if _, ok := r.names[a.Group]; !ok {
				r.names[a.Group] = ""
				unknown = append(unknown, a.Group)
			}
		}
	}
	if len(unknown) > 0 {
		err := r.Graph.GroupNames(ctx, unknown, func(id access.GroupID, name string, err error) {
			if r.names[id] = name; err != nil {
				r.Log.DebugContext(ctx, "group not read", "err", err)
			}
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.Log.DebugContext(ctx, "groups not read", "err", err)
		}
	}
	for i := range r.pending {
		for j := range r.pending[i].Assignments {
			a := &r.pending[i].Assignments[j]
			a.GroupName = r.names[a.Group]
		}
	}
	return nil
}

// customers mirrors those that Graph names, and forgets the others.
func (r *reading) customers(ctx context.Context) error {
	named := map[access.TenantID]bool{}
	var part []state.Known
	flush := func() error {
		if len(part) == 0 {
			return nil
		}
		err := r.Store.Update(ctx, func(tx state.Tx) error {
			for _, k := range part {
				if err := state.PutKnown(tx, k); err != nil {
					return err
				}
			}
			return nil
		})
		part = part[:0]
		return err
	}
	for k, err := range r.Graph.Customers(ctx) {
		turned(r.Turned)
		if err != nil {
			return fmt.Errorf("read customers: %w", err)
		}
		named[k.Tenant] = true
		part = append(part, k)
		if len(part) == chunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return r.forgetCustomers(ctx, named)
}

func (r *reading) forgetCustomers(ctx context.Context, named map[access.TenantID]bool) error {
	var gone []state.Known
	err := r.Store.View(ctx, func(tx state.Tx) error {
		gone = nil
		for k, err := range state.EachKnown(tx) {
			if err != nil {
				return err
			}
			if !named[k.Tenant] {
				gone = append(gone, k)
			}
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	return r.Store.Update(ctx, func(tx state.Tx) error {
		for _, k := range gone {
			if err := state.DeleteKnown(tx, k); err != nil {
				return err
			}
		}
		return nil
	})
}
