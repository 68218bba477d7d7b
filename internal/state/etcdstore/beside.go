package etcdstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// most and bulk bound one request; etcd takes 128 operations and 1.5 MiB by itself.
	most = 100
	bulk = 1<<20 + 128<<10
)

var errPart = errors.New("a part of a commit makes no sense")

// plan returns the operations of a commit. Where they are too many for one request it
// writes them beside the state, and the commit is to name them. A crash before that
// leaves parts that nobody needs.
func (s *Store) plan(ctx context.Context, w writes) (ops []clientv3.Op, b beside, err error) {
	parts := split(w)
	if len(parts) == 1 {
		return s.operations(parts[0]), b, nil
	}
	// No two tries share a name: a part that was given up may still arrive, and must not
	// take the place of another one's.
	s.plans++
	b = beside{id: fmt.Sprintf("%s-%d", s.name, s.plans), parts: len(parts)}
	for i, part := range parts {
		ctx, cancel := context.WithTimeout(ctx, within)
		_, err := s.client.Put(ctx, s.partKey(b, i), string(encode(part)))
		cancel()
		if err != nil {
			return nil, b, fmt.Errorf("write a part of a commit to etcd: %w", explained(err))
		}
	}
	return nil, b, nil
}

// carryOut does what a commit left to be done, the cell having been written at that
// revision. Others may be at it, too: every step is conditioned on that the cell still
// names it, and may be repeated.
func (s *Store) carryOut(ctx context.Context, b beside, cell int64) error {
	named := clientv3.Compare(clientv3.ModRevision(s.cellKey()), "=", cell)
	for i := range b.parts {
		ours, err := s.carryOutPart(ctx, b, i, named)
		if err != nil {
			return fmt.Errorf("part %d of %d of the commit %s: %w", i+1, b.parts, b.id, err)
		}
		if !ours {
			return nil // somebody else was quicker
		}
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := s.client.Txn(ctx).If(named).Then(
		clientv3.OpPut(s.cellKey(), ""),
		clientv3.OpDelete(s.besideKey()+b.id+"/", clientv3.WithPrefix()),
	).Commit()
	if err != nil {
		return fmt.Errorf("end the commit %s: %w", b.id, err)
	}
	return nil
}

// carryOutPart reports false when the cell names the commit no more.
func (s *Store) carryOutPart(ctx context.Context, b beside, i int, named clientv3.Cmp) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := s.client.Txn(ctx).If(named).Then(clientv3.OpGet(s.partKey(b, i))).Commit()
	if err != nil || !r.Succeeded {
		return false, err
	}
	kvs := r.Responses[0].GetResponseRange().Kvs
	if len(kvs) == 0 {
		return false, fmt.Errorf("%w: it is not there", errPart)
	}
	part, err := decode(kvs[0].Value)
	if err != nil {
		return false, err
	}
	r, err = s.client.Txn(ctx).If(named).Then(s.operations(part)...).Commit()
	return err == nil && r.Succeeded, err
}

// forget removes the parts of a commit that was not made. What it misses the next [Open]
// removes.
func (s *Store) forget(ctx context.Context, b beside) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	s.client.Delete(ctx, s.besideKey()+b.id+"/", clientv3.WithPrefix()) //nolint:errcheck // as said
}

// tidy carries out what a commit left to be done, and removes the parts of commits that
// were never made. One that is being prepared just now is made anew by its writer.
func (s *Store) tidy(ctx context.Context) error {
	if _, err := s.look(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := s.client.Txn(ctx).
		If(clientv3.Compare(clientv3.Value(s.cellKey()), "=", "")).
		Then(clientv3.OpDelete(s.besideKey(), clientv3.WithPrefix())).Commit()
	return err
}

func (s *Store) partKey(b beside, i int) string {
	return fmt.Sprintf("%s%s/%06d", s.besideKey(), b.id, i)
}

// change is a write with its key.
type change struct {
	key string
	write
}

// operations are the changes as etcd is told them.
func (s *Store) operations(part []change) []clientv3.Op {
	ops := make([]clientv3.Op, 0, len(part)+2)
	for _, c := range part {
		if c.gone {
			ops = append(ops, clientv3.OpDelete(s.dataKey(c.key)))
			continue
		}
		ops = append(ops, clientv3.OpPut(s.dataKey(c.key), string(c.value)))
	}
	return ops
}

// split cuts the writes into parts that one request can hold each, in the order of their
// keys.
func split(w writes) [][]change {
	var parts [][]change
	var part []change
	size := 0
	for _, key := range slices.Sorted(maps.Keys(w)) {
		c := change{key, w[key]}
		n := len(c.key) + len(c.value) + 64
		if len(part) == most || len(part) > 0 && size+n > bulk {
			parts, part, size = append(parts, part), nil, 0
		}
		part, size = append(part, c), size+n
	}
	return append(parts, part)
}

// encode writes a part down: of each change its key and, with a byte before it that says
// whether there is one, its value, each after its length.
func encode(part []change) []byte {
	var b []byte
	for _, c := range part {
		b = append(binary.AppendUvarint(b, uint64(len(c.key))), c.key...)
		if c.gone {
			b = append(b, 0)
			continue
		}
		b = append(b, 1)
		b = append(binary.AppendUvarint(b, uint64(len(c.value))), c.value...)
	}
	return b
}

func decode(b []byte) ([]change, error) {
	var part []change
	text := func() (string, bool) {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return "", false
		}
		s := string(b[used : used+int(n)])
		b = b[used+int(n):]
		return s, true
	}
	for len(b) > 0 {
		key, ok := text()
		if !ok || key == "" || len(b) == 0 || b[0] > 1 {
			return nil, errPart
		}
		c := change{key: key, write: write{gone: b[0] == 0}}
		b = b[1:]
		if !c.gone {
			value, ok := text()
			if !ok {
				return nil, errPart
			}
			c.value = []byte(value)
		}
		part = append(part, c)
	}
	return part, nil
}
