package graph_test

import (
	"net/http"
	"testing"
	"time"

	"latchkey/internal/graph"
)

// TestAhead compares our clock with the one of Microsoft's last answer, for a day.
func TestAhead(t *testing.T) {
	t.Parallel()
	theirs := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	now, date := theirs.Add(time.Minute), theirs.Format(http.TimeFormat)
	base := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = []string{date}
		w.WriteHeader(http.StatusNotFound)
	})
	c, err := graph.New(graph.Options{BaseURL: base, Credential: token("planted-token"), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want time.Duration, is bool) {
		t.Helper()
		if by, known := c.Ahead(); by != want || known != is {
			t.Errorf("Ahead = %s, %t, want %s, %t", by, known, want, is)
		}
	}
	ask := func() { _, _ = c.Group(t.Context(), "d0000000-0000-4000-8000-0000000000d1") } // it is not there
	expect(0, false)
	ask()
	expect(time.Minute, true)
	now = now.Add(5 * 365 * 24 * time.Hour) // the clock jumps
	expect(0, false)
	ask()
	expect(5*365*24*time.Hour+time.Minute, true)
	date = "yesterday"
	now = now.Add(time.Hour)
	ask()
	expect(5*365*24*time.Hour+time.Minute, true) // what says nothing of the time changes nothing
	now = theirs
	expect(0, false)
}
