package outbox

import (
	"time"

	"latchkey/internal/access"
)

// Look is the kind of the effect that reads at once what a notification of Partner
// Center is about. It changes nothing outside, so doing it twice does no harm, and
// the next whole read does the same.
const Look = "watch.look"

// LookPayload is the payload of [Look]. It has no result.
type LookPayload struct {
	Event        string
	Relationship access.RelationshipID // to read; or, when empty,
	Record       string                // the audit record that names the customer to read; may be empty
	ChangedAt    time.Time
}

// Who is the kind of the effect that asks a log who made a change. It changes nothing
// outside.
const Who = "watch.who"

// WhoPayload is the payload of [Who]: a change in the history of an alert.
type WhoPayload struct {
	Alert  access.AlertID
	Change access.ChangeKind
	At     time.Time
}

// WhoResult is the result of [Who]. By is empty when no log tells.
type WhoResult struct {
	By     string // as they sign in, or what an application is called
	Source string // which log told
}
