package outbox

import "latchkey/internal/access"

// GraphConsent says our own yes or no to a relationship that the indirect
// provider made.
const GraphConsent = "graph.consent"

// ConsentPayload is the payload of [GraphConsent]. Its result is a
// [RelationshipResult], read back as not waiting for us any more; null when
// Microsoft does not know the relationship any more.
type ConsentPayload struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	Name         string
	Approve      bool // else reject
	By           access.Person
}

// The notices about what an indirect provider made.
const (
	NoticeConsent   NoticeKind = "consent"   // to the operators: a relationship waits for our own consent
	NoticeOperators NoticeKind = "operators" // to the operators: something that happened, as a sentence
)
