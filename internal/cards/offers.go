package cards

import (
	"context"
	"fmt"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
)

// OfferCard draws a card of an offer as it stands now. An error that no later
// try could mend is marked permanent.
func (r Renderer) OfferCard(ctx context.Context, p outbox.OfferCardPayload) (Post, error) {
	v, err := r.offer(ctx, p.Offer)
	if err != nil {
		return Post{}, err
	}
	switch p.Card {
	case outbox.CustomerCard:
		c, err := r.customer(v.Offer.Customer)
		if err != nil {
			return Post{}, err
		}
		v.Language = c.Language
		return to(c, messages.OfferCustomerCard(v)), nil
	case outbox.RequesterCard:
		return Post{Message: messages.OfferRequesterCard(v), User: v.Offer.Requester.User}, nil
	}
	return Post{}, outbox.Permanent(fmt.Errorf("no card of an offer is called %q", p.Card))
}

// OfferNotice draws a notice about an offer or a relationship. Where it goes is
// found from the store and the policy of now, not from what the effect
// remembers.
func (r Renderer) OfferNotice(ctx context.Context, p outbox.OfferNoticePayload) (Post, error) {
	if p.Notice == outbox.NoticeRelationship {
		c, err := r.customer(p.Customer)
		m := messages.Reply(p.Text)
		m.Language = c.Language // in which it was said when it was owed
		return to(c, m), err
	}
	if p.Notice == outbox.NoticeLetIn {
		return r.letIn(p.Customer)
	}
	v, err := r.offer(ctx, p.Offer)
	if err != nil {
		return Post{}, err
	}
	if p.Notice == outbox.NoticeOfferInPerson {
		return r.offerInPerson(v, p.User)
	}
	staff := p.User != ""
	c, err := r.customer(v.Offer.Customer)
	if !staff {
		v.Language = c.Language
	}
	var m messages.Message
	switch p.Notice {
	case outbox.NoticeOfferDeclined:
		m, staff = messages.OfferDeclined(v), true
	case outbox.NoticeOfferLapsed:
		m, staff = messages.OfferLapsed(v), true
	case outbox.NoticeOfferFailed:
		m, staff = messages.OfferFailed(v), true
	case outbox.NoticeOfferActive:
		m = messages.OfferActive(v, staff)
	case outbox.NoticeOfferEnded:
		m = messages.OfferEnded(v)
	case outbox.NoticeOfferOverruled:
		return r.alert(v), nil
	default:
		return Post{}, outbox.Permanent(fmt.Errorf("no notice of an offer is called %q", p.Notice))
	}
	if staff {
		return Post{Message: m, User: v.Offer.Requester.User}, nil
	}
	return to(c, m), err
}

// offerInPerson shows a contact what waits, as long as it does.
func (r Renderer) offerInPerson(v messages.OfferView, user access.UserID) (Post, error) {
	c, err := r.customer(v.Offer.Customer)
	if err != nil || v.Offer.State != access.OfferSent {
		return Post{}, err
	}
	v.Language, v.InPerson = c.Language, true
	return Post{Message: messages.OfferCustomerCard(v), User: user}, nil
}

// letIn asks the customer to let the bot read in its tenant.
func (r Renderer) letIn(tenant access.TenantID) (Post, error) {
	c, err := r.customer(tenant)
	if err == nil && r.LetIn == nil {
		err = outbox.Permanent(access.Refuse(access.Unavailable, "There is no application any more that the customer could let in."))
	}
	if err != nil {
		return Post{}, err
	}
	return to(c, messages.LetIn(c.Language, c.Name, r.LetIn(tenant))), nil
}

// alert goes to the operators or, where there are none, to who asked.
func (r Renderer) alert(v messages.OfferView) Post {
	m := messages.OfferOverruled(v)
	if c := r.Policy().Operations; c != "" {
		return Post{Message: m, Channel: c}
	}
	return Post{Message: m, User: v.Offer.Requester.User}
}

func (r Renderer) offer(ctx context.Context, id access.OfferID) (messages.OfferView, error) {
	o, err := r.Approvals.OfferEntry(ctx, id)
	if err = reading(id, err); err != nil {
		return messages.OfferView{}, err
	}
	return OfferView(r.Policy(), r.AdminCenter, o), nil
}

// OfferView finds the names that a message needs to show the offer. Without a
// center it leads to the real one.
func OfferView(p *policy.Policy, center string, o access.Offer) messages.OfferView {
	v := messages.OfferView{Offer: o, Roles: Roles(o.Roles), Center: center}
	for i, id := range o.Roles {
		v.Roles[i].Allows, _ = roles.About(id)
	}
	if b, ok := p.BundleFor(o.Roles); ok {
		v.Bundle = b.Name
	}
	for _, g := range o.Groups {
		v.Groups = append(v.Groups, messages.GroupView{Access: g, Roles: Roles(g.Roles)})
	}
	if o.Replaces.Any() {
		v.Fewer, v.More = Roles(missing(o.Replaces.Roles, o.Roles)), Roles(missing(o.Roles, o.Replaces.Roles))
	}
	return v
}

// missing returns what of some is not in all.
func missing(some, all []access.RoleID) []access.RoleID {
	return slices.DeleteFunc(slices.Clone(some), func(r access.RoleID) bool { return slices.Contains(all, r) })
}
