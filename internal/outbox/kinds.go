package outbox

import (
	"encoding/json"
	"fmt"
	"time"

	"latchkey/internal/access"
)

// The kinds of effects. The package that talks to the system in the prefix does
// them; approvals decides what their outcomes mean.
const (
	GraphContainer = "graph.container" // make sure that the group and its assignment exist
	GraphJoin      = "graph.join"      // make the requester a member
	GraphLeave     = "graph.leave"     // end the membership
	GraphKeep      = "graph.keep"      // tell Entra the end that the membership has now
	GraphStaff     = "graph.staff"     // look up the Entra user of a member of the staff
	SlackCard      = "slack.card"      // make a card show the current state
	SlackNotice    = "slack.notice"    // say something once
	SlackContact   = "slack.contact"   // look up the person who is to be a contact
)

// Kinds lists every kind of effect.
func Kinds() []string {
	return []string{
		GraphContainer, GraphJoin, GraphLeave, GraphKeep, GraphStaff, SlackCard, SlackNotice, SlackContact,
		GraphOffer, GraphRetract, GraphTerminate, GraphExtend, SlackOfferCard, SlackOfferNotice,
		SlackAlertCard, SlackFile,
		GraphAssign, GraphReduce,
		GraphOust, GraphUnassign, GraphMuster,
		GraphConsent,
		SlackReviewCard,
		Look, Who, GraphLetter, GraphAlarm,
		SlackMail, GraphMail,
	}
}

// ContainerPayload is the payload of [GraphContainer]. The roles and the nonce
// are read from the container's record.
type ContainerPayload struct {
	Container access.ContainerID
	Request   access.RequestID // whose grant needs it
}

// ContainerResult is what [GraphContainer] found or made, read back from Graph.
type ContainerResult struct {
	Group        access.GroupID
	Relationship access.RelationshipID
	Assignment   access.AssignmentID
}

// GrantPayload is the payload of [GraphJoin], [GraphKeep] and [GraphLeave].
type GrantPayload struct {
	Request access.RequestID
	// OnRecord says of a join that no [GraphContainer] comes before it: the container has
	// been made, and what is recorded of it should do.
	OnRecord bool `json:",omitempty"`
}

// JoinResult is the result of [GraphJoin] for a grant whose end Entra was asked to
// enforce: until when it does, or why not.
type JoinResult struct {
	Until    time.Time       `json:",omitzero"`
	FellBack access.FallBack `json:",omitempty"`
	// Changed says that nothing was given, for what is on record of the container is not
	// so any more.
	Changed bool `json:",omitempty"`
}

// LeaveResult is the result of [GraphLeave]: who still needs the membership, if
// anybody; else it is gone, read back from Graph.
type LeaveResult struct{ HeldBy access.RequestID }

// StaffPayload is the payload of [GraphStaff].
type StaffPayload struct {
	Person access.Person
	UPN    string
	By     access.Person
}

// StaffResult is the Entra user that [GraphStaff] found: a member (no guest) of
// the partner's tenant whose account is enabled.
type StaffResult struct {
	Principal access.PrincipalID
	UPN       string
	Name      string
}

// ContactPayload is the payload of [SlackContact]: User is to become a contact
// of the customer, whose people belong to Team and meet ours in Channel.
type ContactPayload struct {
	Customer access.TenantID
	Team     access.TeamID
	Channel  access.ChannelID
	User     access.UserID
	By       access.Person
	// Until is set when User is to decide in place of By, who is away until then.
	Until time.Time `json:",omitzero"`
}

// ContactResult is the person that [SlackContact] found: a member of that
// channel and of that team, no bot, not deactivated, in a channel shared with
// exactly that team.
type ContactResult struct{ Person access.Person }

// Which of a request's cards.
const (
	CustomerCard  = "customer"  // in the customer's channel
	RequesterCard = "requester" // in the requester's direct messages
	// The cards of an access that was taken by break-glass.
	BreakGlassCard       = "breakglass"        // in the customer's channel
	BreakGlassReviewCard = "breakglass.review" // in the operators' channel
	PeersCard            = "peers"             // in the operations channel, where colleagues must agree
)

// CardPayload is the payload of [SlackCard].
type CardPayload struct {
	Request access.RequestID
	Card    string
}

// NoticeKind says what a notice tells of.
type NoticeKind string

// The notices.
const (
	NoticeActive              NoticeKind = "active"          // to the requester: the access is there
	NoticeEnded               NoticeKind = "ended"           // to the customer's channel: the access is gone
	NoticeEndedRequester      NoticeKind = "ended.requester" // to the requester: the same
	NoticeFailed              NoticeKind = "failed"          // to the requester: it could not be given
	NoticeDecided             NoticeKind = "decided"         // to the requester: denied or lapsed
	NoticeTrouble             NoticeKind = "trouble"         // to the operators
	NoticeReminder            NoticeKind = "reminder"        // to the customer's channel: the request still waits
	NoticeUnanswered          NoticeKind = "unanswered"      // to the requester and the operators: nobody has answered
	NoticeBreakGlass          NoticeKind = "breakglass"      // to a contact, who cannot be told in the channel
	NoticeBreakGlassOpen      NoticeKind = "breakglass.open" // to the operators: nobody has signed it off yet
	NoticeBreakGlassObjection NoticeKind = "breakglass.no"   // to the operators: somebody says it was not all right
	NoticeContactLinked       NoticeKind = "contact.linked"  // to the customer's channel
	NoticeContactRemoved      NoticeKind = "contact.removed" // to the customer's channel
	NoticeStandIn             NoticeKind = "standin"         // to the customer's channel: By is away, and Person decides in their place
	NoticeStandInRefused      NoticeKind = "standin.refused" // to the customer's channel: nobody does
	NoticeBack                NoticeKind = "standin.over"    // to the customer's channel: By decides again
	NoticeCheckpoint          NoticeKind = "checkpoint"      // to the customer's channel: what of the audit log is signed
	NoticeReply               NoticeKind = "reply"           // to one person: how their act ended
)

// NoticePayload is the payload of [SlackNotice]. Exactly one of Channel and User
// says where it goes.
type NoticePayload struct {
	Notice   NoticeKind
	Channel  access.ChannelID
	User     access.UserID
	Request  access.RequestID // optional
	Customer access.TenantID  // optional
	Person   access.Person    // optional: the one it is about
	By       access.Person    // optional: the one who did it
	Text     string           // optional: a whole sentence
	Since    string           `json:",omitempty"` // optional: the day of the summary before this one
	Effect   string           `json:",omitempty"` // optional: that a bot admin may have tried again
	Until    time.Time        `json:",omitzero"`  // optional: until when it holds
	// Relationship is what a notice is about that concerns no request.
	Relationship access.RelationshipID `json:",omitempty"`
	Review       access.ReviewID       `json:",omitempty"` // of the notices about access reviews
	Events       int64                 `json:",omitempty"` // of the customer, under a checkpoint
	Evidence     EvidenceOrder         `json:",omitzero"`  // of the notice that it is being made
}

// Payload decodes the payload of an effect. One that cannot be read never will
// be, so the error is permanent.
func Payload[T any](e Effect) (T, error) {
	var p T
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return p, Permanent(fmt.Errorf("payload of %s: %w", e.ID, err))
	}
	return p, nil
}
