package outbox

import "latchkey/internal/access"

// The effects of mail to contacts who are not in Slack.
const (
	GraphLetter = "graph.letter" // send one
	GraphAlarm  = "graph.alarm"  // send one that must be read, and must wait for nothing
)

// Occasion says what a mail tells of.
type Occasion string

// The occasions.
const (
	MailAsked    Occasion = "asked"    // a request waits for them
	MailReminder Occasion = "reminder" // it still does
	MailOver     Occasion = "over"     // it was decided and gives nothing now, was taken back, or has lapsed
	MailGiven    Occasion = "given"    // the access is there
	MailEnded    Occasion = "ended"    // and is gone, or never was
	MailLinked   Occasion = "linked"   // they can decide for the customer
	MailAlarm    Occasion = "alarm"    // access was taken without their word
	MailReview   Occasion = "review"   // an access review waits for them
	MailStill    Occasion = "still"    // and still does
	MailOffer    Occasion = "offer"    // a relationship is asked of the customer
)

// LetterPayload is the payload of [GraphLetter] and [GraphAlarm]. What it says is what holds when it is sent.
type LetterPayload struct {
	Occasion Occasion
	To       string // the address by which the contact is linked
	Customer access.TenantID
	Request  access.RequestID `json:",omitempty"`
	Review   access.ReviewID  `json:",omitempty"`
	Offer    access.OfferID   `json:",omitempty"`
	By       access.Person    `json:",omitzero"` // who linked them
}

// Letter is a mail as it is sent; one to nobody has nothing to say any more.
type Letter struct{ To, Subject, Text, HTML string }
