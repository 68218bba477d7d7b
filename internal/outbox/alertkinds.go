package outbox

import "latchkey/internal/access"

// SlackAlertCard makes a card of an alert, or of many, show the current state.
const SlackAlertCard = "slack.alert.card"

// AlertCardPayload is the payload of [SlackAlertCard]: the card'th of an alert,
// or that of a storm.
type AlertCardPayload struct {
	Alert access.AlertID
	Card  int
	Storm access.StormID
}

// StormLane is the lane of a storm's card.
func StormLane(id access.StormID) string { return string(id) + "/slack" }

// SummaryLane is the lane of somebody's summaries.
func SummaryLane(of access.TenantID) string { return "notice/summary/" + string(of) }

// SummaryScope is the beginning of the id of a summary.
func SummaryScope(of access.TenantID, day access.Day) string {
	return "summary/" + string(of) + "/" + string(day)
}

// NoticeSummary tells the operators, or a customer's channel, what was on a day
// and what is now. The day is the text of its payload.
const NoticeSummary NoticeKind = "summary"

// NoticeWatching tells the operators that relationships are watched from now on.
const NoticeWatching NoticeKind = "watching"
