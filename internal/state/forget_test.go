package state_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// forgettingAna is all by which the samples know Ana.
var forgettingAna = access.Forgotten{
	Users: []access.UserID{"U0ANA"}, Objects: []access.PrincipalID{sampleRequest.Principal},
	Mails: []string{"ana@partner.example", "ana@contoso.example"}, Names: []string{ana.Name}, As: "P-7K3M2",
}

// everyKind writes a record of each kind, in which Ana and Bo did everything.
func everyKind(tx state.Tx) error {
	by := ana
	request := standingIn(staged(sampleRequest))
	request.Stopped = access.Stop{By: by, Note: "planted stop", At: start}
	request.Justification, request.Decisions[0].By, request.Decisions[0].Note = "planted why", by, "planted note"
	of := sampleRequest
	of.ID, of.Requester, of.Justification = "R-0THER", bo, "for the mailbox of "+ana.Name
	grant := sampleGrant
	grant.EndedBy, grant.EndNote = by, "planted end"
	broken := sampleReview
	broken.SignedBy, broken.Note = by, "planted finding"
	broken.Objections = []access.Objection{{By: by, Note: "planted objection", At: start}}
	offer := sampleReplacing()
	offer.DeclinedBy, offer.DeclineNote, offer.EndedBy = by, "planted no", by
	review := sampleAccessReview
	review.StartedBy = by
	review.Rows = []access.ReviewRow{{N: 1, By: by, Members: []string{ana.Name, "Bo Lind"}, State: access.RowKept}}
	review.State = access.ReviewClosed
	alert := sampleMember()
	alert.Member = access.Member{ID: sampleRequest.Principal, Name: ana.Name, UPN: "ana@partner.example"}
	alert.AckBy, alert.MutedBy, alert.State = by, by, access.AlertResolved
	alert.History[0].By = access.Person{Name: "ana@partner.example"}
	linked := sampleContact
	linked.LinkedBy, linked.For = by, by
	recheck := sampleRecheck
	recheck.Member = alert.Member
	unnamed := access.DoingsOf(access.Act{Tenant: contoso, Name: "ana@partner.example", At: start}, access.Ground{Basis: access.ByNobody})
	_, err := state.PutEnrolment(tx, access.Enrolment{Customer: contoso, Person: access.Person{
		Name: ana.Name, Entra: access.Account{Tenant: contoso, Object: sampleRequest.Principal}, Mail: "ana@contoso.example",
	}})
	return errors.Join(err,
		state.PutRequest(tx, request), state.PutRequest(tx, of), state.PutGrant(tx, grant), state.PutBreakGlassReview(tx, broken),
		state.PutOffer(tx, offer), state.PutReview(tx, review), state.PutAlert(tx, alert, false), state.PutContact(tx, linked),
		state.PutStaff(tx, access.Staff{Person: bo, Principal: "b0000000-0000-4000-8000-00000000000b", LinkedBy: by}),
		state.PutConsent(tx, state.Consent{Relationship: "rel-1", By: by}), state.PutLetInAsk(tx, state.LetInAsk{Customer: contoso, By: by}),
		state.PutAct(tx, state.Act{Relationship: "rel-1", Kind: state.ActTerminate, By: by, At: start}), state.PutRecheck(tx, recheck),
		state.PutTicket(tx, state.Ticket{ID: "t1", By: by}), state.PutDAPAsk(tx, state.DAPAsk{Customer: contoso, By: by, At: start}),
		state.AskedFor(tx, by.User, contoso), state.PutDoings(tx, sampleDoings), state.PutDoings(tx, unnamed),
		state.OpenSession(tx, state.Session{Name: "5e55", Until: start, Who: access.SignIn{
			Name: ana.Name, UPN: "ana@contoso.example", Account: access.Account{Tenant: contoso, Object: sampleRequest.Principal},
		}}, start.Add(-time.Hour)))
}

// TestStripEveryKind takes Ana out of a record of each kind, and looks for anything of her
// in what is left.
func TestStripEveryKind(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, everyKind)
	left := map[string]bool{}
	for _, k := range state.PersonalKinds() {
		left[k.Prefix] = true
	}
	for key := range statetest.Contents(t, s) {
		k, ok := state.PersonalKind(key)
		if !ok {
			continue
		}
		delete(left, k.Prefix)
		update(t, s, func(tx state.Tx) error {
			did, err := state.Strip(tx, key, forgettingAna)
			if !did.Changed {
				t.Errorf("%s was left as it is", key)
			}
			again, againErr := state.Strip(tx, key, forgettingAna)
			if again.Changed {
				t.Errorf("%s was changed once more", key)
			}
			return errors.Join(err, againErr)
		})
	}
	for prefix := range left {
		t.Errorf("no record of %s was looked at", prefix)
	}
	for key, value := range statetest.Contents(t, s) {
		for _, of := range []string{ana.Name, "planted", "ana@"} {
			if strings.Contains(value, of) {
				t.Errorf("%s still has %q: %s", key, of, value)
			}
		}
		if strings.HasPrefix(key, "idx/requester/U0ANA/") || strings.HasPrefix(key, "recent/") || strings.HasPrefix(key, "ticket/") {
			t.Errorf("%s is still there", key)
		}
	}
	err := s.View(t.Context(), func(tx state.Tx) error {
		r, err := state.Request(tx, "R-0THER")
		if r.Justification != "for the mailbox of P-7K3M2" || r.Requester != bo {
			t.Errorf("Bo's request is %+v", r)
		}
		mine, mineErr := state.RequestsOf(tx, "P-7K3M2")
		if len(mine) != 1 || mine[0] != sampleRequest.ID {
			t.Errorf("the requests of P-7K3M2 are %v", mine)
		}
		return errors.Join(err, mineErr)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStripLeavesOthers takes somebody out of whom nothing is there.
func TestStripLeavesOthers(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, everyKind)
	for key := range statetest.Contents(t, s) {
		if _, ok := state.PersonalKind(key); !ok {
			continue
		}
		update(t, s, func(tx state.Tx) error {
			did, err := state.Strip(tx, key, access.Forgotten{Users: []access.UserID{"U0ZOE"}, Names: []string{"Zoe New"}, As: "P-00000"})
			if did.Changed {
				t.Errorf("%s was changed", key)
			}
			return err
		})
	}
}

// TestLiveKeepsUser holds that the user in Slack stays while a rule may ask who they are.
func TestLiveKeepsUser(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	r := sampleRequest
	r.Requester, r.State, r.DecideBy = bo, access.Pending, start.Add(time.Hour)
	r.Decisions = []access.Decision{{By: ana, Verdict: access.Approve, Note: "planted", At: start}}
	update(t, s, func(tx state.Tx) error {
		_, err := state.Strip(tx, "request/"+string(r.ID), forgettingAna)
		return errors.Join(state.PutRequest(tx, r), err)
	})
	update(t, s, func(tx state.Tx) error {
		_, err := state.Strip(tx, "request/"+string(r.ID), forgettingAna)
		got, getErr := state.Request(tx, r.ID)
		if d := got.Decisions[0]; d.By.User != "U0ANA" || d.By.Name != "P-7K3M2" || d.Note != "" {
			t.Errorf("the decision is %+v", d)
		}
		return errors.Join(err, getErr)
	})
}

// TestEveryKindIsJudged holds that somebody has said of each kind of record whether it names
// people.
func TestEveryKindIsJudged(t *testing.T) {
	t.Parallel()
	for _, prefix := range state.KindPrefixes() {
		_, names := state.PersonalKind(prefix)
		says := slices.ContainsFunc(state.Impersonal(), func(p string) bool { return strings.HasPrefix(prefix, p) })
		if !names && !says {
			t.Errorf("nobody has said whether %s names people", prefix)
		}
	}
}
