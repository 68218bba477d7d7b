//go:build unix

package local

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// masking keeps two masks of the process from being mixed up.
var masking sync.Mutex

// listen makes a socket that is private from its first moment on. The mask is that of
// the whole process; what else is made meanwhile is more private than it would be.
func listen(ctx context.Context, path string) (net.Listener, error) {
	masking.Lock()
	defer masking.Unlock()
	defer syscall.Umask(syscall.Umask(0o177))
	return (&net.ListenConfig{}).Listen(ctx, "unix", path)
}
