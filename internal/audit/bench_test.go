package audit_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// likely is the n'th event of a partner with 300 customers, of the size that events have.
func likely(n int) access.Event {
	return access.Event{
		At: start.Add(time.Duration(n) * time.Second), Kind: access.EventRequested,
		Actor:    access.Person{Team: "T024BE7LH", User: "U024BE7LH", Entra: access.Account{Tenant: "8c1fbe4e-6a0f-4d0f-9a55-2f1c5e7d9a10", Object: "a0000000-0000-4000-8000-00000000000a"}},
		Customer: access.TenantID(fmt.Sprintf("1b7a3f52-0c4e-4d0a-9a51-%012d", n%300)), Request: access.RequestID(fmt.Sprintf("R-%05d", n/6)),
		Detail: map[string]string{"rule": "helpdesk", "roles": "f023fd81-a637-4b56-95fd-791ac0226033", "justification": audit.Digest("73616c74", strconv.Itoa(n))},
	}
}

// long makes a log of so many events in a file, with a checkpoint after each tenth part.
func long(b *testing.B, events int) state.Store {
	b.Helper()
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() }) //nolint:errcheck // a test's
	private, _, err := audit.NewKey("latchkey.test/log")
	if err != nil {
		b.Fatal(err)
	}
	const batch = 20_000
	n, part := 0, max(events/checkpoints(b), 1)
	must := func(fn func(state.Tx) error) {
		if err := s.Update(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	must(func(tx state.Tx) error { return audit.Prepare(tx, "latchkey.test/log") })
	for n < events {
		must(func(tx state.Tx) error {
			for range min(batch, events-n, part-n%part) {
				n++
				if _, err := audit.Append(tx, likely(n)); err != nil {
					return err
				}
			}
			return nil
		})
		if n%part > 0 {
			continue
		}
		for more := true; more; {
			must(func(tx state.Tx) (err error) {
				for range 100 {
					if more, err = audit.Grow(tx, private, start); err != nil || !more {
						break
					}
				}
				return err
			})
		}
	}
	return s
}

// BenchmarkVerify verifies a whole log in a file: the chain, the trees, ten checkpoints.
// AUDIT_EVENTS says of how many events; with -benchtime=1x it is read once.
func BenchmarkVerify(b *testing.B) {
	events := 20_000
	if n, err := strconv.Atoi(os.Getenv("AUDIT_EVENTS")); err == nil {
		events = n
	}
	s := long(b, events)
	var size int64
	if err := s.View(b.Context(), func(tx state.Tx) error {
		for item, err := range tx.Scan(audit.EventKeys) {
			if err != nil {
				return err
			}
			size += int64(len(item.Value))
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	b.SetBytes(size)
	b.ResetTimer()
	before := used(b)
	for b.Loop() {
		if err := s.View(b.Context(), func(tx state.Tx) error {
			held, err := audit.VerifyBy(tx, audit.Trust{})
			if err == nil && held.Signed != uint64(events)+1 {
				err = fmt.Errorf("only %d events are signed", held.Signed)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric((used(b)-before)/float64(b.N), "cpu-s")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(events), "ns/event")
	b.ReportMetric(peak(b), "peak-MB")
}

// peak is the most memory that the process has held in itself.
func peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err == nil {
				return kb / 1024
			}
		}
	}
	return 0
}

// used is for how many seconds processors have worked for this process: on a machine that is
// shared that says more than the clock.
func used(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err1 := strconv.ParseFloat(fields[11], 64)
	system, err2 := strconv.ParseFloat(fields[12], 64)
	if err := errors.Join(err1, err2); err != nil {
		b.Fatal(err)
	}
	return (user + system) / 100 // ticks of a hundredth
}

// BenchmarkSHA256 is what the machine can do, by pieces of the size of an event.
func BenchmarkSHA256(b *testing.B) {
	for _, size := range []int{64, 700, 1 << 20} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			piece := make([]byte, size)
			b.SetBytes(int64(size))
			for b.Loop() {
				sha256.Sum256(piece)
			}
		})
	}
}

// BenchmarkAppend appends an event to a log that is signed, in a transaction that is made
// safe with others.
func BenchmarkAppend(b *testing.B) {
	s := long(b, 2000)
	n := 2000
	if err := s.Update(b.Context(), func(tx state.Tx) error {
		for b.Loop() {
			n++
			if _, err := audit.Append(tx, likely(n)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkProof proves the events of one of 300 customers, and checks that. AUDIT_EVENTS says
// of how many events in all.
func BenchmarkProof(b *testing.B) {
	events := 20_000
	if n, err := strconv.Atoi(os.Getenv("AUDIT_EVENTS")); err == nil {
		events = n
	}
	s := long(b, events)
	var out bytes.Buffer
	var proven audit.Proven
	var key string
	if err := s.View(b.Context(), func(tx state.Tx) (err error) {
		if key, err = audit.KeyInForce(tx); err == nil {
			proven, err = audit.Prove(tx, likely(7).Customer, audit.Period{}, &out)
		}
		return err
	}); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := audit.CheckProof(bytes.NewReader(out.Bytes()), audit.Trust{Keys: []string{key}}, func(access.Event) {}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len())/float64(proven.All), "bytes/event")
	b.ReportMetric(float64(proven.All), "events")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(proven.All), "ns/event")
}

// checkpoints is how many a long log has: AUDIT_CHECKPOINTS, or ten.
func checkpoints(b *testing.B) int {
	b.Helper()
	if n, err := strconv.Atoi(os.Getenv("AUDIT_CHECKPOINTS")); err == nil {
		return n
	}
	return 10
}
