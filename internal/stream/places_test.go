package stream_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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
	live.Source = stream.Events(to.Format, "v1")
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
	if a, b := target(t, "https://a.example/x?token=one&format=cef"), target(t, "https://a.example/x?token=two#"); a.Name != b.Name {
		t.Error("another token makes another place")
	}
	for _, token := range []string{"one", "two"} {
		if to, err := stream.ParseCheckpoints("https://a.example/x?token=" + token); err != nil || to.Name != "checkpoints-39021306" {
			t.Errorf("checkpoints are kept in %s, %v", to.Name, err)
		}
	}
	if a, b := target(t, "https://a.example/x"), target(t, "https://a.example/y"); a.Name == b.Name {
		t.Error("two places have one name")
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
	live.Source = stream.Checkpoints()
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
