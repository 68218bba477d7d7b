package outbox

import (
	"fmt"

	"latchkey/internal/access"
)

// SlackReviewCard makes a card of an access review show the current state.
const SlackReviewCard = "slack.review.card"

// ReviewCardPayload is the payload of [SlackReviewCard]: 0 is the operators' card, the
// others are those of the customer.
type ReviewCardPayload struct {
	Review access.ReviewID
	Card   int
}

// Lane is the lane of the card.
func (p ReviewCardPayload) Lane() string { return fmt.Sprintf("%s/slack/%d", p.Review, p.Card) }

// Scope is the beginning of the id of what is owed to the card.
func (p ReviewCardPayload) Scope() string { return fmt.Sprintf("%s/%d", p.Review, p.Card) }

// rowsOnCard is how many rows of a review a card shows: with the buttons of each it
// stays within what Slack takes.
const rowsOnCard = 15

// ReviewCards is how many cards the customer needs for so many rows.
func ReviewCards(rows int) int { return max(1, (rows+rowsOnCard-1)/rowsOnCard) }

// ReviewCardOf is the card of the customer that shows the row.
func ReviewCardOf(row int) int { return (row-1)/rowsOnCard + 1 }

// The notices about access reviews.
const (
	NoticeReviewReminder   NoticeKind = "review.reminder"   // to the customer's channel, or to a contact: rows still wait
	NoticeReviewUnanswered NoticeKind = "review.unanswered" // to the operators: the same, shortly before the end
)
