package boltstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// fullVar tells the test binary that it is the child of [TestDiskFull], and where the
// store is: how large a file may be is a matter of the whole process.
const fullVar = "BOLTSTORE_TEST_FULL"

// TestDiskFull lets the disk take nothing any more beyond some place, again and again on
// the same file. What was told done is there, nothing is there in part, everything can be
// read meanwhile, and the store goes on as soon as there is room.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fullVar+"="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	done := strings.Fields(string(out))
	s := open(t, path) // which reads it whole
	all := statetest.Contents(t, s)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	full := 0
	for _, one := range done {
		id, told, _ := strings.Cut(one, "=")
		_, a := all["a/"+id]
		_, b := all["b/"+id]
		switch {
		case a != b:
			t.Errorf("%s is there in part", id)
		case told == "done" && !a:
			t.Errorf("%s was told done, and is not there", id)
		case told == "full":
			full++
		}
	}
	if full < 50 {
		t.Errorf("only %d of %d transactions met a full disk: the test tries nothing", full, len(done))
	}
	t.Logf("%d transactions, %d of them on a full disk", len(done), full)
}

// fillUp is what the child does: it prints what was told of each transaction.
func fillUp(path string) error {
	s, err := boltstore.Open(path)
	if err != nil {
		return err
	}
	n := 0
	write := func() error {
		id := fmt.Sprintf("%04d", n)
		n++
		err := s.Update(context.Background(), func(tx state.Tx) error {
			return errors.Join(tx.Put("a/"+id, []byte(strings.Repeat(id, 700))), tx.Put("b/"+id, []byte(id)))
		})
		if err == nil {
			fmt.Println(id + "=done")
		} else {
			fmt.Println(id + "=full")
		}
		return err
	}
	for range 20 {
		if err := write(); err != nil {
			return err
		}
	}
	for _, limit := range []uint64{0, 4 << 10, 8 << 10, 12 << 10, 40 << 10, 64 << 10, 100 << 10, 0} {
		if err := atMost(limit); err != nil {
			return err
		}
		for range 12 {
			write() //nolint:errcheck // it is told
		}
		err := s.View(context.Background(), func(tx state.Tx) error {
			for _, err := range tx.Scan("") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read while the disk is full at %d: %w", limit, err)
		}
		if err := atMost(unlimited); err != nil {
			return err
		}
		if err := write(); err != nil {
			return fmt.Errorf("write when there is room again, after %d: %w", limit, err)
		}
	}
	return s.Close()
}

const unlimited = ^uint64(0)

func atMost(size uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
		return err
	}
	l.Cur = min(size, l.Max)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l)
}

func init() {
	children = append(children, func() (bool, error) {
		path := os.Getenv(fullVar)
		if path == "" {
			return false, nil
		}
		return true, fillUp(path)
	})
}
