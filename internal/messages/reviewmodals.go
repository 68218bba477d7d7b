package messages

import (
	"strings"

	"github.com/slack-go/slack"
)

// ReviewRemovalView is a row that is to be removed.
type ReviewRemovalView struct {
	ReviewView
	Row    ReviewRowView
	Grants []CardView // access that ends before it
}

// ReviewRemoveModal says what stops and what goes on when the row is removed. The facts
// are those of [Impact], as far as they hold for this one.
func ReviewRemoveModal(v ReviewRemovalView) Modal {
	in, row := v.in(), v.Row.Row
	lines := []string{in.rowTitle(row).shown, in.rowFacts(v.Row).shown}
	return modal(ViewReviewRemove, ReviewRef(v.Review.ID, row.N, row.Terms), in.Say("Remove access"), in.Say("Remove"), in.Say("Cancel"),
		slack.NewSectionBlock(formatted(strings.Join(lines, "\n")), nil, nil),
		slack.NewSectionBlock(formatted("• "+strings.Join(v.stops(), "\n• ")), nil, nil))
}

// stops says what ends with the row, and what does not.
func (v ReviewRemovalView) stops() []string {
	in, row := v.in(), v.Row.Row
	stops := []string{in.Say("Nobody has access by request through it right now.")}
	if n := len(v.Grants); n > 0 {
		stops[0] = in.Say("Access by request that goes through it ends first: %d.", n)
	}
	switch {
	case row.Group == "":
		stops = append(stops,
			in.Say("All security groups that have roles on it lose them."),
			in.Say("Nobody acts in the tenant through it any more: admin centers, users, support tickets in the customer's name."),
			in.Say("What was sold stays: orders, subscriptions and licences are not touched."),
			in.Say("It cannot be undone. The way back is a new relationship that the customer approves."))
	case row.Own:
		stops = append(stops, in.Say("The relationship stays: whoever needs access asks for it again, and the customer decides."))
	default:
		stops = append(stops,
			in.Say("Everybody in the group loses these roles in the tenant."),
			in.Say("The relationship stays: whoever needs access asks for it again, and the customer decides."))
	}
	return append(stops, in.tokensLast())
}
