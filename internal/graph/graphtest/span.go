package graphtest

import (
	"regexp"
	"strconv"
	"time"
)

// spanForm is a duration in days, hours, minutes and seconds. Weeks are refused.
var spanForm = regexp.MustCompile(`^P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$`)

// parseSpan reads an ISO 8601 duration of a fixed length that is not nothing.
func parseSpan(s string) (time.Duration, bool) {
	m := spanForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	var out time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		if m[i+1] != "" {
			n, _ := strconv.Atoi(m[i+1]) // at most six digits
			out += time.Duration(n) * unit
		}
	}
	return out, out > 0
}
