// Package stream sends the audit log where others keep it: each event to a collector, and
// each checkpoint to a place that is written once.
//
// It promises that each piece arrives at least once, and in order. How far a place has
// come stands in the store, and is written after the place has taken a batch: a crash in
// between has that batch sent again, and the hashes in it tell what came twice. Where the
// last piece that was sent is not there any more, or is another one, the log was put back or
// written anew: all of it is sent again, so that the place has both.
// Nothing that is written waits for it; a place that is down is tried until it is up.
package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"latchkey/internal/audit"
	"latchkey/internal/state"
)

const (
	most    = 500              // pieces of one batch
	largest = 4 << 20          // bytes of one, but for a piece that is larger by itself
	within  = 30 * time.Second // for one batch
	gather  = time.Second      // after a commit, so that what comes together goes together
	restart = time.Minute      // after which it looks without being told
)

// Piece is one event or one checkpoint.
type Piece struct {
	Seq  uint64 // of the event, or the size of the checkpoint
	Hash string // of the event, or the root of the checkpoint
	At   time.Time
	Kind string
	Line []byte // ends in a line feed
}

// Place is where pieces are sent. Send returns nil once all of them are there for good. A
// piece that was sent before may come again.
type Place interface {
	Send(ctx context.Context, pieces []Piece) error
}

// WaitError means that the place asks to be left alone for a while.
type WaitError struct {
	For time.Duration
	Err error
}

func (e *WaitError) Error() string { return e.Err.Error() }

func (e *WaitError) Unwrap() error { return e.Err }

// Stream sends everything to one place.
type Stream struct {
	Store state.Store
	Place Place
	Name  string // of the place, in the store
	// Source is what is sent.
	Source Source
	Now    func() time.Time
	// Backoff is how long to wait after the n'th failure.
	Backoff func(attempt int) time.Duration
	// Behind is told how old the oldest piece is that is not sent; 0 when there is none.
	Behind func(time.Duration)
	Log    *slog.Logger
}

// Once sends one batch, and reports whether there may be more.
func (s *Stream) Once(ctx context.Context) (more bool, err error) {
	var pieces []Piece
	var before audit.Mark
	another := false
	err = s.Store.View(ctx, func(tx state.Tx) error {
		if before, err = audit.Sent(tx, s.Name); err != nil {
			return err
		}
		after := before.Seq
		if another, err = s.Source.another(tx, before); another {
			after = 0
		}
		if err == nil {
			pieces, err = s.Source.Next(tx, after, most)
		}
		return err
	})
	if err != nil {
		return false, fmt.Errorf("read what is to be sent: %w", err)
	}
	if another {
		s.Log.WarnContext(ctx, "the audit log is another one than was sent on", "to", s.Name, "at", before.Seq)
	}
	if len(pieces) == 0 {
		s.Behind(0)
		return false, nil
	}
	s.Behind(max(0, s.Now().Sub(pieces[0].At)))
	pieces, more = batch(pieces)
	bound, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := s.Place.Send(bound, pieces); err != nil {
		return true, err
	}
	last := pieces[len(pieces)-1]
	err = s.Store.Update(ctx, func(tx state.Tx) error {
		return audit.PutSent(tx, s.Name, before, audit.Mark{Seq: last.Seq, Hash: last.Hash})
	})
	if err != nil {
		return true, fmt.Errorf("write how far it is sent: %w", err)
	}
	if !more {
		s.Behind(0)
	}
	return more, nil
}

// batch is what of the pieces goes at once, and whether there may be more.
func batch(pieces []Piece) (first []Piece, more bool) {
	size := 0
	for i, p := range pieces {
		if size += len(p.Line); i > 0 && size > largest {
			return pieces[:i], true
		}
	}
	return pieces, len(pieces) == most
}

// Run sends until ctx ends. The bell tells that something may have been written.
func (s *Stream) Run(ctx context.Context, bell <-chan struct{}) {
	defer s.Behind(0) // another replica knows it from here on
	for failed := 0; ctx.Err() == nil; {
		more, err := s.Once(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			failed++
			wait := s.Backoff(failed)
			if asks, ok := errors.AsType[*WaitError](err); ok {
				wait = max(wait, asks.For)
			}
			s.Log.WarnContext(ctx, "the audit log was not sent on", "to", s.Name, "attempt", failed, "err", err)
			rest(ctx, wait, nil)
		case more:
			failed = 0
		default:
			failed = 0
			if rest(ctx, restart, bell) {
				rest(ctx, gather, nil)
			}
		}
	}
}

// rest waits, and reports whether the bell ended it.
func rest(ctx context.Context, wait time.Duration, bell <-chan struct{}) (rung bool) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-bell:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	return false
}
