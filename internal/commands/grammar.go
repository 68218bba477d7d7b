package commands

import (
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// Asked is what a request says, before names are looked up.
//
//	<customer> <roles> for <duration> [<when>] because <why>
//
// Quotes of any kind keep words together and are rarely needed. "for" and
// "because" may change places. A duration at the end of what comes before
// "because" needs no "for". When is what [When] says, and may stand anywhere before
// "because".
type Asked struct {
	Words         []Word // customer and roles
	When          When
	Duration      time.Duration
	Justification string
}

// longestDuration is "1 day 2 hours 30 minutes", in words.
const longestDuration = 6

// ParseAsked takes a request apart. The error is an [*access.Error] that names
// the first part that is missing or cannot be read.
func ParseAsked(text string) (Asked, error) {
	var a Asked
	s := scan(text)
	for w, ok := s.next(); ok; w, ok = s.next() {
		if w.is("because") {
			a.Justification = strings.Join(strings.Fields(unmark(string(s.rest))), " ")
			break
		}
		a.Words = append(a.Words, w)
	}
	if len(a.Words) == 0 {
		return Asked{}, access.Refuse(access.Invalid, "Name a customer, by its name, domain or tenant id.").In("customer")
	}
	var length time.Duration
	var err error
	if a.Words, a.When, length, err = takeWhen(a.Words); err != nil {
		return Asked{}, err
	}
	words, d, err := takeDuration(a.Words)
	switch why, d2, ok := endingDuration(a.Justification); {
	case err == nil && length > 0 && d != length:
		return Asked{}, access.Refuse(access.Invalid, "From the one time to the other it is %s, but you also said %s. Leave one of the two out.",
			access.FormatDuration(length), access.FormatDuration(d)).In("duration")
	case err == nil:
	case length > 0:
		words, d = a.Words, length
	case !ok:
		return Asked{}, err
	default:
		words, d, a.Justification = a.Words, d2, why
	}
	if len(words) == 0 {
		return Asked{}, access.Refuse(access.Invalid, "Name a customer, by its name, domain or tenant id.").In("customer")
	}
	a.Words, a.Duration = words, d
	a.Justification, err = Justification(a.Justification)
	if err != nil {
		return Asked{}, err
	}
	return a, nil
}

// Justification checks why access is wanted, and takes quotes around all of it
// off.
func Justification(text string) (string, error) {
	text = strings.Join(strings.Fields(clean(text)), " ")
	if inner := strings.Trim(text, doubleQuotes); !strings.ContainsAny(inner, doubleQuotes) {
		text = strings.TrimSpace(inner)
	}
	switch n := len([]rune(text)); {
	case n == 0:
		return "", access.Refuse(access.Invalid, "Say why, for example `because mailbox migration, INC-4711`.").In("justification")
	case n > messages.MaxJustification:
		return "", access.Refuse(access.Invalid, "Say why in at most %d characters; these are %d.", messages.MaxJustification, n).In("justification")
	}
	return text, nil
}

// takeDuration takes the last "for" that a duration follows out of the words.
func takeDuration(words []Word) ([]Word, time.Duration, error) {
	_, err := ParseDuration("")
	for i := len(words) - 1; i >= 0; i-- {
		if !words[i].is("for") {
			continue
		}
		after := words[i+1:]
		for n := min(longestDuration, len(after)); n > 0; n-- {
			if d, e := ParseDuration(join(after[:n])); e == nil {
				return append(append([]Word{}, words[:i]...), after[n:]...), d, nil
			}
		}
		if len(after) > 0 {
			_, err = ParseDuration(join(after))
		}
	}
	for n := min(longestDuration, len(words)-1); n > 0; n-- {
		at := len(words) - n
		if d, e := ParseDuration(join(words[at:])); e == nil && !words[at-1].is("for") {
			return words[:at], d, nil
		}
	}
	return nil, 0, err
}

// endingDuration takes a duration off the end of the reason.
func endingDuration(why string) (string, time.Duration, bool) {
	fields := strings.Fields(why)
	for i := len(fields) - 2; i >= 0 && i >= len(fields)-1-longestDuration; i-- {
		if !strings.EqualFold(fields[i], "for") {
			continue
		}
		if d, err := ParseDuration(strings.Join(fields[i+1:], " ")); err == nil {
			return strings.Join(fields[:i], " "), d, true
		}
	}
	return "", 0, false
}

// String writes the request so that it reads as the same again.
func (a Asked) String() string {
	var b strings.Builder
	for _, w := range a.Words {
		text := escaper.Replace(w.Text)
		if w.Quoted {
			text = `"` + text + `"`
		}
		b.WriteString(text + " ")
	}
	if a.When.Given() {
		b.WriteString(a.When.String() + " ")
	}
	return b.String() + "for " + access.FormatDuration(a.Duration) + " because " + escaper.Replace(a.Justification)
}
