package lang

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// languages are those of catalogues/, English first.
var languages = []string{"en", "de", "es", "fr"}

//go:embed catalogues/*.json
var files embed.FS

// A catalogue is what one file holds.
type catalogue struct {
	Formats  formats              `json:"formats"`
	Messages map[string]sentences `json:"messages"`
	printer  *message.Printer
}

// formats is how the language writes what is no sentence. Layouts are those of package
// time, with English names that are replaced.
type formats struct {
	Time        string     `json:"time"`      // a moment
	Date        string     `json:"date"`      // a date
	SlackTime   string     `json:"slackTime"` // a moment, in Slack's own form
	SlackDate   string     `json:"slackDate"`
	Weekday     string     `json:"weekday"`  // a date near now: "Mon 2 Jan"
	MonthDay    string     `json:"monthDay"` // "2 Jan"
	Month       string     `json:"month"`    // "January 2006"
	Weekdays    [7]string  `json:"weekdays"` // short, from Sunday
	Months      [12]string `json:"months"`
	ShortMonths [12]string `json:"shortMonths"`
}

// sentences are the forms of a translation: one that fits every number, or one for
// each plural category.
type sentences map[string]string

// UnmarshalJSON takes a text for the only form.
func (s *sentences) UnmarshalJSON(raw []byte) error {
	var only string
	if err := json.Unmarshal(raw, &only); err == nil {
		*s = sentences{"": only}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]string)(s))
}

// load reads all catalogues. They are part of the program and of its tests, so one
// that cannot be read is a program that is broken.
var load = sync.OnceValue(func() map[string]*catalogue {
	all := make(map[string]*catalogue, len(languages))
	for _, l := range languages {
		c, err := read(l)
		if err != nil {
			panic(err)
		}
		all[l] = c
	}
	return all
})

func read(l string) (*catalogue, error) {
	raw, err := files.ReadFile("catalogues/" + l + ".json")
	if err != nil {
		return nil, err
	}
	c := &catalogue{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("read the catalogue %s: %w", l, err)
	}
	tag := language.MustParse(l)
	b := catalog.NewBuilder(catalog.Fallback(tag))
	for key, forms := range c.Messages {
		if l == "fr" {
			forms.french()
		}
		if err := b.Set(tag, key, forms.message(key)); err != nil {
			return nil, fmt.Errorf("the catalogue %s has a sentence that is not right: %q: %w", l, key, err)
		}
	}
	c.printer = message.NewPrinter(tag, message.Catalog(b))
	return c, nil
}

// french sets what French has and keyboards have not: spaces at which no line breaks, and
// the apostrophe.
func (s sentences) french() {
	for form, text := range s {
		s[form] = unbroken.Replace(text)
	}
}

var unbroken = strings.NewReplacer(
	" :", "\u00a0:", " ;", "\u00a0;", " ?", "\u00a0?", " !", "\u00a0!", " »", "\u00a0»", "« ", "«\u00a0", "'", "’")

// message is the translation as the printer wants it.
func (s sentences) message(key string) catalog.Message {
	if only, ok := s[""]; ok {
		return catalog.String(only)
	}
	var cases []any
	for _, form := range []string{"zero", "one", "two", "few", "many", "other"} {
		if text, ok := s[form]; ok {
			cases = append(cases, form, text)
		}
	}
	return plural.Selectf(number(key), "%d", cases...)
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([a-z%])`)

// number is the place of the first number among the parts of a sentence.
func number(english string) int {
	place := 0
	for _, m := range verb.FindAllStringSubmatch(english, -1) {
		if m[2] == "%" {
			continue
		}
		if place++; m[1] != "" {
			place, _ = strconv.Atoi(m[1]) //nolint:errcheck // digits, as the pattern says
		}
		if m[2] == "d" {
			return place
		}
	}
	return 1
}

// SlackTime shows a moment in the reader's own time zone, as Slack knows it.
func (t Tag) SlackTime(at time.Time) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", at.Unix(), t.catalogue().Formats.SlackTime, t.Time(at))
}

// SlackDate shows a date in the reader's own time zone.
func (t Tag) SlackDate(at time.Time) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", at.Unix(), t.catalogue().Formats.SlackDate, t.Date(at))
}

// Weekday writes a date near now: "Mon 2 Jan".
func (t Tag) Weekday(at time.Time) string { return t.named(at, t.catalogue().Formats.Weekday) }

// MonthDay writes a date of this year: "2 Jan".
func (t Tag) MonthDay(at time.Time) string { return t.named(at, t.catalogue().Formats.MonthDay) }

// Month writes a month: "January 2006".
func (t Tag) Month(at time.Time) string { return t.named(at, t.catalogue().Formats.Month) }

// named writes a date by a layout with names, in the zone that the moment has.
func (t Tag) named(at time.Time, layout string) string {
	f := t.catalogue().Formats
	m := at.Month() - time.January
	return strings.NewReplacer(
		"Mon", f.Weekdays[at.Weekday()], "January", f.Months[m], "Jan", f.ShortMonths[m],
		"2006", strconv.Itoa(at.Year()), "2", strconv.Itoa(at.Day()),
	).Replace(layout)
}
