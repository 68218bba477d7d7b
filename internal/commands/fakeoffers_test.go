package commands_test

import (
	"context"
	"slices"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/hygiene"
	"latchkey/internal/state"
)

// relA is a relationship that the fake knows, and offered the one that came of
// the offer O-00001.
const (
	relA    access.RelationshipID = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000001"
	offered access.RelationshipID = "aaaaaaaa-0000-4000-8000-000000000002-bbbbbbbb-0000-4000-8000-000000000002"
)

// offer is what the fake knows as O-00001, in the state that it was told.
func (s *service) offer() access.Offer {
	o := access.Offer{
		ID: "O-00001", Requester: dee, Customer: contoso, CustomerName: "Contoso", Roles: []access.RoleID{"r1"}, Days: 365,
		Name: "Contoso O-00001 abc", State: s.offerState, Relationship: offered, CreatedAt: now, SentAt: now, ApproveBy: now.Add(access.ApproveWithin), Rev: 2,
	}
	if o.State == "" {
		o.State = access.OfferSent
	}
	if o.State == access.OfferDrafted {
		o.Relationship = ""
	}
	return o
}

var dee = access.Person{Team: "T1", User: "U0ADMIN", Name: "Dee Okafor"}

func (s *service) admin(o approvals.Origin) error {
	if o.Actor.Same(dee) {
		return s.ready()
	}
	return access.Refuse(access.Forbidden, "Only a bot admin can do this.")
}

func (s *service) Offer(_ context.Context, o approvals.Origin, a approvals.OfferAsk) (access.Offer, error) {
	if err := s.admin(o); err != nil {
		return access.Offer{}, err
	}
	if a.Replaces != "" && a.Typed != "Contoso" {
		return access.Offer{}, access.Refuse(access.Invalid, "Type Contoso to confirm.")
	}
	offer, err := access.NewOffer(access.Offer{
		ID: "O-00002", Requester: o.Actor, Customer: a.Customer, CustomerName: "Contoso", Roles: a.Roles, Days: a.Days, AutoExtend: a.AutoExtend,
	}, now)
	if err == nil {
		s.log("offer %s %d roles %d days %t", a.Customer, len(a.Roles), a.Days, a.AutoExtend)
		if a.Replaces != "" {
			s.log("replaces %s", a.Replaces)
		}
	}
	return offer, err
}

func (s *service) MayDeclineOffer(_ context.Context, o approvals.Origin, id access.OfferID) (access.Offer, error) {
	offer := s.offer()
	switch {
	case id != offer.ID:
		return offer, access.Refuse(access.NotFound, "Nobody asked for a relationship as %s.", id)
	case !o.Actor.Same(bo):
		return offer, access.Refuse(access.Forbidden, "You are no contact of Contoso.")
	}
	_, err := offer.Decline(o.Actor, "", now)
	return offer, err
}

func (s *service) DeclineOffer(ctx context.Context, o approvals.Origin, id access.OfferID, note string) (access.Offer, error) {
	offer, err := s.MayDeclineOffer(ctx, o, id)
	if err == nil {
		s.log("decline %s %s", id, note)
	}
	return offer, err
}

func (s *service) Relationship(_ context.Context, o approvals.Origin, text string) (approvals.RelationshipStory, error) {
	if o.Actor.Team != "T1" {
		return approvals.RelationshipStory{}, access.Refuse(access.Forbidden, "Only staff of the partner can do this.")
	}
	story := approvals.RelationshipStory{Customer: s.customers[0], ReadAt: now}
	switch {
	case strings.EqualFold(text, "O-00001"):
		offer := s.offer()
		story.Offer = &offer
	case strings.EqualFold(text, "Care plan"):
		story.Mirrored = &state.MirroredRelationship{Relationship: access.Relationship{
			ID: relA, Name: "Care plan", Customer: contoso, Status: access.RelationshipActive, Roles: []access.RoleID{"r1"},
		}}
	default:
		return story, access.Refuse(access.NotFound, "No relationship is called “%s”.", text)
	}
	return story, s.ready()
}

func (s *service) MayTerminate(ctx context.Context, o approvals.Origin, _ access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error) {
	if err := s.admin(o); err != nil {
		return approvals.RelationshipStory{}, err
	}
	text := "Care plan"
	if id == offered {
		text = "O-00001"
	}
	story, err := s.Relationship(ctx, o, text)
	if err == nil && story.Offer != nil {
		_, err = story.Offer.Terminate(o.Actor)
	}
	return story, err
}

func (s *service) Terminate(
	ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, typed string,
) (approvals.RelationshipStory, error) {
	story, err := s.MayTerminate(ctx, o, c, id)
	if err != nil {
		return story, err
	}
	if typed != "Contoso" {
		return story, access.Refuse(access.Invalid, "Type Contoso to confirm.")
	}
	s.log("terminate %s %s", c, story.Name())
	return story, nil
}

func (s *service) Extend(
	ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, on bool,
) (approvals.RelationshipStory, error) {
	story, err := s.MayTerminate(ctx, o, c, id)
	if err == nil {
		s.log("extend %t %s %s", on, c, story.Name())
	}
	return story, err
}

func (s *service) MayReduce(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error) {
	return s.MayTerminate(ctx, o, c, id)
}

func (s *service) Reduce(ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error) {
	story, err := s.MayReduce(ctx, o, c, id)
	if err == nil {
		s.log("reduce %s %s", c, story.Name())
	}
	return story, err
}

func (s *service) Consent(
	ctx context.Context, o approvals.Origin, c access.TenantID, id access.RelationshipID, approve bool,
) (approvals.RelationshipStory, error) {
	story, err := s.MayTerminate(ctx, o, c, id)
	if err == nil {
		s.log("consent %t %s %s", approve, c, story.Name())
	}
	return story, err
}

func (s *service) MayReplace(_ context.Context, o approvals.Origin, a approvals.OfferAsk) (approvals.ReplacePlan, error) {
	if err := s.admin(o); err != nil {
		return approvals.ReplacePlan{}, err
	}
	offer, err := access.NewOffer(access.Offer{
		ID: "O-00002", Requester: o.Actor, Customer: a.Customer, CustomerName: "Contoso", Roles: a.Roles, Days: a.Days, AutoExtend: a.AutoExtend,
		Replaces: access.Replacement{Relationship: a.Replaces, Name: "Care plan", State: access.ReplaceWaiting},
	}, now)
	return approvals.ReplacePlan{Offer: offer}, err
}

func (s *service) Standing(_ context.Context, _ approvals.Origin, tenant access.TenantID) (approvals.Standing, error) {
	i := slices.IndexFunc(s.customers, func(c approvals.Customer) bool { return c.Tenant == tenant })
	if i < 0 {
		return approvals.Standing{}, access.Refuse(access.NotFound, "No customer with this tenant id is known.")
	}
	found := []hygiene.Finding{{
		Kind: hygiene.Unused, Severity: hygiene.Note, Customer: tenant, Relationship: "rel-1", Name: "Care", Since: now,
	}}
	if tenant == contoso {
		found = append(found, hygiene.Finding{Kind: hygiene.Broad, Customer: tenant, Relationship: relA, Left: []access.RoleID{exchangeID}})
	}
	return approvals.Standing{Customer: s.customers[i], Looked: 1, ReadAt: now, Findings: found}, s.ready()
}

func (s *service) StandingAll(ctx context.Context, o approvals.Origin) (approvals.StandingAll, error) {
	one, err := s.Standing(ctx, o, contoso)
	return approvals.StandingAll{ReadAt: now, Clean: 2, Customers: []approvals.StandingCount{
		{Customer: one.Customer, Worst: one.Findings[0], Counts: [3]int{0, 0, 1}},
	}}, err
}

func (s *service) Oust(_ context.Context, _ approvals.Origin, group access.GroupID, p access.PrincipalID) (access.Member, error) {
	s.log("oust %s %s", group, p)
	return access.Member{ID: p, Name: "Eve"}, s.ready()
}

func (s *service) Unassign(
	_ context.Context, _ approvals.Origin, c access.TenantID, id access.RelationshipID, a access.AssignmentID,
) (access.Assignment, error) {
	s.log("unassign %s %s %s", c, id, a)
	return access.Assignment{ID: a, GroupName: "GDAP readers"}, s.ready()
}
