package commands

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

// units are the words of the languages that customers have for days, hours and minutes.
var units = map[string]string{
	"tag": "d", "tage": "d", "tagen": "d", "stunde": "h", "stunden": "h", "std": "h", "minuten": "m",
	"j": "d", "jour": "d", "jours": "d", "heure": "h", "heures": "h",
	"día": "d", "días": "d", "dia": "d", "dias": "d", "hora": "h", "horas": "h", "minuto": "m", "minutos": "m",
}

var unitWord = regexp.MustCompile(`\p{L}+`)

var fraction = regexp.MustCompile(`^(\d{1,4})[.,](\d{1,2}) ?([a-z]+)$`)

// ParseDuration reads how long access is wanted: "4h", "90m", "1h30m", "2 days"
// or "1.5h", and the same in the languages that customers have. What is less than a
// minute of a fraction is left out. The error is an [*access.Error] for the field
// "duration".
func ParseDuration(text string) (time.Duration, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	plain := unitWord.ReplaceAllStringFunc(text, func(w string) string { return cmp.Or(units[w], w) })
	if d, ok := policy.ParseDuration(plain); ok {
		return d, nil
	}
	if m := fraction.FindStringSubmatch(plain); m != nil {
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
