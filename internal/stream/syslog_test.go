package stream_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/stream"
)

// receiver takes syslog as RFC 5424 and RFC 6587 say.
type receiver struct {
	net.Listener
	mu       sync.Mutex
	messages []string
}

var rfc5424 = regexp.MustCompile(`^<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [!-~]{1,255} latchkey - [!-~]{1,32} - (.+)$`)

func receive(t *testing.T, l net.Listener, handle func(*receiver, net.Conn)) *receiver {
	t.Helper()
	r := &receiver{Listener: l}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // a test's
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(r, conn)
			conn.Close() //nolint:errcheck // a test's
		}
	}()
	return r
}

// take reads messages to the end of the connection.
func take(r *receiver, conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		length, err := in.ReadString(' ')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(length))
		if err != nil {
			return
		}
		message := make([]byte, n)
		if _, err := io.ReadFull(in, message); err != nil {
			return
		}
		r.mu.Lock()
		r.messages = append(r.messages, string(message))
		r.mu.Unlock()
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSyslog(t *testing.T) {
	t.Parallel()
	r := receive(t, listen(t), take)
	if err := sent(t, target(t, "syslog+tcp://"+r.Addr().String()+"?format=jsonl"), 3); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var seqs []uint64
	for _, m := range r.messages {
		parts := rfc5424.FindStringSubmatch(m)
		var e access.Event
		if parts == nil || json.Unmarshal([]byte(parts[1]), &e) != nil {
			t.Errorf("this is no message of RFC 5424: %s", m)
		}
		seqs = append(seqs, e.Seq)
	}
	if !slices.Equal(seqs, []uint64{1, 2, 3}) {
		t.Errorf("it got %v", seqs)
	}
}

// TestSyslogFaults takes a batch for sent only when the receiver has read all of it.
func TestSyslogFaults(t *testing.T) {
	t.Parallel()
	cut := receive(t, listen(t), func(_ *receiver, conn net.Conn) {
		conn.(*net.TCPConn).SetLinger(0) //nolint:errcheck // a test's
		io.CopyN(io.Discard, conn, 10)   //nolint:errcheck // it does not read the rest
	})
	if err := sent(t, target(t, "syslog+tcp://"+cut.Addr().String()), 500); err == nil {
		t.Error("a receiver that dies has taken it")
	}
	l := listen(t)
	at := l.Addr().String()
	l.Close() //nolint:errcheck // a test's
	if err := sent(t, target(t, "syslog+tcp://"+at), 1); err == nil {
		t.Error("nobody has taken it")
	}
	release := make(chan struct{})
	defer close(release)
	deaf := receive(t, listen(t), func(*receiver, net.Conn) { <-release })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- target(t, "syslog+tcp://"+deaf.Addr().String()).Place.Send(ctx, []stream.Piece{{Seq: 1, At: start, Kind: "refused", Line: []byte("x\n")}})
	}()
	cancel()
	if err := <-ended; err == nil {
		t.Error("a receiver that never closes has taken it")
	}
}

// TestSyslogTLS speaks only with whom its certificate names.
func TestSyslogTLS(t *testing.T) {
	t.Parallel()
	known := httptest.NewUnstartedServer(nil)
	known.StartTLS()
	defer known.Close()
	l := tls.NewListener(listen(t), &tls.Config{Certificates: known.TLS.Certificates, MinVersion: tls.VersionTLS12})
	r := receive(t, l, take)
	err := sent(t, target(t, fmt.Sprintf("syslog+tls://%s", r.Addr())), 1)
	if unknown := (*tls.CertificateVerificationError)(nil); !errors.As(err, &unknown) {
		t.Errorf("a receiver that nobody vouches for: %v", err)
	}
	to, roots := target(t, fmt.Sprintf("syslog+tls://%s", r.Addr())), x509.NewCertPool()
	roots.AddCert(known.Certificate())
	stream.TrustOnly(to.Place, roots)
	if err := sent(t, to, 3); err != nil || len(r.messages) != 3 {
		t.Errorf("a receiver whose authority is known: %v, %d messages", err, len(r.messages))
	}
}

// TestSyslogTLSEnds takes a batch for sent also where a receiver does not say in TLS that it has
// closed the connection, or only knows its end by that of TCP. One that dies has not taken it.
func TestSyslogTLSEnds(t *testing.T) {
	t.Parallel()
	known := httptest.NewUnstartedServer(nil)
	known.StartTLS()
	defer known.Close()
	roots := x509.NewCertPool()
	roots.AddCert(known.Certificate())
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, row := range map[string]struct {
			end   func(*receiver, *tls.Conn)
			taken bool
		}{
			"Notified": {func(r *receiver, c *tls.Conn) { take(r, c) }, true},
			"Silently": {func(r *receiver, c *tls.Conn) {
				take(r, c)
				c.NetConn().Close() //nolint:errcheck // a test's
			}, true},
			"AfterTCP": {func(r *receiver, c *tls.Conn) {
				take(r, c)
				io.Copy(io.Discard, c.NetConn()) //nolint:errcheck // it waits for the end of it
			}, true},
			"SilentlyAfterTCP": {func(r *receiver, c *tls.Conn) {
				take(r, c)
				io.Copy(io.Discard, c.NetConn()) //nolint:errcheck // it waits for the end of it
				c.NetConn().Close()              //nolint:errcheck // a test's
			}, true},
			"Dies": {func(_ *receiver, c *tls.Conn) {
				io.CopyN(io.Discard, c, 10)             //nolint:errcheck // it does not read the rest
				c.NetConn().(*net.TCPConn).SetLinger(0) //nolint:errcheck // a test's
				c.NetConn().Close()                     //nolint:errcheck // a test's
			}, false},
		} {
			l := tls.NewListener(listen(t), &tls.Config{Certificates: known.TLS.Certificates, MinVersion: version, MaxVersion: version})
			r := receive(t, l, func(r *receiver, conn net.Conn) { row.end(r, conn.(*tls.Conn)) })
			to := target(t, fmt.Sprintf("syslog+tls://%s", r.Addr()))
			stream.TrustOnly(to.Place, roots)
			if err := sent(t, to, 3); (err == nil) != row.taken {
				t.Errorf("%s with %x: %v", name, version, err)
			}
		}
	}
}
