package approvals

import (
	"context"
	"encoding/json"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/archive"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// archive keeps what the next batch would delete, and returns it by its keys.
func (s *Service) archive(ctx context.Context, by time.Time, after state.Ended) (map[string][]byte, error) {
	a := archiving{}
	err := s.Store.View(ctx, func(tx state.Tx) error {
		a = archiving{tx: tx, raw: map[string][]byte{}, at: map[string]int{}}
		some, err := state.EndedUntil(tx, by, after, pruneMost)
		if err != nil || len(some) == 0 {
			return err
		}
		p := pruning{tx: tx, by: by}
		if p.owed, err = outbox.Concerned(tx); err != nil {
			return err
		}
		for _, e := range some {
			p.archive = func(key string) error { return a.add(e, key) }
			if err := p.ended(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(a.entries) > 0 {
		err = s.Archive(ctx, a.entries, s.now())
	}
	return a.raw, err
}

// archiving gathers one batch.
type archiving struct {
	tx      state.Tx
	entries []archive.Entry
	at      map[string]int // where each entry is
	raw     map[string][]byte
}

// add adds a record to the entry of what has ended. A request and its grant may both be
// listed as ended; they are one entry.
func (a *archiving) add(e state.Ended, key string) error {
	if a.raw[key] != nil {
		return nil
	}
	raw, err := a.tx.Get(key)
	if err != nil {
		return ignore(err)
	}
	kind := e.Kind
	if kind == "grant" {
		kind = "request"
	}
	i, ok := a.at[kind+e.ID]
	if !ok {
		one := archive.Entry{V: archive.Version, Kind: kind, ID: e.ID, Ended: e.At, Records: map[string]json.RawMessage{}}
		if kind == "request" {
			if one.Events, err = audit.Of(a.tx, access.RequestID(e.ID)); err != nil {
				return err
			}
		}
		i = len(a.entries)
		a.at[kind+e.ID], a.entries = i, append(a.entries, one)
	}
	a.entries[i].Records[key] = raw
	a.raw[key] = raw
	return nil
}
