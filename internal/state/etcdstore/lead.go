package etcdstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// ttl is how long who is not heard of counts as present, and a leader as one, in seconds:
// so much later at most somebody else goes on with the work.
const ttl = 5

// ErrDeposed means that whoever writes is not the leader any more.
var ErrDeposed = errors.New("another replica leads now")

// fence is the condition on which a leader writes: its key in etcd, which is gone when
// its lease is.
type fence struct {
	key      string
	revision int64 // at which the key was made
	gone     bool
}

func (f *fence) holds() clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(f.key), "=", f.revision)
}

func (f *fence) fallen() bool { return f != nil && f.gone }

// askFences finds out which of the leaders behind the calls are leaders no more.
func (s *Store) askFences(ctx context.Context, calls []passed) {
	for _, p := range calls {
		if p.fence == nil || p.fence.gone {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, within)
		r, err := s.client.Txn(ctx).If(p.fence.holds()).Commit()
		cancel()
		if err == nil && !r.Succeeded {
			p.fence.gone = true
		}
	}
}

// Lead has run called whenever this replica is the leader for the purpose, until ctx
// ends. The context that run gets ends with the leadership, and with it the right to
// write: an Update under it is refused with [ErrDeposed] from then on, however late it
// comes.
func (s *Store) Lead(ctx context.Context, purpose string, log *slog.Logger, run func(context.Context)) {
	log = log.With("purpose", purpose)
	failed := func(err error) { log.WarnContext(ctx, "no leader was elected", "err", err) }
	again(ctx, failed, func() error {
		return s.session(ctx, func(ctx, _ context.Context, session *concurrency.Session) error {
			e := concurrency.NewElection(session, s.root+"leader/"+purpose)
			if err := e.Campaign(ctx, s.name); err != nil {
				return fmt.Errorf("stand for election: %w", err)
			}
			log.InfoContext(ctx, "leads")
			run(context.WithValue(ctx, fenceKey{}, &fence{key: e.Key(), revision: e.Rev()}))
			log.InfoContext(ctx, "leads no more")
			return nil
		})
	})
}

// session runs fn with a session, whose keys go with it. The first context ends with the
// session or with ctx, the second, heard, with the session alone: when the cluster does
// not hear of us any more.
func (s *Store) session(ctx context.Context, fn func(ctx, heard context.Context, session *concurrency.Session) error) error {
	session, err := concurrency.NewSession(s.client, concurrency.WithTTL(ttl))
	if err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	defer session.Close() //nolint:errcheck // else the lease runs out
	heard, unheard := context.WithCancel(context.WithoutCancel(ctx))
	defer unheard()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-session.Done():
			unheard()
			stop()
		case <-heard.Done():
		}
	}()
	return fn(ctx, heard, session)
}

// again calls fn until ctx ends, with a pause after each failure.
func again(ctx context.Context, failed func(error), fn func() error) {
	for ctx.Err() == nil {
		if err := fn(); err != nil && ctx.Err() == nil {
			failed(err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

// fenceKey is where a context keeps the condition on which whoever has it may write. It
// is no option of a call: it is the other half of the context's end, for what did not
// hear of that in time.
type fenceKey struct{}

func fenceOf(ctx context.Context) *fence {
	f, _ := ctx.Value(fenceKey{}).(*fence)
	return f
}
