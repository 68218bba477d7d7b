package cards

import (
	"cmp"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
	"latchkey/internal/state"
)

// relationships fills in what a bot admin must know of relationships.
func (h Homes) relationships(tx state.Tx, v *messages.HomeRelationships) error {
	offers, err := state.UnansweredOffers(tx)
	if err != nil {
		return err
	}
	slices.SortFunc(offers, func(a, b access.Offer) int {
		return cmp.Or(a.ApproveBy.Compare(b.ApproveBy), cmp.Compare(a.ID, b.ID))
	})
	for _, o := range offers {
		switch {
		case o.Open():
			v.Waiting = append(v.Waiting, OfferView(h.Policy(), "", o))
		case o.State == access.OfferDeclined:
			v.Declined = append(v.Declined, OfferView(h.Policy(), "", o))
		}
	}
	return h.ending(tx, v)
}

func (h Homes) ending(tx state.Tx, v *messages.HomeRelationships) error {
	all, err := state.MirroredThatEnd(tx, h.now().Add(messages.EndsSoon))
	if err != nil || len(all) == 0 {
		return err
	}
	names := map[access.TenantID]string{}
	known, err := state.KnownCustomers(tx)
	if err != nil {
		return err
	}
	for _, k := range known {
		names[k.Tenant] = k.Name
	}
	for _, c := range h.Policy().Customers {
		names[c.Tenant] = c.Name
	}
	for _, m := range all {
		if m.MicrosoftLed() {
			continue // it is meant to end
		}
		v.Ending = append(v.Ending, messages.EndingView{Customer: cmp.Or(names[m.Customer], string(m.Customer)), Name: m.Name, End: m.End})
	}
	slices.SortStableFunc(v.Ending, func(a, b messages.EndingView) int { return a.End.Compare(b.End) })
	return nil
}

func (h Homes) now() time.Time {
	if h.Now == nil {
		return time.Now()
	}
	return h.Now()
}
