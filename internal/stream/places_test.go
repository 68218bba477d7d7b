package stream_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
	"latchkey/internal/stream"
)

func target(t *testing.T, address string) stream.Target {
	t.Helper()
	to, err := stream.Parse(address)
	if err != nil {
		t.Fatalf("Parse(%q): %v", address, err)
	}
	return to
}

// sent sends n events to the place, to the end.
func sent(t *testing.T, to stream.Target, n int) error {
	t.Helper()
	s := statetest.Memory()
	add(t, s, n)
	live := newStream(s, to.Place)
	live.Next = stream.Events(to.Format, "v1")
	_, err := live.Once(t.Context())
	return err
}

func TestParse(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]audit.Format{
		"file:///var/log/audit.jsonl":                     audit.FormatJSONL,
		"https://collector.example/latchkey":              audit.FormatJSONL,
		"https://u:secret@collector.example/?format=ocsf": audit.FormatOCSF,
		"http://127.0.0.1:8088/x?format=cef&index=main":   audit.FormatCEF,
		"syslog+tls://siem.example:6514":                  audit.FormatCEF,
		"syslog+tcp://siem.example:601/?format=jsonl":     audit.FormatJSONL,
	} {
		if to := target(t, address); to.Format != want || strings.Contains(to.Name, "secret") {
			t.Errorf("Parse(%q) = %+v", address, to)
		}
	}
	for _, address := range []string{
		"", "x", "http://collector.example", "ftp://a/b", "file://host/path", "file:///", "syslog+tcp://host", "syslog+tls://u@host:1",
		"https://", "https://a/?format=xml", "https://a/#b", "syslog+tcp://host:1/path", "syslog://host:514", "%zz",
	} {
		if to, err := stream.Parse(address); err == nil {
			t.Errorf("Parse(%q) = %+v", address, to)
		}
		if address != "https://a/?format=xml" {
			if _, err := stream.ParseCheckpoints(address); err == nil {
				t.Errorf("ParseCheckpoints(%q) takes it", address)
			}
		}
	}
	if a, b := target(t, "https://u:one@a.example/x"), target(t, "https://u:two@a.example/x"); a.Name != b.Name {
		t.Error("another password makes another place")
	}
	if a, b := target(t, "https://a.example/x"), target(t, "https://a.example/y"); a.Name == b.Name {
		t.Error("two places have one name")
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	for range 2 {
		if err := sent(t, target(t, "file://"+path), 3); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Count(string(raw), "\n") != 6 {
		t.Errorf("%s, %v", raw, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := sent(t, target(t, "file://"+filepath.Dir(path)+"/none/there"), 1); err == nil {
		t.Error("it writes where there is no directory")
	}
}

// TestCollector posts batches of lines, and knows each answer.
func TestCollector(t *testing.T) {
	t.Parallel()
	var status int
	var retry string
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || user != "u" || password != "secret" || r.URL.RawQuery != "index=main" ||
			r.Header.Get("Content-Type") != "application/x-ndjson" || r.Header.Get("Idempotency-Key") != fmt.Sprintf("%x", sha256.Sum256(body)) {
			t.Errorf("%s %s with %v, %v", r.Method, r.URL, r.Header, err)
		}
		got = append(got, string(body))
		if retry != "" {
			w.Header().Set("Retry-After", retry)
		}
		if status >= 300 && status < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(status)
	}))
	defer srv.Close()
	to := target(t, strings.Replace(srv.URL, "http://", "http://u:secret@", 1)+"/in?index=main&format=jsonl")
	for _, test := range []struct {
		status int
		retry  string
		ok     bool
		wait   time.Duration
	}{
		{200, "", true, 0}, {202, "", true, 0}, {204, "", true, 0},
		{302, "", false, 0}, {400, "", false, 0}, {401, "", false, 0}, {409, "", false, 0}, {413, "", false, 0}, {500, "", false, 0},
		{429, "", false, 0}, {429, "7", false, 7 * time.Second}, {503, "99999", false, time.Hour}, {503, "nonsense", false, 0}, {429, "-1", false, 0},
	} {
		status, retry, got = test.status, test.retry, nil
		err := sent(t, to, 2)
		asks, _ := errors.AsType[*stream.WaitError](err)
		if (err == nil) != test.ok || len(got) != 1 || strings.Count(got[0], "\n") != 2 || (test.wait > 0) != (asks != nil) || asks != nil && asks.For != test.wait {
			t.Errorf("%d %q: %v, %d batches", test.status, test.retry, err, len(got))
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
	srv.Close()
	if err := sent(t, to, 1); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "main") {
		t.Errorf("where nobody answers: %v", err) // a token may stand in path and query as well
	}
}

// signed is a log with checkpoints of the sizes 3 and 6: the event that names the key
// is one of them.
func signed(t *testing.T) state.Store {
	t.Helper()
	s := statetest.Memory()
	private, _, err := audit.NewKey("latchkey.test/log")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 3} {
		add(t, s, n)
		if err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := audit.Grow(tx, private, start)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestWrittenOnce puts each checkpoint under its name, and takes a place that lets nothing
// be written twice for one that has it.
func TestWrittenOnce(t *testing.T) {
	t.Parallel()
	s := signed(t)
	kept := map[string]string{}
	lose, reads, refusal := true, http.StatusOK, http.StatusPreconditionFailed
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			w.WriteHeader(reads)
			io.WriteString(w, kept[r.URL.Path]) //nolint:errcheck // whoever reads it checks
			return
		}
		if err != nil || r.Method != http.MethodPut || r.Header.Get("If-None-Match") != "*" {
			t.Errorf("%s: %v", r.Method, err)
		}
		if _, there := kept[r.URL.Path]; there {
			w.WriteHeader(refusal)
			return
		}
		kept[r.URL.Path] = string(body)
		if lose { // it is kept, and the answer is lost
			lose = false
			panic(http.ErrAbortHandler)
		}
	}))
	defer srv.Close()
	to, err := stream.ParseCheckpoints(srv.URL + "/worm")
	if err != nil {
		t.Fatal(err)
	}
	live := newStream(s, to.Place)
	live.Next = stream.Checkpoints
	if _, err := live.Once(t.Context()); err == nil {
		t.Error("a lost answer is taken for a good one")
	}
	for range 2 {
		if more, err := live.Once(t.Context()); more || err != nil {
			t.Errorf("Once = %v, %v", more, err)
		}
	}
	if len(kept) != 2 || !strings.HasPrefix(kept["/worm/checkpoint-00000000000000000006.txt"], "latchkey.test/log\n6\n") {
		t.Errorf("it keeps %v", kept)
	}
	// What counts as kept when it is sent once more.
	for _, row := range []struct {
		name           string
		there          string
		refusal, reads int
		ok             bool
	}{
		{"the same", "one\n", http.StatusConflict, http.StatusOK, true},
		{"another, as after a restore", "two\n", http.StatusPreconditionFailed, http.StatusOK, false},
		{"more than it", "one\ntwo\n", http.StatusPreconditionFailed, http.StatusOK, false},
		{"what may not be read", "", http.StatusPreconditionFailed, http.StatusForbidden, true},
		{"nothing: the folder is missing", "", http.StatusConflict, http.StatusNotFound, false},
	} {
		kept["/worm/checkpoint-00000000000000000009.txt"], refusal, reads = row.there, row.refusal, row.reads
		err := to.Place.Send(t.Context(), []stream.Piece{{Seq: 9, Line: []byte("one\n")}})
		if (err == nil) != row.ok {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// TestKeptInFile appends checkpoints to a file against which the log can be verified.
func TestKeptInFile(t *testing.T) {
	t.Parallel()
	s := signed(t)
	path := filepath.Join(t.TempDir(), "checkpoints.txt")
	to, err := stream.ParseCheckpoints("file://" + path)
	if err != nil {
		t.Fatal(err)
	}
	live := newStream(s, to.Place)
	live.Next = stream.Checkpoints
	if _, err := live.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	notes := audit.SplitCheckpoints(string(raw))
	if err := s.View(t.Context(), func(tx state.Tx) error {
		held, err := audit.VerifyBy(tx, audit.Trust{Notes: notes})
		if held.Kept != 2 {
			t.Errorf("%d checkpoints are compared", held.Kept)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

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
