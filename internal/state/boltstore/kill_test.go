package boltstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
	"latchkey/internal/state/statetest"
)

// childVar tells the test binary that it is the child of [TestKill], and where
// the store is.
const childVar = "BOLTSTORE_TEST_CHILD"

// children are what else the test binary may be told to do as a child; each reports
// whether it was.
var children []func() (bool, error)

func TestMain(m *testing.M) {
	for _, child := range children {
		if mine, err := child(); mine && err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		} else if mine {
			os.Exit(0)
		}
	}
	if path := os.Getenv(childVar); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	if args := os.Getenv(replaceVar); args != "" {
		replaceAndDie(args)
	}
	os.Exit(m.Run())
}

const childWriters = 4

// writeUntilKilled writes from several goroutines, and prints each write after
// its Update has returned. Each transaction writes two keys, and leaves one that
// the one before it wrote.
func writeUntilKilled(path string) error {
	s, err := boltstore.Open(path)
	if err != nil {
		return err
	}
	failed := make(chan error, childWriters)
	var out sync.Mutex
	for w := range childWriters {
		go func() {
			for i := 0; ; i++ {
				err := s.Update(context.Background(), func(tx state.Tx) error {
					id := fmt.Sprintf("%d/%06d", w, i)
					return errors.Join(
						tx.Put("a/"+id, []byte(strings.Repeat("x", i%3000))),
						tx.Put("b/"+id, []byte(strconv.Itoa(i%3000))),
						tx.Put("last/"+strconv.Itoa(w), []byte(strconv.Itoa(i))))
				})
				if err != nil {
					failed <- err
					return
				}
				out.Lock()
				fmt.Printf("%d %d\n", w, i)
				out.Unlock()
			}
		}()
	}
	return <-failed
}

// TestKill kills a process in the middle of its writes, again and again on the
// same file. Every write that it told of must be there, and no half transaction.
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	for life := range 4 {
		told := runAndKill(t, path, 40+life*33)
		s := open(t, path)
		all := statetest.Contents(t, s)
		for w, i := range told {
			last, err := strconv.Atoi(all["last/"+strconv.Itoa(w)])
			if err != nil || last < i {
				t.Errorf("life %d: writer %d told of write %d, the store knows %d (%v)", life, w, i, last, err)
			}
			for j := range last + 1 {
				id := fmt.Sprintf("%d/%06d", w, j)
				a, whole := all["a/"+id]
				if b := all["b/"+id]; !whole || strconv.Itoa(len(a)) != b {
					t.Errorf("life %d: the transaction of %s is there in part", life, id)
				}
			}
		}
		for key := range all {
			kind, id, _ := strings.Cut(key, "/")
			if _, twin := all[map[string]string{"a": "b/", "b": "a/"}[kind]+id]; kind != "last" && !twin {
				t.Errorf("life %d: %s is there alone", life, key)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("life %d: Close: %v", life, err)
		}
	}
}

// runAndKill starts a child, kills it when it has told of so many writes, and
// returns the last one of each writer. What was printed before the death is read
// to the end.
func runAndKill(t *testing.T, path string, writes int) map[int]int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+path)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := map[int]int{}
	lines, n := bufio.NewScanner(pipe), 0
	for lines.Scan() {
		var w, i int
		if _, err := fmt.Sscan(lines.Text(), &w, &i); err != nil {
			continue // the line that the kill cut off
		}
		told[w] = i
		if n++; n == writes {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || n < writes {
		t.Fatalf("the child told of %d writes and ended with %v, want a kill after %d", n, err, writes)
	}
	return told
}
