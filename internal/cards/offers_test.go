package cards_test

import (
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/cards"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// offering is a renderer that knows offers to Contoso and to a customer who is
// not in policy.yml any more.
func offering() cards.Renderer {
	r := renderer()
	known, _ := r.Approvals.(entries)
	offer := func(id access.OfferID, customer access.TenantID, name string) access.Offer {
		return access.Offer{
			ID: id, Requester: access.Person{Team: "T1", User: "U1", Name: "Ana"}, Customer: customer, CustomerName: name,
			Roles: []access.RoleID{"r"}, Days: 365, Name: name + " " + string(id), State: access.OfferSent, Relationship: "rel",
			SentAt: time.Unix(0, 0), ApproveBy: time.Unix(0, 0), DeclinedBy: access.Person{User: "U2", Name: "Bo"}, FailNote: "It broke.",
		}
	}
	known.offers = map[access.OfferID]access.Offer{
		"O-00001": offer("O-00001", contoso, "Contoso"), "O-00002": offer("O-00002", adatum, "Adatum"),
	}
	r.Approvals = known
	return r
}

func TestOfferCard(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name      string
		give      outbox.OfferCardPayload
		to, says  string
		permanent bool
	}{
		{"customer", outbox.OfferCardPayload{Offer: "O-00001", Card: outbox.CustomerCard}, "C1/", "relationship that Ana asks of Contoso", false},
		{"requester", outbox.OfferCardPayload{Offer: "O-00001", Card: outbox.RequesterCard}, "/U1", "you asked of Contoso", false},
		{"requester of a customer that is gone", outbox.OfferCardPayload{Offer: "O-00002", Card: outbox.RequesterCard}, "/U1", "Adatum", false},
		{"customer that is gone", outbox.OfferCardPayload{Offer: "O-00002", Card: outbox.CustomerCard}, "/", "", true},
		{"unknown offer", outbox.OfferCardPayload{Offer: "O-00009", Card: outbox.CustomerCard}, "/", "", true},
		{"unknown card", outbox.OfferCardPayload{Offer: "O-00001", Card: "x"}, "/", "", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := offering().OfferCard(t.Context(), row.give)
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

func TestOfferNotice(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name      string
		give      outbox.OfferNoticePayload
		to, says  string
		permanent bool
	}{
		{"declined", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferDeclined, Offer: "O-00001"}, "/U1", "Contoso declined", false},
		{"lapsed", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferLapsed, Offer: "O-00001"}, "/U1", "in time", false},
		{"failed", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferFailed, Offer: "O-00002"}, "/U1", "It broke.", false},
		{"active, never to somebody else", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferActive, Offer: "O-00001", User: "U9"}, "/U1", "is active", false},
		{"active for the customer", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferActive, Offer: "O-00001"}, "C1/", "you decide", false},
		{"ended for the customer", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferEnded, Offer: "O-00001"}, "C1/", "has ended", false},
		{"ended, customer is gone", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferEnded, Offer: "O-00002"}, "/", "", true},
		{"overruled", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferOverruled, Offer: "O-00001"}, "C0OPS/", "Please look at this", false},
		{"change", outbox.OfferNoticePayload{Notice: outbox.NoticeRelationship, Customer: contoso, Text: "It changed."}, "C1/", "It changed.", false},
		{"change, customer is gone", outbox.OfferNoticePayload{Notice: outbox.NoticeRelationship, Customer: adatum, Text: "It changed."}, "/", "", true},
		{"unknown offer", outbox.OfferNoticePayload{Notice: outbox.NoticeOfferEnded, Offer: "O-00009"}, "/", "", true},
		{"unknown notice", outbox.OfferNoticePayload{Notice: "x", Offer: "O-00001"}, "/", "", true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got, err := offering().OfferNotice(t.Context(), row.give)
			if row.permanent {
				got = cards.Post{} // nothing is posted then
			}
			check(t, got, err, row.to, row.says, row.permanent)
		})
	}
}

// Without a channel of the operators, who asked is alerted.
func TestOverruledWithoutOperators(t *testing.T) {
	t.Parallel()
	r := offering()
	p := *r.Policy()
	p.Operations = ""
	r.Policy = func() *policy.Policy { return &p }
	got, err := r.OfferNotice(t.Context(), outbox.OfferNoticePayload{Notice: outbox.NoticeOfferOverruled, Offer: "O-00001"})
	check(t, got, err, "/U1", "Please look at this", false)
}

func TestOffersWithStoreDown(t *testing.T) {
	t.Parallel()
	down := errors.New("store is down")
	r := renderer()
	r.Approvals = entries{err: down}
	_, err := r.OfferCard(t.Context(), outbox.OfferCardPayload{Offer: "O-00001", Card: outbox.CustomerCard})
	if !errors.Is(err, down) || outbox.IsPermanent(err) {
		t.Errorf("OfferCard() = %v, want an error to be tried again", err)
	}
}
