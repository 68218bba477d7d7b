package cards

import (
	"cmp"
	"context"
	"slices"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
)

// AlertCard draws a card of an alert, or of many, as they stand now. It goes to
// the operators and no other, since it may name any customer.
func (r Renderer) AlertCard(ctx context.Context, p outbox.AlertCardPayload) (Post, error) {
	if p.Storm != "" {
		return r.storm(ctx, p.Storm)
	}
	e, err := r.Approvals.AlertEntry(ctx, p.Alert)
	if err = reading(p.Alert, err); err != nil {
		return Post{}, err
	}
	return r.routed(e.Alert.Sent, messages.Alert(r.alertView(e, p.Card)))
}

// operators posts to the partner's own staff.
func (r Renderer) operators(m messages.Message) (Post, error) {
	return inChannel(r.Policy().Operations, m)
}

// routed posts to the partner's own staff, where alerts of the severity go. A card that
// is posted stays where it is.
func (r Renderer) routed(s access.Severity, m messages.Message) (Post, error) {
	return inChannel(r.Policy().AlertChannel(s), m)
}

func inChannel(c access.ChannelID, m messages.Message) (Post, error) {
	if c == "" {
		return Post{}, nobody()
	}
	return Post{Message: m, Channel: c}, nil
}

func nobody() error {
	return outbox.Permanent(access.Refuse(access.NotFound, "policy.yml names no channel for the operators."))
}

func (r Renderer) alertView(e approvals.AlertEntry, card int) messages.AlertView {
	now := r.Policy()
	v := messages.AlertView{Alert: e.Alert, Card: card, End: e.End, Roles: Roles(e.Alert.Roles)}
	v.Alert.CustomerName = r.customerName(e.Alert)
	c, known := now.Customer(e.Alert.Customer)
	v.Askable, v.Owner = known, c.Owner
	for _, c := range e.Alert.History {
		v.Changes = append(v.Changes, changeView(c))
	}
	for _, g := range e.Grants {
		v.Grants = append(v.Grants, View(now, g))
	}
	for _, l := range e.Left {
		v.Left = append(v.Left, l.Name)
	}
	return v
}

// customerName prefers the name that the partner gave the customer.
func (r Renderer) customerName(a access.Alert) string {
	if c, ok := r.Policy().Customer(a.Customer); ok {
		return c.Name
	}
	if a.Agents != "" {
		return messages.PartnerCentersGroups
	}
	return cmp.Or(a.CustomerName, string(a.Customer))
}

// changeView finds the names of the roles that came and went.
func changeView(c access.Change) messages.ChangeView {
	v := messages.ChangeView{Change: c}
	if c.Aspect != access.AspectRoles {
		return v
	}
	from, to := access.RolesIn(c.From), access.RolesIn(c.To)
	v.Added = Roles(slices.DeleteFunc(slices.Clone(to), func(id access.RoleID) bool { return slices.Contains(from, id) }))
	v.Removed = Roles(slices.DeleteFunc(slices.Clone(from), func(id access.RoleID) bool { return slices.Contains(to, id) }))
	return v
}

func (r Renderer) storm(ctx context.Context, id access.StormID) (Post, error) {
	e, err := r.stormEntry(ctx, id)
	if err != nil {
		return Post{}, err
	}
	v := messages.StormView{ID: id, At: e.Storm.At, Alerts: len(e.Alerts)}
	of := map[access.TenantID]*messages.StormCustomer{}
	for _, a := range e.Alerts {
		c := of[a.Customer]
		if c == nil {
			c = &messages.StormCustomer{Tenant: a.Customer, Name: r.customerName(a)}
			of[a.Customer] = c
		}
		r.stormed(c, a)
		v.Rev += a.Rev
		if a.State == access.AlertOpen {
			v.Open++
		}
	}
	for _, c := range of {
		v.Customers = append(v.Customers, *c)
	}
	slices.SortFunc(v.Customers, func(a, b messages.StormCustomer) int {
		return cmp.Or(cmp.Compare(b.Open, a.Open), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Tenant, b.Tenant))
	})
	return r.routed(e.Storm.Severity, messages.AlertStorm(v))
}

// stormed counts an alert for its customer.
func (r Renderer) stormed(c *messages.StormCustomer, a access.Alert) {
	if a.State == access.AlertOpen {
		c.Open++
	} else {
		c.Settled++
	}
	if !a.InStorm {
		c.Cards++
	}
	newest := a.Newest()
	for i, w := range c.What {
		if w.Change.Kind == newest.Kind && w.Change.To == newest.To {
			c.What[i].Count++
			return
		}
	}
	c.What = append(c.What, messages.StormCount{Alert: a, Change: changeView(newest), Count: 1})
}
