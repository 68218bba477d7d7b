package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"latchkey/internal/state/turns"
)

// errConflict means that another replica has committed since the transaction began.
var errConflict = errors.New("somebody else committed first")

// passed is a call that has its answer as soon as its batch is committed.
type passed struct {
	call  *turns.Call
	err   error
	fence *fence
}

// batch is one attempt to commit the writes of several calls.
type batch struct {
	place
	writes writes
	done   []passed
}

// attempt runs the calls one after another and commits what they wrote. Those that must
// run again because somebody else was first, it returns. Where the last commit was this
// replica's own it begins there without asking; the commit finds out whether that was
// right.
func (s *Store) attempt(calls []*turns.Call) (again, alone []*turns.Call) {
	ctx := context.Background()
	b := batch{place: s.last, writes: writes{}}
	if !b.guessed {
		at, err := s.look(ctx)
		if err != nil {
			for _, c := range calls {
				c.Answer(err)
			}
			return nil, nil
		}
		b.place = at
	}
	s.last = place{}
	for _, c := range calls {
		t := &tx{store: s, ctx: ctx, revision: b.revision, before: b.writes}
		o := c.Run(t)
		switch {
		case o.Died:
		case b.guessed && errors.Is(t.err, rpctypes.ErrCompacted):
			again = append(again, c) // etcd has forgotten where this replica left off
		case t.err != nil:
			c.Answer(t.err)
		case o.Err != nil:
			b.done = append(b.done, passed{call: c, err: o.Err})
		default:
			maps.Copy(b.writes, t.own)
			b.done = append(b.done, passed{call: c, fence: t.fence})
		}
	}
	err := s.commit(ctx, &b)
	for _, p := range b.done {
		switch {
		case errors.Is(err, errConflict) && p.fence.fallen():
			p.call.Answer(ErrDeposed)
		case errors.Is(err, errConflict):
			again = append(again, p.call)
		case err != nil:
			p.call.Answer(err)
		default:
			p.call.Answer(p.err)
		}
	}
	return again, nil
}

// commit makes the writes durable, or checks, where there are none, that what was read
// still holds.
func (s *Store) commit(ctx context.Context, b *batch) error {
	if len(b.writes) == 0 {
		if !b.guessed {
			return nil
		}
		at, err := s.look(ctx)
		if err == nil && at.cell != b.cell {
			err = errConflict
		}
		return err
	}
	ops, parts, err := s.plan(ctx, b.writes)
	if err != nil {
		return err
	}
	s.commits++
	mine := strconv.FormatUint(s.commits, 10)
	ops = append(ops, clientv3.OpPut(s.cellKey(), parts.String()), clientv3.OpPut(s.writerKey(), mine))
	revision, err := s.send(ctx, s.conditions(b, parts), ops, mine)
	switch {
	case errors.Is(err, errConflict):
		s.askFences(ctx, b.done)
		if parts.parts > 0 {
			s.forget(ctx, parts)
		}
	case err == nil && parts.parts == 0:
		s.made.Add(1)
		s.last = place{revision: revision, cell: revision, writer: revision, guessed: true}
	}
	return err // parts are carried out by whoever looks next
}

// conditions are what must hold at the commit.
func (s *Store) conditions(b *batch, parts beside) []clientv3.Cmp {
	all := []clientv3.Cmp{
		clientv3.Compare(clientv3.ModRevision(s.cellKey()), "=", b.cell),
		clientv3.Compare(clientv3.ModRevision(s.writerKey()), "=", b.writer),
	}
	if parts.parts > 0 { // they are deleted all at once, so the first is there only if all are
		all = append(all, clientv3.Compare(clientv3.CreateRevision(s.partKey(parts, 0)), ">", 0))
	}
	asked := map[string]bool{}
	for _, p := range b.done {
		if p.fence != nil && !asked[p.fence.key] {
			asked[p.fence.key] = true
			all = append(all, p.fence.holds())
		}
	}
	return all
}

// send commits, and finds out what became of it where the answer is lost. It returns the
// revision of the commit.
func (s *Store) send(ctx context.Context, conditions []clientv3.Cmp, ops []clientv3.Op, mine string) (int64, error) {
	bound, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := s.client.Txn(bound).If(conditions...).Then(ops...).Commit()
	if err == nil {
		if !r.Succeeded {
			return 0, errConflict
		}
		return r.Header.Revision, nil
	}
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return s.filled(ctx, mine, err)
	}
	if refused(err) {
		return 0, fmt.Errorf("write to etcd: %w", err)
	}
	if ok, revision := s.became(ctx, mine); ok {
		if revision == 0 {
			return 0, errConflict // it never happened and cannot any more
		}
		return revision, nil
	}
	return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
}

// filled finds out whether the commit was the last that fitted: etcd says that there is no
// space also of a write that it has carried out and that went over its quota. It is over
// when etcd says so, so reading is enough, and nothing else is taken.
func (s *Store) filled(ctx context.Context, mine string, said error) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := s.client.Get(ctx, s.writerKey())
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrUnknown, errors.Join(said, err))
	case len(r.Kvs) == 1 && string(r.Kvs[0].Value) == mine:
		return r.Kvs[0].ModRevision, nil
	}
	return 0, fmt.Errorf("write to etcd: %w", explained(said))
}

// became asks whether the commit with this number took place, and makes it void if not:
// it was conditioned on the replica's own key, which is written now. A revision of 0
// means that it did not. It reports false where etcd does not answer in time.
func (s *Store) became(ctx context.Context, mine string) (ok bool, revision int64) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for ctx.Err() == nil {
		r, err := s.client.Txn(ctx).
			If(clientv3.Compare(clientv3.Value(s.writerKey()), "=", mine)).
			Then(clientv3.OpGet(s.writerKey())).
			Else(clientv3.OpPut(s.writerKey(), "void "+mine)).Commit()
		if err != nil {
			continue // the client waits between its own tries
		}
		if !r.Succeeded {
			return true, 0
		}
		return true, r.Responses[0].GetResponseRange().Kvs[0].ModRevision
	}
	return false, 0
}

// explained says what to do of a cluster that is full.
func explained(err error) error {
	if errors.Is(err, rpctypes.ErrNoSpace) {
		return fmt.Errorf("%w: the quota of the etcd cluster is used up, and it takes nothing more until somebody makes room and ends its alarm, see docs/runbook.md", err)
	}
	return err
}

// refused reports whether etcd has said that it did not do it.
func refused(err error) bool {
	for _, no := range []error{
		rpctypes.ErrRequestTooLarge, rpctypes.ErrTooManyOps, rpctypes.ErrPermissionDenied,
		rpctypes.ErrInvalidAuthToken, rpctypes.ErrUserEmpty, rpctypes.ErrCorrupt,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	return false
}
