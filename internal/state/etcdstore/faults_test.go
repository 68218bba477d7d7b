package etcdstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
)

var errLost = status.Error(codes.Unavailable, "the answer was lost")

// between comes between a store and the cluster: it is asked about each request that
// writes the cell, and does it, or not, or does it and loses the answer.
type between struct {
	fault atomic.Pointer[func(do func() error) error] // of the next; nil: none
	after atomic.Int64                                // how many of those to let pass before the fault

	commits bool // only the commits themselves count, not what carries them out
}

func (b *between) options() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(b.intercept)}
}

func (b *between) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	do := func() error { return call(ctx, method, req, reply, cc, opts...) }
	txn, ok := req.(*pb.TxnRequest)
	if !ok || !puts(txn, "/cell") || b.commits && !puts(txn, "/writer/") {
		return do()
	}
	if b.after.Add(-1) >= 0 {
		return do()
	}
	if fault := b.fault.Swap(nil); fault != nil {
		return (*fault)(do)
	}
	return do()
}

// puts reports whether the request puts a key with this in its name.
func puts(txn *pb.TxnRequest, name string) bool {
	for _, op := range txn.Success {
		if put := op.GetRequestPut(); put != nil && strings.Contains(string(put.Key), name) {
			return true
		}
	}
	return false
}

func (b *between) next(after int64, fault func(do func() error) error) {
	b.after.Store(after)
	b.fault.Store(&fault)
}

// openThrough opens a store with something in between.
func openThrough(t testing.TB, prefix string, b *between) *etcdstore.Store {
	t.Helper()
	s, err := etcdstore.Open(context.Background(), etcdstore.Config{Endpoints: one.Endpoints(), Prefix: prefix, Through: b.options()})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	return s
}

// count adds one to a counter, and writes as many other keys as it says.
func count(others int) func(tx state.Tx) error {
	return func(tx state.Tx) error {
		n := 0
		raw, err := tx.Get("count")
		if err == nil {
			n, err = strconv.Atoi(string(raw))
		} else if errors.Is(err, state.ErrNotFound) {
			err = nil
		}
		if err != nil {
			return err
		}
		for i := range others {
			if err := tx.Put(fmt.Sprintf("other/%d", i), []byte(strconv.Itoa(n+1))); err != nil {
				return err
			}
		}
		return tx.Put("count", []byte(strconv.Itoa(n+1)))
	}
}

// wantCount checks the counter, and that the other keys were written with it.
func wantCount(t *testing.T, s state.Store, want, others int) {
	t.Helper()
	err := s.View(t.Context(), func(tx state.Tx) error {
		raw, err := tx.Get("count")
		if err != nil {
			return err
		}
		if string(raw) != strconv.Itoa(want) {
			t.Errorf("the counter is at %s, want %d", raw, want)
		}
		n := 0
		for item, err := range tx.Scan("other/") {
			if err != nil {
				return err
			}
			if string(item.Value) != string(raw) {
				t.Errorf("%s is of change %s, and the counter at %s", item.Key, item.Value, raw)
			}
			n++
		}
		if n != others {
			t.Errorf("%d of %d other keys are there", n, others)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
}

// TestAnswers lets something happen to the request that commits. Whatever it is, the
// change takes place once, and the Update says so.
func TestAnswers(t *testing.T) {
	t.Parallel()
	late := make(chan error, 8)
	faults := []struct {
		name  string
		fault func(do func() error) error
	}{
		{"Failed", func(func() error) error { return errLost }},
		{"FailedButApplied", func(do func() error) error { return errors.Join(do(), errLost) }},
		{"LastThatFitted", func(do func() error) error { return cmp.Or(do(), rpctypes.ErrGRPCNoSpace) }},
		{"AppliedTooLate", func(do func() error) error {
			// The request is under way while its writer believes it lost: it arrives when
			// that has been made sure of.
			arrive := make(chan struct{})
			go func() {
				<-arrive
				late <- do()
			}()
			defer close(arrive)
			return errLost
		}},
	}
	for _, others := range []int{0, 350} {
		for _, f := range faults {
			t.Run(fmt.Sprintf("%s/%d", f.name, others+1), func(t *testing.T) {
				t.Parallel()
				b := &between{commits: true}
				s := openThrough(t, t.TempDir(), b)
				for i := range 3 {
					b.next(0, f.fault)
					if err := s.Update(t.Context(), count(others)); err != nil {
						t.Fatalf("Update %d: %v", i, err)
					}
				}
				wantCount(t, s, 3, others)
			})
		}
	}
}

// TestLargeCommitInterrupted ends a replica at each request that carries out a commit
// that was too large for one. Whoever comes next sees all of it.
func TestLargeCommitInterrupted(t *testing.T) {
	t.Parallel()
	const others = 350 // four parts
	for step := range int64(3) {
		for name, applied := range map[string]bool{"NotApplied": false, "Applied": true} {
			t.Run(fmt.Sprintf("%d/%s", step, name), func(t *testing.T) {
				t.Parallel()
				prefix := t.TempDir()
				b := &between{}
				s := openThrough(t, prefix, b)
				b.next(step, func(do func() error) error {
					if applied {
						return errors.Join(do(), errLost)
					}
					return errLost
				})
				s.Update(t.Context(), count(others)) //nolint:errcheck // the process dies here
				other := openThrough(t, prefix, &between{})
				if err := other.Update(t.Context(), count(others)); err != nil {
					t.Fatalf("Update: %v", err)
				}
				wantCount(t, other, 2, others)
			})
		}
	}
}

// TestReplicas has several stores write at the same time: no write is lost.
func TestReplicas(t *testing.T) {
	t.Parallel()
	const replicas, writers, each = 3, 4, 10
	prefix := t.TempDir()
	var all sync.WaitGroup
	for range replicas {
		s := openThrough(t, prefix, &between{})
		for w := range writers {
			all.Go(func() {
				for range each {
					others := 0
					if w == 0 {
						others = 150
					}
					if err := s.Update(t.Context(), count(others)); err != nil {
						t.Errorf("Update: %v", err)
					}
				}
			})
		}
	}
	all.Wait()
	s := openThrough(t, prefix, &between{})
	err := s.View(t.Context(), func(tx state.Tx) error {
		raw, err := tx.Get("count")
		if want := strconv.Itoa(replicas * writers * each); string(raw) != want {
			t.Errorf("the counter is at %s, want %s", raw, want)
		}
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
}

// TestStale refuses by what was read before another replica wrote: the refusal is decided
// anew.
func TestStale(t *testing.T) {
	t.Parallel()
	prefix := t.TempDir()
	a, b := openThrough(t, prefix, &between{}), openThrough(t, prefix, &between{})
	put := func(s state.Store, key string) {
		if err := s.Update(t.Context(), func(tx state.Tx) error { return tx.Put(key, nil) }); err != nil {
			t.Fatalf("Update: %v", err)
		}
	}
	put(a, "mine") // from now on a begins where it left off, unless somebody else writes
	put(b, "right")
	err := a.Update(t.Context(), func(tx state.Tx) error {
		_, err := tx.Get("right")
		return err
	})
	if err != nil {
		t.Errorf("Update = %v, and the other replica has written the key", err)
	}
}
