package etcdstore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// place is a state between two commits: what a transaction reads, and what it commits
// upon.
type place struct {
	revision int64 // everything is read at this one
	cell     int64 // revision at which the cell was written; 0: never
	writer   int64 // the same of the replica's own key
	guessed  bool  // others may have committed since
}

// look returns the place of now. It carries out what a commit left to be done.
func (s *Store) look(ctx context.Context) (place, error) {
	for {
		at, cell, err := s.ask(ctx)
		if err != nil {
			return place{}, fmt.Errorf("read where the state stands: %w", err)
		}
		b, ok, err := parseBeside(cell)
		if err != nil || !ok {
			return at, err
		}
		if err := s.carryOut(ctx, b, at.cell); err != nil {
			return place{}, err
		}
	}
}

// ask returns the place of now and what the cell holds.
func (s *Store) ask(ctx context.Context) (at place, cell string, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := s.client.Txn(ctx).Then(clientv3.OpGet(s.cellKey()), clientv3.OpGet(s.writerKey())).Commit()
	if err != nil {
		return at, "", err
	}
	at.revision = r.Header.Revision
	for _, kv := range r.Responses[0].GetResponseRange().Kvs {
		at.cell, cell = kv.ModRevision, string(kv.Value)
	}
	for _, kv := range r.Responses[1].GetResponseRange().Kvs {
		at.writer = kv.ModRevision
	}
	return at, cell, nil
}

// beside is a commit that lies beside the state until it is carried out.
type beside struct {
	id    string
	parts int
}

// String is what the cell holds: nothing, where all of a commit was in one request.
func (b beside) String() string {
	if b.parts == 0 {
		return ""
	}
	return b.id + " " + strconv.Itoa(b.parts)
}

// parseBeside reads the value of the cell. It reports false where nothing is left to be
// carried out.
func parseBeside(cell string) (b beside, ok bool, err error) {
	if cell == "" {
		return b, false, nil
	}
	id, parts, _ := strings.Cut(cell, " ")
	if b.parts, err = strconv.Atoi(parts); err != nil || id == "" || b.parts < 1 {
		return b, false, fmt.Errorf("the cell holds %q, which a newer version may have written", cell)
	}
	b.id = id
	return b, true, nil
}
