package graphtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// schedule is an assignment to a group that Privileged Identity Management
// gives and takes by itself: the principal is a member from start until end.
type schedule struct {
	id, request, group, principal string
	access                        string // "member" or "owner"
	seq                           uint64
	created, start, end           time.Time // end zero: none
	expiration                    expiration
	running                       bool // the membership has been made
	// For as many lists as left says, was is shown of it, or nothing if it is new.
	was  *validity
	left int
}

// validity is how long a schedule holds.
type validity struct {
	start, end time.Time
	expiration expiration
}

// expiration is how the end was asked for, and is repeated that way.
type expiration struct {
	Type        string `json:"type"`
	EndDateTime string `json:"endDateTime"`
	Duration    string `json:"duration"`
}

func (e expiration) wire() object {
	return object{"type": e.Type, "endDateTime": text(e.EndDateTime), "duration": text(e.Duration)}
}

// settleSchedules begins and ends what is due.
func (s *Server) settleSchedules(now time.Time) {
	for _, v := range s.schedules {
		if !v.running && !v.start.After(now) && (v.end.IsZero() || v.end.After(now)) {
			v.running = true
			s.pimJoin(v, now)
			for _, q := range s.pimRequests {
				if q.id == v.request {
					q.status = "Provisioned"
				}
			}
		}
	}
	s.endSchedules(func(v *schedule) bool { return !v.end.IsZero() && !v.end.After(now) }, now)
}

func (s *Server) pimJoin(v *schedule, now time.Time) {
	g, ok := s.groups.find(v.group)
	if !ok {
		return
	}
	if v.access == "owner" {
		g.Owners = append(g.Owners, v.principal)
		s.bump()
		return
	}
	m := member{v.principal, s.next()}
	g.hide(m, s.opt.Lag)
	g.join(m.id, m.seq)
	s.record(now, pimApp, membershipActivity("Add member to group", "Assign", g, s.objectTarget(v.principal)))
	s.bump()
}

// endSchedules takes the memberships that are meant away, with their schedules.
func (s *Server) endSchedules(which func(*schedule) bool, now time.Time) {
	for _, v := range s.schedules {
		g, ok := s.groups.find(v.group)
		if !ok || !v.running || !which(v) {
			continue
		}
		s.bump()
		if v.access == "owner" {
			g.Owners = slices.DeleteFunc(g.Owners, func(id string) bool { return same(id, v.principal) })
			continue
		}
		i := g.index(v.principal)
		if i < 0 {
			continue
		}
		g.hide(g.members[i], s.opt.Lag)
		g.leave(v.principal)
		s.record(now, pimApp, membershipActivity("Remove member from group", "Unassign", g, s.objectTarget(v.principal)))
	}
	s.schedules = slices.DeleteFunc(s.schedules, which)
}

// passedOver ends what PIM scheduled for a member who was removed without it.
func (s *Server) passedOver(g *group, user string, now time.Time) {
	if s.opt.Troubles.KeepSchedules {
		return
	}
	s.endSchedules(func(v *schedule) bool { return same(v.group, g.ID) && same(v.principal, user) && v.access == "member" }, now)
}

// scheduleFor finds what a principal has of a group, now or from a later time.
func (s *Server) scheduleFor(group, principal, access string) (*schedule, bool) {
	for _, v := range s.schedules {
		if same(v.group, group) && same(v.principal, principal) && v.access == access {
			return v, true
		}
	}
	return nil, false
}

// listed is what a list shows of the schedule, if it shows it. A fresh read brings
// what it misses closer.
func (v *schedule) listed(fresh bool) (validity, bool) {
	if v.left <= 0 {
		return validity{v.start, v.end, v.expiration}, true
	}
	if fresh {
		v.left--
	}
	if v.was == nil {
		return validity{}, false
	}
	return *v.was, true
}

func (v *schedule) info(is validity) object {
	return object{"startDateTime": stamp(is.start), "expiration": is.expiration.wire(), "recurrence": nil}
}

func (v *schedule) wire(is validity) object {
	return object{
		"id": v.id, "accessId": v.access, "groupId": v.group, "principalId": v.principal,
		"assignmentType": "assigned", "memberType": "direct", "status": "Provisioned",
		"createdUsing": v.request, "createdDateTime": stamp(v.created), "modifiedDateTime": stamp(v.created),
		"scheduleInfo": v.info(is),
	}
}

func (v *schedule) instance(is validity) object {
	return object{
		"id": v.id, "accessId": v.access, "groupId": v.group, "principalId": v.principal,
		"assignmentType": "assigned", "memberType": "direct", "assignmentScheduleId": v.id,
		"startDateTime": stamp(is.start), "endDateTime": stamp(is.end),
	}
}

func pimListing(entity string) listing {
	return listing{
		context: "identityGovernance/privilegedAccess/group/" + entity, page: 100, limit: 999,
		filters: map[string]string{
			"groupId": opEq, "principalId": opEq, "accessId": opEq, "status": opEq, "action": opEq, "assignmentScheduleId": opEq,
		},
	}
}

// narrow wants the group or the person that a list of PIM is about.
func (c *call) narrow() error {
	if slices.ContainsFunc(c.query.filter, func(f clause) bool { return f.path == "groupId" || f.path == "principalId" }) {
		return nil
	}
	return fail(http.StatusBadRequest, "MissingProvider", "The $filter must name groupId or principalId.")
}

// SetPIM gives the tenant a licence with Privileged Identity Management, or takes
// it away. What was scheduled goes on.
func (s *Server) SetPIM(licensed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opt.PIM = licensed
	s.bump()
}

// MemberUntil returns when PIM takes a member out of the group; zero: never.
func (s *Server) MemberUntil(group, user string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.scheduleFor(group, user, "member"); ok {
		return v.end
	}
	return time.Time{}
}

// licensed refuses PIM in a tenant that has no licence for it.
func (s *Server) licensed() error {
	if s.opt.PIM {
		return nil
	}
	return fail(http.StatusBadRequest, "AadPremiumLicenseRequired", "The tenant needs a Microsoft Entra ID P2 or Microsoft Entra ID Governance license.")
}

func (s *Server) listSchedules(c *call) (reply, error) {
	return s.listOfSchedules(c, "assignmentSchedules", func(v *schedule, is validity) (object, bool) { return v.wire(is), true })
}

func (s *Server) listInstances(c *call) (reply, error) {
	return s.listOfSchedules(c, "assignmentScheduleInstances", func(v *schedule, is validity) (object, bool) { return v.instance(is), v.running })
}

func (s *Server) listOfSchedules(c *call, entity string, show func(*schedule, validity) (object, bool)) (reply, error) {
	if err := s.licensed(); err != nil {
		return reply{}, err
	}
	if err := c.narrow(); err != nil {
		return reply{}, err
	}
	var entries []entry
	for _, v := range s.schedules {
		is, ok := v.listed(!c.query.later())
		if !ok {
			continue
		}
		if body, ok := show(v, is); ok {
			entries = append(entries, entry{v.seq, body})
		}
	}
	return c.list(pimListing(entity), entries)
}

func (s *Server) getSchedule(c *call) (reply, error) {
	if err := s.licensed(); err != nil {
		return reply{}, err
	}
	for _, v := range s.schedules {
		if strings.EqualFold(v.id, c.r.PathValue("sid")) {
			return c.one(http.StatusOK, "/$metadata#identityGovernance/privilegedAccess/group/assignmentSchedules/$entity", v.wire(validity{v.start, v.end, v.expiration})), nil
		}
	}
	return reply{}, noObject()
}
