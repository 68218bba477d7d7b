package etcdstore

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Changes calls changed after commits, whoever made them, until ctx ends. Several that
// come at once are one.
func (s *Store) Changes(ctx context.Context, changed func()) {
	for ctx.Err() == nil {
		for r := range s.client.Watch(clientv3.WithRequireLeader(ctx), s.cellKey()) {
			if len(r.Events) > 0 {
				changed()
			}
		}
		changed() // something may have been missed
		select {
		case <-time.After(time.Second): // there is no quorum, or no connection
		case <-ctx.Done():
		}
	}
}
