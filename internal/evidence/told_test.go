package evidence_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// TestRecordsThatDiffer rewrites one thing after another in the records, and holds that the
// report tells what the log has, and says that the record has it otherwise.
func TestRecordsThatDiffer(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	mallory := access.Person{Team: "T0HOME", User: "U0MALLORY1", Name: "Mallory"}
	request := func(i int, change func(*access.Request)) func(state.Tx) error {
		return func(tx state.Tx) error {
			r, err := state.Request(tx, p.ID(i))
			change(&r)
			return errors.Join(err, state.PutRequest(tx, r))
		}
	}
	for _, row := range []struct {
		name   string
		i      int // the request
		change func(state.Tx) error
		want   access.Difference
		texts  int
	}{
		{"Approver", 0, request(0, func(r *access.Request) { r.Decisions[0].By = mallory }), access.DiffersWords, 0},
		{"TimeOfApproval", 0, request(0, func(r *access.Request) { r.Decisions[0].At = r.Decisions[0].At.Add(time.Hour) }), access.DiffersWords, 0},
		{"SignedIn", 1, request(1, func(r *access.Request) { r.Decisions[0].SignedIn = true }), access.DiffersWords, 0},
		{"NoApproval", 0, request(0, func(r *access.Request) { r.Decisions = nil }), access.DiffersWords, 0},
		{"OneMore", 0, request(0, func(r *access.Request) { r.Decisions = append(r.Decisions, r.Decisions[0]) }), access.DiffersWords, 0},
		{"Verdict", 5, request(5, func(r *access.Request) { r.Decisions[0].Verdict = access.Approve }), access.DiffersWords, 0},
		{"InPlaceOf", 0, request(0, func(r *access.Request) { r.Decisions[0].For = mallory }), access.DiffersWords, 0},
		{"Requester", 0, request(0, func(r *access.Request) { r.Requester = mallory }), access.DiffersAsker, 0},
		{"TimeOfRequest", 0, request(0, func(r *access.Request) { r.CreatedAt = r.CreatedAt.Add(-time.Hour) }), access.DiffersAsked, 0},
		{"Roles", 0, request(0, func(r *access.Request) { r.Roles = []access.RoleID{evidencetest.Reader} }), access.DiffersTerms, 0},
		{"Duration", 0, request(0, func(r *access.Request) { r.Duration = time.Minute }), access.DiffersTerms, 0},
		{"Policy", 0, request(0, func(r *access.Request) { r.Rule.PolicyVersion = "another" }), access.DiffersPolicy, 0},
		{"NoBreakGlass", 11, request(11, func(r *access.Request) { r.BrokenAt = time.Time{} }), access.DiffersGlass, 0},
		{"Reviewed", 11, func(tx state.Tx) error {
			v, err := state.BreakGlassReview(tx, p.ID(11))
			v.SignedBy, v.SignedAt, v.Note = mallory, start.Add(400*time.Hour), "fine"
			return errors.Join(err, state.PutBreakGlassReview(tx, v))
		}, access.DiffersReview, 0},
		{"Reason", 0, request(0, func(r *access.Request) { r.Justification = "Zebra: something nicer" }), "", 1},
		{"NoteOfDenial", 5, request(5, func(r *access.Request) { r.Decisions[0].Note = "Zebra: of course" }), "", 1},
		{"ReasonGone", 0, request(0, func(r *access.Request) { r.Justification, r.Salt, r.ForgottenAt = "", "", start.Add(time.Hour) }), "", 1},
		{"StandIn", 0, request(0, func(r *access.Request) { r.Decisions[0].By.User, r.Decisions[0].By.Name = "P-7K3M2", "P-7K3M2" }), access.DiffersWords, 0},
		{"NoteOfReview", 28, func(tx state.Tx) error {
			v, err := state.BreakGlassReview(tx, p.ID(28))
			v.Note = "Zebra: all was well"
			return errors.Join(err, state.PutBreakGlassReview(tx, v))
		}, "", 1},
		{"NoteOfTheEnd", 7, func(tx state.Tx) error {
			g, err := state.Grant(tx, p.ID(7))
			g.EndNote = "Zebra: as agreed"
			return errors.Join(err, state.PutGrant(tx, g))
		}, "", 1},
		{"Contact", -1, func(tx state.Tx) error {
			all, err := state.ContactsOf(tx, p.Tenant)
			i := slices.IndexFunc(all, func(c access.Contact) bool { return !c.Verified() })
			all[i].VerifiedAt, all[i].Role = start, evidencetest.Global
			return errors.Join(err, state.PutContact(tx, all[i]))
		}, "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := fill(t, p)
			before := report(t, s, order(p, "2026"))
			if !before.Sound() {
				t.Fatalf("untouched it says %+v", before.Log)
			}
			if err := s.Update(t.Context(), row.change); err != nil {
				t.Fatal(err)
			}
			r := report(t, s, order(p, "2026"))
			differ := 0
			if row.texts == 0 {
				differ = 1
			}
			if r.Sound() || r.Log.Altered != row.texts || r.Log.Differs != differ {
				t.Errorf("of the log it says %+v", r.Log)
			}
			if text := said(t, r); row.texts == 0 && !strings.Contains(text, "otherwise than the audit log has") || strings.Contains(text, "Mallory") {
				t.Error("it does not say so, or tells of Mallory")
			}
			if row.i < 0 {
				return
			}
			was, is := find(t, before, p.ID(row.i)), find(t, r, p.ID(row.i))
			if row.want != "" && !slices.Contains(is.Differs, row.want) {
				t.Errorf("it differs in %q, want %q", is.Differs, row.want)
			}
			if !sameWords(was, is) || was.Who.User != is.Who.User || !was.Asked.Equal(is.Asked) || !slices.Equal(was.Roles, is.Roles) || was.Duration != is.Duration {
				t.Errorf("it tells of %+v, before of %+v", is, was)
			}
		})
	}
}

// find returns what a report says of a request.
func find(t *testing.T, r evidence.Report, id access.RequestID) evidence.Ask {
	t.Helper()
	for _, a := range r.Accesses {
		if a.Request == id {
			return a.Ask
		}
	}
	for _, a := range r.Refused {
		if a.Request == id {
			return a
		}
	}
	t.Fatalf("nothing is told of %s", id)
	return evidence.Ask{}
}

// TestForgettingOfAnother holds that a deletion on request explains what is missing from
// those records alone that the log names with it.
func TestForgettingOfAnother(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	at := start.Add(500 * time.Hour)
	for _, row := range []struct {
		name, of string
		altered  int
	}{
		{"ThisOne", string(p.ID(0)) + " R-ZZZZZ", 0},
		{"Another", "R-ZZZZZ", 1},
		{"None", "none", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := fill(t, p)
			if err := s.Update(t.Context(), func(tx state.Tx) error {
				_, err := audit.Append(tx, access.Event{At: at, Kind: access.EventForgetting, Detail: map[string]string{"as": "P-7K3M2", "of": row.of}})
				r, readErr := state.Request(tx, p.ID(0))
				r.Justification, r.Salt, r.ForgottenAt = "", "another", at
				return errors.Join(err, readErr, state.PutRequest(tx, r))
			}); err != nil {
				t.Fatal(err)
			}
			if r := report(t, s, order(p, "2026")); r.Log.Altered != row.altered || r.Log.Deleted != 1-row.altered {
				t.Errorf("of the log it says %+v", r.Log)
			}
		})
	}
}

// TestLinkedAnew holds that a sign-in of before a contact was removed, or linked anew, does
// not count for what they decide later.
func TestLinkedAnew(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	p.Asks = 0
	carol := access.Person{Team: "T0ZEBRA", User: "U01CAROL", Entra: access.Account{Tenant: p.Tenant, Object: "c0c0c0c0-0000-4000-8000-000000000001"}}
	who := map[string]string{"team": string(carol.Team), "user": string(carol.User)}
	for _, row := range []struct {
		name string
		kind access.EventKind
		then bool // she signs in again
	}{{"Removed", access.EventContactRemoved, false}, {"Linked", access.EventContactLinked, false}, {"SignedInAgain", access.EventContactRemoved, true}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := fill(t, p)
			at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
			if err := s.Update(t.Context(), func(tx state.Tx) error {
				log := func(n int, by access.Person, kind access.EventKind, id access.RequestID, detail map[string]string) error {
					_, err := audit.Append(tx, access.Event{At: at(n), Actor: by, Kind: kind, Customer: p.Tenant, Request: id, Detail: detail})
					return err
				}
				ask := map[string]string{"roles": string(evidencetest.Exchange), "duration": "1h0m0s"}
				yes := map[string]string{"state": "approved"}
				err := errors.Join(
					log(1, access.Person{}, access.EventRequested, "R-AAAAA", ask),
					log(2, carol, access.EventApproved, "R-AAAAA", yes),
					log(3, access.Person{}, row.kind, "", who),
				)
				if row.then {
					err = errors.Join(err, log(4, carol, access.EventVerified, "", map[string]string{"role": string(evidencetest.Reader)}))
				}
				return errors.Join(err,
					log(5, access.Person{}, access.EventRequested, "R-BBBBB", ask),
					log(6, carol, access.EventApproved, "R-BBBBB", yes),
				)
			}); err != nil {
				t.Fatal(err)
			}
			r := report(t, s, order(p, "2026"))
			first, second := find(t, r, "R-AAAAA").Approvals[0], find(t, r, "R-BBBBB").Approvals[0]
			if first.Verified.IsZero() || first.Role != evidencetest.Global {
				t.Errorf("before it she is told as %+v", first)
			}
			if row.then != second.Verified.Equal(at(4)) || !row.then && !second.Verified.IsZero() {
				t.Errorf("after it she is told as %+v", second)
			}
			if c := r.Contacts[slices.IndexFunc(r.Contacts, func(c evidence.Contact) bool { return c.Person.User == carol.User })]; !c.Differs {
				t.Error("her record has the sign-in of before, and that is not said")
			}
		})
	}
}

// TestStrangers holds that nobody of another customer is named who tried something here.
func TestStrangers(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	s := fill(t, p)
	if err := s.Update(t.Context(), func(tx state.Tx) error {
		for _, by := range []access.Person{
			{Team: "T0WALRUS", User: "U02WALRUS"},
			{Entra: access.Account{Tenant: pasts[1].Tenant, Object: "0b0e0000-0000-4000-8000-00000walrus2"}},
		} {
			if _, err := audit.Append(tx, access.Event{
				At: start.Add(time.Hour), Actor: by, Kind: access.EventRefused, Customer: p.Tenant, Request: "R-2WLRS", Detail: map[string]string{"act": "approve"},
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r := report(t, s, order(p, "2026"))
	text := said(t, r)
	for _, word := range []string{"WALRUS", "walrus2", "R-2WLRS", string(pasts[1].Tenant)} {
		if strings.Contains(text, word) {
			t.Errorf("the report says %q", word)
		}
	}
	strangers := slices.DeleteFunc(slices.Clone(r.Turned), func(x evidence.Turned) bool { return !x.Stranger })
	if len(strangers) != 2 || !strings.Contains(text, "somebody of neither the partner nor this customer") {
		t.Errorf("what was refused is %+v", r.Turned)
	}
}

// TestControlsOfAnother holds that nothing of the policy is told that is only for other
// customers.
func TestControlsOfAnother(t *testing.T) {
	t.Parallel()
	p := pasts[0]
	file := filepath.Join(t.TempDir(), "policy.yml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer("OURS", string(p.Tenant), "THEIRS", string(pasts[1].Tenant)).Replace(`
operations_channel: C0OPS00001
admins: [U0DEE00001]
bundles:
  - name: mail
    roles: [Exchange Administrator]
  - name: walrus files
    roles: [SharePoint Administrator]
    description: the move of Walrus
customers:
  - name: Zebra Clinics
    tenant: OURS
    slack:
      team: T0ZEBRA
      channel: C0ZEBRA001
  - name: Walrus Law
    tenant: THEIRS
    slack:
      team: T0WALRUS
      channel: C0WALRUS01
rule:
  max_duration: 8h
  approvals: 1
rules:
  - name: of Walrus
    customers: [Walrus Law]
    bundles: [walrus files]
    max_duration: 2h
    approvals: 1
`)), 0o600); err != nil {
		t.Fatal(err)
	}
	pol, err := policy.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	o := order(p, "2026")
	o.Policy = pol
	text := said(t, report(t, fill(t, p), o))
	for _, word := range []string{"Walrus", "walrus", "SharePoint"} {
		if strings.Contains(text, word) {
			t.Errorf("the report says %q", word)
		}
	}
	if !strings.Contains(text, "Sets of roles that only the rules of other customers name are not shown.") || !strings.Contains(text, `"mail"`) {
		t.Error("the controls are not told")
	}
}
