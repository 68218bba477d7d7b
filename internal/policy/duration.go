package policy

import (
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// longest is far beyond what policy allows and far below what would overflow.
const longest = 10_000 * day

// ParseDuration reads a length of time as people write it: "4h", "90m", "2d",
// "1h30m", "1 d 12 h", "2 hours". Units go from days to minutes, each at most
// once, and the sum is more than nothing. It reads what
// [access.FormatDuration] writes.
func ParseDuration(text string) (time.Duration, bool) {
	rest := strings.ToLower(strings.TrimSpace(text))
	var sum time.Duration
	last := 2 * longest
	for rest != "" {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		rest = strings.TrimLeft(rest[len(digits):], " ")
		word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))]
		rest = strings.TrimLeft(rest[len(word):], " ")

		n, err := strconv.ParseUint(digits, 10, 32)
		size := unit(word)
		if err != nil || size == 0 || size >= last || time.Duration(n) > longest/size {
			return 0, false
		}
		sum += time.Duration(n) * size
		last = size
	}
	return sum, sum > 0 && sum <= longest
}

func unit(word string) time.Duration {
	switch word {
	case "d", "day", "days":
		return day
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute
	}
	return 0
}
