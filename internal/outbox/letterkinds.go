package outbox

import "latchkey/internal/access"

// GraphLetter sends a mail to a contact who is not in Slack.
const GraphLetter = "graph.letter"

// Occasion says what a mail tells of.
type Occasion string

// The occasions.
const (
	MailAsked    Occasion = "asked"    // a request waits for them
	MailReminder Occasion = "reminder" // it still does
	MailOver     Occasion = "over"     // it was denied, was taken back, or has lapsed
	MailGiven    Occasion = "given"    // the access is there
	MailEnded    Occasion = "ended"    // and is gone, or never was
	MailLinked   Occasion = "linked"   // they can decide for the customer
)

// LetterPayload is the payload of [GraphLetter]. What it says is what holds when it is sent.
type LetterPayload struct {
	Occasion Occasion
	To       string // the address by which the contact is linked
	Customer access.TenantID
	Request  access.RequestID `json:",omitempty"`
	By       access.Person    `json:",omitzero"` // who linked them
}

// Letter is a mail as it is sent; one to nobody has nothing to say any more.
type Letter struct{ To, Subject, Text, HTML string }
