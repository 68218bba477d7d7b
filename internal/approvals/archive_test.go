package approvals_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/archive"
	"latchkey/internal/state"
)

// archived is an archive in memory, which can be told to fail, or what to do meanwhile.
type archived struct {
	entries map[string]archive.Entry
	lines   int
	err     error
	between func()
}

func (w *world) archives() *archived {
	a := &archived{entries: map[string]archive.Entry{}}
	w.Archive = func(_ context.Context, entries []archive.Entry, _ time.Time) error {
		if a.between != nil {
			a.between()
		}
		if a.err != nil {
			return a.err
		}
		for _, e := range entries {
			a.entries[e.ID], a.lines = e, a.lines+1
		}
		return nil
	}
	return a
}

// lived has a request be asked for, approved and over, long before everything else.
func (w *world) lived(t *testing.T) access.RequestID {
	t.Helper()
	id := w.active(t)
	w.now = w.now.Add(3 * time.Hour)
	if err := w.Due(t.Context(), state.Due{Kind: state.DueExpire, Request: id}); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	w.now = w.now.Add(w.Service.Policy().Retention + time.Hour)
	return id
}

// TestPruneArchives has nothing go but what the archive has, whole, with its events.
func TestPruneArchives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.lived(t)
	a := w.archives()
	w.age(t, w.longAgo())
	before := w.all(t)
	w.pruned(t)
	after := w.all(t)
	for key, value := range before {
		kind, rest, _ := strings.Cut(key, "/")
		if _, ok := after[key]; ok || kind == "idx" || kind == "card" || kind == "storm" {
			continue
		}
		if got := string(a.entries[rest].Records[key]); got != value {
			t.Errorf("%s is gone; the archive has %q", key, got)
		}
	}
	e := a.entries[string(id)]
	if len(e.Events) < 6 || e.Events[0].Kind != access.EventRequested || e.Kind != "request" || len(e.Records) != 2 {
		t.Errorf("of %s the archive has %+v", id, e)
	}
	if n := w.pruned(t); n != 0 || a.lines != len(a.entries) {
		t.Errorf("then %d went; the archive has %d lines of %d", n, a.lines, len(a.entries))
	}
}

// TestPruneNothingUnarchived keeps what could not be archived, or has changed since it was.
func TestPruneNothingUnarchived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.lived(t)
	a := w.archives()
	w.age(t, w.longAgo())
	before := w.all(t)
	a.err = errNet
	if n, err := w.Prune(t.Context()); n != 0 || !errors.Is(err, errNet) {
		t.Errorf("Prune = %d, %v, though the archive cannot be written", n, err)
	}
	if !maps.Equal(w.all(t), before) {
		t.Error("something is gone that was not archived")
	}
	a.err = nil
	w.Service.Store = &bounded{Store: w.store} // the bot dies between the archive and the deletion
	if n, err := w.Prune(t.Context()); n != 0 || err == nil || a.lines == 0 || !maps.Equal(w.all(t), before) {
		t.Errorf("Prune = %d, %v after %d lines", n, err, a.lines)
	}
	w.Service.Store = w.store
	a.between = func() {
		a.between = nil
		w.put(t, func(tx state.Tx) error {
			r, err := state.Request(tx, id)
			r.Justification = "changed meanwhile"
			return errors.Join(err, state.PutRequest(tx, r))
		})
	}
	w.pruned(t)
	after := w.all(t)
	for _, key := range []string{"request/", "grant/"} {
		if _, ok := after[key+string(id)]; !ok {
			t.Errorf("%s%s is gone, and the archive does not have it as it was", key, id)
		}
	}
	if _, ok := after["request/R-0DEN1"]; ok {
		t.Error("one that has changed holds up the others")
	}
	w.pruned(t)
	if _, ok := w.all(t)["request/"+string(id)]; ok || !bytes.Contains(a.entries[string(id)].Records["request/"+string(id)], []byte("changed meanwhile")) {
		t.Error("the next pass has not archived it as it was then, and deleted it")
	}
}

// TestPruneRunsAgain has the deletion run again, as a store may have it do, and the archived
// record change between the two runs: the second keeps it, too.
func TestPruneRunsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.lived(t)
	w.archives()
	w.Service.Store = &repeating{Store: w.store, between: func() {
		w.put(t, func(tx state.Tx) error {
			r, err := state.Request(tx, id)
			r.Justification = "changed meanwhile"
			return errors.Join(err, state.PutRequest(tx, r))
		})
	}}
	w.pruned(t)
	if _, ok := w.all(t)["request/"+string(id)]; !ok {
		t.Errorf("%s is gone, and the archive does not have it as it was", id)
	}
}

// repeating runs what is to be written once in vain.
type repeating struct {
	state.Store
	between func()
}

func (r *repeating) Update(ctx context.Context, fn func(state.Tx) error) error {
	inVain := errors.New("somebody else was first")
	err := r.Store.Update(ctx, func(tx state.Tx) error { return errors.Join(fn(tx), inVain) })
	if !errors.Is(err, inVain) {
		return err
	}
	r.between()
	return r.Store.Update(ctx, fn)
}

// TestArchiveIsChecked compares what is in a file with the log, and finds what was changed
// in it.
func TestArchiveIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := string(w.lived(t))
	dir := t.TempDir()
	w.Archive = archive.Dir(dir).Append
	w.age(t, w.longAgo())
	w.pruned(t)
	files, err := filepath.Glob(filepath.Join(dir, "latchkey-*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are %v, %v", files, err)
	}
	good, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	line := ""
	for one := range strings.Lines(string(good)) {
		if strings.Contains(one, `"id":"`+id+`"`) {
			line = one
		}
	}
	for name, test := range map[string]struct {
		text   string
		faults int
	}{
		"Reason":  {strings.Replace(line, "the director's", "a director's", 1), 1},
		"Event":   {strings.Replace(line, `"Kind":"grant.ended"`, `"Kind":"grant.failed"`, 1), 1},
		"Whose":   {strings.ReplaceAll(line, id, "R-0G1VE"), 99},
		"Not":     {"{}\n", 1},
		"NoJSON":  {"latchkey\n", 1},
		"Good":    {line, 0},
		"Torn":    {line + line[:99], 0},
		"Missing": {strings.Replace(line, line[strings.Index(line, `{"Seq"`):strings.LastIndex(line, `{"Seq"`)], "", 1), 99},
	} {
		r := w.checked(t, test.text)
		if bad := len(r.Faults); bad != test.faults && (test.faults != 99 || bad < 2) {
			t.Errorf("%s: %d faults, want %d: %v", name, bad, test.faults, r.Faults)
		}
		if r.Torn != (name == "Torn") {
			t.Errorf("%s: Torn = %v", name, r.Torn)
		}
	}
	r := w.checked(t, line+line)
	if r.Entries != 1 || r.Again != 1 || r.Originals != 1 || r.Events < 6 || r.Events > 9 || len(r.Faults) > 0 {
		t.Errorf("of one that is there twice: %+v", r)
	}
}

func (w *world) checked(t *testing.T, text string) (r archive.Report) {
	t.Helper()
	w.look(t, func(tx state.Tx) (err error) {
		r, err = archive.Check(tx, strings.NewReader(text))
		return err
	})
	return r
}
