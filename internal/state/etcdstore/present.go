package etcdstore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

// grace is how long after a replica was last heard of, and its [ttl], what it had begun
// is left alone: it ends what it does when it finds that it is not heard.
const grace = 3 * time.Second

// Present has run called while the cluster hears of this process: then name is among those
// that [Store.Absences] tells of. The first context that run gets ends with that or with
// ctx, the second with that alone.
func (s *Store) Present(ctx context.Context, name string, log *slog.Logger, run func(ctx, heard context.Context)) {
	failed := func(err error) { log.WarnContext(ctx, "not known to the other replicas", "err", err) }
	again(ctx, failed, func() error {
		return s.session(ctx, func(ctx, heard context.Context, session *concurrency.Session) error {
			bound, cancel := context.WithTimeout(ctx, within)
			defer cancel()
			if _, err := s.client.Put(bound, s.presentKey()+name, "", clientv3.WithLease(session.Lease())); err != nil {
				return fmt.Errorf("make ourselves known: %w", err)
			}
			run(ctx, heard)
			return nil
		})
	})
}

// Absences calls absent with who is present: at once, and whenever somebody is not heard
// of any more. Between that and the call there is time for them to have noticed. What
// absent returns an error of is called again.
func (s *Store) Absences(ctx context.Context, log *slog.Logger, absent func(ctx context.Context, present []string) error) {
	failed := func(err error) { log.WarnContext(ctx, "replicas that are gone not looked after", "err", err) }
	again(ctx, failed, func() error {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		// The watch begins before the look, so that nothing falls between them.
		gone := s.client.Watch(clientv3.WithRequireLeader(ctx), s.presentKey(), clientv3.WithPrefix(), clientv3.WithFilterPut())
		for {
			select {
			case <-time.After(grace):
			case <-ctx.Done():
				return nil
			}
			present, err := s.Everybody(ctx)
			if err == nil {
				err = absent(ctx, present)
			}
			if err != nil {
				return err
			}
			for events := 0; events == 0; {
				r, ok := <-gone
				if !ok {
					return fmt.Errorf("watch who is present: %w", context.Cause(ctx))
				}
				if err := r.Err(); err != nil {
					return fmt.Errorf("watch who is present: %w", err)
				}
				events = len(r.Events)
			}
		}
	})
}

// forgotten is after how long the cluster knows no more of a process that was killed.
const forgotten = 2 * ttl * time.Second

// Deserted waits until nobody is present, as long as one that was just killed may still be
// known, or until ctx ends, and returns who is left then.
func (s *Store) Deserted(ctx context.Context) ([]string, error) {
	end := time.After(forgotten)
	for {
		who, err := s.Everybody(ctx)
		if err != nil || len(who) == 0 {
			return nil, err
		}
		select {
		case <-time.After(forgotten / 20):
		case <-end:
			return who, nil
		case <-ctx.Done():
			return who, nil
		}
	}
}

// Everybody returns the names of those that are present.
func (s *Store) Everybody(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	r, err := s.client.Get(ctx, s.presentKey(), clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return nil, fmt.Errorf("read who is present: %w", err)
	}
	var names []string
	for _, kv := range r.Kvs {
		names = append(names, strings.TrimPrefix(string(kv.Key), s.presentKey()))
	}
	return slices.Clip(names), nil
}

func (s *Store) presentKey() string { return s.root + "present/" }
