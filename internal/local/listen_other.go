//go:build !unix

package local

import (
	"context"
	"net"
)

// listen makes a socket, which is as private as the directory that it is in.
func listen(ctx context.Context, path string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "unix", path)
}
