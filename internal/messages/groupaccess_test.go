package messages_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// withGroups has the offer name two groups, the first of which has its access.
func withGroups(v *messages.OfferView) {
	v.Groups = []messages.GroupView{
		{Access: access.GroupAccess{Group: "g1", Name: "Service desk", Assignment: "as-1"}, Roles: v.Roles},
		{Access: access.GroupAccess{Group: "g2", Name: "Night shift"}, Roles: v.Roles[:1]},
	}
	v.Offer.Groups = []access.GroupAccess{v.Groups[0].Access, v.Groups[1].Access}
}

// replacing has the offer take the place of another, one role of which it lacks.
func replacing(s access.ReplaceState) func(*messages.OfferView) {
	return func(v *messages.OfferView) {
		v.Offer.Replaces = access.Replacement{Relationship: relationshipID, Name: "Contoso 2024", State: s}
		v.Fewer = []messages.Role{{Name: "Global Administrator", Privileged: true}}
		if s == access.ReplaceKept {
			v.Offer.Replaces.Note = "A security group could not be given its access: Microsoft did not accept it."
		}
	}
}

func standingOffers() map[string]messages.OfferView {
	overruled := func(v *messages.OfferView) { v.Offer.DeclinedBy, v.Offer.DeclinedAt = bo, start }
	return map[string]messages.OfferView{
		"groups-sent":     offer(withGroups),
		"groups-declined": offer(offerState(access.OfferDeclined), withGroups),
		"groups-active":   offer(offerState(access.OfferActive), withGroups),
		"groups-failed": offer(offerState(access.OfferActive), withGroups, func(v *messages.OfferView) {
			v.Groups[1].Access.Problem = "There is no security group *Night shift* in your tenant."
		}),
		"groups-overruled": offer(offerState(access.OfferActive), withGroups, overruled, replacing(access.ReplaceKept)),
		"groups-ended":     offer(offerState(access.OfferEnded), withGroups),
		"replacing-sent":   offer(replacing(access.ReplaceWaiting)),
		"replacing-larger": offer(replacing(access.ReplaceWaiting), func(v *messages.OfferView) { v.More, v.Fewer = v.Roles[:1], nil }),
		"replacing-same":   offer(replacing(access.ReplaceWaiting), func(v *messages.OfferView) { v.Fewer = nil }),
		"replacing-lapsed": offer(offerState(access.OfferLapsed), replacing(access.ReplaceWaiting)),
		"replacing-moving": offer(offerState(access.OfferActive), replacing(access.ReplaceMoving), withGroups),
		"replacing-held":   offer(offerState(access.OfferActive), replacing(access.ReplaceHeld)),
		"replacing-ending": offer(offerState(access.OfferActive), replacing(access.ReplaceEnding)),
		"replacing-done":   offer(offerState(access.OfferActive), replacing(access.ReplaceDone)),
		"replacing-kept":   offer(offerState(access.OfferActive), replacing(access.ReplaceKept)),
		"groups-longest": offer(manyRoles(140), func(v *messages.OfferView) {
			for range 10 {
				g := access.GroupAccess{Group: "g1", Name: strings.Repeat("<&", 100), Problem: strings.Repeat("&", 400)}
				v.Groups, v.Offer.Groups = append(v.Groups, messages.GroupView{Access: g, Roles: v.Roles}), append(v.Offer.Groups, g)
			}
			replacing(access.ReplaceKept)(v)
			v.Fewer, v.More = v.Roles, v.Roles
			v.Offer.Replaces.Name = "*b* <!channel> `c`" + strings.Repeat("<", 100)
		}),
	}
}

func TestStandingCards(t *testing.T) {
	for name, v := range standingOffers() {
		t.Run(name, func(t *testing.T) {
			golden(t, "offer-customer-"+name, messages.OfferCustomerCard(v))
			golden(t, "offer-requester-"+name, messages.OfferRequesterCard(v))
		})
	}
}

func TestStandingNotices(t *testing.T) {
	all := standingOffers()
	golden(t, "offer-notice-active-groups", messages.OfferActive(all["groups-active"], false))
	golden(t, "offer-notice-overruled-groups", messages.OfferOverruled(all["groups-overruled"]))
	golden(t, "offer-notice-receipt-groups", messages.OfferReceipt(all["groups-sent"]))
	golden(t, "offer-notice-receipt-replacing", messages.OfferReceipt(all["replacing-sent"]))
	golden(t, "offer-notice-receipt-groups-longest", messages.OfferReceipt(all["groups-longest"]))
}

func TestStandingModals(t *testing.T) {
	all := standingOffers()
	for _, name := range []string{"groups-sent", "replacing-sent", "groups-longest"} {
		goldenModal(t, "offer-modal-mail-"+name, messages.MailModal(all[name]))
	}
	const link = "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/" + string(relationshipID)
	if raw := string(pretty(t, messages.MailModal(all["groups-longest"]).ModalViewRequest)); !strings.Contains(raw, link) {
		t.Error("the mail has lost its link")
	}
	for name, v := range map[string]messages.ReduceView{
		"idle":   {Customer: "Contoso", Tenant: contosoTenant, Relationship: relationshipID, Name: "Contoso 2026", Left: []messages.Role{exchange}},
		"groups": {Customer: "Contoso", Tenant: contosoTenant, Relationship: relationshipID, Name: "Contoso 2026", Left: []messages.Role{exchange}, Groups: []string{"Service desk", ""}},
		"hostile": {
			Customer: "<!channel> *x*", Tenant: contosoTenant, Relationship: relationshipID, Name: "<https://evil.example|Contoso>",
			Left: view(roles(40)).Roles, Groups: []string{"<!here>", "*b*"},
		},
	} {
		goldenModal(t, "modal-reduce-"+name, messages.ReduceModal(v))
	}
}

func TestReplaceModal(t *testing.T) {
	all := standingOffers()
	for name, v := range map[string]messages.ReplaceView{
		"smaller": {Offer: all["replacing-sent"], Moving: 2, Stuck: 1, Losing: []string{"Night shift"}, Private: "x"},
		"larger":  {Offer: all["replacing-larger"], Moving: 1, Private: "x"},
		"groups":  {Offer: all["replacing-moving"], Private: "x"},
		"longest": {Offer: all["groups-longest"], Moving: 900, Stuck: 900, Losing: []string{strings.Repeat("&", 300), "", "<!here>"}, Private: strings.Repeat("x", 2700)},
	} {
		goldenModal(t, "modal-replace-"+name, messages.ReplaceModal(v))
	}
}

func TestShowReducible(t *testing.T) {
	one := messages.RelationshipView{
		Name: "Contoso O-7K3M2 6e6f6e636501", Status: access.RelationshipActive, Roles: []messages.Role{exchange}, Start: start, End: start.AddDate(1, 0, 0),
	}
	held, sent := standingOffers()["replacing-held"], standingOffers()["replacing-sent"]
	golden(t, "relationship-replaced", messages.Relationship(messages.RelationshipStoryView{
		Customer: "Contoso", Tenant: contosoTenant, Relationship: &one, ID: relationshipID, MayEnd: true, ReplacedBy: &sent,
	}))
	golden(t, "relationship-replacing", messages.Relationship(messages.RelationshipStoryView{
		Customer: "Contoso", Tenant: contosoTenant, Offer: &held, Relationship: &one, ID: relationshipID, MayEnd: true, MayReduce: true,
	}))
}
