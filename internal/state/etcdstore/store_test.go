package etcdstore_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
	"latchkey/internal/state/etcdstore/etcdtest"
	"latchkey/internal/state/statetest"
)

// one is a cluster of one member that the tests share, each under a prefix of its own.
var one *etcdtest.Cluster

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "etcd")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the system's own
	if one, err = etcdtest.Start(dir, 1); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer one.Close()
	return m.Run()
}

func TestSuite(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T, dir string) state.Store { return open(t, one, dir) })
}

func open(t testing.TB, c *etcdtest.Cluster, prefix string) *etcdstore.Store {
	t.Helper()
	s, err := etcdstore.Open(context.Background(), etcdstore.Config{Endpoints: c.Endpoints(), Prefix: prefix})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return s
}
