package state_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

var updateGolden = flag.Bool("update", false, "add golden files that are missing")

// The samples have every field set. A field that is added later belongs into a
// new sample with a file of its own: the files that are there were written by
// versions that did not know it.
var (
	bo = access.Person{Team: "T0CONTOSO", User: "U0BO", Name: "Bo Lind"}

	sampleRequest = access.Request{
		ID: "R-7K3M2", Requester: ana, Principal: "a0000000-0000-4000-8000-00000000000a",
		Customer: contoso, CustomerName: "Contoso <Ltd> & Söhne",
		Roles: []access.RoleID{helpdesk, reader}, Duration: 90 * time.Minute,
		Justification: "reset MFA for \"Zoë\", INC-4711", Salt: "73616c74",
		Rule: access.Rule{
			Name: "helpdesk", PolicyVersion: "2026-03-01", MaxDuration: 8 * time.Hour,
			Approvals: 2, DecideWithin: 24 * time.Hour,
		},
		State: access.Approved,
		Decisions: []access.Decision{
			{By: bo, Verdict: access.Approve, Note: "fine", At: start.Add(time.Minute)},
		},
		CreatedAt: start, DecideBy: start.Add(24 * time.Hour), EndedAt: start.Add(2 * time.Minute),
		Terms: 1, Rev: 3,
	}
	sampleGrant = access.Grant{
		Request: "R-7K3M2", Principal: sampleRequest.Principal, Requester: ana, Customer: contoso,
		Container: sampleRequest.Container(), Duration: 90 * time.Minute, State: access.Ended,
		ApprovedAt: start.Add(2 * time.Minute), ActiveAt: start.Add(3 * time.Minute),
		ExpiresAt: start.Add(93 * time.Minute), EndReason: access.Revoked, EndedBy: bo,
		EndNote: "done early", EndedAt: start.Add(time.Hour), HeldBy: "R-ZZZZZ", Rev: 4,
	}
	sampleStaff = access.Staff{
		Person: ana, Principal: sampleRequest.Principal, UPN: "ana@partner.example", LinkedBy: bo, LinkedAt: start,
	}
	sampleContact   = access.Contact{Person: bo, Customer: contoso, LinkedBy: ana, LinkedAt: start}
	sampleContainer = access.Container{
		ID: sampleRequest.Container(), Customer: contoso, Roles: sampleRequest.Roles, Nonce: "6e6f6e6365",
		Group: "g0000000-0000-4000-8000-00000000000b", Relationship: sampleRelationship.ID, Assignment: "as-1",
	}
	sampleCard = state.Card{
		Request: "R-7K3M2", Name: "customer", Ref: access.MessageRef{Channel: "C0CONTOSO", TS: "1772443800.000100"},
	}
	sampleMirror       = state.MirrorInfo{ReadAt: start, Problem: "The last attempt failed."}
	sampleRelationship = state.MirroredRelationship{
		Relationship: access.Relationship{
			ID:   "72a7ae7e-4887-4e34-9755-2e1e9b26b943-63f017cb-9e0d-4f14-94bd-4871902b3409",
			Name: "Contoso helpdesk", Customer: contoso, CustomerName: "Contoso", Status: access.RelationshipActive,
			Roles: []access.RoleID{helpdesk, reader}, Start: start.AddDate(0, -6, 0), End: start.AddDate(1, 6, 0),
			Duration: "P730D", AutoExtend: "P180D", Provider: fabrikam,
		},
		Assignments: []access.Assignment{{
			ID: "as-1", Relationship: "72a7ae7e-4887-4e34-9755-2e1e9b26b943-63f017cb-9e0d-4f14-94bd-4871902b3409",
			Group: "g0000000-0000-4000-8000-00000000000b", GroupName: "Contoso helpdesk",
			Roles: []access.RoleID{helpdesk}, Status: access.AssignmentActive,
		}},
		Unseen: "They could not be read.",
	}
	sampleOffer = access.Offer{
		ID: "O-7K3M2", Requester: ana, Customer: contoso, CustomerName: "Contoso <Ltd> & Söhne",
		Roles: []access.RoleID{helpdesk, reader}, Days: 365, AutoExtend: true, Name: "Contoso O-7K3M2 6e6f6e6365",
		Salt: "73616c74", State: access.OfferEnded, Relationship: sampleRelationship.ID,
		CreatedAt: start, SentAt: start.Add(time.Minute), ApproveBy: start.Add(90 * 24 * time.Hour),
		DeclinedBy: bo, DeclinedAt: start.Add(time.Hour), DeclineNote: "not now", ApprovedAt: start.Add(2 * time.Hour),
		ActiveAt: start.Add(3 * time.Hour), End: start.AddDate(1, 0, 0), EndReason: access.TerminatedHere, EndedBy: ana,
		EndedAt: start.Add(4 * time.Hour), FailNote: "It was not sent.", Rev: 7,
	}
	sampleOfferCard = state.OfferCard{
		Offer: "O-7K3M2", Name: "customer", Ref: access.MessageRef{Channel: "C0CONTOSO", TS: "1772443800.000200"},
	}
	sampleKnown = state.Known{Tenant: contoso, Name: "Contoso", Domain: "contoso.example"}
	sampleGroup = state.MirroredGroup{
		ID: "g0000000-0000-4000-8000-00000000000c", Name: "AdminAgents", Agents: access.AdminAgents,
		Members: []access.Member{{ID: sampleRequest.Principal, Name: "Ana Ito", UPN: "ana@partner.example"}, {ID: "n0000000-0000-4000-8000-00000000000d", Name: "Nested", UPN: "n@partner.example"}},
		Unseen:  "They could not be read.",
	}
	sampleAlert = access.Alert{
		ID: "A-0123456789", Relationship: sampleRelationship.ID, Name: "Contoso helpdesk", Roles: []access.RoleID{helpdesk, reader},
		Duration: "P730D", Group: "g0000000-0000-4000-8000-00000000000b", GroupName: "Contoso <helpdesk>", Customer: contoso,
		CustomerName: "Contoso <Ltd> & Söhne", State: access.AlertOpen, Since: start, LastAt: start.Add(time.Minute),
		Wrong: []access.Fault{{Aspect: access.AspectStatus, Was: "active"}},
		History: []access.Change{{
			Kind: access.ChangeTerminated, Aspect: access.AspectStatus, From: "active", To: "terminated", At: start.Add(time.Minute), By: bo, Alarming: true,
		}},
		Dropped: 3, AckBy: ana, AckAt: start.Add(time.Hour), MutedBy: bo, MutedUntil: start.Add(access.MuteFor),
		MutedKinds: []access.ChangeKind{access.ChangeTerminated}, Card: 2, Loud: true, Ring: true, Storm: "S-0123456789", InStorm: true, Rev: 9,
	}
	sampleStorm     = state.Storm{ID: "S-0123456789", At: start, Alerts: []access.AlertID{"A-0123456789", "A-ZZZZZZZZZZ"}}
	sampleAlertCard = state.AlertCard{
		Alert: "A-0123456789", Storm: "S-0123456789", Card: 2, Ref: access.MessageRef{Channel: "C0OPS", TS: "1772443800.000300"},
	}
	sampleWatching = state.Watching{Since: start, Relationships: 312, Customers: 120}
	sampleDoubt    = state.Doubt{At: start, Missing: "6d697373", Count: 300}
	sampleEnding   = state.Ending{
		Relationship: sampleRelationship.ID, Customer: contoso, End: start.AddDate(0, 2, 0), Tell: start.AddDate(0, 1, 0),
	}
	sampleRecheck = state.Recheck{
		Group: "g0000000-0000-4000-8000-00000000000b", Member: access.Member{ID: "n0000000-0000-4000-8000-00000000000d", Name: "Nested", UPN: "n@partner.example"}, At: start,
	}
	sampleDoings = access.Doings{
		Customer: contoso, Who: access.Member{ID: sampleRequest.Principal, Name: "Ana Ito", UPN: "ana@partner.example"}, Basis: access.ByNobody, Request: "R-7K3M2", Day: "2026-03-02",
		Done:    []access.Done{{Log: access.ActSignIn, What: "Exchange <admin>", Count: 3, Failed: 1, Last: start}},
		Flagged: []access.Flag{{ID: "entry-1", Log: access.ActSignIn, At: start, What: "Exchange <admin>", Target: "Office 365", Correlation: "c0"}},
		Other:   2, Count: 5, Failed: 1, Late: 1, First: start.Add(-time.Minute), Last: start,
	}
	sampleAct   = state.Act{Relationship: sampleRelationship.ID, Kind: state.ActTerminate, By: bo, At: start}
	sampleEvent = access.Event{
		Seq: 7, Prev: "70726576", Hash: "68617368", At: start, Actor: ana, Kind: access.EventRequested,
		Customer: contoso, Request: "R-7K3M2", Detail: map[string]string{"roles": "2", "duration": "1 h 30 min"},
	}
)

// sampleReplacing is an offer that names groups and takes another's place.
func sampleReplacing() access.Offer {
	o := sampleOffer
	o.Groups = []access.GroupAccess{{
		Group: "g0000000-0000-4000-8000-00000000000b", Name: "Desk <1>", Roles: []access.RoleID{helpdesk}, Assignment: "as-1", Problem: "It was not taken.",
	}}
	o.Replaces = access.Replacement{
		Relationship: "rel-0", Name: "Contoso 2024", Roles: []access.RoleID{reader}, State: access.ReplaceKept, Note: "It stays.",
	}
	return o
}

// sampleWaiting is a relationship that waits for our own word.
func sampleWaiting() state.MirroredRelationship {
	r := sampleRelationship
	r.ConsentPending = true
	return r
}

// staged is a request that a colleague has let through, and a contact has narrowed.
func staged(r access.Request) access.Request {
	r.Rule.Peers, r.Rule.PeersOf, r.Rule.Auto = 1, "Seniors", true
	r.AskedAt, r.Terms, r.Since = r.CreatedAt.Add(time.Minute), 3, 2
	r.Decisions = []access.Decision{{
		By: bo, Verdict: access.Approve, Note: "fine", At: r.CreatedAt, Stage: access.ByPeers, Terms: 2,
		Narrowed: &access.Narrowing{Roles: r.Roles, Duration: time.Hour},
	}}
	return r
}

// standingIn is a request on which somebody decided in the place of another.
func standingIn(r access.Request) access.Request {
	r.Decisions = slices.Clone(r.Decisions)
	r.Decisions[0].For = access.Person{Team: "T0CONTOSO", User: "U0CY", Name: "Cy Moss"}
	return r
}

// TestStoredBytes holds the stored form of every record.
func TestStoredBytes(t *testing.T) {
	t.Parallel()
	older(t, "request", sampleRequest) // before a rule could ask for a ticket
	demanding := sampleRequest
	demanding.Rule.Ticket, demanding.Rule.Justification = "INC-[0-9]+", 20
	older(t, "request-ticket", demanding) // before anybody was reminded
	demanding.Reminded = 1
	older(t, "request-reminded", demanding)       // before the partner's own people could be asked
	older(t, "request-staged", staged(demanding)) // before anybody could break glass
	broken := staged(demanding)
	broken.BrokenAt, broken.Rule.BreakGlass = start.Add(2*time.Minute), time.Hour
	older(t, "request-breakglass", broken)   // before access could begin later, recur and be extended
	older(t, "request-ahead", ahead(broken)) // before its terms could be changed
	broken.ChangedAt = start.Add(time.Minute)
	older(t, "request-changed", ahead(broken)) // before anybody had to sign in
	golden(t, "breakglass", sampleReview)
	signed := ahead(broken)
	signed.Rule.SignedIn, signed.Decisions = true, slices.Clone(signed.Decisions)
	for i := range signed.Decisions {
		signed.Decisions[i].SignedIn = true
	}
	older(t, "request-signed", signed)              // before somebody could decide in place of another
	older(t, "request-standin", standingIn(signed)) // before a rule could say when anybody is reminded
	signed.Rule.RemindAfter, signed.Rule.EscalateAfter = 4*time.Hour, 20*time.Hour
	older(t, "request-reminders", standingIn(signed)) // before anything in it could be deleted on request
	signed.ForgottenAt = start.Add(48 * time.Hour)
	older(t, "request-forgotten", standingIn(signed)) // before a restore could overtake it
	overtaken := standingIn(signed)
	overtaken.Overtaken = true
	golden(t, "request-overtaken", overtaken)
	golden(t, "restored", state.Restored{At: start, Backup: start.Add(-time.Hour), Seq: 41, Digest: "9f86d081", Settled: start.Add(time.Minute)})
	golden(t, "person-entra", access.Person{
		Team: "T0CONTOSO", User: "U0BO", Name: "Bo Lind", Entra: access.Account{Tenant: contoso, Object: "b0000000-0000-4000-8000-00000000000e"},
		Mail: "bo@contoso.example",
	})
	older(t, "grant", sampleGrant)           // before it could be of a window, and be extended
	older(t, "grant-window", sampleWindow()) // before there were drivers
	driven := sampleWindow()
	driven.Driver, driven.FellBack = access.PIM, access.NoLicence
	golden(t, "grant-driver", driven)
	older(t, "staff", sampleStaff) // before anybody was found by a mail address
	found := sampleStaff
	found.ByMail, found.Person.Mail, found.Person.Entra = "ana@partner.example", "ana@partner.example", access.Account{Tenant: fabrikam, Object: found.Principal}
	golden(t, "staff-mail", found)
	older(t, "contact", sampleContact) // before anybody could be verified
	verified := sampleContact
	verified.VerifiedAt, verified.Role = start.Add(time.Hour), "62e90394-69f5-4237-9190-012177145e10"
	older(t, "contact-verified", verified) // before somebody could stand in for another
	golden(t, "enrolment", access.Enrolment{Customer: contoso, Person: bo, Role: verified.Role, At: start})
	standIn := verified
	standIn.For, standIn.Until = ana, start.Add(time.Hour)
	golden(t, "contact-standin", standIn)
	golden(t, "container", sampleContainer)
	golden(t, "card", sampleCard)
	golden(t, "mirror", sampleMirror)
	older(t, "relationship", sampleRelationship) // before it could wait for our own word
	golden(t, "relationship-waiting", sampleWaiting())
	older(t, "offer", sampleOffer)                 // before it could name groups and replace another
	older(t, "offer-replacing", sampleReplacing()) // before anything in it could be deleted on request
	stripped := sampleReplacing()
	stripped.ForgottenAt = start.Add(48 * time.Hour)
	golden(t, "offer-forgotten", stripped)
	golden(t, "offer-card", sampleOfferCard)
	golden(t, "known", sampleKnown)
	golden(t, "group", sampleGroup)
	older(t, "alert", sampleAlert) // before it could be about a member
	golden(t, "alert-member", sampleMember())
	older(t, "storm", sampleStorm) // before it had a severity
	worst := sampleStorm
	worst.Severity = access.SeverityAlarm
	golden(t, "storm-severity", worst)
	golden(t, "alert-card", sampleAlertCard)
	golden(t, "watching", sampleWatching)
	golden(t, "doubt", sampleDoubt)
	golden(t, "ending", sampleEnding)
	golden(t, "recheck", sampleRecheck)
	golden(t, "act", sampleAct)
	golden(t, "activity", sampleDoings)
	golden(t, "activity-told", state.ToldOfActivity{Day: "2026-03-02", Count: 3})
	log := access.LogCursor{
		State: access.ActivityRead, Since: start.AddDate(0, 0, -7), Until: start, Page: "https://graph.example/next", Through: start.Add(time.Hour), Down: start.Add(time.Minute),
		Seen: []string{"entry-1"},
	}
	golden(t, "activity-log", access.ActivityCursor{
		Tenant: contoso, SignIns: log, Audits: log, ReadAt: start, TriedAt: start.Add(time.Hour), NextAt: start.Add(2 * time.Hour), Problem: "Not <read>.", Rev: 7,
	})
	golden(t, "moved", state.Move{From: "G0CONTOSO", To: "C0CONTOSO", At: start})
	golden(t, "used", state.Used{Relationship: sampleRelationship.ID, At: start})
	golden(t, "provider", state.Provider{Tenant: fabrikam, Name: "Northwind <1>", Domain: "northwind.example", ReadAt: start})
	golden(t, "serviceproviders", state.ServiceProviders{
		Customer: contoso, LetIn: true, Others: []access.TenantID{fabrikam}, ReadAt: start, TriedAt: start.Add(time.Hour), Problem: "Not <read>.",
	})
	golden(t, "staffgroup", access.GroupPeople{
		Source: access.SlackSource("S0614TZR7"), People: []string{"U0ANA", "U0BO"}, ReadAt: start,
		Problem: "It could <not> be read.", Failing: start.Add(time.Hour), Told: true,
	})
	golden(t, "signin", sampleBegun)
	golden(t, "session", sampleSession)
	golden(t, "recent", state.Recent{User: "U0ANA", Customers: []access.TenantID{contoso, fabrikam}})
	golden(t, "policy", "0123456789ab")
	golden(t, "reported", state.Reported{At: []time.Time{start}})
	golden(t, "letin", state.LetInAsk{Customer: contoso, By: bo, At: start})
	plan := state.SummaryPlan{For: contoso, Last: "2026-11-24", Next: "2026-11-25", At: start}
	older(t, "summary", plan) // before it knew what was sent indeed
	plan.Sent = "2026-11-23"
	golden(t, "summary-sent", plan)
	golden(t, "consent", state.Consent{
		Relationship: sampleRelationship.ID, Customer: contoso, SeenAt: start, Answered: start.Add(time.Hour), Approve: true,
		By: access.Person{Team: "T0FABRIKAM", User: "U0DEE", Name: "Dee"},
	})
	golden(t, "review", sampleAccessReview)
	golden(t, "review-card", sampleReviewCard)
	golden(t, "review-plan", sampleReviewPlan)
	golden(t, "forgetting", state.Forgetting{
		Person: access.Forgotten{
			Users: []access.UserID{"U0ANA"}, Objects: []access.PrincipalID{sampleRequest.Principal}, Mails: []string{"ana@partner.example"},
			Names: []string{"Ana Ito"}, As: "P-7K3M2",
		},
		Salt: "73616c74", Done: 3,
	})
	older(t, "event", sampleEvent) // before one knew what it comes from
	caused := sampleEvent
	caused.Ref = "4f2c91ab"
	older(t, "event-ref", caused) // before events of a customer were salted
	salted := caused
	salted.Salt = "73616c74"
	golden(t, "event-salt", salted)
}

// TestStoredAlertKeys holds the keys of alerts, of what is watched, and their
// indexes.
func TestStoredAlertKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		settled, nobody, over := sampleAlert, sampleAlert, sampleEnding
		settled.ID, settled.State = "A-1111111111", access.AlertResolved
		nobody.ID, nobody.Customer, nobody.MutedUntil = "A-2222222222", "", time.Time{}
		over.Relationship, over.Tell = "rel-2", time.Time{}
		storm := sampleAlertCard
		storm.Alert, storm.Card = "", 0
		alone := sampleAlertCard
		alone.Storm = ""
		return errors.Join(state.PutAlert(tx, sampleAlert, true), state.PutAlert(tx, settled, false), state.PutAlert(tx, nobody, false),
			state.PutStorm(tx, sampleStorm), state.PutAlertCard(tx, alone), state.PutAlertCard(tx, storm), state.PutWatching(tx, sampleWatching),
			state.PutDoubt(tx, sampleDoubt), state.PutEnding(tx, sampleEnding), state.PutEnding(tx, over), state.PutAct(tx, sampleAct),
			state.PutRecheck(tx, sampleRecheck))
	})
	compareKeys(t, s, "alert-keys.txt")
}

// TestStoredActivityKeys holds the keys of what customers' logs tell.
func TestStoredActivityKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		under, unnamed := sampleDoings, sampleDoings
		under.Basis, under.Day = access.ByRequest, ""
		unnamed.Who.ID, unnamed.Request = "", ""
		outside := unnamed
		outside.Who.ID = sampleDoings.Who.ID
		return errors.Join(state.PutDoings(tx, outside), state.PutDoings(tx, under), state.PutDoings(tx, unnamed),
			state.PutActivityCursor(tx, access.ActivityCursor{Tenant: contoso, Rev: 1}), state.PutActivityTold(tx, state.ToldOfActivity{Count: 1}))
	})
	compareKeys(t, s, "activity-keys.txt")
}

// TestStoredGroupKeys holds the keys of groups and their index.
func TestStoredGroupKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		_, err := state.PutMirroredGroup(tx, sampleGroup)
		return errors.Join(err, state.MarkTaken(tx, "assignment:as-1", start), state.PutGroupsReadAt(tx, start), state.PutUsed(tx, state.Used{Relationship: sampleRelationship.ID, At: start}))
	})
	compareKeys(t, s, "group-keys.txt")
}

// TestStoredConsentKeys holds the keys of what providers made, and of providers.
func TestStoredConsentKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		return errors.Join(state.PutProvider(tx, state.Provider{Tenant: fabrikam}),
			state.PutConsent(tx, state.Consent{Relationship: sampleRelationship.ID}),
			state.PutConsent(tx, state.Consent{Relationship: "rel-2"}), state.DeleteConsent(tx, "rel-2"))
	})
	compareKeys(t, s, "consent-keys.txt")
}

// TestStoredOfferKeys holds the keys of offers and their indexes.
func TestStoredOfferKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		drafted, sent := sampleOffer, sampleOffer
		drafted.ID, drafted.State, drafted.Relationship = "O-00001", access.OfferDrafted, ""
		sent.ID, sent.State, sent.Relationship = "O-00002", access.OfferSent, "rel-2"
		sent.Roles = sent.Roles[:1]
		return errors.Join(state.PutOffer(tx, sampleOffer), state.PutOffer(tx, drafted), state.PutOffer(tx, sent),
			state.PutOfferCard(tx, sampleOfferCard))
	})
	compareKeys(t, s, "offer-keys.txt")
}

// sampleMember is an alert with everything that one about a member has.
func sampleMember() access.Alert {
	a := sampleAlert
	a.Member = access.Member{ID: "n0000000-0000-4000-8000-00000000000d", Name: "Nested", UPN: "n@partner.example"}
	a.Agents, a.Sent = access.AdminAgents, access.SeverityUrgent
	a.History = slices.Clone(a.History)
	a.History[0].Source = "your tenant's audit log"
	return a
}

// older holds that bytes which an earlier version wrote are read as they were
// meant.
func older[T any](t *testing.T, name string, value T) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		stored, err := os.ReadFile("testdata/v1/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		back, err := state.Decode[T](name, bytes.TrimSuffix(stored, []byte("\n")))
		if err != nil || !reflect.DeepEqual(back, value) {
			t.Errorf("read as\n%+v, %v, want\n%+v", back, err, value)
		}
	})
}

func golden[T any](t *testing.T, name string, value T) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		statetest.Golden(t, "testdata/v1/"+name+".json", value, *updateGolden)
	})
}

// TestStoredKeys holds the keys of every record and index, for keys are part of
// the stored form too.
func TestStoredKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	update(t, s, func(tx state.Tx) error {
		pending, active := sampleRequest, sampleGrant
		pending.Reminded = 2 // the first version reminded nobody
		pending.ID, pending.State = "R-00001", access.Pending
		active.Request, active.State = "R-00002", access.Active
		active.Warned = true // nor did it warn anybody
		_, err := state.PutMirrored(tx, sampleRelationship)
		_, deliveryErr := state.MarkDelivery(tx, "Ev0001", start)
		return errors.Join(err, deliveryErr,
			state.PutRequest(tx, sampleRequest), state.PutRequest(tx, pending),
			state.PutGrant(tx, sampleGrant), state.PutGrant(tx, active),
			state.PutStaff(tx, sampleStaff), state.PutContact(tx, sampleContact),
			state.PutContainer(tx, sampleContainer), state.PutCard(tx, sampleCard),
			state.PutMirror(tx, sampleMirror), state.PutKnown(tx, sampleKnown))
	})
	if err := state.Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	compareKeys(t, s, "keys.txt")
}

func compareKeys(t *testing.T, s state.Store, name string) {
	t.Helper()
	all := statetest.Contents(t, s)
	var lines, ended []string // which was not found by its end at first
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if strings.HasPrefix(all[key], "{") {
			all[key] = "record"
		}
		line := fmt.Sprintf("%s = %s", key, all[key])
		if strings.HasPrefix(key, "idx/ended/") {
			ended = append(ended, line)
			continue
		}
		lines = append(lines, line)
	}
	statetest.CompareGolden(t, "testdata/v1/"+name, []byte(strings.Join(lines, "\n")), *updateGolden)
	if len(ended) > 0 {
		statetest.CompareGolden(t, "testdata/v1/ended-"+name, []byte(strings.Join(ended, "\n")), *updateGolden)
	}
}
