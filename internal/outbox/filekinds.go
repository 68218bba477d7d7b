package outbox

import (
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// SlackFile shows a file once, in a lane of its own: what it goes with must never wait
// for it.
const SlackFile = "slack.file"

// FilePayload is the payload of [SlackFile]: the picture that goes with the partner's
// summary of a day, the table of what a storm holds, that of what came of an access
// review, or the evidence of a customer.
type FilePayload struct {
	Day    access.Day      `json:",omitempty"`
	Storm  access.StormID  `json:",omitempty"`
	Review access.ReviewID `json:",omitempty"`
	// Evidence goes to the customer's own channel, and is several files at once.
	Evidence EvidenceOrder `json:",omitzero"`
}

// EvidenceOrder says which evidence was asked for, and as of when it tells: a later try
// tells the same.
type EvidenceOrder struct {
	ID       string // "E-7K3M2", in the names of the files
	Customer access.TenantID
	Period   string // as [access.ParseSpan] reads it
	By       access.Person
	Made     time.Time
	UpTo     uint64 // the last event of the log that it tells of
}

// EvidenceShown is what was put into the channel: the digest of what the report says, and
// those of its files by their names. Nothing is known of what an earlier try had put there.
type EvidenceShown struct {
	Digest string
	Files  map[string]string
}

// NoticeEvidence tells the customer's channel that its evidence is being made. The order is
// in its payload.
const NoticeEvidence NoticeKind = "evidence"

// NoticeEvidenceFailed tells whoever asked for evidence that Slack does not take it. Its
// text is the [access.Code] of why.
const NoticeEvidenceFailed NoticeKind = "evidence.failed"

// NoticeLane is the lane of the notice that the evidence follows.
func (o EvidenceOrder) NoticeLane() string { return "notice/evidence/" + string(o.Customer) }

// Lane is the lane of the file.
func (p FilePayload) Lane() string {
	if p.Storm != "" {
		return "file/" + string(p.Storm)
	}
	if p.Review != "" {
		return "file/" + string(p.Review)
	}
	if p.Evidence.ID != "" {
		return "file/evidence/" + string(p.Evidence.Customer)
	}
	return "file/summary"
}

// Early reports whether what the file goes with is still to be said.
func (p FilePayload) Early(tx state.Tx) (bool, error) {
	if p.Storm != "" {
		return Owes(tx, StormLane(p.Storm), string(p.Storm), SlackAlertCard)
	}
	if p.Review != "" {
		card := ReviewCardPayload{Review: p.Review}
		return Owes(tx, card.Lane(), card.Scope(), SlackReviewCard)
	}
	if o := p.Evidence; o.ID != "" {
		return Owes(tx, o.NoticeLane(), o.ID, SlackNotice)
	}
	return Owes(tx, SummaryLane(state.Partner), SummaryScope(state.Partner, p.Day), SlackNotice)
}
