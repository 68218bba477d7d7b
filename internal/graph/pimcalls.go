package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"

	"latchkey/internal/access"
)

// pimPath is where PIM for Groups is.
var pimPath = []string{"identityGovernance", "privilegedAccess", "group"}

// What may be asked of PIM.
const (
	pimAssign = "adminAssign" // a member who is none yet
	pimUpdate = "adminUpdate" // another end for one who is
	pimRemove = "adminRemove"
)

// The codes by which PIM refuses what is so already, or not so any more, or not
// so yet.
const (
	pimExists   = "RoleAssignmentExists"
	pimAbsent   = "RoleAssignmentDoesNotExist"
	pimPending  = "PendingRoleAssignmentRequest"
	pimTooShort = "ActiveDurationTooShort"
	pimNobody   = "SubjectNotFound"
)

// codeOf is Graph's code of the answer that refused a request, or "".
func codeOf(err error) string {
	if r := refused(err); r != nil {
		return r.code
	}
	return ""
}

// Schedule is a membership that PIM for Groups gives, and takes by itself.
type Schedule struct {
	End time.Time // zero: none, or none that is understood
}

// Schedules lists what PIM has scheduled for the principal in the group, as a
// member. A change of a moment ago may be missed.
func (c *Client) Schedules(ctx context.Context, group access.GroupID, p access.PrincipalID) ([]Schedule, error) {
	const doing = "list the schedules of the member"
	quote := func(id string) string { return "'" + strings.ReplaceAll(id, "'", "''") + "'" }
	filter := "groupId eq " + quote(string(group)) + " and principalId eq " + quote(string(p))
	r, err := c.request(abs.GET, url.Values{"$filter": {filter}}, append(slices.Clone(pimPath), "assignmentSchedules")...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	var out []Schedule
	for s, err := range list[*schedule](ctx, c, doing, r, newSchedule) {
		if err != nil {
			return nil, err
		}
		if s.access == "member" && strings.EqualFold(s.principal, string(p)) && strings.EqualFold(s.group, string(group)) {
			out = append(out, Schedule{End: s.end})
		}
	}
	return out, nil
}

// schedule is read by hand: the models of the SDK that have it compile slowly, and
// get durations wrong.
type schedule struct {
	access, group, principal string
	end                      time.Time
}

func newSchedule(serialization.ParseNode) (serialization.Parsable, error) { return &schedule{}, nil }

// GetFieldDeserializers implements the interface of what can be parsed.
func (s *schedule) GetFieldDeserializers() fields {
	return fields{
		"accessId": text(&s.access), "groupId": text(&s.group), "principalId": text(&s.principal),
		"scheduleInfo": func(n serialization.ParseNode) error {
			e, err := n.GetChildNode("expiration")
			if err != nil {
				return nil //nolint:nilerr // one without an end that is understood
			}
			s.end, _ = moment(child(e, "endDateTime"))
			return nil
		},
	}
}

// Serialize writes nothing: schedules are only read.
func (s *schedule) Serialize(serialization.SerializationWriter) error { return nil }

// pimAsk is a request to PIM for Groups.
type pimAsk struct {
	Action        string          `json:"action"`
	AccessID      string          `json:"accessId"`
	GroupID       string          `json:"groupId"`
	PrincipalID   string          `json:"principalId"`
	Justification string          `json:"justification"`
	Schedule      *pimAskSchedule `json:"scheduleInfo,omitempty"`
	Ticket        pimAskTicket    `json:"ticketInfo"`
}

type pimAskSchedule struct {
	Start      time.Time `json:"startDateTime"`
	Expiration struct {
		Type string    `json:"type"`
		End  time.Time `json:"endDateTime"`
	} `json:"expiration"`
}

type pimAskTicket struct {
	Number string `json:"ticketNumber"`
	System string `json:"ticketSystem"`
}

// askPIM asks PIM for Groups to do something about a membership: an end is for
// assignments and updates, which begin at once. Why it is asked is told by the id
// of the request alone; what people wrote is not for other logs.
func (c *Client) askPIM(ctx context.Context, action string, p place, start, end time.Time) error {
	doing := "ask PIM for Groups to " + action
	ask := pimAsk{
		Action: action, AccessID: "member", GroupID: string(p.group), PrincipalID: string(p.who),
		Justification: "Latchkey " + string(p.request), Ticket: pimAskTicket{string(p.request), "Latchkey"},
	}
	if !end.IsZero() {
		ask.Schedule = &pimAskSchedule{Start: start.UTC()}
		ask.Schedule.Expiration.Type, ask.Schedule.Expiration.End = "afterDateTime", end.UTC()
	}
	raw, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	r, err := c.request(abs.POST, nil, append(slices.Clone(pimPath), "assignmentScheduleRequests")...)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	r.SetStreamContentAndContentType(raw, jsonType)
	answer, err := receive[*pimAnswer](ctx, c, doing, p.pass.with(r), newPIMAnswer)
	if err != nil {
		return err
	}
	switch answer.status {
	case "Failed", "Denied", "AdminDenied", "Canceled":
		return fmt.Errorf("%s: the request ended as %s", doing, answer.status)
	}
	return nil
}

type pimAnswer struct{ status string }

func newPIMAnswer(serialization.ParseNode) (serialization.Parsable, error) { return &pimAnswer{}, nil }

// GetFieldDeserializers implements the interface of what can be parsed.
func (a *pimAnswer) GetFieldDeserializers() fields { return fields{"status": text(&a.status)} }

// Serialize writes nothing: answers are only read.
func (a *pimAnswer) Serialize(serialization.SerializationWriter) error { return nil }
