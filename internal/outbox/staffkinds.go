package outbox

import "latchkey/internal/access"

// The effects by which a member of the staff is found by a mail address. Both only read.
const (
	SlackMail = "slack.mail" // look up the verified mail address of a member of the staff
	GraphMail = "graph.mail" // look up the Entra user who has it
)

// MailPayload is the payload of [SlackMail], and of [GraphMail], where the person has the
// mail address that was found.
type MailPayload struct{ Person access.Person }

// MailResult is what [SlackMail] found: a full, active member of the installing workspace,
// with a mail address that Slack has verified, in lower case. The result of [GraphMail] is
// a [StaffResult].
type MailResult struct{ Person access.Person }
