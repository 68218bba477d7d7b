package etcdstore

import (
	"crypto/tls"

	"google.golang.org/grpc"
)

// Config says where the cluster is.
type Config struct {
	Endpoints []string    // each with its scheme, as https://etcd-1:2379
	Prefix    string      // of all keys; the cluster may hold other things
	TLS       *tls.Config // nil: none
	Username  string      // empty: no authentication but that of TLS
	Password  string

	// Through lets tests come between the store and the cluster.
	Through []grpc.DialOption
}
