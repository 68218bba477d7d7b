package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/sandbox"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// TestStartOnADamagedState starts the bot on a state that is damaged in each of several
// ways. It must not start, not even in part; say what to do; and leave the file as it is.
// The backup that it names makes it start again.
func TestStartOnADamagedState(t *testing.T) {
	t.Parallel()
	s, err := newLinkedStage(t.TempDir(), sandbox.Options{})
	must(t, err)
	defer s.close()
	must(t, s.start())
	must(t, s.SetUp(t.Context()))
	path, backup := filepath.Join(s.dir, "latchkey.db"), filepath.Join(t.TempDir(), "backup.db")
	if code, out, errs := onState(t, path, "backup", backup); code != exitOK {
		t.Fatalf("backup = %d, %s%s", code, out, errs)
	}
	s.stopBot()
	good, err := os.ReadFile(path)
	must(t, err)
	page := os.Getpagesize()
	used := int(max(binary.NativeEndian.Uint64(good[56:]), binary.NativeEndian.Uint64(good[page+56:]))) * page
	fill := func(from, to int, with byte) []byte {
		out := bytes.Clone(good)
		for i := from; i < to; i++ {
			out[i] = with
		}
		return out
	}
	damaged := map[string][]byte{
		"Empty":       {},
		"Text":        bytes.Repeat([]byte("not a state\n"), 5000),
		"TailCut":     good[:used-page],
		"TailCutOdd":  good[:used-page/2],
		"Half":        good[:used/2],
		"FirstPages":  good[:2*page],
		"TailZeroed":  fill(used/2, used, 0),
		"TailGarbled": fill(used/2, used, 0xa5),
		"PagesZeroed": fill(2*page, used, 0),
		"Magic":       fill(0, 2*page, 0x11),
		"Newer":       carrying(t, good, "meta/version", "2"),
		"MarkGarbled": carrying(t, good, "meta/version", "one"),
	}
	for name, b := range damaged {
		must(t, os.WriteFile(path, b, 0o600))
		before := len(s.log.String())
		if err := s.start(); err == nil {
			t.Errorf("%s: the bot has started", name)
			s.kill()
			continue
		}
		said := s.log.String()[before:]
		if !strings.Contains(said, "restore a backup") || strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") || strings.Contains(said, "ready") {
			t.Errorf("%s: the bot says: %s", name, said)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
			t.Errorf("%s: the file is changed (%v)", name, err)
		}
	}
	t.Logf("%d kinds of damage, each refused", len(damaged))
	if code, out, errs := onState(t, path, "restore", "-replace", backup); code != exitOK {
		t.Fatalf("restore = %d, %s%s", code, out, errs)
	}
	must(t, s.start())
	must(t, s.sees("carol", "Carol Weber is verified"))
	s.stopBot()
	must(t, s.whole())
}

// carrying is the file with another value under a key.
func carrying(t *testing.T, file []byte, key, value string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	must(t, os.WriteFile(path, file, 0o600))
	s, err := boltstore.Open(path)
	must(t, err)
	must(t, s.Update(context.Background(), func(tx state.Tx) error { return tx.Put(key, []byte(value)) }))
	must(t, s.Close())
	out, err := os.ReadFile(path)
	must(t, err)
	return out
}
