package outbox

import "latchkey/internal/access"

// SlackFile shows a file once.
const SlackFile = "slack.file"

// FilePayload is the payload of [SlackFile]: the picture that goes with the partner's
// summary of a day, or the table of what a storm holds.
type FilePayload struct {
	Day   access.Day     `json:",omitempty"`
	Storm access.StormID `json:",omitempty"`
}
