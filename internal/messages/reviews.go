package messages

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// ReviewView is an access review, or the part of it that one card shows.
type ReviewView struct {
	Review      access.Review
	Rows        []ReviewRowView
	Card, Cards int             // which of how many cards of the customer
	Contacts    []access.Person // who may answer
	Language    lang.Tag        // of the customer
}

// ReviewRowView is a row with the names of its roles.
type ReviewRowView struct {
	Row     access.ReviewRow
	Roles   []Role
	Covered bool // it goes with its relationship, which is being removed
}

// ReviewRef is what a button of a row carries: which row, and with which terms it was
// shown. All else is read from the store when somebody clicks.
func ReviewRef(id access.ReviewID, row, terms int) string {
	return fmt.Sprintf("%s/%d/%d", id, row, terms)
}

// ReviewCard is a card in the customer's channel.
func ReviewCard(v ReviewView) Message {
	r := v.Review
	p := &page{prefix: fmt.Sprintf("v.%s.%d.%d", r.ID, v.Card, r.Rev), in: tongue{v.Language}}
	emoji, title := reviewTitle(v)
	p.header(emoji + " " + title)
	p.say("%s.", title)
	if v.Card == 1 {
		p.reviewIntro(v)
	}
	for _, row := range v.Rows {
		p.reviewRow(v, row)
	}
	if v.Card == 1 {
		p.reviewRest(v)
	}
	return p.message()
}

func reviewTitle(v ReviewView) (emoji, title string) {
	in, r := v.Language, v.Review
	emoji, title = "🔎", in.Say("%s: please review our access", r.ID)
	switch {
	case r.State == access.ReviewClosed:
		emoji, title = "🏁", in.Say("%s: access review closed", r.ID)
	case len(r.Waiting()) == 0 || r.Overdue:
		emoji, title = "🔄", in.Say("%s: access review answered", r.ID)
	}
	if v.Cards > 1 {
		title += ", " + in.Say("part %d of %d", v.Card, v.Cards)
	}
	return emoji, title
}

// twice says the same as a section and in the text.
func (p *page) twice(in lang.Tag, lines ...func(voice) string) {
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = line(voice{in, false})
		p.say("%s", line(voice{in, true}))
	}
	p.section(shown...)
}

// reviewIntro says what is wanted, until when, and how far it is.
func (p *page) reviewIntro(v ReviewView) {
	r := v.Review
	if r.State == access.ReviewClosed || len(r.Waiting()) == 0 || r.Overdue {
		p.twice(v.Language, func(w voice) string { return reviewCounts(w, r) })
	} else {
		p.twice(v.Language,
			func(w voice) string {
				if r.StartedBy.User == "" {
					return w.Say("It is time for %s to look over everything that gives us access for good. Say of each whether it stays.", w.strong(name(r.CustomerName)))
				}
				return w.Say("%s asks %s to look over everything that gives us access for good. Say of each whether it stays.",
					w.who(r.StartedBy), w.strong(name(r.CustomerName)))
			},
			func(w voice) string {
				return w.Say("You have until %s.", w.strong(w.at(r.DueBy))) + " " + reviewUnanswered(w, r)
			},
			func(w voice) string {
				return w.Say("%d of %d answered.", len(r.Rows)-r.Count(access.RowOpen), len(r.Rows))
			})
	}
	if len(r.Unread) > 0 {
		names := make([]string, len(r.Unread))
		for i, n := range r.Unread {
			names[i] = name(n)
		}
		p.contextBoth(v.Language.Say("Which groups have roles could not be read of: %s.", strings.Join(names, ", ")))
	}
}

// reviewUnanswered says what becomes of what nobody answers.
func reviewUnanswered(w voice, r access.Review) string {
	switch r.Unanswered {
	case access.UnansweredKeep:
		return w.Say("What nobody has answered by then stays.")
	case access.UnansweredRemove:
		return w.Say("What nobody has answered by then is removed.")
	case access.UnansweredAsk:
	}
	return w.Say("About what nobody has answered by then, we decide.")
}

// reviewCounts says what came of it.
func reviewCounts(w voice, r access.Review) string {
	var said []string
	if r.State == access.ReviewClosed {
		said = append(said, w.Say("Closed on %s.", w.at(r.ClosedAt)))
	}
	for _, one := range []struct {
		n    int
		says func(int) string
	}{
		{r.Count(access.RowKept), func(n int) string { return w.Say("Kept: %d.", n) }},
		{r.Count(access.RowRemoved), func(n int) string { return w.Say("Removed: %d.", n) }},
		{r.Count(access.RowRemoving), func(n int) string { return w.Say("Being removed: %d.", n) }},
		{r.Count(access.RowFailed), func(n int) string { return w.Say("Not removed, to our regret: %d.", n) }},
		{r.Count(access.RowGone), func(n int) string { return w.Say("Over before anybody answered: %d.", n) }},
		{r.Count(access.RowHanded), func(n int) string { return w.Say("Not answered in time, so that we decide: %d.", n) }},
	} {
		if one.n > 0 {
			said = append(said, one.says(one.n))
		}
	}
	return strings.Join(said, " ")
}

// reviewRow shows one row and, while it waits for the customer, its buttons.
func (p *page) reviewRow(v ReviewView, row ReviewRowView) {
	lines := []func(voice) string{
		func(w voice) string { return rowTitle(w, row.Row) },
		func(w voice) string { return rowFacts(w, row) },
	}
	if status, ok := rowStatus(row); ok {
		lines = append(lines, status)
	}
	p.twice(v.Language, lines...)
	if row.Row.State == access.RowOpen && !row.Covered {
		p.buttons(keepRow(v, row.Row), removeRow(v, row.Row))
	}
}

func rowTitle(w voice, row access.ReviewRow) string {
	switch {
	case row.Group == "":
		return w.Say("%d. The relationship %s", row.N, w.strong(name(row.Name))) + w.colon()
	case row.Own:
		return w.Say("%d. Access by request in the group %s, on the relationship %s", row.N, w.strong(name(row.GroupName)), name(row.Name)) + w.colon()
	}
	return w.Say("%d. The security group %s, on the relationship %s", row.N, w.strong(name(row.GroupName)), name(row.Name)) + w.colon()
}

// colon closes a title where it is read aloud.
func (w voice) colon() string {
	if w.aloud {
		return ":"
	}
	return ""
}

// rowFacts says what it gives, to whom, and for how long.
func rowFacts(w voice, v ReviewRowView) string {
	row := v.Row
	said := []string{w.Say("Roles: %s.", rolesSaid(w, v.Roles))}
	switch {
	case row.State == access.RowRemoved || row.State == access.RowGone: // nobody has it any more
	case row.Group != "" && row.Unseen:
		said = append(said, w.Say("Who is in it could not be read."))
	case row.Group != "" && row.Count == 0:
		said = append(said, w.Say("Nobody is in it now."))
	case row.Own:
		said = append(said, w.Say("Who has access now: %s.", peopleSaid(w, row)))
	case row.Group != "":
		said = append(said, w.Say("Who is in it: %s.", peopleSaid(w, row)))
	case row.End.IsZero():
		said = append(said, w.Say("No end of it is known."))
	case row.AutoExtend:
		said = append(said, w.Say("It renews itself on %s, again and again.", w.day(row.End)))
	default:
		said = append(said, w.Say("It ends on %s.", w.day(row.End)))
	}
	return strings.Join(said, " ")
}

const (
	mostRowRoles  = 6
	mostRowPeople = 8
)

func rolesSaid(w voice, roles []Role) string {
	var names []string
	for _, r := range privilegedFirst(roles) {
		n := name(r.Name)
		if r.Privileged {
			n = w.Say("%s (privileged)", n)
		}
		names = append(names, n)
	}
	return fewSaid(w, names, len(names), mostRowRoles)
}

func peopleSaid(w voice, row access.ReviewRow) string {
	names := make([]string, len(row.Members))
	for i, n := range row.Members {
		names[i] = name(n)
	}
	return fewSaid(w, names, row.Count, mostRowPeople)
}

// fewSaid names the first few of so many.
func fewSaid(w voice, names []string, all, few int) string {
	if len(names) > few {
		names = names[:few]
	}
	said := strings.Join(names, ", ")
	if more := all - len(names); more > 0 {
		return w.Say("%s and %d more", said, more)
	}
	return said
}

// rowStatus says what became of the row; false while it waits.
func rowStatus(v ReviewRowView) (func(voice) string, bool) {
	row := v.Row
	emoji := map[access.RowState]string{
		access.RowKept: "✅", access.RowRemoving: "🔄", access.RowRemoved: "🗑️", access.RowFailed: "⚠️", access.RowGone: "⏹️", access.RowHanded: "⌛",
	}[row.State]
	nobody := row.By.User == ""
	var says func(w voice) string
	switch {
	case v.Covered:
		emoji = "🔄"
		says = func(w voice) string { return w.Say("It goes with its relationship, which is being removed.") }
	case row.State == access.RowHanded:
		says = func(w voice) string { return w.Say("Nobody answered in time. We decide, and you read here how.") }
	case row.State == access.RowKept && nobody:
		says = func(w voice) string { return w.Say("Kept, since nobody answered in time.") }
	case row.State == access.RowKept:
		says = func(w voice) string { return w.Say("Kept by %s on %s.", w.who(row.By), w.at(row.At)) }
	case row.State == access.RowRemoving && nobody:
		says = func(w voice) string { return w.Say("Being removed, since nobody answered in time.") }
	case row.State == access.RowRemoving:
		says = func(w voice) string { return w.Say("Being removed, as %s said on %s.", w.who(row.By), w.at(row.At)) }
	case row.State == access.RowRemoved && nobody:
		says = func(w voice) string {
			return w.Say("Removed on %s, since nobody answered in time.", w.at(row.EndedAt))
		}
	case row.State == access.RowRemoved:
		says = func(w voice) string { return w.Say("Removed on %s, as %s said.", w.at(row.EndedAt), w.who(row.By)) }
	case row.State == access.RowFailed:
		says = func(w voice) string { return w.Say("It could not be removed. We know of it and see to it.") }
	case row.State == access.RowGone:
		says = func(w voice) string { return w.Say("Over before anybody answered.") }
	default:
		return nil, false
	}
	return func(w voice) string {
		if w.aloud {
			return says(w)
		}
		return emoji + " " + says(w)
	}, true
}

func keepRow(v ReviewView, row access.ReviewRow) *slack.ButtonBlockElement {
	in, id := v.Language, v.Review.ID
	return button(ActionReviewKeep, ReviewRef(id, row.N, row.Terms), in.Say("Keep"), in.Say("Keep row %d of %s", row.N, id))
}

// removeRow has no dialog: the modal that it opens says what stops.
func removeRow(v ReviewView, row access.ReviewRow) *slack.ButtonBlockElement {
	in, id := v.Language, v.Review.ID
	return button(ActionReviewRemove, ReviewRef(id, row.N, row.Terms), in.Say("Remove"), in.Say("Remove row %d of %s", row.N, id)).WithStyle(slack.StyleDanger)
}

// reviewRest is the button that keeps all that is left, below more than one.
func (p *page) reviewRest(v ReviewView) {
	r, in := v.Review, v.Language
	n := len(r.Waiting())
	if n < 2 || r.Overdue || r.State != access.ReviewOpen {
		return
	}
	p.divider()
	p.buttons(button(ActionReviewRest, ReviewRef(r.ID, 0, r.Terms), in.Say("Keep all the rest"), in.Say("Keep all the rest of %s", r.ID)).
		WithConfirm(tongue{in}.dialog(in.Say("Keep all the rest?"), in.Say("All %d that nobody has answered yet stay as they are.", n), in.Say("Keep"), slack.StylePrimary)))
}

// ReviewReminder calls the customer's contacts.
func ReviewReminder(v ReviewView) Message {
	p := &page{in: tongue{v.Language}}
	r := v.Review
	p.twice(v.Language, func(w voice) string {
		var who []string
		for _, c := range v.Contacts {
			who = append(who, w.who(c))
		}
		return reminderEmoji(w) + w.Say("%s waits for %s. Not answered yet: %d. You have until %s.",
			w.strong(string(r.ID)), strings.Join(who, ", "), len(r.Waiting()), w.at(r.DueBy)) + " " + reviewUnanswered(w, r)
	})
	return p.message()
}

func reminderEmoji(w voice) string {
	if w.aloud {
		return ""
	}
	return "⏰ "
}
