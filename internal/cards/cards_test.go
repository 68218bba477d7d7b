package cards_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/cards"
	"latchkey/internal/evidence"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

const (
	contoso access.TenantID = "11111111-1111-4111-8111-111111111111"
	adatum  access.TenantID = "22222222-2222-4222-8222-222222222222"
)

// entries is the store of requests, which may fail.
type entries struct {
	known  map[access.RequestID]approvals.Entry
	offers map[access.OfferID]access.Offer
	alerts map[access.AlertID]approvals.AlertEntry
	storms map[access.StormID]approvals.StormEntry
	review access.Review // the only one
	asked  int           // requests of the day before a summary
	err    error
}

func (e entries) Undecided(context.Context, access.Request) ([]access.Person, error) {
	return []access.Person{{User: "U0CAROL001", Name: "Carol Weber"}}, nil
}

func (e entries) Evidence(_ context.Context, o outbox.EvidenceOrder) (evidence.Report, error) {
	span, _ := access.ParseSpan(o.Period, time.UTC)
	return evidence.Report{ID: o.ID, Customer: o.Customer, Name: "Contoso", Span: span, Made: o.Made, Zone: "UTC", Language: "de"}, e.err
}

func (e entries) CalledUpon(context.Context, access.BreakGlassReview) ([]access.Person, error) {
	return []access.Person{{User: "U0CAROL001", Name: "Carol Weber"}}, nil
}

func (e entries) LastDays(_ context.Context, _ access.TenantID, before access.Day, n int) ([]approvals.DayTotals, error) {
	days := make([]approvals.DayTotals, n)
	for i := range days {
		days[i] = approvals.DayTotals{Day: before.Plus(i - n), Totals: approvals.Totals{Asked: i, Given: i / 2}}
	}
	return days, nil
}

func (e entries) DailySummary(_ context.Context, of access.TenantID, day, _ access.Day) (approvals.Summary, error) {
	from, to := day.Span(time.UTC)
	return approvals.Summary{Asked: e.asked, For: of, From: from, To: to, Zone: time.UTC, Customer: approvals.Customer{Tenant: of, Name: "Contoso"}}, e.err
}

func (e entries) AlertEntry(_ context.Context, id access.AlertID) (approvals.AlertEntry, error) {
	found, ok := e.alerts[id]
	if !ok && e.err == nil {
		return found, state.ErrNotFound
	}
	return found, e.err
}

func (e entries) StormEntry(_ context.Context, id access.StormID) (approvals.StormEntry, error) {
	found, ok := e.storms[id]
	if !ok && e.err == nil {
		return found, state.ErrNotFound
	}
	return found, e.err
}

func (e entries) ReviewEntry(_ context.Context, id access.ReviewID) (approvals.ReviewEntry, error) {
	if e.review.ID != id && e.err == nil {
		return approvals.ReviewEntry{}, state.ErrNotFound
	}
	return approvals.ReviewEntry{Review: e.review, Contacts: []access.Person{{User: "U0CAROL001", Name: "Carol Weber"}}}, e.err
}

func (e entries) OfferEntry(_ context.Context, id access.OfferID) (access.Offer, error) {
	if e.err != nil {
		return access.Offer{}, e.err
	}
	found, ok := e.offers[id]
	if !ok {
		return access.Offer{}, state.ErrNotFound
	}
	return found, nil
}

func (e entries) ConsentStory(_ context.Context, customer access.TenantID, id access.RelationshipID) (approvals.RelationshipStory, error) {
	if e.err != nil {
		return approvals.RelationshipStory{}, e.err
	}
	if id != "rel-1" {
		return approvals.RelationshipStory{}, state.ErrNotFound
	}
	return approvals.RelationshipStory{
		Customer: approvals.Customer{Tenant: customer, Name: "Contoso"},
		Mirrored: &state.MirroredRelationship{Relationship: access.Relationship{ID: id, Name: "Provided", Status: "approvalPending", ConsentPending: true, Provider: "p"}},
	}, nil
}

func (e entries) Entry(_ context.Context, id access.RequestID) (approvals.Entry, error) {
	if e.err != nil {
		return approvals.Entry{}, e.err
	}
	found, ok := e.known[id]
	if !ok {
		return approvals.Entry{}, state.ErrNotFound
	}
	return found, nil
}

func renderer() cards.Renderer {
	exchange, _ := roles.Find("Exchange Administrator")
	request := func(id access.RequestID, customer access.TenantID, name string) approvals.Entry {
		return approvals.Entry{Request: access.Request{
			ID: id, Requester: access.Person{Team: "T1", User: "U1", Name: "Ana"}, Customer: customer, CustomerName: name,
			Roles: []access.RoleID{exchange[0].ID}, Duration: time.Hour, Justification: "why", State: access.Pending,
			DecideBy: time.Unix(0, 0), Terms: 1, Rev: 1, Rule: access.Rule{Approvals: 1},
		}}
	}
	p := &policy.Policy{
		Operations: "C0OPS",
		Customers:  []policy.Customer{{Name: "Contoso", Tenant: contoso, Channel: "C1"}},
		Bundles:    []policy.Bundle{{Name: "Mail", Roles: []access.RoleID{exchange[0].ID}}},
	}
	return cards.Renderer{
		Approvals: entries{known: map[access.RequestID]approvals.Entry{
			"R-00001": request("R-00001", contoso, "Contoso"),
			"R-00002": request("R-00002", adatum, "Adatum"),
		}},
		Policy: func() *policy.Policy { return p },
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name      string
		give      outbox.CardPayload
		to        string
		says      string
		permanent bool
	}{
		{"customer", outbox.CardPayload{Request: "R-00001", Card: outbox.CustomerCard}, "C1/", "Exchange Administrator", false},
		{"requester", outbox.CardPayload{Request: "R-00001", Card: outbox.RequesterCard}, "/U1", "Contoso", false},
		{"requester of a customer that is gone", outbox.CardPayload{Request: "R-00002", Card: outbox.RequesterCard}, "/U1", "Adatum", false},
		{"customer that is gone", outbox.CardPayload{Request: "R-00002", Card: outbox.CustomerCard}, "/", "", true},
		{"unknown request", outbox.CardPayload{Request: "R-00009", Card: outbox.CustomerCard}, "/", "", true},
		{"unknown card", outbox.CardPayload{Request: "R-00001", Card: "x"}, "/", "", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := renderer().Card(t.Context(), row.give)
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()
	bo := access.Person{Team: "T2", User: "U2", Name: "Bo"}
	rows := []struct {
		name      string
		give      outbox.NoticePayload
		to        string
		says      string
		permanent bool
	}{
		{"active", outbox.NoticePayload{Notice: outbox.NoticeActive, Request: "R-00001", User: "U1"}, "/U1", "in place", false},
		{"never to somebody else", outbox.NoticePayload{Notice: outbox.NoticeActive, Request: "R-00001", User: "U9"}, "/U1", "in place", false},
		{"ended", outbox.NoticePayload{Notice: outbox.NoticeEnded, Request: "R-00001", Channel: "C1"}, "C1/", "has ended", false},
		{"ended, channel has moved", outbox.NoticePayload{Notice: outbox.NoticeEnded, Request: "R-00001", Channel: "C9"}, "C1/", "has ended", false},
		{"ended, customer is gone", outbox.NoticePayload{Notice: outbox.NoticeEnded, Request: "R-00002", Channel: "C9"}, "/", "", true},
		{"ended for the requester", outbox.NoticePayload{Notice: outbox.NoticeEndedRequester, Request: "R-00002"}, "/U1", "has ended", false},
		{"failed", outbox.NoticePayload{Notice: outbox.NoticeFailed, Request: "R-00001"}, "/U1", "never came into force", false},
		{"decided", outbox.NoticePayload{Notice: outbox.NoticeDecided, Request: "R-00001"}, "/U1", "not granted", false},
		{"no request", outbox.NoticePayload{Notice: outbox.NoticeDecided}, "/", "", true},
		{"contact linked", outbox.NoticePayload{Notice: outbox.NoticeContactLinked, Customer: contoso, Person: bo}, "C1/", "Bo is now a contact", false},
		{"contact removed", outbox.NoticePayload{Notice: outbox.NoticeContactRemoved, Customer: contoso, Person: bo}, "C1/", "Bo can no longer", false},
		{"checkpoint", outbox.NoticePayload{Notice: outbox.NoticeCheckpoint, Customer: contoso, Channel: "C9", Text: "latchkey/t\n9\n", Events: 3}, "C1/", "3 events about", false},
		{"checkpoint of a customer that is gone", outbox.NoticePayload{Notice: outbox.NoticeCheckpoint, Customer: adatum, Channel: "C9"}, "/", "", true},
		{"contact of a customer that is gone", outbox.NoticePayload{Notice: outbox.NoticeContactRemoved, Customer: adatum, Channel: "C9"}, "/", "", true},
		{"reminder", outbox.NoticePayload{Notice: outbox.NoticeReminder, Request: "R-00001", Channel: "C9"}, "C1/", "waits for Carol Weber", false},
		{"unanswered", outbox.NoticePayload{Notice: outbox.NoticeUnanswered, Request: "R-00001", User: "U9"}, "/U1", "still waits for an answer", false},
		{"unanswered, to the operators", outbox.NoticePayload{Notice: outbox.NoticeUnanswered, Request: "R-00001", Channel: "C9"}, "C0OPS/", "has not answered", false},
		{"trouble", outbox.NoticePayload{Notice: outbox.NoticeTrouble, Customer: contoso, Channel: "C9", Text: "Help."}, "C0OPS/", "Contoso). Help.", false},
		{"reply", outbox.NoticePayload{Notice: outbox.NoticeReply, User: "U1", Text: "Linked."}, "/U1", "Linked.", false},
		{"reply to nobody", outbox.NoticePayload{Notice: outbox.NoticeReply, Text: "Linked."}, "/", "", true},
		{"unknown", outbox.NoticePayload{Notice: "x"}, "/", "", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := renderer().Notice(t.Context(), row.give)
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

func check(t *testing.T, got cards.Post, err error, to, says string, permanent bool) {
	t.Helper()
	if outbox.IsPermanent(err) != permanent || (err != nil) != permanent {
		t.Errorf("error = %v, permanent %v, want permanent %v", err, outbox.IsPermanent(err), permanent)
	}
	if where := string(got.Channel) + "/" + string(got.User); where != to {
		t.Errorf("goes to %q, want %q", where, to)
	}
	if !strings.Contains(got.Message.Text, says) {
		t.Errorf("says %q, want %q in it", got.Message.Text, says)
	}
}

// A store that does not answer may answer later, so the effect is tried again.
func TestStoreDown(t *testing.T) {
	t.Parallel()
	down := errors.New("store is down")
	r := renderer()
	r.Approvals = entries{err: down}
	_, err := r.Card(t.Context(), outbox.CardPayload{Request: "R-00001", Card: outbox.CustomerCard})
	if !errors.Is(err, down) || outbox.IsPermanent(err) {
		t.Errorf("Card() = %v, want an error to be tried again", err)
	}
	_, err = r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeActive, Request: "R-00001"})
	if !errors.Is(err, down) || outbox.IsPermanent(err) {
		t.Errorf("Notice() = %v, want an error to be tried again", err)
	}
}

func TestBundleIsNamed(t *testing.T) {
	t.Parallel()
	r := renderer()
	e, err := r.Approvals.Entry(t.Context(), "R-00001")
	if err != nil {
		t.Fatal(err)
	}
	if v := cards.View(r.Policy(), e); v.Bundle != "Mail" {
		t.Errorf("the bundle is %q, want Mail", v.Bundle)
	}
	if got := cards.Roles([]access.RoleID{"unknown-id"}); got[0].Name != "unknown-id" {
		t.Errorf("an unknown role is called %q, want its id", got[0].Name)
	}
}

// TestConsentNotice goes to the operators and shows the relationship as it is now.
func TestConsentNotice(t *testing.T) {
	t.Parallel()
	r := renderer()
	post, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeConsent, Channel: "C9", Customer: contoso, Relationship: "rel-1"})
	if err != nil || post.Channel != "C0OPS" || !strings.Contains(post.Message.Text, "waits for your own consent") {
		t.Errorf("%+v, %v", post, err)
	}
	_, err = r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeConsent, Customer: contoso, Relationship: "rel-2"})
	if !outbox.IsPermanent(err) {
		t.Errorf("of what is gone: %v", err)
	}
	post, err = r.Notice(t.Context(), outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: "It is done."})
	if err != nil || post.Channel != "C0OPS" || post.Message.Text != "It is done." {
		t.Errorf("%+v, %v", post, err)
	}
}

// TestNothingToRemindOf holds that nothing is said of a request that was decided before
// its reminder was posted.
func TestNothingToRemindOf(t *testing.T) {
	t.Parallel()
	r := renderer()
	known, _ := r.Approvals.(entries)
	e := known.known["R-00001"]
	e.Request.State = access.Denied
	known.known = map[access.RequestID]approvals.Entry{"R-00001": e}
	r.Approvals = known
	for _, p := range []outbox.NoticePayload{
		{Notice: outbox.NoticeReminder, Request: "R-00001"}, {Notice: outbox.NoticeUnanswered, Request: "R-00001", User: "U1"},
		{Notice: outbox.NoticeUnanswered, Request: "R-00001", Channel: "C0OPS"},
	} {
		got, err := r.Notice(t.Context(), p)
		check(t, got, err, "/", "", false)
	}
}
