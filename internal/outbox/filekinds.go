package outbox

import (
	"latchkey/internal/access"
	"latchkey/internal/state"
)

// SlackFile shows a file once, in a lane of its own: what it goes with must never wait
// for it.
const SlackFile = "slack.file"

// FilePayload is the payload of [SlackFile]: the picture that goes with the partner's
// summary of a day, the table of what a storm holds, or that of what came of an access
// review.
type FilePayload struct {
	Day    access.Day      `json:",omitempty"`
	Storm  access.StormID  `json:",omitempty"`
	Review access.ReviewID `json:",omitempty"`
}

// Lane is the lane of the file.
func (p FilePayload) Lane() string {
	if p.Storm != "" {
		return "file/" + string(p.Storm)
	}
	if p.Review != "" {
		return "file/" + string(p.Review)
	}
	return "file/summary"
}

// Early reports whether what the file goes with is still to be said.
func (p FilePayload) Early(tx state.Tx) (bool, error) {
	if p.Storm != "" {
		return Owes(tx, StormLane(p.Storm), string(p.Storm), SlackAlertCard)
	}
	if p.Review != "" {
		card := ReviewCardPayload{Review: p.Review}
		return Owes(tx, card.Lane(), card.Scope(), SlackReviewCard)
	}
	return Owes(tx, SummaryLane(state.Partner), SummaryScope(state.Partner, p.Day), SlackNotice)
}
