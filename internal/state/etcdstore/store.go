// Package etcdstore keeps the state in an etcd cluster, for a bot that runs as several
// replicas.
//
// One key, the cell, is written by every commit. A transaction reads everything at the
// revision at which it read the cell, keeps its writes to itself, and commits them on the
// condition that nobody has written the cell since; else it runs again. So transactions
// happen one after another, over all replicas, exactly as they do in one file: more
// replicas make the bot harder to bring down, and do not make it write faster. Within one
// replica the Updates that wait share a commit.
//
// A commit that is larger than one request to etcd may be is written beside the state
// first; its commit makes the cell name it, and whoever meets such a cell next, the writer
// or anybody after its death, carries it out before anything else.
//
// An answer that was lost leaves open whether a commit took place. Each replica has a key
// of its own that its commits write, too, and asks by it what became of the last one, in
// the same request that makes it void if it has not happened yet. Only where etcd does
// not answer that either within [within] does an Update end with [ErrUnknown].
//
// A crash at any moment leaves whole commits. What may be left of one that was never made
// are the parts written beside the state, which the next [Open] removes.
package etcdstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"latchkey/internal/state"
	"latchkey/internal/state/turns"
)

const (
	// within bounds what one question to etcd may take. Slack waits 3 s for an answer.
	within = 2 * time.Second
	// keepAlive finds connections that lead nowhere, such as into a partition.
	keepAlive = 2 * time.Second
)

// ErrUnknown means that the commit was sent and etcd did not say what became of it. Use
// cases may simply be repeated.
var ErrUnknown = fmt.Errorf("etcd does not say whether the change was recorded: %w", state.ErrUnknown)

// Store is a [state.Store] in an etcd cluster. Any number of processes can have it open.
type Store struct {
	client *clientv3.Client
	root   string // before every key
	name   string // of this opening, in the names of its own keys
	queue  *turns.Queue

	mu    sync.Mutex // guards all below, and Add before Wait
	ended bool
	views sync.WaitGroup

	// Only the batch under way uses these.
	last    place  // where the last commit of this replica left the cell
	commits uint64 // attempts, by which they are told apart
	made    atomic.Int64
	plans   uint64 // commits that were written beside the state, or were to be
}

var _ state.Store = (*Store)(nil)

// Open connects to the cluster. It returns an error when no member answers.
func Open(ctx context.Context, c Config) (*Store, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            c.Endpoints,
		TLS:                  c.TLS,
		Username:             c.Username,
		Password:             c.Password,
		DialTimeout:          within,
		DialKeepAliveTime:    keepAlive,
		DialKeepAliveTimeout: keepAlive,
		DialOptions:          c.Through,
		Logger:               zap.NewNop(), // what it would say comes back as errors
	})
	if err != nil {
		return nil, unreached(c, err)
	}
	s := &Store{client: client, root: strings.TrimSuffix(c.Prefix, "/") + "/", name: strings.ToLower(rand.Text()[:16])}
	s.queue = turns.New(s.attempt)
	if err := s.tidy(ctx); err != nil {
		client.Close() //nolint:errcheck // the first error tells more
		return nil, unreached(c, err)
	}
	return s, nil
}

func unreached(c Config, err error) error {
	return fmt.Errorf("the state in etcd at %s cannot be read (%w): see whether a majority of its members is up, whether this machine reaches them, and whether the user may read and write below %q",
		strings.Join(c.Endpoints, ", "), err, c.Prefix)
}

// Exclusive reports false: other replicas may hold leases.
func (s *Store) Exclusive() bool { return false }

// View runs fn on the state after the last commit, whoever made it.
func (s *Store) View(ctx context.Context, fn func(state.Tx) error) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.views.Done()
	at, err := s.look(ctx)
	if err != nil {
		return err
	}
	t := &tx{store: s, ctx: ctx, revision: at.revision, readOnly: true}
	defer t.End()
	if err := fn(t); err != nil {
		return err
	}
	return t.err
}

// Commits is how many commits of this replica a majority of the cluster has on its disks
// since the store was opened.
func (s *Store) Commits() int64 { return s.made.Load() }

// Update runs fn and commits its writes. Under the context of a leader that is one no
// more its error is [ErrDeposed].
func (s *Store) Update(ctx context.Context, fn func(state.Tx) error) error {
	f := fenceOf(ctx)
	if f == nil {
		return s.queue.Do(ctx, fn)
	}
	return s.queue.Do(ctx, func(t state.Tx) error {
		t.(*tx).fence = f
		return fn(t)
	})
}

// Close refuses new transactions, waits for those that run, and disconnects.
func (s *Store) Close() error {
	if again := s.queue.Close(); again {
		return nil
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.views.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s.client.Delete(ctx, s.writerKey()) //nolint:errcheck // it harms nobody
	return s.client.Close()
}

func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return turns.ErrClosed
	}
	s.views.Add(1)
	return nil
}

func (s *Store) cellKey() string           { return s.root + "cell" }
func (s *Store) writerKey() string         { return s.root + "writer/" + s.name }
func (s *Store) dataKey(key string) string { return s.root + "state/" + key }
func (s *Store) besideKey() string         { return s.root + "beside/" }
