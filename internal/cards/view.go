package cards

import (
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// View finds the names that a message needs to show the entry: those of its
// roles, what policy calls exactly these roles, if it does, and a smaller role that
// would do.
func View(p *policy.Policy, e approvals.Entry) messages.CardView {
	v := messages.CardView{
		Request: e.Request, Grant: e.Grant, HeldUntil: e.HeldUntil, Lost: e.Lost, Review: e.Review,
		Roles: Roles(e.Request.Roles), Smaller: smaller(e.Request), Unverified: e.Unverified, Activity: e.Activity,
	}
	if b, ok := p.BundleFor(e.Request.Roles); ok {
		v.Bundle = b.Name
	}
	if c, ok := p.Customer(e.Request.Customer); ok {
		if zone, err := time.LoadLocation(c.TimeZone); err == nil { // policy has loaded it before
			v.Zone = zone
		}
	}
	return v
}

// ViewIn is [View] for people who read another language than the partner's own staff.
func ViewIn(language lang.Tag, p *policy.Policy, e approvals.Entry) messages.CardView {
	v := View(p, e)
	v.Language = language
	return v
}

// Roles names roles. One that the catalogue does not know has its id for a name.
func Roles(ids []access.RoleID) []messages.Role {
	out := make([]messages.Role, len(ids))
	for i, id := range ids {
		r, _ := roles.ByID(id)
		out[i] = messages.Role{Name: roles.Name(id), Privileged: r.Privileged}
	}
	return out
}

// StoryView shows a relationship that has been read.
func StoryView(story approvals.RelationshipStory) messages.RelationshipView {
	return Provided(RelationshipView(*story.Mirrored), story.Provider)
}

// Provided names the indirect provider in the view of its relationship.
func Provided(v messages.RelationshipView, p state.Provider) messages.RelationshipView {
	if p.Tenant == v.Provider.Tenant {
		v.Provider.Name, v.Provider.Domain = p.Name, p.Domain
	}
	return v
}

// RelationshipView finds the names that a message needs to show a relationship.
func RelationshipView(r state.MirroredRelationship) messages.RelationshipView {
	v := messages.RelationshipView{
		Name: r.Name, Status: r.Status, Roles: Roles(r.Roles), Start: r.Start, End: r.End,
		Unseen: r.Unseen, Provider: messages.ProviderView{Tenant: r.Provider},
		ConsentPending: r.ConsentPending, MicrosoftLed: r.MicrosoftLed(),
	}
	if r.AutoExtends() {
		v.AutoExtend = r.AutoExtend
	}
	for _, a := range r.Assignments {
		v.Assignments = append(v.Assignments, messages.AssignmentView{Group: a.GroupName, Roles: Roles(a.Roles), Status: a.Status})
	}
	return v
}

// paged adds where the request is approved, if it is on the page. Colleagues approve here.
func paged(v messages.CardView, page func(access.RequestID) string) messages.CardView {
	if page != nil && v.Request.Rule.SignedIn && v.Request.Stage() == access.ByContacts {
		v.Page = page(v.Request.ID)
	}
	return v
}
