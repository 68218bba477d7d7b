package access

import (
	"strconv"
	"strings"
	"time"
)

// FormatTime writes a moment for plain text, in UTC. Where Slack can localise,
// messages use its date form and this as the fall-back.
func FormatTime(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// FormatDuration writes a duration as people say it: "4 h", "1 h 30 min", "2 d".
func FormatDuration(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute"
	}
	day := 24 * time.Hour
	parts := []struct {
		unit time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "min"}}
	var out []string
	for _, p := range parts {
		if n := d / p.unit; n > 0 {
			out = append(out, strconv.Itoa(int(n))+" "+p.name)
			d -= n * p.unit
		}
	}
	return strings.Join(out, " ")
}

// FormatDays writes how long a relationship lasts: "1 year", "90 days".
func FormatDays(n int) string {
	unit, size := "day", 1
	if n > 0 && n%365 == 0 {
		unit, size = "year", 365
	}
	if n/size != 1 {
		unit += "s"
	}
	return strconv.Itoa(n/size) + " " + unit
}
