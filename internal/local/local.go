// Package local lets a program on the same machine reach a running bot, which has its
// state locked: by HTTP over a socket beside the state's file.
//
// Only the user that the bot runs as can open the socket, who could read the file
// just as well, and nothing on a network can. A bot that died leaves the socket
// behind; the next one, which holds the lock of the state, takes its place.
package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// Host is the name by which the bot is called over the socket; it stands for nothing.
const Host = "http://bot"

// ErrNobody means that no bot answers.
var ErrNobody = errors.New("no bot is running")

// Path is where the socket of the bot is whose state is in the file.
func Path(state string) string { return state + ".sock" }

// Serve answers requests until ctx ends. The caller holds the lock of the state. It
// returns an error when there can be no socket.
func Serve(ctx context.Context, path string, h http.Handler) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("take the place of an old socket: %w", err)
	}
	l, err := listen(ctx, path)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", path, err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stopped := context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // what is under way is told to end by ctx
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", path, err)
	}
	return nil
}

// Client calls the bot whose socket is at path. Its calls fail with [ErrNobody] when
// there is none.
func Client(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil, ErrNobody
		}
		return c, err
	}}}
}
