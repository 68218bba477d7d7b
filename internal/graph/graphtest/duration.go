package graphtest

import (
	"regexp"
	"strconv"
	"time"
)

// autoExtendOff is how the service says that a relationship just ends.
const (
	autoExtendOff = "PT0S"
	autoExtendOn  = "P180D"
)

func validAutoExtend(s string) bool {
	return s == autoExtendOff || s == "P0D" || s == autoExtendOn
}

// periodForm has years, months and days. Weeks, which ISO 8601 also knows, are
// refused as the service refuses them; hours make no sense here.
var periodForm = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})D)?$`)

// validDuration accepts one day to two years.
func validDuration(s string) bool {
	// Two years without a leap day, so that P730D is the longest in days.
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	end, ok := addPeriod(start, s)
	return ok && !end.Before(start.AddDate(0, 0, 1)) && !end.After(start.AddDate(2, 0, 0))
}

func addPeriod(t time.Time, period string) (time.Time, bool) {
	m := periodForm.FindStringSubmatch(period)
	if m == nil || period == "P" {
		return t, false
	}
	var n [3]int
	for i, digits := range m[1:] {
		if digits != "" {
			n[i], _ = strconv.Atoi(digits) // at most four digits
		}
	}
	return t.AddDate(n[0], n[1], n[2]), true
}
