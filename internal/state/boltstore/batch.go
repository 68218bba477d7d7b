package boltstore

import (
	bolt "go.etcd.io/bbolt"

	"latchkey/internal/state/turns"
)

// passed is a call that has its answer as soon as its batch is committed.
type passed struct {
	call *turns.Call
	err  error
}

// attempt runs the calls in one transaction. bbolt cannot undo a part of one: when an
// fn that has written fails, the transaction is undone and the others run again, which
// [state.Store] allows. The one that failed runs alone, for its own failure may have
// come of writes that were undone with it.
func (s *Store) attempt(calls []*turns.Call) (again, alone []*turns.Call) {
	b, err := s.begin(true)
	if err != nil {
		for _, c := range calls {
			c.Answer(err)
		}
		return nil, nil
	}
	var done []passed
	dirty := false
	for i, c := range calls {
		t := newTx(s, b)
		o := c.Run(t)
		wrote := t.writes > 0
		switch {
		case o.Died:
		case o.Err == nil:
			done, dirty = append(done, passed{c, nil}), dirty || wrote
			continue
		case !dirty:
			c.Answer(o.Err) // it saw what is committed, and nothing else
		case !wrote:
			done = append(done, passed{c, o.Err})
			continue
		default:
			alone = append(alone, c)
		}
		if wrote {
			s.rollback(b) //nolint:errcheck // damage shows at the next step
			for _, p := range done {
				again = append(again, p.call)
			}
			return append(again, calls[i+1:]...), alone
		}
	}
	err = s.commit(b, dirty)
	for _, p := range done {
		if err != nil {
			p.err = err
		}
		p.call.Answer(p.err)
	}
	return nil, nil
}

// commit makes the writes durable. Where there are none it costs nothing.
func (s *Store) commit(b *bolt.Tx, dirty bool) error {
	if !dirty {
		return s.rollback(b)
	}
	err := s.guard(b.Commit)
	if err == nil {
		s.commits.Add(1)
	}
	return err
}
