package messages

import (
	"fmt"
	"slices"
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
	p.tell(reviewResult(r))
	decide := 0
	for _, row := range v.Rows {
		switch {
		case row.Row.State == access.RowHanded && decide < mostDecided:
			decide++
			p.handedRow(v, row)
		case row.Row.State == access.RowRemoving || row.Row.State == access.RowRemoved || row.Row.State == access.RowFailed:
			p.tells(english.rowTitle(row.Row), rowOutcome(row))
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

func reviewResult(r access.Review) saying {
	said := plain("Nobody started it: policy.yml wants one from time to time.")
	if r.StartedBy.Known() {
		said = toStaff("%s started it on %s.", r.StartedBy, r.StartedAt)
	}
	if who, ok := reviewers(r); ok {
		said = said.and(toStaff("Answered by %s.", who))
	}
	words := map[access.RowState]string{
		access.RowOpen: "waiting for the customer", access.RowHanded: "for the partner to decide", access.RowKept: "kept",
		access.RowRemoving: "being removed", access.RowRemoved: "removed", access.RowFailed: "not removed", access.RowGone: "over before",
	}
	var counts []string
	for _, s := range access.RowStates() {
		if n := r.Count(s); n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, words[s]))
		}
	}
	said = said.then(count(len(r.Rows), "row", "rows") + ": " + list(counts) + ".")
	if r.State == access.ReviewClosed {
		said = said.and(toStaff("Closed on %s.", r.ClosedAt))
	}
	return said
}

// toStaff says a sentence twice, as [tongue.saying] does, to people who read English.
func toStaff(sentence string, parts ...any) saying {
	shown, aloud := slices.Clone(parts), slices.Clone(parts)
	for i, part := range parts {
		switch part := part.(type) {
		case access.Person:
			shown[i], aloud[i] = mention(part), called(part)
		case time.Time:
			shown[i], aloud[i] = when(part), access.FormatTime(part)
		case saying:
			shown[i], aloud[i] = part.shown, part.aloud
		}
	}
	return saying{fmt.Sprintf(sentence, shown...), unmarked(fmt.Sprintf(sentence, aloud...))}
}

// reviewers are the people who answered, each once.
func reviewers(r access.Review) (saying, bool) {
	var shown, aloud []string
	var seen []access.Person
	for _, row := range r.Rows {
		if row.By.Known() && !slices.ContainsFunc(seen, row.By.Same) {
			seen = append(seen, row.By)
			shown, aloud = append(shown, mention(row.By)), append(aloud, called(row.By))
		}
	}
	return saying{list(shown), list(aloud)}, len(shown) > 0
}

// handedRow is a row for a bot admin to decide.
func (p *page) handedRow(v ReviewView, row ReviewRowView) {
	p.tells(english.rowTitle(row.Row), english.rowFacts(row), plain("The customer did not answer in time."))
	if row.Covered {
		p.contextBoth("It goes with its relationship, which is being removed.")
		return
	}
	v.Language = lang.English
	p.buttons(keepRow(v, row.Row), removeRow(v, row.Row))
}

// rowOutcome is what became of the row, for the partner's own people.
func rowOutcome(v ReviewRowView) saying {
	row := v.Row
	switch row.State {
	case access.RowOpen:
		if !v.Covered {
			return plain("Waits for the customer.")
		}
	case access.RowFailed:
		return plain("It could not be removed. " + sentence(row.Note)).after("⚠️")
	case access.RowHanded:
		if !v.Covered {
			return plain("The customer did not answer in time: a bot admin decides.").after("⌛")
		}
	case access.RowKept, access.RowRemoving, access.RowRemoved, access.RowGone:
	}
	status, _ := english.rowStatus(v)
	return status
}

// ReviewStory is a review with all its rows, as the partner's own people look it up.
func ReviewStory(v ReviewView) Message {
	r := v.Review
	p := &page{}
	p.header(fmt.Sprintf("🔎 %s: access review of %s", r.ID, orElse(line(r.CustomerName, maxName), "(no name)")))
	p.say("%s, access review of %s.", r.ID, name(r.CustomerName))
	p.tell(reviewResult(r))
	if r.State == access.ReviewOpen && !r.Overdue {
		p.tell(toStaff("The customer has until %s.", r.DueBy).then(unanswered(r)))
	}
	var lines []string
	for _, row := range v.Rows[:min(mostStoryRows, len(v.Rows))] {
		title, facts, outcome := english.rowTitle(row.Row), english.rowFacts(row), rowOutcome(row)
		lines = append(lines, title.shown+"\n"+facts.shown+"\n"+outcome.shown)
		p.say("%s %s %s", title.aloud, facts.aloud, outcome.aloud)
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
	what := toStaff("%s: *%s* is asked about %s access for good, until %s.",
		r.ID, name(r.CustomerName), count(len(r.Rows), "thing that gives", "things that give"), r.DueBy)
	return english.notice(what.after("🔎"), "Its channel has the list. "+unanswered(r))
}

// unanswered tells the staff what becomes of rows that nobody answers.
func unanswered(r access.Review) string {
	switch r.Unanswered {
	case access.UnansweredKeep:
		return "What nobody answers stays."
	case access.UnansweredRemove:
		return "What nobody answers is removed."
	}
	return "What nobody answers, a bot admin decides."
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
		"Its time is over on "+when(r.DueBy)+". "+unanswered(r)+" Somebody may want to call them.")
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
