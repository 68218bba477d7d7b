package access_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

func TestParseSpan(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][3]string{
		"2026-10":                {"2026-10", "2026-10-01 00:00 +0200", "2026-11-01 00:00 +0100"},
		" 2026-10 ":              {"2026-10", "2026-10-01 00:00 +0200", "2026-11-01 00:00 +0100"},
		"2026-12":                {"2026-12", "2026-12-01 00:00 +0100", "2027-01-01 00:00 +0100"},
		"2026-q4":                {"2026-Q4", "2026-10-01 00:00 +0200", "2027-01-01 00:00 +0100"},
		"2026":                   {"2026", "2026-01-01 00:00 +0100", "2027-01-01 00:00 +0100"},
		"2026-03-29":             {"2026-03-29", "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200"},
		"2026-10-05..2026-10-16": {"2026-10-05..2026-10-16", "2026-10-05 00:00 +0200", "2026-10-17 00:00 +0200"},
		"2026-13":                {}, "2026-Q5": {}, "2026-Q0": {}, "2026-Q10": {}, "october": {}, "": {}, "26": {}, "2026-02-30": {},
		"2026-10-16..2026-10-05": {}, "2026-10-05..": {}, "..": {}, "-Q1": {}, "2026-Q+1": {}, "0000-Qx": {},
	} {
		got, ok := access.ParseSpan(text, berlin)
		if ok != (want[0] != "") {
			t.Errorf("ParseSpan(%q) = %v, %t", text, got, ok)
			continue
		}
		const layout = "2006-01-02 15:04 -0700"
		if is := [3]string{got.Name, got.From.Format(layout), got.To.Format(layout)}; ok && is != want {
			t.Errorf("ParseSpan(%q) = %v, want %v", text, is, want)
		}
	}
	// It is November there already.
	now := time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC)
	if got := access.LastMonth(now, berlin).Name; got != "2026-10" {
		t.Errorf("the last month is %s", got)
	}
	if got := access.ThisMonth(now, berlin); got.Name != "2026-11" || !got.Holds(now) || got.Holds(got.To) {
		t.Errorf("this month is %+v", got)
	}
}
