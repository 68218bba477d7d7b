package access

import "time"

// EventKind says what an event tells of.
type EventKind string

// The kinds of events. Each transition of a request or a grant has one, and so
// has each refusal.
const (
	EventRequested      EventKind = "request.submitted"
	EventApproved       EventKind = "request.approved" // one decision; more may be needed
	EventDenied         EventKind = "request.denied"
	EventWithdrawn      EventKind = "request.withdrawn"
	EventLapsed         EventKind = "request.lapsed"
	EventReminded       EventKind = "request.reminded"
	EventBrokeGlass     EventKind = "request.breakglass"  // given at once, without anybody's word
	EventSignedOff      EventKind = "breakglass.signed"   // a second person has looked at it
	EventObjected       EventKind = "breakglass.objected" // somebody says it was not all right
	EventReviewOpen     EventKind = "breakglass.reminded" // it still waits for a second person
	EventHeld           EventKind = "request.held"        // its access should begin, but what began before is not gone
	EventStopped        EventKind = "request.stopped"     // none of its access begins any more
	EventChanged        EventKind = "request.changed"     // other terms are asked for
	EventGranting       EventKind = "grant.activating"
	EventActive         EventKind = "grant.active"
	EventWarned         EventKind = "grant.warned"   // that it ends soon
	EventProlonged      EventKind = "grant.extended" // its end was moved
	EventEnding         EventKind = "grant.ending"
	EventEnded          EventKind = "grant.ended"
	EventFailed         EventKind = "grant.failed"
	EventContainerReady EventKind = "container.ready"
	EventContactLinked  EventKind = "contact.linked"
	EventContactRemoved EventKind = "contact.unlinked"
	EventVerified       EventKind = "contact.verified" // signed in to the customer's tenant, with a role that allows it
	EventEnrolled       EventKind = "contact.enrolled" // somebody with such a role, whom nobody has linked
	EventStandIn        EventKind = "contact.away"     // another decides in their place for a while
	EventBack           EventKind = "contact.back"     // they decide again
	EventStaffLinked    EventKind = "staff.linked"
	EventStaffRemoved   EventKind = "staff.unlinked"
	EventGroupPeople    EventKind = "staff.group"        // other people are in a staff group than before
	EventGroupUnread    EventKind = "staff.group.unread" // it cannot be read who is
	EventOffered        EventKind = "offer.drafted"
	EventOfferSent      EventKind = "offer.sent"
	EventOfferDeclined  EventKind = "offer.declined"
	EventOfferApproved  EventKind = "offer.approved"
	EventOfferActive    EventKind = "offer.active"
	EventOfferChanged   EventKind = "offer.changed" // its end or its extension
	EventOfferEnding    EventKind = "offer.terminating"
	EventOfferEnded     EventKind = "offer.ended"
	EventOfferLapsed    EventKind = "offer.lapsed"
	EventOfferFailed    EventKind = "offer.failed"
	EventTerminating    EventKind = "relationship.terminating" // asked for by a bot admin
	EventTerminated     EventKind = "relationship.terminated"  // Microsoft took it
	EventExtending      EventKind = "relationship.extending"   // its extension is to be changed
	EventExtended       EventKind = "relationship.extended"    // the change was read back
	EventWatching       EventKind = "watch.baseline"           // what there is was taken as known
	EventDoubted        EventKind = "watch.doubted"            // a read missed too much to be believed
	EventAlertOpened    EventKind = "alert.opened"
	EventAlertChanged   EventKind = "alert.changed"
	EventAlertResolved  EventKind = "alert.resolved"
	EventAlertSeen      EventKind = "alert.acknowledged"
	EventAlertShown     EventKind = "alert.shown" // a card of its own, out of one of many
	EventAlertMuted     EventKind = "alert.muted"
	EventGroupGiven     EventKind = "relationship.group"      // a group has its standing access, read back
	EventReducing       EventKind = "relationship.reducing"   // Global Administrator is to leave it
	EventReduced        EventKind = "relationship.reduced"    // it was read back without
	EventConsentAwaited EventKind = "relationship.waiting"    // the provider made it, and our own consent is awaited
	EventConsenting     EventKind = "relationship.consenting" // our answer is to be told
	EventConsented      EventKind = "relationship.consented"  // it was read back
	EventReplacement    EventKind = "offer.replacement"       // a step of taking another's place
	EventOusting        EventKind = "member.removing"         // somebody whom no grant put there
	EventOusted         EventKind = "member.removed"          // read back from Microsoft Entra
	EventUnassigning    EventKind = "assignment.removing"     // of a group that is not ours
	EventUnassigned     EventKind = "assignment.removed"
	EventDAPRemoving    EventKind = "dap.removing"  // somebody has signed in to remove it
	EventDAPRemoved     EventKind = "dap.removed"   // read back from Partner Center
	EventDAPKept        EventKind = "dap.kept"      // the removal was not done
	EventInvited        EventKind = "reseller.link" // the link for a customer was fetched
	EventLetInAsked     EventKind = "letin.asked"   // a customer, to let the bot read in its tenant
	EventLetIn          EventKind = "letin.given"   // it does
	EventReviewStarted  EventKind = "review.started"
	EventReviewAnswered EventKind = "review.answered" // a row, by somebody or as policy says
	EventReviewRemoved  EventKind = "review.removed"  // what a row shows is gone, read back
	EventReviewFailed   EventKind = "review.failed"   // it could not be removed
	EventReviewChanged  EventKind = "review.changed"  // a row shows another thing than before, or is over
	EventReviewReminded EventKind = "review.reminded"
	EventReviewClosed   EventKind = "review.closed"
	EventReportAsked    EventKind = "report.asked"      // a customer's evidence of a time
	EventReportShown    EventKind = "report.shown"      // it is in the customer's channel, or was given to who asked on the page
	EventReportFailed   EventKind = "report.failed"     // it cannot be shown in the customer's channel
	EventPolicy         EventKind = "policy.loaded"     // another policy.yml is in force
	EventPolicyRefused  EventKind = "policy.refused"    // a changed one is not right, and is not
	EventChannelMoved   EventKind = "channel.moved"     // Slack calls a channel by another id
	EventForgetting     EventKind = "person.forgetting" // some of somebody's data was deleted on request
	EventForgotten      EventKind = "person.forgotten"  // all of it
	EventRefused        EventKind = "refused"           // somebody was told no
	EventRestored       EventKind = "state.restored"    // the state was put back from a backup: what was after that is unknown
	EventOvertaken      EventKind = "state.settled"     // what the backup could not know was made safe
	EventPruned         EventKind = "state.pruned"      // what ended long ago was deleted; this log is not
	EventMustered       EventKind = "state.mustered"    // who is in our groups was read, and compared
	EventForged         EventKind = "intake.forged"     // a delivery whose signature does not hold
	EventReplayed       EventKind = "intake.replayed"
	EventEffectDead     EventKind = "effect.dead"    // an effect that cannot be done
	EventEffectRevived  EventKind = "effect.revived" // tried again at the word of a bot admin
	EventAuditKey       EventKind = "audit.key"      // checkpoints of this log are signed with another key from here on
	// EventCheckpointPosted is that a customer was told what is signed.
	EventCheckpointPosted EventKind = "audit.posted"
	// EventActivity is that a customer's own log tells of something that nothing allowed.
	EventActivity EventKind = "activity.outside"
	// EventSettings is that the bot was started with other settings than before.
	EventSettings EventKind = "settings.changed"
)

// Event is one entry of the audit log, written in the transaction of the change
// it tells of. Seq, Prev and Hash are set when it is appended.
type Event struct {
	Seq      uint64
	Prev     string // hash of the event before, in hex
	Hash     string // hash of this one
	At       time.Time
	Actor    Person // zero when the bot acted by itself
	Kind     EventKind
	Customer TenantID  // optional
	Request  RequestID // optional
	// Ref is by what the log and the person who acted know the work that it is of; set
	// when it is appended, empty where that is not known.
	Ref string `json:",omitempty"`
	// Detail is what changed, by key. Text that a person wrote is not kept
	// here but as a digest, so that it can be deleted without breaking the chain.
	Detail map[string]string
	// Salt is the same in all events of one customer and in no other's, so that who holds
	// the hash of an event of another customer cannot find out by guessing what it says.
	// Set when the event is appended; empty in events of no customer, and of versions before.
	Salt string `json:",omitempty"`
}
