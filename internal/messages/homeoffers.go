package messages

import (
	"fmt"
	"time"

	"latchkey/internal/access"
)

// HomeRelationships is what a bot admin must know of relationships without
// looking for it.
type HomeRelationships struct {
	Waiting  []OfferView // that the customer has not approved yet, what lapses first at the front
	Declined []OfferView // whose link at Microsoft is still valid
	Ending   []EndingView
}

// EndingView is an active relationship that ends soon and does not renew itself.
type EndingView struct {
	Customer, Name string
	End            time.Time
}

// EndsSoon is how long before its end a relationship is worth a line.
const EndsSoon = 30 * 24 * time.Hour

const (
	// mostHomeOffers keeps the part of relationships short.
	mostHomeOffers = 5
)

// homeRelationships has a section for each kind, and one sentence where there is
// nothing to tell.
func (p *page) homeRelationships(v HomeRelationships) {
	p.header("Relationships")
	if len(v.Waiting)+len(v.Declined)+len(v.Ending) == 0 {
		p.section("No relationship waits for a customer's approval, was declined, or ends within 30 days. " +
			code("/access relationship request") + " asks a customer for one.")
		return
	}
	p.homeLines("*Wait for the customer's approval*", v.Waiting, func(v OfferView) string {
		o := v.Offer
		if o.State == access.OfferDrafted {
			return "🔄 " + homeOffer(v) + ": being made at Microsoft"
		}
		return "⏳ " + homeOffer(v) + ": to be approved by " + when(o.ApproveBy)
	})
	p.homeLines("*Declined, but Microsoft keeps the link*", v.Declined, func(v OfferView) string {
		return "❌ " + homeOffer(v) + ": its link works until " + when(v.Offer.ApproveBy) + "; nobody should approve it"
	})
	lines := []string{}
	for _, r := range v.Ending {
		lines = append(lines, "⌛ *"+name(r.Customer)+"*: "+name(r.Name)+" ends on "+day(r.End)+" and does not renew itself")
	}
	if len(lines) > 0 {
		p.section(append([]string{"*End within 30 days*"}, shortened(lines, mostHomeOffers)...)...)
	}
	p.context(code("/access relationship show O-…") + " tells more and has the buttons.")
}

func (p *page) homeLines(title string, offers []OfferView, of func(OfferView) string) {
	if len(offers) == 0 {
		return
	}
	lines := make([]string, len(offers))
	for i, v := range offers {
		lines[i] = of(v)
	}
	p.section(append([]string{title}, shortened(lines, mostHomeOffers)...)...)
}

func homeOffer(v OfferView) string {
	o := v.Offer
	return fmt.Sprintf("*%s*, %s (%s for %s)", name(o.CustomerName), o.ID, rolesIn(v.Roles, 2), access.FormatDays(o.Days))
}
