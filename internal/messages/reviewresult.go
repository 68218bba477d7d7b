package messages

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// ReviewOperators is the card of a review in the operators' channel: what came of it,
// and what the partner has to decide itself.
func ReviewOperators(v ReviewView) Message {
	r := v.Review
	p := &page{prefix: fmt.Sprintf("vo.%s.%d", r.ID, r.Rev)}
	what := "closed"
	if r.State != access.ReviewClosed {
		what = "answered"
	}
	if n := r.Count(access.RowHanded); n > 0 {
		what = "waits for you"
	}
	p.header(fmt.Sprintf("🔎 %s: access review of %s %s", r.ID, orElse(line(r.CustomerName, maxName), "(no name)"), what))
	p.say("%s, access review of %s: %s.", r.ID, name(r.CustomerName), what)
	p.twice(lang.English, func(w voice) string { return reviewResult(w, r) })
	decide := 0
	for _, row := range v.Rows {
		switch {
		case row.Row.State == access.RowHanded && decide < mostDecided:
			decide++
			p.handedRow(v, row)
		case row.Row.State == access.RowRemoving || row.Row.State == access.RowRemoved || row.Row.State == access.RowFailed:
			p.resultRow(row)
		}
	}
	if more := r.Count(access.RowHanded) - decide; more > 0 {
		p.contextBoth(count(more, "more comes when these are answered.", "more come when these are answered."))
	}
	p.contextBoth("The whole list: " + code("/access review show "+string(r.ID)) + ".")
	return p.message()
}

// mostDecided is how many rows a bot admin decides about at once.
const mostDecided = 12

func reviewResult(w voice, r access.Review) string {
	said := "Nobody started it: policy.yml wants one from time to time."
	if r.StartedBy.User != "" {
		said = w.who(r.StartedBy) + " started it on " + w.at(r.StartedAt) + "."
	}
	if who := reviewers(w, r); who != "" {
		said += " Answered by " + who + "."
	}
	return said + " " + reviewCountsPlain(w, r)
}

// reviewers are the people who answered, each once.
func reviewers(w voice, r access.Review) string {
	var out []string
	seen := map[access.UserID]bool{}
	for _, row := range r.Rows {
		if row.By.User != "" && !seen[row.By.User] {
			seen[row.By.User] = true
			out = append(out, w.who(row.By))
		}
	}
	return list(out)
}

// reviewCountsPlain counts the rows by what became of them.
func reviewCountsPlain(w voice, r access.Review) string {
	words := map[access.RowState]string{
		access.RowOpen: "waiting for the customer", access.RowHanded: "for the partner to decide", access.RowKept: "kept",
		access.RowRemoving: "being removed", access.RowRemoved: "removed", access.RowFailed: "not removed", access.RowGone: "over before",
	}
	var said []string
	for _, s := range access.RowStates() {
		if n := r.Count(s); n > 0 {
			said = append(said, fmt.Sprintf("%d %s", n, words[s]))
		}
	}
	out := count(len(r.Rows), "row", "rows") + ": " + list(said) + "."
	if r.State == access.ReviewClosed {
		out += " Closed on " + w.at(r.ClosedAt) + "."
	}
	return out
}

// handedRow is a row for a bot admin to decide.
func (p *page) handedRow(v ReviewView, row ReviewRowView) {
	p.twice(lang.English,
		func(w voice) string { return rowTitle(w, row.Row) },
		func(w voice) string { return rowFacts(w, row) },
		func(voice) string { return "The customer did not answer in time." })
	if row.Covered {
		p.contextBoth("It goes with its relationship, which is being removed.")
		return
	}
	english := v
	english.Language = lang.English
	p.buttons(keepRow(english, row.Row), removeRow(english, row.Row))
}

// resultRow is one whose removal was wanted.
func (p *page) resultRow(row ReviewRowView) {
	p.twice(lang.English,
		func(w voice) string { return rowTitle(w, row.Row) },
		func(w voice) string { return rowOutcome(w, row) })
}

// rowOutcome is what became of the row, for the partner's own people.
func rowOutcome(w voice, v ReviewRowView) string {
	row := v.Row
	switch row.State {
	case access.RowOpen:
		if v.Covered {
			return "It goes with its relationship, which is being removed."
		}
		return "Waits for the customer."
	case access.RowFailed:
		return "⚠️ It could not be removed. " + sentence(row.Note)
	case access.RowHanded:
		return "⌛ The customer did not answer in time: a bot admin decides."
	case access.RowKept, access.RowRemoving, access.RowRemoved, access.RowGone:
	}
	if says, ok := rowStatus(v); ok {
		return says(w)
	}
	return string(row.State)
}

// ReviewStory is a review with all its rows, as the partner's own people look it up.
func ReviewStory(v ReviewView) Message {
	r := v.Review
	p := &page{}
	p.header(fmt.Sprintf("🔎 %s: access review of %s", r.ID, orElse(line(r.CustomerName, maxName), "(no name)")))
	p.say("%s, access review of %s.", r.ID, name(r.CustomerName))
	p.twice(lang.English, func(w voice) string { return reviewResult(w, r) })
	if r.State == access.ReviewOpen && !r.Overdue {
		p.twice(lang.English, func(w voice) string {
			return "The customer has until " + w.at(r.DueBy) + ". What nobody answers: " + string(r.Unanswered) + "."
		})
	}
	var lines []string
	for _, row := range v.Rows[:min(mostStoryRows, len(v.Rows))] {
		shown, aloud := voice{lang.English, false}, voice{lang.English, true}
		lines = append(lines, rowTitle(shown, row.Row)+"\n"+rowFacts(shown, row)+"\n"+rowOutcome(shown, row))
		p.say("%s %s %s", rowTitle(aloud, row.Row), rowFacts(aloud, row), rowOutcome(aloud, row))
	}
	p.section(lines...)
	if more := len(v.Rows) - mostStoryRows; more > 0 {
		p.contextBoth(fmt.Sprintf("… and %d more. When a review is closed, the operators' channel has all of it as a table.", more))
	}
	return p.message()
}

// mostStoryRows bounds what fits a message.
const mostStoryRows = 30

// ReviewStarted tells a bot admin what was started.
func ReviewStarted(v ReviewView) Message {
	r := v.Review
	rest := "Its channel has the list. What nobody answers: " + string(r.Unanswered) + "."
	what := func(w voice) string {
		return string(r.ID) + ": " + w.strong(name(r.CustomerName)) + " is asked about " + count(len(r.Rows), "thing that gives", "things that give") +
			" access for good, until " + w.at(r.DueBy) + "."
	}
	return notice("🔎 "+what(voice{lang.English, false}), what(voice{lang.English, true}), rest)
}

// ReviewsView is what came of the wish to have all customers asked.
type ReviewsView struct {
	Started []access.Review
	Not     []ReviewNotView
}

// ReviewNotView is a customer that was not asked, and why.
type ReviewNotView struct{ Customer, Why string }

// ReviewsStarted tells a bot admin.
func ReviewsStarted(v ReviewsView) Message {
	p := &page{}
	p.both("🔎 " + count(len(v.Started), "customer is", "customers are") + " asked to review our access.")
	listed(p, "Started", v.Started, func(r access.Review) (string, string) {
		said := name(r.CustomerName) + ": " + string(r.ID) + ", " + count(len(r.Rows), "row", "rows")
		return said, said
	})
	listed(p, "Not started", v.Not, func(n ReviewNotView) (string, string) {
		said := name(n.Customer) + ": " + sentence(n.Why)
		return said, strings.TrimSuffix(said, ".")
	})
	return p.message()
}

// ReviewUnanswered tells the operators that the customer's time is nearly over.
func ReviewUnanswered(v ReviewView) Message {
	r := v.Review
	return notice("⏰ *"+name(r.CustomerName)+"* has not answered "+count(len(r.Waiting()), "row", "rows")+" of the access review "+string(r.ID)+".",
		name(r.CustomerName)+" has not answered "+count(len(r.Waiting()), "row", "rows")+" of the access review "+string(r.ID)+".",
		"Its time is over on "+when(r.DueBy)+". What nobody answers by then: "+string(r.Unanswered)+". Somebody may want to call them.")
}

// ReviewColumns are those of the table of a review.
var ReviewColumns = []string{
	"review", "customer", "row", "what", "relationship", "group", "roles", "ends or renews", "who", "result", "answered by", "answered", "over since", "note",
}

// ReviewTableRow is a row of it.
func ReviewTableRow(r access.Review, v ReviewRowView) []string {
	row := v.Row
	what := "relationship"
	switch {
	case row.Own:
		what = "access by request"
	case row.Group != "":
		what = "security group"
	}
	var roles []string
	for _, one := range privilegedFirst(v.Roles) {
		roles = append(roles, line(one.Name, maxName))
	}
	by := line(row.By.Name, maxName)
	if by == "" && !row.At.IsZero() {
		by = "nobody, as policy says: " + string(r.Unanswered)
	}
	who := strings.Join(row.Members, ", ")
	if more := row.Count - len(row.Members); more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	}
	return []string{
		string(r.ID), line(r.CustomerName, maxName), strconv.Itoa(row.N), what, line(row.Name, maxName), line(row.GroupName, maxName), strings.Join(roles, ", "),
		moment(row.End), line(who, 1000), string(row.State), by, moment(row.At), moment(row.EndedAt), line(row.Note, maxQuote),
	}
}

// moment is a time for a table, and nothing for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return access.FormatTime(t)
}
