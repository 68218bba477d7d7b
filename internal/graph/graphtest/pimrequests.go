package graphtest

import (
	"net/http"
	"slices"
	"time"
)

// shortestPIM is the shortest assignment that PIM makes, and how long one must
// have run before it can be removed; longestPIM is the longest that the settings of
// a group allow until somebody changes them.
// Source: Microsoft Entra documentation, "Assign eligibility for a group in
// Privileged Identity Management" and "Configure PIM for Groups settings".
const (
	shortestPIM = 5 * time.Minute
	longestPIM  = 180 * 24 * time.Hour
)

// pimRequest is something that was asked of PIM for Groups.
type pimRequest struct {
	id, action, status, target       string
	access, group, principal, reason string
	ticketNumber, ticketSystem       string
	seq                              uint64
	created, start                   time.Time
	expiration                       expiration
}

func (q *pimRequest) wire(client string) object {
	info := object{"startDateTime": stamp(q.start), "expiration": q.expiration.wire(), "recurrence": nil}
	return object{
		"id": q.id, "action": q.action, "status": q.status, "targetScheduleId": text(q.target),
		"accessId": q.access, "groupId": q.group, "principalId": q.principal,
		"justification": text(q.reason), "isValidationOnly": false, "approvalId": nil, "customData": nil,
		"createdDateTime": stamp(q.created), "completedDateTime": stamp(q.created),
		"createdBy": object{
			"application": object{"id": client, "displayName": clientName}, "device": nil, "user": nil,
		},
		"scheduleInfo": info,
		"ticketInfo":   object{"ticketNumber": text(q.ticketNumber), "ticketSystem": text(q.ticketSystem)},
	}
}

type pimBody struct {
	AccessID         string `json:"accessId"`
	PrincipalID      string `json:"principalId"`
	GroupID          string `json:"groupId"`
	Action           string `json:"action"`
	Justification    string `json:"justification"`
	IsValidationOnly bool   `json:"isValidationOnly"`
	ScheduleInfo     *struct {
		StartDateTime *time.Time `json:"startDateTime"`
		Expiration    expiration `json:"expiration"`
	} `json:"scheduleInfo"`
	TicketInfo struct {
		TicketNumber string `json:"ticketNumber"`
		TicketSystem string `json:"ticketSystem"`
	} `json:"ticketInfo"`
}

// pimInvalid refuses a request as PIM does, whatever is wrong with it.
func pimInvalid(message string) error {
	return fail(http.StatusBadRequest, "InvalidRoleAssignmentRequest", message)
}

// broken refuses what the settings of the group do not allow, by the rule's name.
func broken(rule string) error {
	return fail(http.StatusBadRequest, "RoleAssignmentRequestPolicyValidationFailed", `The following policy rules failed: ["`+rule+`"]`)
}

func tooShort() error {
	return fail(http.StatusBadRequest, "ActiveDurationTooShort", "The Active duration is too short. Minimum required is 5 minutes.")
}

func noAssignment() error {
	return fail(http.StatusBadRequest, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
}

// schedule says what the request asks for. An administrator's start in the past
// means now.
func (b pimBody) schedule(now time.Time) (*schedule, error) {
	v := &schedule{group: b.GroupID, principal: b.PrincipalID, access: b.AccessID, created: now, start: now}
	if b.ScheduleInfo == nil {
		return nil, pimInvalid("scheduleInfo is required.")
	}
	if at := b.ScheduleInfo.StartDateTime; at != nil && at.After(now) {
		v.start = at.UTC()
	}
	v.expiration = b.ScheduleInfo.Expiration
	switch v.expiration.Type {
	case "noExpiration":
		return nil, broken("ExpirationRule")
	case "afterDuration":
		span, ok := parseSpan(v.expiration.Duration)
		if !ok {
			return nil, pimInvalid("expiration.duration is not a duration in days, hours, minutes and seconds.")
		}
		v.end = v.start.Add(span)
	case "afterDateTime":
		at, err := time.Parse(time.RFC3339, v.expiration.EndDateTime)
		if err != nil || !at.After(v.start) {
			return nil, pimInvalid("expiration.endDateTime must be a time after the start.")
		}
		v.end = at.UTC()
	default:
		return nil, pimInvalid("expiration.type must be noExpiration, afterDuration or afterDateTime.")
	}
	switch span := v.end.Sub(v.start); {
	case span < shortestPIM:
		return nil, tooShort()
	case span > longestPIM:
		return nil, broken("ExpirationRule")
	case b.Justification == "":
		return nil, broken("JustificationRule")
	}
	return v, nil
}

func (s *Server) createPIMRequest(c *call) (reply, error) {
	if err := s.licensed(); err != nil {
		return reply{}, err
	}
	var body pimBody
	if err := c.decode(&body); err != nil {
		return reply{}, err
	}
	g, err := s.pimGroup(&body)
	if err != nil {
		return reply{}, err
	}
	q := &pimRequest{
		id: newGUID(), action: body.Action, access: body.AccessID, group: body.GroupID, principal: body.PrincipalID,
		reason: body.Justification, ticketNumber: body.TicketInfo.TicketNumber, ticketSystem: body.TicketInfo.TicketSystem,
		created: c.now, start: c.now, seq: s.next(),
	}
	switch body.Action {
	case "adminAssign":
		err = s.pimAssign(c, body, g, q)
	case "adminUpdate", "adminExtend":
		err = s.pimUpdate(c, body, g, q)
	case "adminRemove":
		err = s.pimRemove(c, body, g, q)
	default:
		err = pimInvalid("An application can ask for adminAssign, adminUpdate, adminExtend and adminRemove.")
	}
	if err != nil {
		return reply{}, err
	}
	if !body.IsValidationOnly {
		s.pimRequests = append(s.pimRequests, q)
		s.wrote(c, body.Action+" of "+q.principal+" in group "+q.group, activity{
			pimActivities[body.Action], "GroupManagement", "PIM", "Update", []target{s.objectTarget(q.principal), groupTarget(g)},
		})
		s.settleSchedules(c.now)
	}
	answer := c.one(http.StatusCreated, "/$metadata#identityGovernance/privilegedAccess/group/assignmentScheduleRequests/$entity", q.wire(s.opt.ClientID))
	answer.location = c.url(pimRequestsPath + "/" + q.id)
	return answer, nil
}

var pimActivities = map[string]string{
	"adminAssign": "Add member to role in PIM requested (timebound)",
	"adminUpdate": "Update member in role in PIM requested (timebound)",
	"adminExtend": "Add member to role in PIM requested (renew)",
	"adminRemove": "Remove member from role in PIM requested (timebound)",
}

// pimGroup checks whom and what the request is about, and spells the ids as the
// directory does.
func (s *Server) pimGroup(b *pimBody) (*group, error) {
	if b.AccessID != "member" && b.AccessID != "owner" {
		return nil, pimInvalid("accessId must be member or owner.")
	}
	g, ok := s.groups.find(b.GroupID)
	if !ok {
		return nil, fail(http.StatusNotFound, "ResourceNotFound", "The group does not exist.")
	}
	if s.restricts(g) { // the documents say that PIM cannot manage it, and not how that is refused
		return nil, fail(http.StatusForbidden, "UnauthorizedAccess", "The group is in an administrative unit with restricted management.")
	}
	u, ok := s.users.find(b.PrincipalID)
	if !ok {
		return nil, fail(http.StatusNotFound, "SubjectNotFound", "The subject is not found.")
	}
	b.GroupID, b.PrincipalID = g.ID, u.ID
	return g, nil
}

func (g *group) grants(principal, access string) bool {
	if access == "owner" {
		return hasRole(g.Owners, principal)
	}
	return g.has(principal)
}

func (s *Server) pimAssign(c *call, b pimBody, g *group, q *pimRequest) error {
	if b.AccessID == "member" {
		s.adds[membershipOf(g.ID, b.PrincipalID)]++
	}
	v, err := b.schedule(c.now)
	if err != nil {
		return err
	}
	if _, ok := s.scheduleFor(g.ID, b.PrincipalID, b.AccessID); ok || g.grants(b.PrincipalID, b.AccessID) {
		return fail(http.StatusBadRequest, "RoleAssignmentExists", "The Role assignment already exists.")
	}
	v.id = g.ID + "_" + b.AccessID + "_" + newGUID()
	v.request, v.seq, v.left = q.id, s.next(), s.opt.Lag
	q.target, q.start, q.expiration, q.status = v.id, v.start, v.expiration, "Provisioned"
	if v.start.After(c.now) {
		q.status = "Granted"
	}
	if !b.IsValidationOnly {
		s.schedules = append(s.schedules, v)
	}
	return nil
}

// pimUpdate gives an assignment another time, under another id. One whose
// membership was made without PIM becomes an assignment like the others. To extend
// means a later end.
func (s *Server) pimUpdate(c *call, b pimBody, g *group, q *pimRequest) error {
	v, err := b.schedule(c.now)
	if err != nil {
		return err
	}
	old, scheduled := s.scheduleFor(g.ID, b.PrincipalID, b.AccessID)
	switch {
	case !scheduled && !g.grants(b.PrincipalID, b.AccessID):
		return noAssignment()
	case q.action == "adminExtend" && (!scheduled || !v.end.After(old.end)):
		return pimInvalid("To extend an assignment, ask for a later end.")
	}
	v.id = g.ID + "_" + b.AccessID + "_" + newGUID()
	v.request, v.seq, v.left = q.id, s.next(), s.opt.Lag
	if scheduled {
		v.created, v.running = old.created, old.running
		v.was = &validity{old.start, old.end, old.expiration}
		switch {
		case old.left > 0 && v.end.Equal(old.end): // nothing new: readers get there as they would have
			v.was, v.left = old.was, old.left
		case old.left > 0:
			v.was = old.was
		}
		if old.running {
			v.start = old.start
		}
	} else {
		v.running = true
	}
	q.target, q.start, q.expiration, q.status = v.id, v.start, v.expiration, "Provisioned"
	if b.IsValidationOnly {
		return nil
	}
	s.schedules = slices.DeleteFunc(s.schedules, func(o *schedule) bool { return o == old })
	s.schedules = append(s.schedules, v)
	return nil
}

// pimRemove takes a running assignment away that is not too young. One that has not
// begun is taken back by cancelling the request for it.
func (s *Server) pimRemove(c *call, b pimBody, g *group, q *pimRequest) error {
	v, scheduled := s.scheduleFor(g.ID, b.PrincipalID, b.AccessID)
	if !g.grants(b.PrincipalID, b.AccessID) && !(scheduled && v.running) {
		return noAssignment()
	}
	if scheduled && c.now.Sub(v.created) < shortestPIM {
		return tooShort()
	}
	q.status = "Revoked"
	if scheduled {
		q.target = v.id
	}
	if b.IsValidationOnly {
		return nil
	}
	if !scheduled { // a direct member, whom PIM takes over in order to remove it
		s.schedules = append(s.schedules, &schedule{group: g.ID, principal: b.PrincipalID, access: b.AccessID, running: true})
	}
	s.endSchedules(func(o *schedule) bool {
		return same(o.group, g.ID) && same(o.principal, b.PrincipalID) && o.access == b.AccessID
	}, c.now)
	return nil
}

func (s *Server) listPIMRequests(c *call) (reply, error) {
	if err := s.licensed(); err != nil {
		return reply{}, err
	}
	if err := c.narrow(); err != nil {
		return reply{}, err
	}
	entries := make([]entry, 0, len(s.pimRequests))
	for _, q := range s.pimRequests {
		entries = append(entries, entry{q.seq, q.wire(s.opt.ClientID)})
	}
	return c.list(pimListing("assignmentScheduleRequests"), entries)
}

func (s *Server) pimRequestOf(c *call) (*pimRequest, error) {
	if err := s.licensed(); err != nil {
		return nil, err
	}
	for _, q := range s.pimRequests {
		if same(q.id, c.r.PathValue("rid")) {
			return q, nil
		}
	}
	return nil, fail(http.StatusNotFound, "RoleAssignmentRequestNotFound", "The request does not exist.")
}

func (s *Server) getPIMRequest(c *call) (reply, error) {
	q, err := s.pimRequestOf(c)
	if err != nil {
		return reply{}, err
	}
	return c.one(http.StatusOK, "/$metadata#identityGovernance/privilegedAccess/group/assignmentScheduleRequests/$entity", q.wire(s.opt.ClientID)), nil
}

// cancelPIMRequest takes back a request that is granted and has not begun.
func (s *Server) cancelPIMRequest(c *call) (reply, error) {
	q, err := s.pimRequestOf(c)
	if err != nil {
		return reply{}, err
	}
	if q.status != "Granted" || !q.start.After(c.now) {
		return reply{}, pimInvalid("Only a request in status Granted can be cancelled.")
	}
	q.status = "Canceled"
	s.endSchedules(func(v *schedule) bool { return v.request == q.id }, c.now)
	s.wrote(c, "cancelled request "+q.id, activity{
		"Cancel request for role in PIM", "GroupManagement", "PIM", "Update", []target{s.objectTarget(q.principal)},
	})
	return reply{status: http.StatusNoContent}, nil
}
