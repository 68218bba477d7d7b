package access

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a time that somebody has a report about, by the calendar of a place.
type Span struct {
	Name     string // as it is typed: "2026-10", "2026-Q4", "2026", or "2026-10-05..2026-10-16"
	From, To time.Time
}

// LastMonth is the month before that of the moment.
func LastMonth(now time.Time, zone *time.Location) Span {
	y, m, _ := now.In(zone).Date()
	return month(y, m-1, zone)
}

// ThisMonth is the month of the moment.
func ThisMonth(now time.Time, zone *time.Location) Span {
	y, m, _ := now.In(zone).Date()
	return month(y, m, zone)
}

func month(y int, m time.Month, zone *time.Location) Span {
	from := time.Date(y, m, 1, 0, 0, 0, 0, zone)
	return Span{Name: from.Format("2006-01"), From: from, To: time.Date(y, m+1, 1, 0, 0, 0, 0, zone)}
}

// ParseSpan reads a year, a quarter, a month, a day, or two days with two dots between
// them, both included. It reports false when the text is none of these.
func ParseSpan(text string, zone *time.Location) (Span, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if from, to, two := strings.Cut(text, ".."); two {
		a, b := Day(from), Day(to)
		if !a.Valid() || !b.Valid() || b < a {
			return Span{}, false
		}
		begin, _ := a.Span(zone)
		_, end := b.Span(zone)
		return Span{Name: text, From: begin, To: end}, true
	}
	if day := Day(text); day.Valid() {
		from, to := day.Span(zone)
		return Span{Name: text, From: from, To: to}, true
	}
	if at, err := time.Parse("2006-01", text); err == nil {
		return month(at.Year(), at.Month(), zone), true
	}
	if year, quarter, ok := strings.Cut(text, "-Q"); ok {
		at, err := time.Parse("2006", year)
		n, bad := strconv.Atoi(quarter)
		if err != nil || bad != nil || len(quarter) != 1 || n < 1 || n > 4 {
			return Span{}, false
		}
		first := time.Month(3*n - 2)
		return Span{Name: fmt.Sprintf("%s-Q%d", year, n), From: month(at.Year(), first, zone).From, To: month(at.Year(), first+2, zone).To}, true
	}
	at, err := time.Parse("2006", text)
	if err != nil {
		return Span{}, false
	}
	return Span{Name: text, From: month(at.Year(), time.January, zone).From, To: month(at.Year(), time.December, zone).To}, true
}

// Holds reports whether the moment is in it.
func (s Span) Holds(at time.Time) bool { return !at.Before(s.From) && at.Before(s.To) }
