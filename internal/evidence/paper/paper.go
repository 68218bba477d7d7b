// Package paper shows a report of package evidence: as a PDF, as one page of HTML that
// needs nothing else, and as a table.
//
// What is said, and in which language, is written once: [New] turns the report into a
// [Document], and each form draws that. The package is pure.
package paper

import (
	"time"

	"latchkey/internal/evidence"
	"latchkey/internal/lang"
)

// Document is a report in words.
type Document struct {
	Language  lang.Tag
	Title     string
	Customer  string
	Period    string
	Warning   string   // something is not as it should be; empty: all is
	Facts     []Fact   // below the title
	Figures   []Figure // what it comes to
	Sections  []Section
	Head      string // of every page
	Foot      string
	PageWords func(n, of int) string
}

// Fact is something with its name.
type Fact struct {
	Name, Value string
	Code        bool // it is to be read letter by letter
}

// Figure is a number that says something by itself.
type Figure struct {
	Value, Name string
	Warn        bool
}

// Section is a part with a title.
type Section struct {
	Title   string
	Lead    []string
	Picture *Timeline
	Facts   []Fact
	Code    string // a command line
	Tables  []Table
	After   []string // smaller, below
}

// Table has the same columns in every row.
type Table struct {
	Title   string
	Columns []Column
	Rows    [][]Cell
}

// Column is the head of a column, and how wide it is beside the others.
type Column struct {
	Title  string
	Weight float64
}

// Cell is what stands in one place of a table, line by line.
type Cell []Line

// Line is a line of a cell, as long as it is.
type Line struct {
	Text  string
	Style Style
}

// Style is how a line is to be read.
type Style int

// The styles.
const (
	Plain Style = iota
	Strong
	Small
	Code
	Good
	Warn
	Absent // it is not there any more, and that is said
)

// words says things in the language and by the clock of the reader.
type words struct {
	lang.Tag
	zone   *time.Location
	digest string
}

func (w words) at(t time.Time) string { return w.TimeIn(t, w.zone) }

func (w words) date(t time.Time) string { return w.Date(localDate(t, w.zone)) }

// localDate is the moment at which it is that day in UTC, too.
func localDate(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		return t
	}
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// New puts the report into words.
func New(r evidence.Report) Document {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		zone = time.UTC
	}
	w := words{r.Language, zone, r.Digest()}
	d := Document{
		Language: r.Language, Title: w.Say("Evidence of delegated access"), Customer: r.Name, Period: w.period(r),
		Warning: w.warning(r), Facts: w.facts(r), Figures: w.figures(r),
		PageWords: func(n, of int) string { return w.Say("Page %d of %d", n, of) },
	}
	d.Head = d.Title + " · " + r.Name + " · " + d.Period
	d.Foot = w.Say("Made %s", w.at(r.Made)) + " · SHA-256 " + w.digest[:16]
	if r.ID != "" {
		d.Foot = r.ID + " · " + d.Foot
	}
	for _, one := range []func(evidence.Report) Section{
		w.timeline, w.relationships, w.accesses, w.glass, w.refused, w.turned, w.standing, w.reviews, w.alerts, w.contacts, w.people, w.controls, w.log, w.proof,
	} {
		if s := one(r); s.Title != "" {
			d.Sections = append(d.Sections, s)
		}
	}
	return d
}
