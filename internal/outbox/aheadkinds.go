package outbox

// The notices about access that begins later, again and again, or lasts longer.
const (
	NoticeScheduled       NoticeKind = "scheduled"        // to the requester: approved, and begins at its time
	NoticeNotBegun        NoticeKind = "not.begun"        // to the customer's channel: it did not begin
	NoticeStopped         NoticeKind = "stopped"          // to the requester: none of it begins any more
	NoticeStoppedCustomer NoticeKind = "stopped.customer" // to the customer's channel: the same
	NoticeEndsSoon        NoticeKind = "ends.soon"        // to the requester: the access ends soon
	NoticeExtended        NoticeKind = "extended"         // to the requester: the access ends later
)
