package access_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
)

func TestOver(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ after, by, want string }{
		{"2026-11-24", "2026-11-25", ""},
		{"2026-11-29", "2026-11-30", "week 16 Nov, 23 Nov to 30 Nov"},
		{"2026-11-28", "2026-11-29", ""}, // a Sunday is of the week that goes on
		{"2026-11-27", "2026-12-01", "week 16 Nov, 23 Nov to 30 Nov; month 1 Oct, 1 Nov to 1 Dec"},
		{"2026-11-30", "2026-12-01", "month 1 Oct, 1 Nov to 1 Dec"},
		{"2026-12-31", "2027-01-01", "month 1 Nov, 1 Dec to 1 Jan"},
		{"2026-12-23", "2027-01-04", "week 21 Dec, 28 Dec to 4 Jan; month 1 Nov, 1 Dec to 1 Jan"},
		{"2027-03-26", "2027-03-29", "week 15 Mar, 22 Mar to 29 Mar"}, // the clocks changed
		{"2026-01-05", "2027-01-04", "week 21 Dec, 28 Dec to 4 Jan; month 1 Nov, 1 Dec to 1 Jan"},
	} {
		var got []string
		for _, p := range access.Over(access.Day(row.after), access.Day(row.by), berlin) {
			for _, at := range []time.Time{p.Before, p.From, p.To} {
				if at.Hour() != 0 || at.Location() != berlin {
					t.Errorf("%s is no beginning of a day there", at)
				}
			}
			got = append(got, fmt.Sprintf("%s %s, %s to %s", p.Unit, p.Before.Format("2 Jan"), p.From.Format("2 Jan"), p.To.Format("2 Jan")))
		}
		if got := strings.Join(got, "; "); got != row.want {
			t.Errorf("after %s by %s are over %q, want %q", row.after, row.by, got, row.want)
		}
	}
}
