package cards

import (
	"context"
	"errors"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Notice draws a notice. One about a request shows where the request stands
// now. An error that no later try could mend is marked permanent.
func (r Renderer) Notice(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	switch p.Notice {
	case outbox.NoticeActive:
		return r.toRequester(ctx, p, messages.Active)
	case outbox.NoticeEndedRequester:
		return r.toRequester(ctx, p, messages.EndedRequester)
	case outbox.NoticeFailed:
		return r.toRequester(ctx, p, messages.Failed)
	case outbox.NoticeDecided:
		return r.toRequester(ctx, p, messages.Decided)
	case outbox.NoticeEnded:
		return r.ended(ctx, p)
	case outbox.NoticeReminder:
		return r.reminder(ctx, p)
	case outbox.NoticeUnanswered:
		return r.unanswered(ctx, p)
	case outbox.NoticeScheduled, outbox.NoticeNotBegun, outbox.NoticeStopped, outbox.NoticeStoppedCustomer,
		outbox.NoticeEndsSoon, outbox.NoticeExtended:
		return r.ahead(ctx, p)
	case outbox.NoticeReviewReminder, outbox.NoticeReviewUnanswered:
		return r.reviewReminder(ctx, p)
	case outbox.NoticeBreakGlass:
		return r.breakGlassInPerson(ctx, p)
	case outbox.NoticeBreakGlassOpen:
		return r.reviewOpen(ctx, p)
	case outbox.NoticeBreakGlassObjection:
		return r.objection(ctx, p)
	case outbox.NoticeContactLinked:
		return r.contact(p, messages.ContactLinked)
	case outbox.NoticeVerified:
		return r.contact(p, messages.ContactVerified)
	case outbox.NoticeStandIn:
		return r.standIn(p, messages.StandIn)
	case outbox.NoticeStandInRefused:
		return r.standIn(p, messages.StandInRefused)
	case outbox.NoticeBack:
		return r.standIn(p, messages.Back)
	case outbox.NoticeContactRemoved:
		return r.contact(p, messages.ContactRemoved)
	case outbox.NoticeCheckpoint:
		return r.checkpoint(p)
	case outbox.NoticeTrouble:
		return r.trouble(p)
	case outbox.NoticeConsent:
		return r.consent(ctx, p)
	case outbox.NoticeSummary:
		return r.summary(ctx, p)
	case outbox.NoticeEvidence:
		return r.evidenceAsked(p)
	case outbox.NoticeEvidenceFailed:
		return r.evidenceFailed(p)
	case outbox.NoticeOperators:
		return r.operators(messages.Reply(p.Text))
	case outbox.NoticeWatching:
		return r.operators(messages.Watching(p.Text))
	case outbox.NoticeReply:
		if p.User == "" || p.Channel != "" {
			return Post{}, outbox.Permanent(errors.New("a reply to nobody"))
		}
		return Post{Message: messages.Reply(p.Text), User: p.User}, nil
	}
	return Post{}, outbox.Permanent(fmt.Errorf("no notice is called %q", p.Notice))
}

// toRequester ignores whom the payload names: what happens to a request is told
// to nobody but its requester.
func (r Renderer) toRequester(ctx context.Context, p outbox.NoticePayload, draw func(messages.CardView) messages.Message) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	return Post{Message: draw(View(r.Policy(), e)), User: e.Request.Requester.User}, nil
}

func (r Renderer) ended(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	c, err := r.customer(e.Request.Customer)
	if err != nil {
		return Post{}, err
	}
	return to(c, messages.Ended(ViewIn(c.Language, r.Policy(), e))), nil
}

// reminder calls those who may still decide. Nothing is said of what is decided by now.
func (r Renderer) reminder(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil || e.Request.State != access.Pending {
		return Post{}, err
	}
	who, err := r.Approvals.Undecided(ctx, e.Request)
	if err != nil {
		return Post{}, err
	}
	if e.Request.Stage() == access.ByPeers {
		return r.operators(messages.PeersReminder(View(r.Policy(), e), who))
	}
	c, err := r.customer(e.Request.Customer)
	if err != nil {
		return Post{}, err
	}
	m := messages.Reminder(ViewIn(c.Language, r.Policy(), e), who)
	if p.User != "" { // the channel cannot be written to
		return Post{Message: m, User: p.User}, nil
	}
	return to(c, m), nil
}

// unanswered tells the partner's own people, who can call somebody.
func (r Renderer) unanswered(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil || e.Request.State != access.Pending {
		return Post{}, err
	}
	if p.User != "" {
		return Post{Message: messages.Unanswered(View(r.Policy(), e)), User: e.Request.Requester.User}, nil
	}
	c, _ := r.Policy().Customer(e.Request.Customer)
	return r.operators(messages.UnansweredToAll(View(r.Policy(), e), c.Owner))
}

func (r Renderer) contact(p outbox.NoticePayload, draw func(messages.ContactView) messages.Message) (Post, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return Post{}, err
	}
	return to(c, draw(messages.ContactView{
		Language: c.Language, Customer: c.Name, Person: p.Person, By: p.By, Tenant: c.Tenant, Page: r.Page != nil, Role: p.Text,
	})), nil
}

func (r Renderer) checkpoint(p outbox.NoticePayload) (Post, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return Post{}, err
	}
	return to(c, messages.Checkpoint(messages.CheckpointView{Language: c.Language, Customer: c.Name, Events: int(p.Events), At: p.Until, Note: p.Text})), nil
}

func (r Renderer) standIn(p outbox.NoticePayload, draw func(messages.StandInView) messages.Message) (Post, error) {
	c, err := r.customer(p.Customer)
	if err != nil {
		return Post{}, err
	}
	return to(c, draw(messages.StandInView{Language: c.Language, Tenant: c.Tenant, Customer: c.Name, Person: p.Person, For: p.By, Until: p.Until})), nil
}

// trouble goes to the operators' own channel and no other, since it may name
// any customer.
func (r Renderer) trouble(p outbox.NoticePayload) (Post, error) {
	now := r.Policy()
	v := messages.TroubleView{Request: p.Request, Text: p.Text, Effect: p.Effect}
	if c, ok := now.Customer(p.Customer); ok {
		v.Customer = c.Name
	}
	return r.operators(messages.Trouble(v))
}

// consent tells of a provider's relationship as it stands now.
func (r Renderer) consent(ctx context.Context, p outbox.NoticePayload) (Post, error) {
	story, err := r.Approvals.ConsentStory(ctx, p.Customer, p.Relationship)
	if errors.Is(err, state.ErrNotFound) {
		return Post{}, outbox.Permanent(err)
	}
	if err != nil {
		return Post{}, err
	}
	return r.operators(messages.ConsentAwaited(messages.ConsentView{
		Customer: story.Customer.Name, Tenant: p.Customer, ID: p.Relationship,
		Relationship: StoryView(story), Waits: story.WaitsForUs(),
	}))
}
