package evidence_test

import (
	"path/filepath"
	"testing"
	"time"

	"latchkey/internal/evidence/paper"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// BenchmarkReport is how long a report of ten thousand grants takes, from the file to the
// three forms.
func BenchmarkReport(b *testing.B) {
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	p := pasts[0]
	p.Asks, p.Every = 12_200, 3*time.Minute
	if err := p.Fill(func(fn func(state.Tx) error) error { return s.Update(b.Context(), fn) }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r := report(b, s, order(p, "2026-10"))
		if len(r.Accesses) < 10_000 {
			b.Fatalf("%d times of access", len(r.Accesses))
		}
		if _, err := paper.Forms(r); err != nil {
			b.Fatal(err)
		}
	}
}
