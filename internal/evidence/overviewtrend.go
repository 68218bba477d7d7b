package evidence

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// trendWeeks is for how many weeks the trend goes back where the time is shorter.
const trendWeeks = 13

// weeksTo are the ends of the weeks of the trend, the newest first: the end of what is
// told, and the Mondays before it.
func weeksTo(o OverviewOrder) []time.Time {
	end := o.upto()
	out := []time.Time{end}
	y, m, d := end.In(o.Zone).Date()
	back := (int(end.In(o.Zone).Weekday()) + 6) % 7
	for i := 0; ; i++ {
		at := time.Date(y, m, d-back-7*i, 0, 0, 0, 0, o.Zone)
		if i > trendWeeks && at.Before(o.Span.From) {
			return out
		}
		if at.Before(end) {
			out = append(out, at)
		}
	}
}

// trendFrom is the first moment of which the overview tells anything.
func trendFrom(o OverviewOrder) time.Time {
	first := slices.MinFunc(weeksTo(o), time.Time.Compare)
	if o.Span.From.Before(first) {
		return o.Span.From
	}
	return first
}

// grounds are what gives access for good, at a moment that moves back from now.
type grounds struct {
	in     *OverviewInput
	status map[access.RelationshipID]access.RelationshipStatus
	start  map[access.RelationshipID]time.Time
	groups map[assigned]given
	dap    map[access.TenantID]bool
}

type assigned struct {
	relationship access.RelationshipID
	group        access.GroupID
}

type given struct {
	roles  []access.RoleID
	status access.AssignmentStatus
}

func (t *tally) standing(o *Overview) {
	g := grounds{
		in: &t.in, status: map[access.RelationshipID]access.RelationshipStatus{}, start: map[access.RelationshipID]time.Time{},
		groups: map[assigned]given{}, dap: map[access.TenantID]bool{},
	}
	for _, m := range t.in.Relationships {
		g.status[m.ID], g.start[m.ID] = m.Status, m.Start
		for _, a := range m.Assignments {
			if !t.in.Ours[a.Group] {
				key := assigned{m.ID, a.Group}
				g.groups[key] = given{append(slices.Clone(g.groups[key].roles), a.Roles...), a.Status}
			}
		}
	}
	for tenant, held := range t.in.DAP {
		g.dap[tenant] = held
		if held {
			o.DAP = append(o.DAP, t.customer(tenant))
		}
	}
	slices.Sort(o.DAP)
	o.Groups = t.groupsNow()
	if t.in.Known.IsZero() {
		return
	}
	last := len(t.in.Events)
	for _, at := range weeksTo(t.in.OverviewOrder) {
		for ; last > 0 && !t.in.Events[last-1].At.Before(at); last-- {
			g.undo(t.in.Events[last-1])
		}
		if at.Before(t.in.Known) {
			break
		}
		o.Trend = append(o.Trend, g.count(at))
	}
	slices.Reverse(o.Trend)
}

// undo takes back what an event tells of.
func (g *grounds) undo(e access.Event) {
	kind, from := access.ChangeKind(e.Detail["change"]), e.Detail["from"]
	id, group := access.RelationshipID(e.Detail["relationship"]), access.GroupID(e.Detail["group"])
	if e.Detail["source"] != "" || e.Detail["alert"] == "" {
		return // it tells who did what another event tells of
	}
	switch kind {
	case access.ChangeNew:
		g.status[id] = ""
	case access.ChangeApproved, access.ChangeActive, access.ChangeEnding, access.ChangeTerminated, access.ChangeExpired, access.ChangeVanished, access.ChangeListed:
		g.status[id] = access.RelationshipStatus(from)
	case access.ChangeAssigned, access.ChangeReassigned, access.ChangeUnassigned, access.ChangeFailed:
		g.unassign(assigned{id, group}, from)
	case access.ChangeDAPGone, access.ChangeDAPHeld:
		g.dap[e.Customer] = from == "on"
	}
}

// unassign gives a group what it had before: other roles, none, or another status.
func (g *grounds) unassign(key assigned, from string) {
	if g.in.Ours[key.group] {
		return
	}
	was := g.groups[key]
	switch status := access.AssignmentStatus(from); {
	case from == "":
		delete(g.groups, key)
	case status == access.AssignmentActive || status == access.AssignmentPending || status == access.AssignmentError:
		was.status = status
		g.groups[key] = was
	default:
		g.groups[key] = given{access.RolesIn(from), access.AssignmentActive}
	}
}

// count counts what there was at the moment.
func (g *grounds) count(at time.Time) Standings {
	out := Standings{At: at}
	inForce := func(id access.RelationshipID) bool {
		s := g.status[id]
		return (s == access.RelationshipActive || s == access.RelationshipExpiring) && !g.start[id].After(at)
	}
	for id := range g.status {
		if inForce(id) {
			out.Relationships++
		}
	}
	for key, has := range g.groups {
		if !inForce(key.relationship) || has.status != access.AssignmentActive && has.status != access.AssignmentPending {
			continue
		}
		out.Groups++
		if len(roles.PrivilegedOf(has.roles)) > 0 {
			out.Privileged++
		}
	}
	for _, held := range g.dap {
		if held {
			out.DAP++
		}
	}
	return out
}

// groupsNow lists the groups that have roles for good, those with privileged ones first.
func (t *tally) groupsNow() []GroupNow {
	var out []GroupNow
	for _, m := range t.in.Relationships {
		for _, s := range standing(Input{Relationships: []state.MirroredRelationship{m}, Groups: t.in.Mirrored, Ours: t.in.Ours}) {
			out = append(out, GroupNow{
				Customer: t.customer(m.Customer), Group: s.Group, Roles: s.Roles, Members: len(s.Members), Unseen: s.Unseen,
				Privileged: len(roles.PrivilegedOf(s.Roles)) > 0,
			})
		}
	}
	slices.SortStableFunc(out, func(a, b GroupNow) int {
		if a.Privileged != b.Privileged {
			return map[bool]int{true: -1, false: 1}[a.Privileged]
		}
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Group, b.Group))
	})
	return out
}
