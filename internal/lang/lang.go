// Package lang says our sentences in the languages of customers.
//
// A sentence is written in English where it is said, and that English is the key of
// its translations in catalogues/<language>.json, which translators read and write.
// What a catalogue does not have is said in English; a test keeps that from
// happening: it finds every sentence in the code and fails for each that a catalogue
// lacks, has in vain, or has with other parts than the English.
//
// To add a text that customers see: write
//
//	in.Say("%s asked for %d roles until %s.", name, n, at)
//
// with a constant, whole sentence, where in is the [Tag] of the view (in messages, that of
// the page; in.saying there says it twice, formatted and to be read aloud); escape what
// people wrote before, as in any message; hand over times and durations as they are.
// Then run go test ./internal/lang: it prints the line that each catalogue lacks, to be
// translated and put in. Parts keep their verbs and take other places as %[2]s does. A
// sentence with a number that bends it has its forms in en.json, too:
// {"one": "…", "other": "…"}, by its first %d. Templates of
// pages and mails are given sentences that are said already. A refusal that customers may
// be told is [access.RefuseAnyone], any other sentence of a package that knows no language
// [access.Say]; one out of a table is said by [Tag.Table].
//
// The package is pure, and its catalogues are part of the program.
package lang

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/message"

	"latchkey/internal/access"
)

// Tag is a language as policy.yml names it: "de", or "de-AT" where the region is said,
// too. The empty one, and one of which there is no catalogue, is English.
type Tag string

// English is what the partner's own staff read.
const English Tag = "en"

// Known lists the languages of which there are catalogues, English first.
func Known() []string { return slices.Clone(languages) }

// Has reports whether there is a catalogue of the language, whatever its region.
func (t Tag) Has() bool { return slices.Contains(languages, t.base()) }

// base is the language without its region, in whatever case browsers write it.
func (t Tag) base() string {
	base, _, _ := strings.Cut(string(t), "-")
	return strings.ToLower(base)
}

func (t Tag) catalogue() *catalogue {
	if c := load()[t.base()]; c != nil {
		return c
	}
	return load()[string(English)]
}

// HTML is the language as pages and mails declare it.
func (t Tag) HTML() string {
	if t == "" || !t.Has() {
		return string(English)
	}
	return string(t)
}

// Say says the sentence in the language. The English is a format as of package fmt;
// moments and durations among the parts are written as the language writes them.
func (t Tag) Say(english string, parts ...any) string {
	return t.catalogue().printer.Sprintf(message.Reference(english), t.written(parts)...)
}

// Table says a sentence out of a table of ours, such as what a role lets its holder do:
// it is no format, and the test that finds sentences in the code reads the table.
func (t Tag) Table(english string) string {
	if _, ok := t.catalogue().Messages[english]; !ok {
		return english
	}
	return t.catalogue().printer.Sprintf(message.Reference(english))
}

// Error is what a person is told of a refusal, in the language where the refusal is
// one that anyone may be told.
func (t Tag) Error(e *access.Error) string {
	if e.Sentence.Format == "" {
		return e.Message
	}
	return t.Sentence(e.Sentence)
}

// Sentence says one of package access.
func (t Tag) Sentence(s access.Sentence) string { return t.Say(s.Format, s.Parts...) }

// written puts moments and durations into words.
func (t Tag) written(parts []any) []any {
	out := slices.Clone(parts)
	for i, p := range out {
		switch p := p.(type) {
		case time.Time:
			out[i] = t.Time(p)
		case time.Duration:
			out[i] = t.Duration(p)
		case access.Sentence:
			out[i] = t.Sentence(p)
		}
	}
	return out
}

// Time writes a moment for plain text, in UTC.
func (t Tag) Time(at time.Time) string {
	return at.UTC().Format(t.catalogue().Formats.Time)
}

// TimeIn writes a moment for plain text by the clock of a place, which it names; nil is UTC.
func (t Tag) TimeIn(at time.Time, zone *time.Location) string {
	if zone == nil {
		return t.Time(at)
	}
	return at.In(zone).Format(strings.ReplaceAll(t.catalogue().Formats.Time, "UTC", "MST"))
}

// Date writes a date for plain text, in UTC.
func (t Tag) Date(at time.Time) string {
	return at.UTC().Format(t.catalogue().Formats.Date)
}

// Duration writes a duration as people say it: "4 h", "1 h 30 min", "2 d".
func (t Tag) Duration(d time.Duration) string {
	const day = 24 * time.Hour
	switch rest := d % day; {
	case d < time.Minute:
		return t.Say("less than a minute")
	case d < day:
		return access.FormatDuration(d) // h and min are the same everywhere
	case rest < time.Minute:
		return t.Say("%d d", int(d/day))
	default:
		return t.Say("%d d", int(d/day)) + " " + access.FormatDuration(rest)
	}
}

// Days writes how long a relationship lasts: "1 year", "90 days".
func (t Tag) Days(n int) string {
	if n > 0 && n%365 == 0 {
		return t.Say("%d years", n/365)
	}
	return t.Say("%d days", n)
}

// List writes names as "a, b and c".
func (t Tag) List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return t.Say("%s and %s", strings.Join(names[:last], ", "), names[last])
}
