package etcdstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"latchkey/internal/state"
	"latchkey/internal/state/etcdstore"
)

// TestPartArrivesLate has a part of a large commit, which its writer gave up, arrive in the
// middle of the next one. Nothing of the first is in the second.
func TestPartArrivesLate(t *testing.T) {
	t.Parallel()
	const others = 350 // four parts
	var late func() error
	through := func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		do := func() error { return call(context.WithoutCancel(ctx), method, req, reply, cc, opts...) }
		switch r := req.(type) {
		case *pb.PutRequest:
			if late == nil && strings.HasSuffix(string(r.Key), "/000001") {
				late = do
				return errLost
			}
		case *pb.TxnRequest:
			if late != nil && puts(r, "/cell") && puts(r, "/writer/") {
				if err := late(); err != nil {
					t.Errorf("the part does not arrive: %v", err)
				}
			}
		}
		return do()
	}
	s, err := etcdstore.Open(t.Context(), etcdstore.Config{
		Endpoints: one.Endpoints(), Prefix: t.TempDir(), Through: []grpc.DialOption{grpc.WithChainUnaryInterceptor(through)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck // the test is over
	err = s.Update(t.Context(), func(tx state.Tx) error {
		return errors.Join(count(others)(tx), tx.Put("other/2 given up", nil))
	})
	if err == nil {
		t.Fatal("a commit was made whose part did not arrive")
	}
	if err := s.Update(t.Context(), count(others)); err != nil {
		t.Fatalf("Update: %v", err)
	}
	wantCount(t, s, 1, others)
}

// TestCompacted lets etcd forget the moment of a replica's last commit, as it does after
// an hour or at the word of whoever looks after it. The next Update begins anew.
func TestCompacted(t *testing.T) {
	t.Parallel()
	prefix := t.TempDir()
	s, other := openThrough(t, prefix, &between{}), openThrough(t, prefix, &between{})
	for _, one := range []state.Store{s, other, other} {
		if err := one.Update(t.Context(), count(0)); err != nil {
			t.Fatal(err)
		}
	}
	compact(t)
	if err := s.Update(t.Context(), count(0)); err != nil {
		t.Errorf("Update: %v", err)
	}
	wantCount(t, s, 4, 0)
}

// compact has etcd forget everything but what there is now.
func compact(t *testing.T) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: one.Endpoints()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close() //nolint:errcheck // a test's
	r, err := client.Get(t.Context(), "any")
	if err == nil {
		_, err = client.Compact(t.Context(), r.Header.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}
