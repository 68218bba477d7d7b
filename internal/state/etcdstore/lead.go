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

// ttl is how long a leader that is not heard of stays one, in seconds: so much later at
// most somebody else goes on with its work.
const ttl = 10

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
	for ctx.Err() == nil {
		if err := s.lead(ctx, purpose, log, run); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "no leader was elected", "purpose", purpose, "err", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	}
}

func (s *Store) lead(ctx context.Context, purpose string, log *slog.Logger, run func(context.Context)) error {
	session, err := concurrency.NewSession(s.client, concurrency.WithTTL(ttl), concurrency.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("begin a session with etcd: %w", err)
	}
	defer session.Close() //nolint:errcheck // the lease runs out by itself
	e := concurrency.NewElection(session, s.root+"leader/"+purpose)
	if err := e.Campaign(ctx, s.name); err != nil {
		return fmt.Errorf("stand for election: %w", err)
	}
	log.InfoContext(ctx, "leads", "purpose", purpose)
	led, stop := context.WithCancel(context.WithValue(ctx, fenceKey{}, &fence{key: e.Key(), revision: e.Rev()}))
	defer stop()
	go func() {
		select {
		case <-session.Done():
			stop()
		case <-led.Done():
		}
	}()
	run(led)
	log.InfoContext(ctx, "leads no more", "purpose", purpose)
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	e.Resign(bound) //nolint:errcheck // else the lease runs out
	return nil
}

// fenceKey is where a context keeps the condition on which whoever has it may write. It
// is no option of a call: it is the other half of the context's end, for what did not
// hear of that in time.
type fenceKey struct{}

func fenceOf(ctx context.Context) *fence {
	f, _ := ctx.Value(fenceKey{}).(*fence)
	return f
}
