package messages_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

const relationshipID access.RelationshipID = "72a7ae7e-4887-4e34-9755-2e1e9b26b943-63f017cb-9e0d-4f14-94bd-4871902b3409"

// offer is one that was sent to Contoso; the changes make it another.
func offer(changes ...func(*messages.OfferView)) messages.OfferView {
	v := messages.OfferView{
		Offer: access.Offer{
			ID: "O-7K3M2", Requester: ana, Customer: contosoTenant, CustomerName: "Contoso", Days: 365, Name: "Contoso O-7K3M2 6e6f6e636501",
			State: access.OfferSent, Relationship: relationshipID, CreatedAt: start, SentAt: start, ApproveBy: start.Add(access.ApproveWithin), Rev: 2,
		},
		Roles: []messages.Role{
			{Name: "Exchange Administrator", Allows: "Runs mailboxes, mail flow and calendars."},
			{Name: "Helpdesk Administrator", Privileged: true, Allows: "Resets passwords of people without a role."},
		},
	}
	for _, change := range changes {
		change(&v)
	}
	return v
}

func offerState(s access.OfferState) func(*messages.OfferView) {
	return func(v *messages.OfferView) {
		o := &v.Offer
		o.State = s
		later := start.Add(time.Hour)
		switch s {
		case access.OfferDrafted:
			o.Relationship, o.SentAt, o.ApproveBy = "", time.Time{}, time.Time{}
		case access.OfferDeclined:
			o.DeclinedBy, o.DeclinedAt, o.DeclineNote = bo, later, "we want a shorter one"
		case access.OfferActive, access.OfferTerminating, access.OfferEnded:
			o.ApprovedAt, o.ActiveAt, o.End = later, later, later.AddDate(1, 0, 0)
		case access.OfferFailed:
			o.FailNote = "Microsoft does not accept what was asked for."
		}
		switch s {
		case access.OfferTerminating, access.OfferEnded:
			o.EndReason, o.EndedBy = access.TerminatedHere, ana
		}
		switch s {
		case access.OfferEnded, access.OfferLapsed, access.OfferFailed:
			o.EndedAt = start.Add(2 * time.Hour)
		}
	}
}

func offers() map[string]messages.OfferView {
	overruled := func(v *messages.OfferView) {
		v.Offer.DeclinedBy, v.Offer.DeclinedAt, v.Offer.DeclineNote = bo, start.Add(time.Minute), "no"
	}
	all := map[string]messages.OfferView{
		"extending": offer(func(v *messages.OfferView) { v.Offer.AutoExtend, v.Bundle = true, "Mail desk" }),
		"renewing":  offer(offerState(access.OfferActive), func(v *messages.OfferView) { v.Offer.AutoExtend = true }),
		"overruled": offer(offerState(access.OfferActive), overruled),
		"slipped": offer(offerState(access.OfferDeclined), func(v *messages.OfferView) {
			v.Offer.DeclinedBy, v.Offer.DeclineNote = access.Person{}, ""
		}),
		"slipped-overruled": offer(offerState(access.OfferApproved), func(v *messages.OfferView) { v.Offer.DeclinedAt = start }),
		"ended-elsewhere":   offer(offerState(access.OfferEnded), func(v *messages.OfferView) { v.Offer.EndReason = access.TerminatedElsewhere }),
		"expired":           offer(offerState(access.OfferEnded), func(v *messages.OfferView) { v.Offer.EndReason = access.RanOut }),
		"unknown":           offer(func(v *messages.OfferView) { v.Offer.State = "melted" }),
		"forty-roles":       offer(manyRoles(40)),
		"all-roles":         offer(manyRoles(140)),
		"hostile": offer(offerState(access.OfferDeclined), func(v *messages.OfferView) {
			v.Offer.CustomerName, v.Offer.Requester.Name = "Con\u202Etoso & <Sons> :tada: ~x~", "Eve *Status:* approved <!channel>"
			v.Offer.DeclineNote, v.Offer.Name = "*Status:* approved\n<!channel> `x`", "<!here> *b* `c`"
			v.Roles, v.Bundle = []messages.Role{{Name: "Role *bold*\n• Another", Allows: "Does *all* <!channel>"}}, "<!here> `b`"
		}),
		"longest": offer(func(v *messages.OfferView) {
			v.Offer.CustomerName, v.Offer.Requester.Name = strings.Repeat("&", 300), strings.Repeat("Ä", 300)
			v.Offer.Name = strings.Repeat("<", 50)
			v.Roles = []messages.Role{{Name: strings.Repeat("R", 300), Privileged: true}}
		}),
	}
	for _, s := range access.OfferStates() {
		all[string(s)] = offer(offerState(s))
	}
	return all
}

func manyRoles(n int) func(*messages.OfferView) {
	return func(v *messages.OfferView) {
		many := view(roles(n))
		v.Roles = many.Roles
	}
}

func TestOfferCards(t *testing.T) {
	for name, v := range offers() {
		t.Run(name, func(t *testing.T) {
			golden(t, "offer-customer-"+name, messages.OfferCustomerCard(v))
			golden(t, "offer-requester-"+name, messages.OfferRequesterCard(v))
			v.InPerson = true
			if name == "sent" {
				golden(t, "offer-inperson", messages.OfferCustomerCard(v))
			}
		})
	}
}

func TestOfferNotices(t *testing.T) {
	all := offers()
	staff := func(v messages.OfferView) messages.Message { return messages.OfferActive(v, true) }
	customer := func(v messages.OfferView) messages.Message { return messages.OfferActive(v, false) }
	rows := []struct {
		name string
		of   func(messages.OfferView) messages.Message
		in   []string
	}{
		{"declined", messages.OfferDeclined, []string{"declined", "hostile"}},
		{"lapsed", messages.OfferLapsed, []string{"lapsed", "longest"}},
		{"failed", messages.OfferFailed, []string{"failed"}},
		{"active-staff", staff, []string{"active", "renewing"}},
		{"active-customer", customer, []string{"active"}},
		{"ended", messages.OfferEnded, []string{"ended", "ended-elsewhere", "expired"}},
		{"overruled", messages.OfferOverruled, []string{"overruled", "slipped-overruled", "hostile"}},
		{"receipt", messages.OfferReceipt, []string{"drafted", "extending", "forty-roles", "longest"}},
	}
	for _, row := range rows {
		for _, name := range row.in {
			t.Run(row.name+"/"+name, func(t *testing.T) {
				golden(t, "offer-notice-"+row.name+"-"+name, row.of(all[name]))
			})
		}
	}
}

func TestOfferModals(t *testing.T) {
	all := offers()
	for _, name := range []string{"sent", "hostile", "longest", "forty-roles"} {
		t.Run(name, func(t *testing.T) {
			goldenModal(t, "offer-modal-decline-"+name, messages.DeclineModal(all[name]))
			goldenModal(t, "offer-modal-mail-"+name, messages.MailModal(all[name]))
		})
	}
	const link = "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/" + string(relationshipID)
	for _, name := range []string{"sent", "all-roles", "longest"} {
		if raw := string(pretty(t, messages.MailModal(all[name]).ModalViewRequest)); !strings.Contains(raw, link) {
			t.Errorf("the mail of %s has lost its link", name)
		}
	}
}

func TestTerminateModal(t *testing.T) {
	for name, v := range map[string]messages.TerminateView{
		"idle": {Customer: "Contoso", Tenant: contosoTenant, Relationship: relationshipID, Name: "Contoso 2026", Roles: []messages.Role{exchange}},
		"one":  {Customer: "Contoso", Tenant: contosoTenant, Relationship: relationshipID, Name: "Contoso 2026", Roles: []messages.Role{helpdesk}, InForce: 1},
		"hostile": {
			Customer: "<!channel> *x*", Tenant: contosoTenant, Relationship: relationshipID, Name: "<https://evil.example|Contoso>",
			Roles: view(roles(40)).Roles, InForce: 7,
		},
	} {
		t.Run(name, func(t *testing.T) { goldenModal(t, "modal-terminate-"+name, messages.TerminateModal(v)) })
	}
}

func TestShowRelationship(t *testing.T) {
	one := messages.RelationshipView{
		Name: "Contoso O-7K3M2 6e6f6e636501", Status: access.RelationshipActive, Roles: []messages.Role{exchange}, Start: start, End: start.AddDate(1, 0, 0),
	}
	active, drafted := offers()["active"], offers()["drafted"]
	for name, v := range map[string]messages.RelationshipStoryView{
		"drafted":   {Customer: "Contoso", Tenant: contosoTenant, Offer: &drafted},
		"active":    {Customer: "Contoso", Tenant: contosoTenant, Offer: &active, Relationship: &one, ID: relationshipID, MayEnd: true, Grants: []messages.CardView{views()["active"]}},
		"unoffered": {Customer: "Contoso", Tenant: contosoTenant, Relationship: &one, ID: relationshipID},
	} {
		t.Run(name, func(t *testing.T) { golden(t, "relationship-"+name, messages.Relationship(v)) })
	}
}
