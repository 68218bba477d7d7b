package schedule

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// Reader reads what the mirror shows.
type Reader interface {
	Relationships(context.Context) iter.Seq2[access.Relationship, error]
	Assignments(context.Context, access.RelationshipID) ([]access.Assignment, error)
	GroupName(context.Context, access.GroupID) (string, error)
	// AgentGroup reports false where the partner has no group of this name.
	AgentGroup(context.Context, access.AgentGroup) (access.GroupID, bool, error)
	Members(context.Context, access.GroupID) ([]access.Member, error)
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
	Watch    Watcher // may be nil
}

// Run reads everything at once and then in every interval, sooner after a
// failure. While an offer may move at any moment, it follows those in between.
func (s *Sync) Run(ctx context.Context, wake <-chan struct{}) {
	for {
		wait := s.Interval
		if err := s.Once(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "relationships not read", "err", err)
			wait = min(wait, 30*time.Second)
		}
		if !s.followFor(ctx, wait, wake) {
			return
		}
	}
}

// Once reads everything and writes what differs. A read that fails in its
// middle removes nothing from the mirror.
func (s *Sync) Once(ctx context.Context) error {
	read := s.reading()
	err := read.relationships(ctx)
	if err == nil {
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

// reading is one pass.
type reading struct {
	*Sync
	names   map[access.GroupID]string
	seen    map[access.RelationshipID]bool
	pending []state.MirroredRelationship
	partial bool // some assignments could not be read
}

func (s *Sync) reading() *reading {
	return &reading{Sync: s, names: map[access.GroupID]string{}, seen: map[access.RelationshipID]bool{}}
}

func (r *reading) relationships(ctx context.Context) error {
	for rel, err := range r.Graph.Relationships(ctx) {
		if err != nil {
			return fmt.Errorf("read relationships: %w", err)
		}
		r.seen[rel.ID] = true
		m, err := r.whole(ctx, rel)
		if err != nil {
			return err
		}
		r.pending = append(r.pending, m)
		if len(r.pending) == batch {
			if err := r.flush(ctx); err != nil {
				return err
			}
		}
	}
	return r.flush(ctx)
}

// whole adds the assignments to what was read of a relationship. Those that
// cannot be read are said to be unseen.
func (r *reading) whole(ctx context.Context, rel access.Relationship) (state.MirroredRelationship, error) {
	m := state.MirroredRelationship{Relationship: rel}
	if rel.Status != access.RelationshipActive {
		return m, nil
	}
	var err error
	if m.Assignments, err = r.Graph.Assignments(ctx, rel.ID); err != nil {
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		r.partial = true
		m.Unseen = "Its access assignments could not be read: the bot may lack the permission, or Microsoft did not answer."
		r.Log.WarnContext(ctx, "assignments not read", "relationship", rel.ID, "err", err)
	}
	r.name(ctx, m.Assignments)
	return m, nil
}

// name adds the names of the groups. A name that cannot be read stays empty.
func (r *reading) name(ctx context.Context, as []access.Assignment) {
	for i, a := range as {
		name, known := r.names[a.Group]
		if !known {
			var err error
			if name, err = r.Graph.GroupName(ctx, a.Group); err != nil {
				r.Log.DebugContext(ctx, "group not read", "err", err)
			}
			r.names[a.Group] = name
		}
		as[i].GroupName = name
	}
}

func (r *reading) flush(ctx context.Context) error {
	if len(r.pending) == 0 {
		return nil
	}
	err := r.Store.Update(ctx, func(tx state.Tx) error {
		for _, m := range r.pending {
			if err := r.put(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	r.pending = r.pending[:0]
	return err
}

func (r *reading) customers(ctx context.Context) error {
	var known []state.Known
	for k, err := range r.Graph.Customers(ctx) {
		if err != nil {
			return fmt.Errorf("read customers: %w", err)
		}
		known = append(known, k)
	}
	for part := range slices.Chunk(known, batch) {
		err := r.Store.Update(ctx, func(tx state.Tx) error {
			for _, k := range part {
				if err := state.PutKnown(tx, k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
