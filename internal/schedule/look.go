package schedule

import (
	"context"
	"maps"
	"sync"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const (
	// gatherFor is how long after a look others are waited for, so that many get one
	// card together; gatherMost bounds that.
	gatherFor  = 2 * time.Second
	gatherMost = 20 * time.Second
)

// looks keeps apart what single looks and a whole pass read. A pass that began
// before a look may hold what is older, so it leaves that relationship alone.
type looks struct {
	// reading is held by each look, and by a pass while it begins: no look goes on
	// from before a pass into it.
	reading sync.RWMutex

	mu    sync.Mutex
	since map[access.RelationshipID]bool // looked at since the newest pass began
	told  map[access.RelationshipID]bool // whose cards are not owed yet
	bell  chan struct{}
}

// begin is called when a pass begins.
func (l *looks) begin() {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = nil
}

func (l *looks) looked(id access.RelationshipID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since[id]
}

func (l *looks) note(id access.RelationshipID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since == nil {
		l.since = map[access.RelationshipID]bool{}
	}
	l.since[id] = true
}

// wrote has the cards of what a look wrote be owed soon.
func (l *looks) wrote(id access.RelationshipID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told == nil {
		l.told = map[access.RelationshipID]bool{}
	}
	l.told[id] = true
	select {
	case l.rung() <- struct{}{}:
	default:
	}
}

// rung is the bell; mu is held.
func (l *looks) rung() chan struct{} {
	if l.bell == nil {
		l.bell = make(chan struct{}, 1)
	}
	return l.bell
}

// Look reads one relationship at once and writes what differs, beside whatever pass
// is under way. One that Graph does not know is left to the whole read. [Sync.Gather]
// has it told.
func (s *Sync) Look(ctx context.Context, id access.RelationshipID) error {
	s.looks.reading.RLock()
	defer s.looks.reading.RUnlock()
	s.looks.note(id)
	rel, err := s.Graph.Relationship(ctx, id)
	if access.CodeOf(err) == access.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	read := s.reading()
	read.look = true
	read.pending = append(read.pending, state.MirroredRelationship{Relationship: rel})
	if err := read.flush(ctx); err != nil {
		return err
	}
	if read.wrote {
		s.looks.wrote(id)
	}
	return nil
}

// Gather owes the cards of what looks have written, until ctx ends. What it does not
// come to is told with the next pass.
func (s *Sync) Gather(ctx context.Context) {
	s.looks.mu.Lock()
	bell := s.looks.rung()
	s.looks.mu.Unlock()
	for {
		select {
		case <-bell:
		case <-ctx.Done():
			return
		}
		for began := time.Now(); time.Since(began) < gatherMost; {
			if again, ok := pauseOr(ctx, gatherFor, bell); !ok {
				return
			} else if !again {
				break
			}
		}
		s.looks.mu.Lock()
		told := maps.Clone(s.looks.told)
		clear(s.looks.told)
		s.looks.mu.Unlock()
		err := s.Store.Update(ctx, func(tx state.Tx) error {
			return s.Watch.Looked(tx, func(id access.RelationshipID) bool { return told[id] })
		})
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "what was read at once is told later", "err", err)
		}
	}
}
