package web

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/lang"
)

// TestTimes holds that the page tells each time at which access begins and ends, by the
// customer's clock.
func TestTimes(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 12, 8, 19, 0, 0, 0, time.UTC)
	berlin := time.FixedZone("CET", 3600)
	for _, row := range []struct {
		name string
		q    Request
		want string
	}{
		{"OnceApproved", Request{}, "3 h, from when it is in place"},
		{"Once", Request{Starts: []time.Time{first}}, "from 2026-12-08 20:00 CET until 2026-12-08 23:00 CET"},
		{"Windows", Request{Starts: []time.Time{first, first.AddDate(0, 0, 7)}},
			"2 times for 3 h, the first from 2026-12-08 20:00 CET, the last until 2026-12-15 23:00 CET.|from 2026-12-08 20:00 CET until 2026-12-08 23:00 CET|from 2026-12-15 20:00 CET until 2026-12-15 23:00 CET"},
		{"Extension", Request{Extends: "R-1ST00", Longer: first}, "3 h more of the access R-1ST00, until 2026-12-08 20:00 CET"},
	} {
		row.q.Duration, row.q.Zone = 3*time.Hour, berlin
		var got string
		for _, f := range row.q.in(lang.English).Facts {
			if f.Label == "How long" {
				got = strings.Join(f.Values, "|")
			}
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
