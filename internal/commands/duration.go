package commands

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

var fraction = regexp.MustCompile(`^(\d{1,4})[.,](\d{1,2}) ?([a-z]+)$`)

// ParseDuration reads how long access is wanted: "4h", "90m", "1h30m", "2 days"
// or "1.5h". What is less than a minute of a fraction is left out. The error is
// an [*access.Error] for the field "duration".
func ParseDuration(text string) (time.Duration, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if d, ok := policy.ParseDuration(text); ok {
		return d, nil
	}
	if m := fraction.FindStringSubmatch(text); m != nil {
		if d, ok := parts(m[1], m[2], m[3]); ok {
			return d, nil
		}
	}
	if text == "" {
		return 0, access.RefuseAnyone(access.Invalid, "Say for how long, for example `for 4h`.").In("duration")
	}
	return 0, access.RefuseAnyone(access.Invalid,
		"“%s” is not a length of time. Write it as in `4h`, `90m`, `1h30m` or `2 days`.", short(text)).In("duration")
}

// parts reads a decimal fraction of a unit.
func parts(whole, rest, unit string) (time.Duration, bool) {
	size, ok := policy.ParseDuration("1" + unit)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(whole + (rest + "0")[:2])
	if err != nil {
		return 0, false // unreachable: at most six digits
	}
	d := (time.Duration(n) * (size / 100)).Truncate(time.Minute) // no unit is large enough to overflow
	_, ok = policy.ParseDuration(access.FormatDuration(d))
	return d, ok
}

// short is what a refusal repeats of what was typed.
func short(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return text
}
