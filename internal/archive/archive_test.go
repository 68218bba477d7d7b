package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/internal/archive"
)

var now = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func entry(id string) archive.Entry {
	return archive.Entry{V: archive.Version, Kind: "request", ID: id, Records: map[string]json.RawMessage{"request/" + id: []byte(`{"v":1}`)}}
}

func ids(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		var e archive.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, e.ID)
	}
	return strings.Join(out, " ")
}

// TestAppend writes behind what is there, one file a month, and cuts off what a crash has
// left of a line.
func TestAppend(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, path := archive.Dir(dir), filepath.Join(dir, "latchkey-2026-03.jsonl")
	put := func(at time.Time, some ...string) {
		t.Helper()
		var entries []archive.Entry
		for _, id := range some {
			entries = append(entries, entry(id))
		}
		if err := d.Append(t.Context(), entries, at); err != nil {
			t.Fatal(err)
		}
	}
	put(now, "R-1", "R-2")
	put(now, "R-3")
	if got := ids(t, path); got != "R-1 R-2 R-3" {
		t.Errorf("it has %s", got)
	}
	for _, torn := range []string{"{", `{"v":1,"kind":"req`, strings.Repeat("x", 200<<10)} {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(torn); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		put(now, "R-4")
	}
	if got := ids(t, path); got != "R-1 R-2 R-3 R-4 R-4 R-4" {
		t.Errorf("after crashes it has %s", got)
	}
	put(now.AddDate(0, 1, 0), "R-5")
	if got := ids(t, filepath.Join(dir, "latchkey-2026-04.jsonl")); got != "R-5" {
		t.Errorf("the next month has %s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

// TestAppendTogether has several write into one directory, as replicas do of which one leads
// no more and does not know it: nobody writes over what another has written.
func TestAppendTogether(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				if err := archive.Dir(dir).Append(t.Context(), []archive.Entry{entry(fmt.Sprintf("R-%d-%d", i, j))}, now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got := strings.Fields(ids(t, filepath.Join(dir, "latchkey-2026-03.jsonl"))); len(got) != 160 {
		t.Errorf("%d of 160 are there", len(got))
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	if err := archive.Dir(none).Append(t.Context(), []archive.Entry{entry("R-1")}, now); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Append = %v; it must not make a directory that is not there", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := archive.Dir(t.TempDir()).Append(ctx, nil, now); !errors.Is(err, context.Canceled) {
		t.Errorf("Append = %v", err)
	}
}
