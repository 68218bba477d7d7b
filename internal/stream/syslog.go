package stream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
)

// syslog sends messages as RFC 5424 says, each with its length before it (RFC 6587), over
// TLS (RFC 5425) or without.
//
// The protocol has no acknowledgement. A batch counts as taken when the receiver, told that
// no more comes, has closed the connection in order: it has read everything by then. What it
// had read and not written when it died is lost to it. Many receivers do not say in TLS that they
// close; that they did of TCP is enough, or they would be sent the same for ever. So whoever is
// on the way can swallow a batch: the numbers of the events show the gap.
type syslog struct {
	at   string
	tls  *tls.Config // nil: without
	host string      // of this machine
}

const (
	informational = 13*8 + 6 // facility "log audit"
	timeForm      = "2006-01-02T15:04:05.000000Z07:00"
)

func newSyslog(u *url.URL) (Place, error) {
	if u.Port() == "" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil {
		return nil, errPlace
	}
	s := &syslog{at: u.Host, host: "-"}
	if u.Scheme == "syslog+tls" {
		s.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		s.host = printable(name, 255)
	}
	return s, nil
}

// Send opens a connection for the batch.
func (s *syslog) Send(ctx context.Context, pieces []Piece) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // what counts is told before
	if by, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(by); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) //nolint:errcheck // whoever waits finds it closed
	defer stop()
	var all bytes.Buffer
	for _, p := range pieces {
		message := s.message(p)
		fmt.Fprintf(&all, "%d %s", len(message), message)
	}
	if _, err := conn.Write(all.Bytes()); err != nil {
		return err
	}
	if err := noMore(conn); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		return fmt.Errorf("the receiver did not close the connection after the last message: %w", err)
	}
	return nil
}

// noMore tells the receiver that nothing more comes. Of TLS not everybody hears it who hears it of
// TCP, and the other way round, so both say it.
func noMore(conn net.Conn) error {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.New("the connection cannot be closed on one side") // unreachable: TCP and TLS can
	}
	if err := half.CloseWrite(); err != nil {
		return err
	}
	if secured, is := conn.(*tls.Conn); is {
		return noMore(secured.NetConn())
	}
	return nil
}

func (s *syslog) dial(ctx context.Context) (net.Conn, error) {
	if s.tls != nil {
		return (&tls.Dialer{Config: s.tls}).DialContext(ctx, "tcp", s.at)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", s.at)
}

func (s *syslog) message(p Piece) []byte {
	return fmt.Appendf(nil, "<%d>1 %s %s latchkey - %s - %s", informational, p.At.UTC().Format(timeForm), s.host, printable(p.Kind, 32), bytes.TrimSuffix(p.Line, []byte("\n")))
}

// printable makes a field of the head of a message: printable ASCII without spaces.
func printable(s string, longest int) string {
	s = strings.Map(func(r rune) rune {
		if r < 33 || r > 126 {
			return '_'
		}
		return r
	}, s)
	if len(s) > longest {
		s = s[:longest]
	}
	if s == "" {
		return "-"
	}
	return s
}
