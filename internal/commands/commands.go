// Package commands turns what people type and click into use cases, and their
// outcomes into answers.
//
// Each command, button, modal and option list is registered by the one file
// that holds it. A file parses, calls a use case and words the answer; it holds
// no rule of who may do what: that is asked of the use case at every click,
// never of the payload. The package keeps nothing between two calls, so a crash
// leaves nothing behind; a command that was acknowledged had its effect.
//
// [Router] answers everything with a [Reply]: refusals become sentences,
// internal errors and panics become a short reference that the log has too.
package commands

import (
	"context"
	"log/slog"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/policy"
)

// Finder names customers.
type Finder interface {
	Find(ctx context.Context, o approvals.Origin, text string) (approvals.Customer, error)
	Customers(ctx context.Context, o approvals.Origin, typed string, limit int) ([]approvals.Customer, error)
}

// Reader tells what there is.
type Reader interface {
	Overview(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Overview, error)
	Mine(ctx context.Context, o approvals.Origin) ([]approvals.Entry, error)
	Show(ctx context.Context, o approvals.Origin, id access.RequestID) (approvals.Story, error)
	Why(ctx context.Context, o approvals.Origin, who approvals.Who, tenant access.TenantID) (approvals.Reach, error)
	Summarize(ctx context.Context, o approvals.Origin, of access.TenantID, days int) (approvals.Summary, error)
}

// Asker asks for access and gives it back.
type Asker interface {
	MayAsk(ctx context.Context, o approvals.Origin) error
	Submit(ctx context.Context, o approvals.Origin, a approvals.Ask) (access.Request, error)
	MayChange(ctx context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error)
	Change(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, a approvals.Ask) (access.Request, error)
	Withdraw(ctx context.Context, o approvals.Origin, id access.RequestID) (access.Request, error)
	Revoke(ctx context.Context, o approvals.Origin, id access.RequestID, note string) (access.Grant, error)
	Stop(ctx context.Context, o approvals.Origin, id access.RequestID, note string) (access.Request, error)
	Prolong(ctx context.Context, o approvals.Origin, id access.RequestID, more time.Duration, why string) (access.Request, error)
	MayProlong(ctx context.Context, o approvals.Origin, id access.RequestID) (approvals.Entry, error)
}

// Decider decides on requests.
type Decider interface {
	Decide(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, v access.Verdict, note string) (access.Request, error)
	MayDecide(ctx context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error)
	Narrow(ctx context.Context, o approvals.Origin, id access.RequestID, terms int, left access.Narrowing) (access.Request, error)
}

// Breaker takes access at once in an emergency, and has it reviewed.
type Breaker interface {
	BreakGlass(ctx context.Context, o approvals.Origin, id access.RequestID, terms int) (access.Request, error)
	MaySignOff(ctx context.Context, o approvals.Origin, id access.RequestID) (access.BreakGlassReview, error)
	SignOff(ctx context.Context, o approvals.Origin, id access.RequestID, note string) (access.BreakGlassReview, error)
	MayObject(ctx context.Context, o approvals.Origin, id access.RequestID) (access.BreakGlassReview, error)
	Object(ctx context.Context, o approvals.Origin, id access.RequestID, note string) (access.BreakGlassReview, error)
}

// ContactBook says who may decide for a customer.
type ContactBook interface {
	LinkContactByMail(ctx context.Context, o approvals.Origin, customer access.TenantID, address string) error
	UnlinkContactByMail(ctx context.Context, o approvals.Origin, customer access.TenantID, address string) error
	StartVerifying(ctx context.Context, o approvals.Origin, customer access.TenantID) (string, approvals.VerifyStory, error)
	LinkContact(ctx context.Context, o approvals.Origin, customer access.TenantID, user access.UserID) error
	UnlinkContact(ctx context.Context, o approvals.Origin, customer access.TenantID, team access.TeamID, user access.UserID) error
	Contacts(ctx context.Context, o approvals.Origin, customer access.TenantID) ([]access.Contact, error)
	MayBeAway(ctx context.Context, o approvals.Origin, customer access.TenantID) error
	StandIn(ctx context.Context, o approvals.Origin, customer access.TenantID, user access.UserID, away time.Duration) error
	Back(ctx context.Context, o approvals.Origin, customer access.TenantID) error
}

// StaffBook says who of the workspace is who in Entra.
type StaffBook interface {
	LinkStaff(ctx context.Context, o approvals.Origin, person access.Person, upn string) error
	UnlinkStaff(ctx context.Context, o approvals.Origin, user access.UserID) error
	Staff(ctx context.Context, o approvals.Origin) ([]access.Staff, error)
	Membership(ctx context.Context, who access.Person) policy.Membership
	LinkByMail(ctx context.Context, o approvals.Origin, refusal error) error
}

// Offerer asks customers for relationships, and ends and changes them.
type Offerer interface {
	Offer(ctx context.Context, o approvals.Origin, a approvals.OfferAsk) (access.Offer, error)
	MayDeclineOffer(ctx context.Context, o approvals.Origin, id access.OfferID) (access.Offer, error)
	DeclineOffer(ctx context.Context, o approvals.Origin, id access.OfferID, note string) (access.Offer, error)
	Relationship(ctx context.Context, o approvals.Origin, text string) (approvals.RelationshipStory, error)
	MayTerminate(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error)
	Terminate(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, typed string) (approvals.RelationshipStory, error)
	Extend(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, on bool) (approvals.RelationshipStory, error)
	MayReplace(ctx context.Context, o approvals.Origin, a approvals.OfferAsk) (approvals.ReplacePlan, error)
	MayReduce(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error)
	Reduce(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error)
	Consent(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, approve bool) (approvals.RelationshipStory, error)
}

// Sweeper finds what stands open without need, and takes it away.
type Sweeper interface {
	Standing(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Standing, error)
	StandingAll(ctx context.Context, o approvals.Origin) (approvals.StandingAll, error)
	Oust(ctx context.Context, o approvals.Origin, group access.GroupID, p access.PrincipalID) (access.Member, error)
	Unassign(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, a access.AssignmentID) (access.Assignment, error)
}

// Legacy shows and removes legacy administration.
type Legacy interface {
	DAP(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error)
	CheckDAP(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error)
	MayRemoveDAP(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.DAPStory, error)
	RemoveDAP(ctx context.Context, o approvals.Origin, tenant access.TenantID, typed string) (string, approvals.DAPStory, error)
	InviteReseller(ctx context.Context, o approvals.Origin, tenant access.TenantID) (string, approvals.DAPStory, error)
}

// Neighbours asks customers who else administers their tenants.
type Neighbours interface {
	AskToLetIn(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Customer, error)
}

// Alerter takes care of alerts.
type Alerter interface {
	AcknowledgeAlert(ctx context.Context, o approvals.Origin, id access.AlertID) (access.Alert, error)
	MuteAlert(ctx context.Context, o approvals.Origin, id access.AlertID) (access.Alert, error)
	OpenStorm(ctx context.Context, o approvals.Origin, id access.StormID, customer access.TenantID) ([]access.Alert, error)
	AskAgain(ctx context.Context, o approvals.Origin, id access.AlertID) (access.Offer, error)
}

// Reviewer has customers review what gives access for good.
type Reviewer interface {
	StartReview(ctx context.Context, o approvals.Origin, tenant access.TenantID) (access.Review, error)
	StartReviews(ctx context.Context, o approvals.Origin) ([]approvals.ReviewStart, error)
	AnswerReview(ctx context.Context, o approvals.Origin, ref approvals.ReviewRef, a access.Answer) (access.Review, error)
	KeepReview(ctx context.Context, o approvals.Origin, ref approvals.ReviewRef) (access.Review, error)
	MayRemove(ctx context.Context, o approvals.Origin, ref approvals.ReviewRef) (approvals.ReviewRemoval, error)
	Review(ctx context.Context, o approvals.Origin, id access.ReviewID) (access.Review, error)
	ReviewOf(ctx context.Context, o approvals.Origin, tenant access.TenantID) (access.Review, error)
}

// Reporter has a customer's evidence made.
type Reporter interface {
	MayHaveEvidence(ctx context.Context, o approvals.Origin, tenant access.TenantID) (approvals.Customer, error)
	AskEvidence(ctx context.Context, o approvals.Origin, tenant access.TenantID, period string) (outcome approvals.EvidenceAsked, err error)
}

// Activities tell what was done.
type Activities interface {
	Activity(ctx context.Context, o approvals.Origin, tenant access.TenantID, id access.RequestID) (approvals.Activity, error)
	ActivityAll(ctx context.Context, o approvals.Origin) ([]approvals.ActivityCount, error)
}

// Auditor records a refusal that was found before any use case ran.
type Auditor interface {
	Refuse(ctx context.Context, o approvals.Origin, what string, refusal *access.Error) error
}

// Reviver tries again what could not be done.
type Reviver interface {
	Revive(ctx context.Context, o approvals.Origin, effect string) error
}

// Approvals is all of the use cases.
type Approvals interface {
	Finder
	Reader
	Asker
	Decider
	Breaker
	ContactBook
	StaffBook
	Offerer
	Legacy
	Neighbours
	Alerter
	Reviver
	Sweeper
	Reviewer
	Reporter
	Activities
	Auditor
}

// Env is what commands work with. Its fields are set once, before use.
type Env struct {
	Approvals Approvals
	Policy    func() *policy.Policy
	Team      access.TeamID // the installing workspace
	Log       *slog.Logger
	// AdminCenter is where customers approve relationships; empty for the real one.
	AdminCenter string
	// Poll is how long the mirror may be behind.
	Poll time.Duration
	// PartnerCenter says that Partner Center is asked about legacy administration.
	PartnerCenter bool
	// LetIn is the address at which a customer lets the bot read in its tenant; nil
	// where no application can be let in.
	LetIn func(access.TenantID) string
	// Activity is the address at which a customer lets the bot read the logs of its tenant;
	// nil where no application can be let in.
	Activity func(access.TenantID) string
	// Verify is the address of the page on which the contact with a secret signs in, and
	// nil where there is none.
	Verify func(secret string) string
	// Page is the address of the page on which the holder of a secret signs in;
	// nil where there are no pages.
	Page func(secret string) string
	// Now is the time by which access begins and ends.
	Now func() time.Time
	// Zone is the clock of a person, as Slack tells it; nil where it does not.
	Zone func(context.Context, access.Person) *time.Location
	// Ref is the short id by which the log knows the work of a context.
	Ref func(context.Context) string
}

// Invocation is what somebody did. Which of its fields are set depends on what
// it was.
type Invocation struct {
	Origin   approvals.Origin
	External bool   // the person belongs to another workspace
	Text     string // a command: what follows its name, as Slack sent it

	Action string // a button or an option list: which
	Value  string // a button: what it carries

	Callback string           // a modal: which
	Private  string           // a modal: what it carries
	Values   map[string]Value // a modal: what was filled in, by block

	Query string // an option list: what was typed so far
}

// Value is what was filled in at one block of a modal.
type Value struct {
	Text     string
	Selected []string  // values of options
	Moment   time.Time // a date and a time; zero when none was chosen
}

// Reply is the answer to the one who acted. An empty one is silence: the card
// that changes is the answer, or the modal closes.
type Reply struct {
	Message *messages.Message
	// Modal is opened; as the answer to a submitted modal it takes its place.
	Modal *messages.Modal
	// Errors keep a submitted modal open, with a sentence below each block.
	Errors map[string]string
	// Page is the page to which a Home tab is turned; nil: it stays where it is.
	Page *int
}

func say(m messages.Message) Reply { return Reply{Message: &m} }

func open(m messages.Modal) Reply { return Reply{Modal: &m} }
