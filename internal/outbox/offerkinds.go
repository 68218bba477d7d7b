package outbox

import "latchkey/internal/access"

// The kinds of effects that concern offers and relationships.
const (
	GraphOffer       = "graph.offer"        // make the relationship and send it to the customer
	GraphRetract     = "graph.retract"      // delete what was made and never sent
	GraphTerminate   = "graph.terminate"    // end a relationship
	GraphExtend      = "graph.extend"       // have a relationship renew itself, or not any more
	SlackOfferCard   = "slack.offer.card"   // make a card of an offer show the current state
	SlackOfferNotice = "slack.offer.notice" // say something about an offer or a relationship once
)

// OfferPayload is the payload of [GraphOffer] and [GraphRetract].
type OfferPayload struct{ Offer access.OfferID }

// RelationshipResult is the result of the effects of Graph in this file: the
// relationship as it was read back. It is null when there is none (any more).
type RelationshipResult struct{ Relationship access.Relationship }

// TerminatePayload is the payload of [GraphTerminate].
type TerminatePayload struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	Name         string // of the relationship, for what people are told
	By           access.Person
}

// ExtendPayload is the payload of [GraphExtend].
type ExtendPayload struct {
	Relationship access.RelationshipID
	Customer     access.TenantID
	Name         string
	On           bool
	By           access.Person
}

// OfferCardPayload is the payload of [SlackOfferCard]. An offer has the same two
// cards as a request.
type OfferCardPayload struct {
	Offer access.OfferID
	Card  string
}

// The notices about offers and relationships.
const (
	NoticeOfferDeclined  NoticeKind = "offer.declined"  // to the requester
	NoticeOfferActive    NoticeKind = "offer.active"    // to the requester, and to the customer's channel
	NoticeOfferOverruled NoticeKind = "offer.overruled" // to the operators, or else the requester: approved after a no
	NoticeOfferEnded     NoticeKind = "offer.ended"     // to the requester, and to the customer's channel
	NoticeOfferLapsed    NoticeKind = "offer.lapsed"    // to the requester
	NoticeOfferFailed    NoticeKind = "offer.failed"    // to the requester
	NoticeOfferInPerson  NoticeKind = "offer.inperson"  // to a contact: it waits, and its card cannot be in the channel
	NoticeRelationship   NoticeKind = "relationship"    // to the customer's channel: a change, as a sentence
	NoticeLetIn          NoticeKind = "letin"           // to the customer's channel: may the bot read who else administers the tenant
)

// OfferNoticePayload is the payload of [SlackOfferNotice]. Without User it goes
// to a channel.
type OfferNoticePayload struct {
	Notice   NoticeKind
	Offer    access.OfferID // optional
	Customer access.TenantID
	User     access.UserID // optional
	Text     string        // of [NoticeRelationship]
}
