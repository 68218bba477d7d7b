package stream_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/stream"
)

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
	live.Source = stream.Checkpoints()
	if _, err := live.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	notes, _ := audit.SplitCheckpoints(string(raw))
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

// batch is what is sent in the tests of files: two events, or two checkpoints.
func batch(lines ...string) (out []stream.Piece) {
	for i, line := range lines {
		out = append(out, stream.Piece{Seq: uint64(i) + 1, At: start, Kind: "refused", Line: []byte(line)})
	}
	return out
}

// TestHalfLine has a file end in the middle of a line, as after a kill or on a full disk. What is
// sent next is whole, nothing that is there is taken away, and a line that is still to be
// sent is ended as what it began as.
func TestHalfLine(t *testing.T) {
	t.Parallel()
	const one, two = "{\"Seq\":1}\n", "{\"Seq\":2,\"At\":\"x\"}\n"
	long := strings.Repeat("y", 300)
	for name, row := range map[string]struct{ there, want string }{
		"Nothing":        {"", one + two},
		"Whole":          {one, one + one + two},
		"First":          {"{\"Seq\":1", one + one + two},
		"Second":         {one + "{\"Seq\":2,", one + two + one + two},
		"AllButTheEnd":   {one + strings.TrimSpace(two), one + two + one + two},
		"Another":        {one + "<134>1 2026", one + "<134>1 2026\n" + one + two},
		"AnotherAlone":   {"x", "x\n" + one + two},
		"LongerThanAny":  {one + long, one + long + "\n" + one + two},
		"LongFile":       {strings.Repeat(one, 100) + "{", strings.Repeat(one, 100) + one + one + two},
		"LongThenHalf":   {long + "\n" + "{\"Seq\":2", long + "\n" + two + one + two},
		"EmptyLineAtEnd": {one + "\n", one + "\n" + one + two},
	} {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		if row.there != "" {
			if err := os.WriteFile(path, []byte(row.there), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := target(t, "file://"+path).Place.Send(t.Context(), batch(one, two)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != row.want || err != nil {
			t.Errorf("%s: it holds\n%s\nwant\n%s\n%v", name, got, row.want, err)
		}
	}
}

// TestHalfCheckpoint cuts a file of checkpoints at many places. What comes then can be read,
// and so can what was there whole.
func TestHalfCheckpoint(t *testing.T) {
	t.Parallel()
	s := signed(t)
	var notes []string
	if err := s.View(t.Context(), func(tx state.Tx) error {
		all, err := audit.CheckpointsSince(tx, 0, 9)
		for _, c := range all {
			notes = append(notes, c.Note)
		}
		return err
	}); err != nil || len(notes) != 2 {
		t.Fatal(len(notes), err)
	}
	path := filepath.Join(t.TempDir(), "kept.txt")
	to, err := stream.ParseCheckpoints("file://" + path)
	if err != nil {
		t.Fatal(err)
	}
	for _, resent := range [][]string{notes, notes[1:]} { // of the second the first was confirmed
		for cut := 0; cut < len(notes[0])+len(notes[1]); cut += 13 {
			there := (notes[0] + notes[1])[:cut]
			if err := os.WriteFile(path, []byte(there), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := to.Place.Send(t.Context(), batch(resent...)); err != nil {
				t.Fatal(err)
			}
			raw, err := os.ReadFile(path)
			if err != nil || !strings.HasPrefix(string(raw), there) {
				t.Fatalf("cut at %d what was there is gone: %v", cut, err)
			}
			got, _ := audit.SplitCheckpoints(string(raw))
			if err := s.View(t.Context(), func(tx state.Tx) error {
				held, err := audit.VerifyBy(tx, audit.Trust{Notes: got})
				if err == nil && held.Kept < len(resent) {
					err = fmt.Errorf("only %d are compared", held.Kept)
				}
				return err
			}); err != nil {
				t.Errorf("cut at %d: %v, of\n%s", cut, err, raw)
			}
		}
	}
}
