// Package cards says what each posted message and each Home tab shows now, and
// where it goes.
//
// A card is drawn from the state of its request at the moment it is posted or
// updated, so the order and the number of updates do not matter: whichever
// comes last, after whatever crash, shows the truth. A card is never drawn from
// what an effect remembers, and nothing about a customer is posted anywhere but
// in the channel that policy.yml gives that customer now.
//
// The package reads the store and the policy and writes nothing; a crash here
// leaves nothing behind.
package cards

import (
	"context"
	"errors"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/evidence"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// Entries is where a request and its grant, an offer and an alert are read.
type Entries interface {
	Entry(ctx context.Context, id access.RequestID) (approvals.Entry, error)
	OfferEntry(ctx context.Context, id access.OfferID) (access.Offer, error)
	ConsentStory(ctx context.Context, customer access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error)
	AlertEntry(ctx context.Context, id access.AlertID) (approvals.AlertEntry, error)
	StormEntry(ctx context.Context, id access.StormID) (approvals.StormEntry, error)
	ReviewEntry(ctx context.Context, id access.ReviewID) (approvals.ReviewEntry, error)
	DailySummary(ctx context.Context, of access.TenantID, day, sent access.Day) (approvals.Summary, error)
	Evidence(ctx context.Context, o outbox.EvidenceOrder) (evidence.Report, error)
	Undecided(ctx context.Context, r access.Request) ([]access.Person, error)
	CalledUpon(ctx context.Context, v access.BreakGlassReview) ([]access.Person, error)
	LastDays(ctx context.Context, of access.TenantID, before access.Day, n int) ([]approvals.DayTotals, error)
}

// Renderer draws what effects owe. Its fields are set once, before use.
type Renderer struct {
	Approvals Entries
	Policy    func() *policy.Policy
	// AdminCenter is where customers approve relationships; empty for the real one.
	AdminCenter string
	// Page is where a request is approved after a sign-in; nil where there is no page.
	Page func(access.RequestID) string
	// ReviewPage is where an access review is answered after a sign-in; nil as with Page.
	ReviewPage func(access.ReviewID) string
	// LetIn is the address at which a customer lets the bot read in its tenant; nil
	// where no application can be let in.
	LetIn func(access.TenantID) string
}

// Post is a message and where it goes: exactly one of Channel and User is set.
type Post struct {
	Message messages.Message
	Channel access.ChannelID
	User    access.UserID
	// Team is the customer's, when the channel is one that only it and we may read.
	Team access.TeamID
}

// to posts into the channel that is shared with the customer.
func to(c policy.Customer, m messages.Message) Post {
	return Post{Message: m, Channel: c.Channel, Team: c.Team}
}

// Card draws a card of a request as it stands now. An error that no later try
// could mend is marked permanent.
func (r Renderer) Card(ctx context.Context, p outbox.CardPayload) (Post, error) {
	e, err := r.entry(ctx, p.Request)
	if err != nil {
		return Post{}, err
	}
	v := View(r.Policy(), e)
	switch p.Card {
	case outbox.CustomerCard:
		c, err := r.customer(e.Request.Customer)
		if err != nil {
			return Post{}, err
		}
		v.Language = c.Language
		return to(c, messages.CustomerCard(paged(v, r.Page))), nil
	case outbox.PeersCard:
		return r.operators(messages.PeersCard(v))
	case outbox.RequesterCard:
		return Post{Message: messages.RequesterCard(v), User: e.Request.Requester.User}, nil
	case outbox.BreakGlassCard:
		return r.breakGlass(ctx, e)
	case outbox.BreakGlassReviewCard:
		return r.operators(messages.BreakGlassReviewCard(r.glassView(e)))
	}
	return Post{}, outbox.Permanent(fmt.Errorf("no card is called %q", p.Card))
}

func (r Renderer) entry(ctx context.Context, id access.RequestID) (approvals.Entry, error) {
	e, err := r.Approvals.Entry(ctx, id)
	return e, reading(id, err)
}

// reading says what could not be read. What is gone will not be there at a later try.
func reading[ID ~string](id ID, err error) error {
	if errors.Is(err, state.ErrNotFound) {
		err = outbox.Permanent(err)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	return nil
}

// customer returns the customer from the policy of now. One that is no longer
// there has no channel that could be written to.
func (r Renderer) customer(tenant access.TenantID) (policy.Customer, error) {
	c, ok := r.Policy().Customer(tenant)
	if !ok {
		return c, outbox.Permanent(access.Refuse(access.NotFound, "The customer is no longer in policy.yml, so nothing is posted for it."))
	}
	return c, nil
}
