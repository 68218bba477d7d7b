package evidence_test

import (
	"path/filepath"
	"testing"
	"time"

	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/evidence/overview"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/state"
	"latchkey/internal/state/boltstore"
)

// tenThousand is a state in a file with ten thousand times of access of one month.
func tenThousand(b *testing.B) (*boltstore.Store, evidencetest.Past) {
	b.Helper()
	s, err := boltstore.Open(filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	p := pasts[0]
	p.Asks, p.Every = 12_200, 3*time.Minute
	if err := p.Fill(func(fn func(state.Tx) error) error { return s.Update(b.Context(), fn) }); err != nil {
		b.Fatal(err)
	}
	return s, p
}

// BenchmarkReport is how long a report of ten thousand grants takes, from the file to the
// three forms.
func BenchmarkReport(b *testing.B) {
	s, p := tenThousand(b)
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

// BenchmarkOverview is how long the partner's own report of them takes.
func BenchmarkOverview(b *testing.B) {
	s, _ := tenThousand(b)
	for b.Loop() {
		o, _ := overviewOf(b, s, wanted("2026-10"))
		if o.Sum.Given < 10_000 {
			b.Fatalf("%d times of access", o.Sum.Given)
		}
		if _, err := overview.Forms(o); err != nil {
			b.Fatal(err)
		}
	}
}
