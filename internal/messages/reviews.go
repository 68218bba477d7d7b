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
	Page        string          // where it is answered after a sign-in; empty where nowhere
}

func (v ReviewView) in() tongue { return tongue{v.Language} }

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
	p := &page{prefix: fmt.Sprintf("v.%s.%d.%d", r.ID, v.Card, r.Rev), in: v.in()}
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
	in, r := v.in(), v.Review
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

// tells shows sentences in one section, a line each, and says them.
func (p *page) tells(all ...saying) {
	lines := make([]string, len(all))
	for i, s := range all {
		lines[i] = s.shown
		p.say("%s", s.aloud)
	}
	p.section(lines...)
}

// reviewIntro says what is wanted, until when, and how far it is.
func (p *page) reviewIntro(v ReviewView) {
	r, in := v.Review, v.in()
	if r.State == access.ReviewClosed || len(r.Waiting()) == 0 || r.Overdue {
		p.tell(in.reviewCounts(r))
	} else {
		asks := in.saying("%s asks *%s* to look over everything that gives us access for good. Say of each whether it stays.", r.StartedBy, name(r.CustomerName))
		if !r.StartedBy.Known() {
			asks = in.saying("It is time for *%s* to look over everything that gives us access for good. Say of each whether it stays.", name(r.CustomerName))
		}
		p.tells(asks, in.saying("You have until *%s*.", r.DueBy).then(in.unanswered(r)),
			in.saying("%d of %d answered.", len(r.Rows)-r.Count(access.RowOpen), len(r.Rows)))
	}
	if len(r.Unread) > 0 {
		names := make([]string, len(r.Unread))
		for i, n := range r.Unread {
			names[i] = name(n)
		}
		p.contextBoth(in.Say("Which groups have roles could not be read of: %s.", strings.Join(names, ", ")))
	}
}

// unanswered says what becomes of what nobody answers.
func (in tongue) unanswered(r access.Review) string {
	switch r.Unanswered {
	case access.UnansweredKeep:
		return in.Say("What nobody has answered by then stays.")
	case access.UnansweredRemove:
		return in.Say("What nobody has answered by then is removed.")
	case access.UnansweredAsk:
	}
	return in.Say("About what nobody has answered by then, we decide.")
}

// reviewCounts says what came of it.
func (in tongue) reviewCounts(r access.Review) saying {
	var said []string
	for _, one := range []struct {
		state access.RowState
		says  func(int) string
	}{
		{access.RowKept, func(n int) string { return in.Say("Kept: %d.", n) }},
		{access.RowRemoved, func(n int) string { return in.Say("Removed: %d.", n) }},
		{access.RowRemoving, func(n int) string { return in.Say("Being removed: %d.", n) }},
		{access.RowFailed, func(n int) string { return in.Say("Not removed, to our regret: %d.", n) }},
		{access.RowGone, func(n int) string { return in.Say("Over before anybody answered: %d.", n) }},
		{access.RowHanded, func(n int) string { return in.Say("Not answered in time, so that we decide: %d.", n) }},
	} {
		if n := r.Count(one.state); n > 0 {
			said = append(said, one.says(n))
		}
	}
	counts := strings.Join(said, " ")
	if r.State != access.ReviewClosed {
		return plain(counts)
	}
	return in.saying("Closed on %s.", r.ClosedAt).then(counts)
}

// reviewRow shows one row and, while it waits for the customer, its buttons.
func (p *page) reviewRow(v ReviewView, row ReviewRowView) {
	in := v.in()
	all := []saying{in.rowTitle(row.Row), in.rowFacts(row)}
	if status, ok := in.rowStatus(row); ok {
		all = append(all, status)
	}
	p.tells(all...)
	if row.Row.State == access.RowOpen && !row.Covered {
		p.buttons(keepRow(v, row.Row), removeRow(v, row.Row))
	}
}

func (in tongue) rowTitle(row access.ReviewRow) saying {
	s := in.saying("%d. The security group *%s*, on the relationship %s", row.N, name(row.GroupName), name(row.Name))
	switch {
	case row.Group == "":
		s = in.saying("%d. The relationship *%s*", row.N, name(row.Name))
	case row.Own:
		s = in.saying("%d. Access by request in the group *%s*, on the relationship %s", row.N, name(row.GroupName), name(row.Name))
	}
	s.aloud += ":"
	return s
}

// rowFacts says what it gives, to whom, and for how long.
func (in tongue) rowFacts(v ReviewRowView) saying {
	row := v.Row
	end := saying{in.SlackDate(row.End), in.Date(row.End)}
	roles := plain(in.Say("Roles: %s.", in.rolesIn(v.Roles, mostRowRoles)))
	switch {
	case row.State == access.RowRemoved || row.State == access.RowGone: // nobody has it any more
		return roles
	case row.Group != "" && row.Unseen:
		return roles.then(in.Say("Who is in it could not be read."))
	case row.Group != "" && row.Count == 0:
		return roles.then(in.Say("Nobody is in it now."))
	case row.Own:
		return roles.then(in.Say("Who has access now: %s.", in.members(row)))
	case row.Group != "":
		return roles.then(in.Say("Who is in it: %s.", in.members(row)))
	case row.End.IsZero():
		return roles.then(in.Say("No end of it is known."))
	case row.AutoExtend:
		return roles.and(in.saying("It renews itself on %s, again and again.", end))
	}
	return roles.and(in.saying("It ends on %s.", end))
}

const (
	mostRowRoles  = 6
	mostRowPeople = 8
)

// members names the first few of a group.
func (in tongue) members(row access.ReviewRow) string {
	names := make([]string, 0, mostRowPeople)
	for _, n := range row.Members[:min(mostRowPeople, len(row.Members))] {
		names = append(names, name(n))
	}
	if more := row.Count - len(names); more > 0 {
		return in.Say("%s … and %d more", strings.Join(names, ", "), more)
	}
	return in.List(names)
}

// rowStatus says what became of the row; false while it waits.
func (in tongue) rowStatus(v ReviewRowView) (saying, bool) {
	row := v.Row
	nobody := !row.By.Known()
	switch {
	case v.Covered:
		return plain(in.Say("It goes with its relationship, which is being removed.")).after("🔄"), true
	case row.State == access.RowHanded:
		return plain(in.Say("Nobody answered in time. We decide, and you read here how.")).after("⌛"), true
	case row.State == access.RowKept && nobody:
		return plain(in.Say("Kept, since nobody answered in time.")).after("✅"), true
	case row.State == access.RowKept:
		return in.saying("Kept by %s on %s.", row.By, row.At).after("✅"), true
	case row.State == access.RowRemoving && nobody:
		return plain(in.Say("Being removed, since nobody answered in time.")).after("🔄"), true
	case row.State == access.RowRemoving:
		return in.saying("Being removed, as %s said on %s.", row.By, row.At).after("🔄"), true
	case row.State == access.RowRemoved && nobody:
		return in.saying("Removed on %s, since nobody answered in time.", row.EndedAt).after("🗑️"), true
	case row.State == access.RowRemoved:
		return in.saying("Removed on %s, as %s said.", row.EndedAt, row.By).after("🗑️"), true
	case row.State == access.RowFailed:
		return plain(in.Say("It could not be removed. We know of it and see to it.")).after("⚠️"), true
	case row.State == access.RowGone:
		return plain(in.Say("Over before anybody answered.")).after("⏹️"), true
	}
	return saying{}, false
}

func keepRow(v ReviewView, row access.ReviewRow) *slack.ButtonBlockElement {
	in, id := v.in(), v.Review.ID
	return button(ActionReviewKeep, ReviewRef(id, row.N, row.Terms), in.Say("Keep"), in.Say("Keep row %d of %s", row.N, id))
}

// removeRow has no dialog: the modal that it opens says what stops.
func removeRow(v ReviewView, row access.ReviewRow) *slack.ButtonBlockElement {
	in, id := v.in(), v.Review.ID
	return button(ActionReviewRemove, ReviewRef(id, row.N, row.Terms), in.Say("Remove"), in.Say("Remove row %d of %s", row.N, id)).WithStyle(slack.StyleDanger)
}

// reviewRest is the button that keeps all that is left, below more than one.
func (p *page) reviewRest(v ReviewView) {
	r, in := v.Review, v.in()
	n := len(r.Waiting())
	if n < 2 || r.Overdue || r.State != access.ReviewOpen {
		return
	}
	p.divider()
	p.buttons(button(ActionReviewRest, ReviewRef(r.ID, 0, r.Terms), in.Say("Keep all the rest"), in.Say("Keep all the rest of %s", r.ID)).
		WithConfirm(in.dialog(in.Say("Keep all the rest?"), in.Say("All %d that nobody has answered yet stay as they are.", n), in.Say("Keep"), slack.StylePrimary)))
}

// ReviewReminder calls the customer's contacts.
func ReviewReminder(v ReviewView) Message { return v.in().notice(v.calls()) }

// ReviewInPerson calls one of them, because the channel cannot be written to.
func ReviewInPerson(v ReviewView) Message {
	in := v.in()
	how := in.saying("You can answer as soon as it can again.")
	if v.Page != "" {
		how = in.saying("Answer on this page, signed in to your tenant: %s", v.Page)
	}
	p := &page{in: in}
	p.tell(v.calls())
	p.tell(in.elsewhere(v.Review.CustomerName).and(how))
	return p.message()
}

// calls says what waits for whom.
func (v ReviewView) calls() saying {
	in, r := v.in(), v.Review
	var shown, aloud []string
	for _, c := range v.Contacts {
		shown, aloud = append(shown, mention(c)), append(aloud, called(c))
	}
	who := saying{in.List(shown), in.List(aloud)}
	return in.saying("*%s* waits for %s. Not answered yet: %d. You have until %s.", r.ID, who, len(r.Waiting()), r.DueBy).
		then(in.unanswered(r)).after("⏰")
}
