package main

import (
	"context"
	"testing"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/sandbox"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// testSockets has two replicas take deliveries over a socket each, while Slack sends
// everything twice, to one after the other, and the sockets are cut, and a replica is
// killed. Nothing is lost, and nothing is done twice.
func testSockets(c *etcdtest.Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		s, err := newLinkedStage(t.TempDir(), sandbox.Options{SlackPostRate: -1, SocketMode: true, StateURL: inCluster(c, "sockets")})
		must(t, err)
		defer s.close()
		s.endure(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		defer cancel()
		var r [2]*replica
		for i := range r {
			r[i], err = s.replica()
			must(t, err)
			defer func() { r[i].kill() }()
			must(t, s.Slack.Connected(ctx, i+1))
		}
		if err := s.SetUp(ctx); err != nil {
			t.Fatalf("%v\n%s", err, s.log.String())
		}
		must(t, s.Slack.SetFaults(chattest.Fault{On: chattest.OnEveryDelivery, Duplicate: 1}))
		troubles := []struct {
			name string
			make func() error
		}{
			{"the sockets cut", func() error {
				s.Slack.CutSockets()
				return s.Slack.Connected(ctx, 2)
			}},
			{"a replica killed", func() error {
				r[1].kill()
				if r[1], err = s.replica(); err != nil {
					return err
				}
				return s.Slack.Connected(ctx, 2)
			}},
		}
		for round, trouble := range troubles {
			if err := s.troubled(round, trouble.make); err != nil {
				t.Fatalf("%s: %v\n%s", trouble.name, err, s.log.String())
			}
		}
		for _, one := range r {
			one.kill()
		}
		s.wantLives(t, len(troubles)*troubledBatch)
	}
}
