package approvals_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

func TestSubmit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var r access.Request
	w.does(t, func() (err error) {
		ask := anAsk()
		ask.Customer = access.TenantID(strings.ToUpper(string(contoso)))
		ask.Justification = " \t" + secretWords + "\n"
		r, err = w.Submit(t.Context(), w.by(ana, contosoChannel), ask)
		return err
	},
		"event request.submitted",
		"slack.card R-00002/slack/customer",
		"slack.card R-00002/slack/requester")
	got := w.request(t, r.ID)
	asker := ana
	asker.Entra, asker.Mail = access.Account{Tenant: partner, Object: principal(ana)}, ""
	if got.State != access.Pending || got.Requester != asker || got.Principal != principal(ana) || got.Customer != contoso ||
		got.CustomerName != "Contoso" || got.Justification != secretWords || !got.DecideBy.Equal(start.Add(24*time.Hour)) ||
		got.Salt == "" || got.Rule.Approvals != 1 || got.Rule.PolicyVersion != w.policy.Version {
		t.Errorf("stored %+v", got)
	}
	e := w.events(t)[0]
	if e.Actor.User != ana.User || e.Request != r.ID || e.Customer != contoso || !e.At.Equal(start) ||
		e.Detail["justification"] != audit.Digest(got.Salt, secretWords) || e.Detail["duration"] != "2h0m0s" {
		t.Errorf("the event is %+v", e)
	}
}

// submitRefusals are what Ana, or whoever by is, may not ask for.
var submitRefusals = []struct {
	name  string
	by    access.Person
	world func(*testing.T, *world) // nil: as furnished
	ask   func(*approvals.Ask)
	code  access.Code
	says  string
	field string
}{
	{name: "NotLinked", by: zoe, code: access.Forbidden, says: "You are not linked to a user in Entra yet"},
	{name: "OtherTeam", by: carol, code: access.Forbidden, says: "Only staff of the partner"},
	{name: "SameUserInAnotherTeam", by: access.Person{Team: "T0CONTOSO", User: ana.User}, code: access.Forbidden, says: "Only staff"},
	{name: "TeamUnknown", by: access.Person{User: ana.User}, code: access.Forbidden, says: "Only staff"},
	{name: "Nobody", code: access.Forbidden, says: "Only staff"},
	{name: "NotInPolicy", ask: func(a *approvals.Ask) { a.Customer = "c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836" },
		code: access.Forbidden, says: "not in policy.yml", field: "customer"},
	{name: "NoCustomer", ask: func(a *approvals.Ask) { a.Customer = "" }, code: access.Forbidden, says: "not in policy.yml", field: "customer"},
	{name: "TooLong", ask: func(a *approvals.Ask) { a.Duration = 9 * time.Hour }, code: access.Forbidden, says: "at most 8 h", field: "duration"},
	{name: "NoDuration", ask: func(a *approvals.Ask) { a.Duration = -1 }, code: access.Invalid, says: "for how long", field: "duration"},
	{name: "NoRoles", ask: func(a *approvals.Ask) { a.Roles = nil }, code: access.Invalid, says: "at least one role", field: "roles"},
	{name: "RoleNotAllowed", ask: func(a *approvals.Ask) { a.Roles = []access.RoleID{"62e90394-69f5-4237-9190-012177145e10"} },
		code: access.Forbidden, says: "Global Administrator may not", field: "roles"},
	{name: "RoleUnknown", ask: func(a *approvals.Ask) { a.Roles = []access.RoleID{"<!channel>"} }, code: access.Invalid, says: "not known", field: "roles"},
	{name: "NoJustification", ask: func(a *approvals.Ask) { a.Justification = " \n\t" }, code: access.Invalid, says: "Say why", field: "justification"},
	{name: "NoContacts", world: unlinkContosos, code: access.Conflict, says: "0 linked contacts and 1 must approve", field: "customer"},
	{name: "TooFewContacts", world: func(_ *testing.T, w *world) { w.policy.Rule.Approvals = 3 },
		code: access.Conflict, says: "2 linked contacts and 3 must approve", field: "customer"},
	{name: "MirrorNeverRead", world: func(t *testing.T, w *world) {
		w.put(t, func(tx state.Tx) error { return state.PutMirror(tx, state.MirrorInfo{Problem: "not yet"}) })
	}, code: access.Unavailable, says: "have not been read"},
	{name: "NoRelationship", world: unrelate, code: access.Conflict, says: "no active relationship", field: "customer"},
	{name: "RelationshipNotActive", world: func(t *testing.T, w *world) {
		w.put(t, func(tx state.Tx) error {
			_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: access.Relationship{
				ID: "rel-contoso", Customer: contoso, Status: "terminating", Roles: []access.RoleID{helpdesk, users},
			}})
			return err
		})
	}, code: access.Conflict, says: "no active relationship", field: "customer"},
	{name: "RelationshipEndsTooEarly", world: func(t *testing.T, w *world) {
		w.put(t, func(tx state.Tx) error {
			return relate(tx, contoso, "rel-contoso", start.Add(2*time.Hour-1), helpdesk, users)
		})
	}, code: access.Conflict, says: "lasts until 2026-03-02 11:30 UTC", field: "customer"},
	{name: "MissingRole", ask: func(a *approvals.Ask) { a.Roles = append(a.Roles, exchange) },
		code: access.Conflict, says: "carries Exchange Administrator.", field: "roles"},
	{name: "RolesSpreadOverTwo", world: func(t *testing.T, w *world) {
		w.put(t, func(tx state.Tx) error { return relate(tx, contoso, "rel-two", start.AddDate(1, 0, 0), exchange) })
	}, ask: func(a *approvals.Ask) { a.Roles = append(a.Roles, exchange) },
		code: access.Conflict, says: "No single relationship", field: "roles"},
	{name: "MissingRoleInOneThatEndsTooEarly", world: func(t *testing.T, w *world) {
		w.put(t, func(tx state.Tx) error { return relate(tx, contoso, "rel-two", start.Add(time.Hour), exchange) })
	}, ask: func(a *approvals.Ask) { a.Roles = []access.RoleID{exchange} },
		code: access.Conflict, says: "carries Exchange Administrator.", field: "roles"},
	{name: "Twin", world: func(t *testing.T, w *world) { w.asked(t) },
		ask: func(a *approvals.Ask) {
			a.Roles, a.Justification = []access.RoleID{helpdesk, users, helpdesk}, "other words"
		},
		code: access.Conflict, says: "You already asked for the same: R-00002"},
}

func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range submitRefusals {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.world != nil {
				test.world(t, w)
			}
			by, ask := test.by, anAsk()
			if by == (access.Person{}) && test.name != "Nobody" {
				by = ana
			}
			if test.ask != nil {
				test.ask(&ask)
			}
			w.refuses(t, test.code, test.says, func() error {
				r, err := w.Submit(t.Context(), w.by(by, contosoChannel), ask)
				if e, ok := errors.AsType[*access.Error](err); !ok || e.Field != test.field || r.ID != "" {
					t.Errorf("Submit = %v, %#v, want a refusal in %q", r.ID, err, test.field)
				}
				return err
			})
		})
	}
}

func unlinkContosos(t *testing.T, w *world) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		return errors.Join(
			state.DeleteContact(tx, access.Contact{Person: carol, Customer: contoso}),
			state.DeleteContact(tx, access.Contact{Person: cem, Customer: contoso}))
	})
}

func unrelate(t *testing.T, w *world) {
	t.Helper()
	w.put(t, func(tx state.Tx) error {
		return state.DeleteMirrored(tx, state.MirroredRelationship{
			Relationship: access.Relationship{ID: "rel-contoso", Customer: contoso},
		})
	})
}

// TestSubmitAgain checks what is no twin: another person's request, one for
// other roles, and one after the first was decided.
func TestSubmitAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.asked(t)
	less := anAsk()
	less.Roles = []access.RoleID{helpdesk}
	if _, err := w.Submit(t.Context(), w.by(ana, ""), less); err != nil {
		t.Errorf("other roles: %v", err)
	}
	if _, err := w.Submit(t.Context(), w.by(bo, ""), anAsk()); err != nil {
		t.Errorf("another person: %v", err)
	}
	if _, err := w.decide(carol, first, access.Deny); err != nil {
		t.Fatal(err)
	}
	if again := w.asked(t); again == first {
		t.Errorf("the id %s was given twice", first)
	}
}

func TestSubmitDrawsAFreeID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.asked(t) // has R-00002
	draws := 0
	w.NewID = func() (access.RequestID, error) {
		draws++
		if draws < 20 {
			return "R-00002", nil
		}
		return "R-FREE0", nil
	}
	r, err := w.Submit(t.Context(), w.by(bo, ""), anAsk())
	if err != nil || r.ID != "R-FREE0" {
		t.Errorf("Submit = %s, %v", r.ID, err)
	}
	before := w.records(t)
	for name, draw := range map[string]func() (access.RequestID, error){
		"Taken":    func() (access.RequestID, error) { return "R-00002", nil },
		"NoRandom": func() (access.RequestID, error) { return "", errNet },
	} {
		w.NewID = draw
		ask := anAsk()
		ask.Roles = ask.Roles[:1]
		if _, err := w.Submit(context.Background(), w.by(bo, ""), ask); err == nil || access.CodeOf(err) != "" {
			t.Errorf("%s: Submit = %v, want an internal error", name, err)
		}
	}
	if after := w.records(t); len(after) != len(before) {
		t.Errorf("a failed draw left %d records, was %d", len(after), len(before))
	}
}
