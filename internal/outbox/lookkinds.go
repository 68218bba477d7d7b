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
