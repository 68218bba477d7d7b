package local_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/local"
)

// serve runs a bot's side until the end of the test, and returns the socket.
func serve(t *testing.T, path string, h http.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- local.Serve(ctx, path, h) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
	for ctx.Err() == nil {
		if c, err := net.Dial("unix", path); err == nil {
			c.Close() //nolint:errcheck // it was only tried
			return stop
		}
	}
	return stop
}

func get(t *testing.T, path string) (string, error) {
	t.Helper()
	r, err := local.Client(path).Get(local.Host + "/hello")
	if err != nil {
		return "", err
	}
	defer r.Body.Close() //nolint:errcheck // a test's
	b, err := io.ReadAll(r.Body)
	return string(b), err
}

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") } //nolint:errcheck // a test's

func TestServe(t *testing.T) {
	t.Parallel()
	path := local.Path(filepath.Join(t.TempDir(), "s"))
	if _, err := get(t, path); !errors.Is(err, local.ErrNobody) {
		t.Errorf("before there is a bot: %v, want ErrNobody", err)
	}
	stop := serve(t, path, http.HandlerFunc(hello))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("the socket is %v, %v; want it to be its owner's alone", info.Mode(), err)
	}
	if got, err := get(t, path); got != "hello" || err != nil {
		t.Errorf("with a bot: %q, %v", got, err)
	}
	stop()
	if _, err := get(t, path); !errors.Is(err, local.ErrNobody) {
		t.Errorf("after the bot: %v, want ErrNobody", err)
	}
}

// TestServeAfterACrash takes the place of the socket of a bot that was killed.
func TestServeAfterACrash(t *testing.T) {
	t.Parallel()
	path := local.Path(filepath.Join(t.TempDir(), "s"))
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, path); !errors.Is(err, local.ErrNobody) {
		t.Errorf("with the socket of a dead bot: %v, want ErrNobody", err)
	}
	defer serve(t, path, http.HandlerFunc(hello))()
	if got, err := get(t, path); got != "hello" || err != nil {
		t.Errorf("with a bot: %q, %v", got, err)
	}
}

// TestServeNowhere tells why there can be no socket.
func TestServeNowhere(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		filepath.Join(t.TempDir(), "none", "s.sock"),
		filepath.Join(t.TempDir(), strings.Repeat("long", 40)),
	} {
		if err := local.Serve(t.Context(), path, http.HandlerFunc(hello)); err == nil {
			t.Errorf("Serve(%s) works", path)
		}
	}
}
