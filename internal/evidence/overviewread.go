package evidence

import (
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// OverviewOrder says which overview is wanted.
type OverviewOrder struct {
	Span   access.Span
	Made   time.Time
	Zone   *time.Location
	Policy *policy.Policy // of now, which says who is in which team; nil where there is none at hand
}

// upto is the last moment of which it tells.
func (o OverviewOrder) upto() time.Time {
	if o.Made.Before(o.Span.To) {
		return o.Made
	}
	return o.Span.To
}

// OverviewInput is what [OverviewOf] makes an overview of.
type OverviewInput struct {
	OverviewOrder
	// Events are those from the first week of the trend on, the oldest first, and before
	// them whatever the log says of requests that were not over then.
	Events        []access.Event
	First, Last   uint64
	Requests      map[access.RequestID]access.Request // of which more than the log is told
	Staff         []access.Staff
	Groups        map[access.StaffSource]access.GroupPeople
	Customers     map[access.TenantID]string
	Relationships []state.MirroredRelationship
	Mirrored      map[access.GroupID]state.MirroredGroup
	Ours          map[access.GroupID]bool // made by the bot
	DAP           map[access.TenantID]bool
	Known, ReadAt time.Time
	Unread        int
}

// ReadOverview gathers it in one view. The log is read back to the beginning of the time
// and no further, but for requests that began before it; of records only those are read of
// which the log says too little. What cannot be read is counted, and the rest is told.
func ReadOverview(tx state.Tx, o OverviewOrder) (OverviewInput, error) {
	in := OverviewInput{
		OverviewOrder: o, Requests: map[access.RequestID]access.Request{},
		Groups: map[access.StaffSource]access.GroupPeople{}, Customers: map[access.TenantID]string{},
		Mirrored: map[access.GroupID]state.MirroredGroup{}, Ours: map[access.GroupID]bool{}, DAP: map[access.TenantID]bool{},
	}
	for _, read := range []func(state.Tx) error{in.happened, in.told, in.staff, in.customers, in.stands} {
		if err := read(tx); err != nil {
			return in, err
		}
	}
	return in, nil
}

// absent reports whether there is no such record, or none that can be read, and counts
// the latter.
func (in *OverviewInput) absent(err error) bool {
	if _, bad := state.Unreadable(err); bad {
		in.Unread++
		return true
	}
	return errors.Is(err, state.ErrNotFound)
}

// happened reads the log. Where that is ahead of the clock of whoever reads it, it is told to
// its end.
func (in *OverviewInput) happened(tx state.Tx) error {
	first, last, err := audit.Between(tx, trendFrom(in.OverviewOrder))
	if err != nil {
		return err
	}
	if last > 0 {
		newest, err := audit.At(tx, last)
		if err != nil {
			return err
		}
		if !newest.At.Before(in.Made) {
			in.Made = newest.At.Add(time.Second)
		}
	}
	if in.Last = last; first <= last {
		in.First = first
	}
	began := map[access.RequestID]uint64{} // from which event on a request is there already; 0: from its first
	end := in.upto()
	for e, err := range audit.From(tx, first, last) {
		if err != nil {
			return err
		}
		if _, seen := began[e.Request]; e.Request != "" && !seen {
			began[e.Request] = e.Seq
			if e.Kind == access.EventRequested {
				began[e.Request] = 0
			}
		}
		if e.At.Before(end) || e.Request == "" || e.Kind == access.EventSignedOff || e.Kind == access.EventObjected {
			in.Events = append(in.Events, e)
		}
	}
	for _, list := range []func(state.Tx) ([]access.RequestID, error){state.AllPending, state.AllGranted, state.AllAhead} {
		ids, err := list(tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, seen := began[id]; !seen {
				began[id] = last + 1
			}
		}
	}
	if err := in.earlier(tx, began); err != nil {
		return err
	}
	slices.SortFunc(in.Events, func(a, b access.Event) int { return int(a.Seq) - int(b.Seq) }) //nolint:gosec // counts from 1
	return nil
}

// earlier adds what the log has of requests from before it was read.
func (in *OverviewInput) earlier(tx state.Tx, began map[access.RequestID]uint64) error {
	for id, seen := range began {
		if seen == 0 {
			continue
		}
		all, err := audit.OfSince(tx, id, 0)
		if err != nil {
			return err
		}
		for _, seq := range all {
			if seq >= seen {
				break
			}
			e, err := audit.At(tx, seq)
			if err != nil {
				return err
			}
			in.Events = append(in.Events, e)
		}
	}
	return nil
}

// told reads the records of what was denied, of what the log does not tell from its
// beginning, and one of each who is not among the staff any more: for their names.
func (in *OverviewInput) told(tx state.Tx) (err error) {
	if in.Staff, err = state.AllStaff(tx); err != nil {
		return err
	}
	named, asked := map[string]bool{}, map[access.RequestID]bool{}
	for _, s := range in.Staff {
		for _, k := range keys(s.Person) {
			named[k] = s.Person.Name != ""
		}
	}
	for _, e := range in.Events {
		if e.Request == "" || asked[e.Request] && e.Kind != access.EventDenied {
			continue
		}
		stranger := !slices.ContainsFunc(keys(e.Actor), func(k string) bool { return named[k] })
		if asked[e.Request] = true; e.Kind == access.EventRequested && !stranger {
			continue
		}
		r, err := state.Request(tx, e.Request)
		if in.absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		in.Requests[e.Request] = r
		for _, k := range keys(e.Actor) {
			named[k] = named[k] || e.Kind == access.EventRequested && r.Requester.Name != ""
		}
	}
	return nil
}

// staff reads who is in the groups that Slack or Entra keeps.
func (in *OverviewInput) staff(tx state.Tx) error {
	if in.Policy == nil {
		return nil
	}
	for _, g := range in.Policy.Kept() {
		people, err := state.GroupPeople(tx, g.Source)
		if err == nil {
			in.Groups[g.Source] = people
		} else if !in.absent(err) {
			return err
		}
	}
	return nil
}

// customers finds their names: those of policy.yml, else those of Microsoft.
func (in *OverviewInput) customers(tx state.Tx) error {
	known, err := state.KnownCustomers(tx)
	if err != nil {
		return err
	}
	for _, k := range known {
		in.Customers[k.Tenant] = k.Name
	}
	if in.Policy != nil {
		for _, c := range in.Policy.Customers {
			in.Customers[c.Tenant] = c.Name
		}
	}
	return nil
}

// stands reads what gives access for good now.
func (in *OverviewInput) stands(tx state.Tx) error {
	info, err := state.Mirror(tx)
	if err != nil {
		return err
	}
	watched, err := state.Watched(tx)
	if err != nil && !in.absent(err) {
		return err
	}
	in.ReadAt, in.Known = info.ReadAt, watched.Since
	all, unread, err := state.ReadableMirror(tx)
	if err != nil {
		return err
	}
	in.Relationships, in.Unread = all, in.Unread+unread
	for _, m := range all {
		if in.Customers[m.Customer] == "" {
			in.Customers[m.Customer] = m.CustomerName
		}
		for _, a := range m.Assignments {
			if err := in.group(tx, a.Group); err != nil {
				return err
			}
		}
	}
	for tenant := range in.Customers {
		dap, known, err := state.DAPOf(tx, tenant)
		if err != nil && !in.absent(err) {
			return err
		}
		if err == nil && known {
			in.DAP[tenant] = dap.Held
		}
	}
	return nil
}

func (in *OverviewInput) group(tx state.Tx, id access.GroupID) error {
	if _, read := in.Mirrored[id]; read || in.Ours[id] {
		return nil
	}
	if _, err := state.ContainerOfGroup(tx, id); err == nil {
		in.Ours[id] = true
		return nil
	} else if !in.absent(err) {
		return err
	}
	g, err := state.GroupMirrored(tx, id)
	if err == nil {
		in.Mirrored[id] = g
	} else if !in.absent(err) {
		return err
	}
	return nil
}
