package cards

import (
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/messages"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// recent are the customers for which the person asked last and still could.
func (h Homes) recent(tx state.Tx, who access.Person) ([]messages.Option, error) {
	r, err := state.RecentOf(tx, who.User)
	if err != nil {
		return nil, err
	}
	var out []messages.Option
	for _, id := range r.Customers {
		if c, ok := h.Policy().Customer(id); ok {
			out = append(out, messages.Option{Value: string(c.Tenant), Text: c.Name})
		}
	}
	return out, nil
}

// health fills in how the bot stands.
func (h Homes) health(tx state.Tx, v *messages.HomeHealth) error {
	mirror, err := state.Mirror(tx)
	if err != nil {
		return err
	}
	v.At, v.ReadAt, v.Problem = h.now(), mirror.ReadAt, mirror.Problem
	if v.GroupsAt, err = state.GroupsReadAt(tx); err != nil {
		return err
	}
	box, err := outbox.HealthOf(tx)
	if err != nil {
		return err
	}
	if v.Owed, v.Damaged = box.Owed, box.Unreadable; box.Owed > 0 {
		v.Waiting = max(0, h.protocol().Sub(box.Oldest))
	}
	for _, e := range box.SetAside {
		v.SetAside = append(v.SetAside, messages.SetAsideView{Effect: e.ID, Step: approvals.StepName(e.Kind), Why: e.LastError})
	}
	for _, g := range h.Policy().Kept() {
		people, err := state.GroupPeople(tx, g.Source)
		switch {
		case absent(err):
		case err != nil:
			return err
		case !people.Failing.IsZero():
			v.Unread = append(v.Unread, messages.UnreadView{Name: g.Name, Problem: people.Problem, Since: people.Failing})
		}
	}
	for _, c := range h.Policy().Customers {
		contacts, err := state.ContactsOf(tx, c.Tenant)
		if err != nil {
			return err
		}
		if len(contacts) == 0 {
			v.Unlinked = append(v.Unlinked, c.Name)
		}
	}
	return nil
}

func (h Homes) protocol() time.Time {
	if h.Protocol == nil {
		return time.Now()
	}
	return h.Protocol()
}
