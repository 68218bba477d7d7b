package messages

import (
	"strings"

	"latchkey/internal/access"
)

// ReviewWords is an access review as text, for a page or a mail.
type ReviewWords struct {
	Title string
	Intro []string
	Rows  []ReviewRowWords
	Rest  string // what keeping all the rest means; empty where that is not offered
}

// ReviewRowWords is one row of it.
type ReviewRowWords struct {
	N, Terms int
	Lines    []string
	Waits    bool // for a word of the customer
}

// ReviewInWords says of a review what its cards do.
func ReviewInWords(v ReviewView) ReviewWords {
	in, r := v.in(), v.Review
	p := &page{in: in}
	p.reviewIntro(v)
	_, title := reviewTitle(v)
	out := ReviewWords{Title: title}
	for _, s := range p.text {
		out.Intro = append(out.Intro, spoken(s))
	}
	for _, row := range v.Rows {
		one := ReviewRowWords{N: row.Row.N, Terms: row.Row.Terms, Lines: in.rowWords(row), Waits: row.Row.State == access.RowOpen && !row.Covered}
		if status, ok := in.rowStatus(row); ok {
			one.Lines = append(one.Lines, spoken(status.aloud))
		}
		out.Rows = append(out.Rows, one)
	}
	if n := len(r.Waiting()); n > 1 && !r.Overdue && r.State == access.ReviewOpen {
		out.Rest = in.Say("All %d that nobody has answered yet stay as they are.", n)
	}
	return out
}

func (in tongue) rowWords(row ReviewRowView) []string {
	return []string{spoken(strings.TrimSuffix(in.rowTitle(row.Row).aloud, ":")), spoken(in.rowFacts(row).aloud)}
}

// ReviewRemovalInWords says which row is to be removed, and what stops with it.
func ReviewRemovalInWords(v ReviewRemovalView) (row, stops []string) {
	for _, s := range v.stops() {
		stops = append(stops, spoken(unmarked(s)))
	}
	return v.in().rowWords(v.Row), stops
}

// ReviewLetter asks contacts who are not in Slack to answer a review, or calls it to mind.
func ReviewLetter(v ReviewView, link string, reminder bool) Letter {
	in, r := v.in(), v.Review
	words := ReviewInWords(v)
	l := paper{Language: v.Language, Lines: words.Intro, Page: link, Label: in.Say("Look and answer"), Subject: line(words.Title, 200)}
	if reminder {
		l.Subject = line(in.Say("Reminder: %s", words.Title), 200)
		l.Lines = append(l.Lines, in.Say("Not answered yet: %d.", len(r.Waiting())))
	}
	l.Lines = append(l.Lines, in.Say("To answer, open the page and sign in with Microsoft with your own account. Opening it answers nothing, and the link works for nobody else."))
	return l.letter()
}
