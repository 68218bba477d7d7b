package etcdstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
	"latchkey/internal/state/etcdstore/etcdtest"
)

// TestFull fills a cluster to its quota. What was told done is there, what was refused is
// not, in words for whoever runs it; everything can be read meanwhile, and the store goes on
// once there is room.
func TestFull(t *testing.T) {
	t.Parallel()
	c, err := etcdtest.StartSmall(t.TempDir(), 3<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := open(t, c, "full")
	write := func(round, keys int) error {
		return s.Update(t.Context(), func(tx state.Tx) error {
			for i := range keys {
				if err := tx.Put(fmt.Sprintf("key/%03d", i), bytes.Repeat([]byte{byte(round)}, 8<<10)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	last := 0
	for round := 1; err == nil && round < 200; round++ {
		if err = write(round, 10); err == nil {
			last = round
		}
	}
	said := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, rpctypes.ErrNoSpace) || errors.Is(err, etcdstore.ErrUnknown) || !strings.Contains(err.Error(), "until somebody makes room") {
			t.Errorf("%s = %v", what, err)
		}
	}
	said("Update", err)
	said("Update again", write(201, 1))
	said("an Update in parts", write(202, 300))
	holds := func(want map[byte]int) {
		t.Helper()
		got := map[byte]int{}
		err := s.View(context.WithoutCancel(t.Context()), func(tx state.Tx) error {
			clear(got)
			for item, err := range tx.Scan("key/") {
				if err != nil {
					return err
				}
				got[item.Value[0]]++
			}
			return nil
		})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("it holds %v, %v; want %v", got, err, want)
		}
	}
	holds(map[byte]int{byte(last): 10})
	if err := c.MakeRoom(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := write(99, 4); err != nil {
		t.Fatalf("with room, Update = %v", err)
	}
	holds(map[byte]int{byte(last): 6, 99: 4})
	t.Logf("%d commits of 80 KiB fitted into 3 MiB", last)
}
