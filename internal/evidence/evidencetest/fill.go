// Package evidencetest fills a store with the history of a customer, as the use cases
// write it, for the tests of reports. Every text in it carries a word by which it is
// known whose it is.
package evidencetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// A Past is the history of one customer.
type Past struct {
	Tenant access.TenantID
	Name   string
	Word   string // in every text that is the customer's own
	Mark   string // one letter, in the ids of its requests
	Start  time.Time
	Every  time.Duration // between two requests
	Asks   int
}

// Roles that people ask for.
var (
	Exchange   = access.RoleID("29232cdf-9323-42fd-ade2-1d097af3e4de")
	Helpdesk   = access.RoleID("729827e3-9c14-49f7-bb1b-9608f156bbb8")
	Users      = access.RoleID("fe930be7-5e62-47db-91af-98c3a49a38b1")
	Reader     = access.RoleID("f2ef992c-3afb-46b9-b7cf-a126ee74c451")
	Global     = access.RoleID("62e90394-69f5-4237-9190-012177145e10")
	Compliance = access.RoleID("17315797-102d-40b4-93e0-432062caca18")
)

var sets = [][]access.RoleID{{Exchange}, {Helpdesk}, {Exchange, Users}, {Reader}, {Helpdesk}, {Compliance}}

var reasons = []string{
	"Mailbox of the new head of nursing is not there, INC-%d",
	"Reset MFA for a lost phone, INC-%d",
	"Move the shared mailboxes of the radiology department to the new domain before the weekend, so that the old one can be retired; agreed with the head of IT on the phone, CHG-%d",
	"Read the settings for the offer, OPP-%d",
	"Password of the reception desk, INC-%d",
	"Retention labels for patient files, CHG-%d",
}

var staff = []access.Person{
	{Team: "T0HOME", User: "U0ANA00001", Name: "Ana Trujillo", Mail: "ana@fabrikam.example"},
	{Team: "T0HOME", User: "U0BO000001", Name: "Bo Lindqvist", Mail: "bo@fabrikam.example"},
	{Team: "T0HOME", User: "U0KIM00001", Name: "Kim Müller-Łukasiewicz", Mail: "kim@fabrikam.example"},
}

// Object is who a colleague is in Entra.
func Object(i int) access.PrincipalID {
	return access.PrincipalID(fmt.Sprintf("0b0e0000-0000-4000-8000-%012d", i%len(staff)+1))
}

// contacts of the customer: the first has signed in, the second has not.
func (p Past) contacts() [2]access.Contact {
	team := access.TeamID("T0" + strings.ToUpper(p.Word))
	return [2]access.Contact{
		{
			Person: access.Person{
				Team: team, User: "U0" + access.UserID(p.Mark) + "CAROL", Name: "Carol " + p.Word, Mail: "carol@" + strings.ToLower(p.Word) + ".example",
				Entra: access.Account{Tenant: p.Tenant, Object: access.PrincipalID("c0c0c0c0-0000-4000-8000-00000000000" + p.Mark)},
			},
			Customer: p.Tenant, LinkedBy: staff[0], LinkedAt: p.Start.Add(-48 * time.Hour), VerifiedAt: p.Start.Add(-47 * time.Hour), Role: Global,
		},
		{
			Person:   access.Person{Team: team, User: "U0" + access.UserID(p.Mark) + "OSKAR", Name: "Oskar " + p.Word},
			Customer: p.Tenant, LinkedBy: staff[0], LinkedAt: p.Start.Add(-48 * time.Hour),
		},
	}
}

// Fill writes the history in transactions of a bounded size.
func (p Past) Fill(update func(func(state.Tx) error) error) error {
	if err := update(p.before); err != nil {
		return err
	}
	for n := 0; n < p.Asks; n += 200 {
		if err := update(func(tx state.Tx) error {
			var errs []error
			for i := n; i < min(n+200, p.Asks); i++ {
				errs = append(errs, p.ask(tx, i))
			}
			return errors.Join(errs...)
		}); err != nil {
			return err
		}
	}
	return nil
}

// log appends an event.
func (p Past) log(tx state.Tx, at time.Time, by access.Person, kind access.EventKind, id access.RequestID, detail ...string) error {
	e := access.Event{At: at, Actor: by, Kind: kind, Customer: p.Tenant, Request: id, Detail: map[string]string{}}
	for i := 0; i+1 < len(detail); i += 2 {
		e.Detail[detail[i]] = detail[i+1]
	}
	_, err := audit.Append(tx, e)
	return err
}

// Relationship is the id of the customer's relationship of a number.
func (p Past) Relationship(n int) access.RelationshipID {
	return access.RelationshipID(fmt.Sprintf("aaaaaaaa-0000-4000-8000-00000000000%d-%s", n, p.Tenant))
}

// before writes what was there before anybody asked.
func (p Past) before(tx state.Tx) error {
	errs := []error{}
	for i, who := range staff {
		errs = append(errs, state.PutStaff(tx, access.Staff{Person: who, Principal: Object(i), UPN: who.Mail, LinkedBy: staff[0], LinkedAt: p.Start.Add(-72 * time.Hour)}))
	}
	for i, c := range p.contacts() {
		errs = append(errs, state.PutContact(tx, c), p.log(tx, c.LinkedAt, staff[0], access.EventContactLinked, "", "team", string(c.Person.Team), "user", string(c.Person.User)))
		if i == 0 {
			errs = append(errs, p.log(tx, c.VerifiedAt, c.Person, access.EventVerified, "", "principal", string(c.Person.Entra.Object), "role", string(c.Role)))
		}
	}
	all := []access.RoleID{Compliance, Exchange, Helpdesk, Reader, Users}
	desk := access.GroupID("6660000" + p.Mark + "-0000-4000-8000-000000000001")
	for n, m := range []state.MirroredRelationship{
		{Relationship: access.Relationship{Name: "Service desk " + p.Word, Status: access.RelationshipActive, Roles: all, Start: p.Start.Add(-90 * 24 * time.Hour), End: p.Start.Add(400 * 24 * time.Hour), AutoExtend: "P180D"},
			Assignments: []access.Assignment{{ID: "as-" + access.AssignmentID(p.Mark), Group: desk, GroupName: "Desk of " + p.Word, Roles: []access.RoleID{Helpdesk, Reader}, Status: access.AssignmentActive}}},
		{Relationship: access.Relationship{Name: "Migration " + p.Word, Status: access.RelationshipTerminated, Roles: []access.RoleID{Exchange, Users}, Start: p.Start.Add(-30 * 24 * time.Hour), End: p.Start.Add(60 * 24 * time.Hour)}},
	} {
		m.ID, m.Customer, m.CustomerName = p.Relationship(n+1), p.Tenant, p.Name
		_, err := state.PutMirrored(tx, m)
		errs = append(errs, err)
	}
	_, err := state.PutMirroredGroup(tx, state.MirroredGroup{ID: desk, Name: "Desk of " + p.Word, Members: []access.Member{
		{ID: Object(0), Name: "Ana Trujillo", UPN: staff[0].Mail}, {ID: "0b0e0000-0000-4000-8000-000000000009", Name: "Member of " + p.Word, UPN: "member@fabrikam.example"},
	}})
	errs = append(errs, err, state.PutMirror(tx, state.MirrorInfo{ReadAt: p.Start.Add(20 * 24 * time.Hour)}), p.alert(tx), p.review(tx))
	return errors.Join(errs...)
}

func (p Past) alert(tx state.Tx) error {
	a := access.Alert{
		ID: access.AlertOf(p.Relationship(2), ""), Relationship: p.Relationship(2), Name: "Migration " + p.Word, Roles: []access.RoleID{Exchange, Users},
		Customer: p.Tenant, CustomerName: p.Name,
	}.Changed(access.Change{
		Kind: access.ChangeTerminated, Aspect: access.AspectStatus, From: "active", To: "terminated", At: p.Start.Add(9 * 24 * time.Hour), Alarming: true,
		By: access.Person{Name: "Admin of " + p.Word}, Source: "audit log",
	})
	a, err := a.Acknowledge(staff[1], p.Start.Add(9*24*time.Hour+time.Hour))
	return errors.Join(err, state.PutAlert(tx, a, false), p.log(tx, p.Start.Add(9*24*time.Hour), access.Person{}, access.EventAlertOpened, "", "alert", string(a.ID)))
}

func (p Past) review(tx state.Tx) error {
	r, err := access.NewReview(access.Review{
		ID: access.ReviewID("V-7K3M" + p.Mark), Customer: p.Tenant, CustomerName: p.Name, StartedBy: staff[0], Unanswered: access.UnansweredAsk,
		Rows: []access.ReviewRow{
			{Relationship: p.Relationship(1), Name: "Service desk " + p.Word, Roles: []access.RoleID{Exchange, Helpdesk}},
			{Relationship: p.Relationship(1), Name: "Service desk " + p.Word, Group: "g", GroupName: "Desk of " + p.Word, Assignment: "as", Roles: []access.RoleID{Helpdesk}},
		},
	}, 14*24*time.Hour, p.Start.Add(3*24*time.Hour))
	if err != nil {
		return err
	}
	r, err = r.Answer(1, 1, access.AnswerKeep, p.contacts()[0].Person, p.Start.Add(4*24*time.Hour))
	return errors.Join(err, state.PutReview(tx, r))
}
