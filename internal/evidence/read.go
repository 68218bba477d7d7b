package evidence

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// Order says which report is wanted.
type Order struct {
	ID       string
	Customer access.TenantID
	Name     string // of the customer; empty: as the records call it
	Span     access.Span
	Made     time.Time
	AskedBy  access.Person
	Language lang.Tag
	Zone     *time.Location
	UpTo     uint64         // the last event of which it tells; 0: the newest
	Policy   *policy.Policy // of now; nil where there is none at hand
	Home     access.TeamID  // the partner's workspace, where it is known
}

// Input is what [Of] makes a report of.
type Input struct {
	Order
	Log           audit.Account
	Requests      map[access.RequestID]access.Request
	Grants        map[access.RequestID]access.Grant
	Glass         map[access.RequestID]access.BreakGlassReview
	Offers        []access.Offer
	Relationships []state.MirroredRelationship
	Groups        map[access.GroupID]state.MirroredGroup
	Ours          map[access.GroupID]bool // made by the bot, in which people are for a time
	ReadAt        time.Time
	DAP           string
	Reviews       []access.Review
	Alerts        []access.Alert
	Contacts      []access.Contact
	Staff         []access.Staff
	Unread        int
}

// Read gathers it in one view. What cannot be read is counted, and the rest is told.
func Read(tx state.Tx, o Order) (Input, error) {
	in := Input{
		Order: o, Requests: map[access.RequestID]access.Request{}, Grants: map[access.RequestID]access.Grant{},
		Glass: map[access.RequestID]access.BreakGlassReview{}, Groups: map[access.GroupID]state.MirroredGroup{}, Ours: map[access.GroupID]bool{},
	}
	var err error
	if in.Log, err = audit.About(tx, o.Customer, o.UpTo); err != nil {
		return in, err
	}
	for _, read := range []func(state.Tx) error{in.asked, in.alerts, in.agreed, in.standing} {
		if err := read(tx); err != nil {
			return in, err
		}
	}
	return in, nil
}

// asked reads the requests of the customer, and what came of them.
func (in *Input) asked(tx state.Tx) error {
	ids, err := state.RequestsOfCustomer(tx, in.Customer)
	if err != nil {
		return err
	}
	taken := map[access.RequestID]bool{}
	for _, e := range in.Log.Events {
		taken[e.Request] = taken[e.Request] || e.Kind == access.EventBrokeGlass
	}
	for _, id := range ids {
		r, err := state.Request(tx, id)
		if in.absent(err) || err == nil && r.Customer != in.Customer {
			continue
		}
		if err != nil {
			return err
		}
		in.Requests[id] = r
		in.Name = cmp.Or(in.Name, r.CustomerName)
		g, err := state.Grant(tx, id)
		if err == nil {
			in.Grants[id] = g
		} else if !in.absent(err) {
			return err
		}
		if !r.BrokeGlass() && !taken[id] {
			continue
		}
		v, err := state.BreakGlassReview(tx, id)
		if err == nil {
			in.Glass[id] = v
		} else if !in.absent(err) {
			return err
		}
	}
	return nil
}

// absent reports whether there is no such record, or none that can be read, and counts
// the latter.
func (in *Input) absent(err error) bool {
	if _, bad := state.Unreadable(err); bad {
		in.Unread++
		return true
	}
	return errors.Is(err, state.ErrNotFound)
}

// alerts reads those of which the log tells, and those that are open.
func (in *Input) alerts(tx state.Tx) error {
	var ids []access.AlertID
	for _, e := range in.Log.Events {
		if id := access.AlertID(e.Detail["alert"]); id != "" {
			ids = append(ids, id)
		}
	}
	open, err := state.OpenAlerts(tx, in.Customer)
	if err != nil {
		return err
	}
	for _, a := range open {
		ids = append(ids, a.ID)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		a, err := state.Alert(tx, id)
		if in.absent(err) || err == nil && a.Customer != in.Customer {
			continue
		}
		if err != nil {
			return err
		}
		in.Alerts = append(in.Alerts, a)
	}
	return nil
}

// agreed reads what the customer has agreed to for good, and who may decide for it.
func (in *Input) agreed(tx state.Tx) (err error) {
	if in.Offers, err = state.ReadableOffersTo(tx, in.Customer); err != nil {
		return err
	}
	reviews, unread, err := state.ReviewsOf(tx, in.Customer)
	if err != nil {
		return err
	}
	in.Reviews, in.Unread = reviews, in.Unread+unread
	if in.Contacts, err = state.ContactsOf(tx, in.Customer); err != nil {
		return err
	}
	in.Staff, err = state.AllStaff(tx)
	return err
}

// standing reads what gives access without a request.
func (in *Input) standing(tx state.Tx) error {
	info, err := state.Mirror(tx)
	if err != nil {
		return err
	}
	in.ReadAt = info.ReadAt
	all, unread, err := state.ReadableRelationships(tx, in.Customer)
	if err != nil {
		return err
	}
	in.Relationships, in.Unread = all, in.Unread+unread
	for _, r := range all {
		in.Name = cmp.Or(in.Name, r.CustomerName)
		for _, a := range r.Assignments {
			if err := in.group(tx, a.Group); err != nil {
				return err
			}
		}
	}
	if in.Name == "" {
		known, err := state.CustomerKnown(tx, in.Customer)
		if err != nil && !in.absent(err) {
			return err
		}
		in.Name = known.Name
	}
	dap, known, err := state.DAPOf(tx, in.Customer)
	switch {
	case err != nil:
		return err
	case known && dap.Held:
		in.DAP = "on"
	case known:
		in.DAP = "off"
	}
	return nil
}

func (in *Input) group(tx state.Tx, id access.GroupID) error {
	if _, err := state.ContainerOfGroup(tx, id); err == nil {
		in.Ours[id] = true
		return nil
	} else if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	g, err := state.GroupMirrored(tx, id)
	if err == nil {
		in.Groups[id] = g
	} else if !in.absent(err) {
		return err
	}
	return nil
}
