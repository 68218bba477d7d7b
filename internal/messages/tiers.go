package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// ProviderView is the indirect provider through which a relationship came.
type ProviderView struct {
	Tenant access.TenantID
	Name   string // empty when it could not be read
	Domain string
}

// provider names it, by its tenant where it has no name that could be read.
func provider(v ProviderView) string {
	switch {
	case v.Name == "":
		return "the indirect provider with the tenant " + code(string(v.Tenant))
	case v.Domain == "":
		return "the indirect provider " + name(v.Name)
	}
	return "the indirect provider " + name(v.Name) + " (" + escape(v.Domain, maxName) + ")"
}

// originLines tell who made a relationship, where that is not us.
func originLines(r RelationshipView) (formatted []string) {
	switch {
	case r.ConsentPending && r.Provider.Tenant != "":
		formatted = append(formatted, "⏳ "+capital(provider(r.Provider))+" made it for you, and it waits for your own consent. "+
			"A bot admin approves or rejects it in "+code("/access relationship show "+line(r.Name, 60))+".")
	case r.Provider.Tenant != "":
		formatted = append(formatted, "Through "+provider(r.Provider)+".")
	}
	if r.MicrosoftLed {
		formatted = append(formatted, "Microsoft made it (`MLT_…`) when it moved the customer off legacy admin privileges (DAP): it lasts one year and holds nine roles that nobody here chose. While it is active, access is given through it where no other relationship holds the roles. "+
			"Ask for one of your own with the roles that you need ("+code("/access relationship request")+"), and let this one end.")
	}
	return formatted
}

// ConsentView is a relationship of the indirect provider's that waits for our
// own consent.
type ConsentView struct {
	Customer     string
	Tenant       access.TenantID
	ID           access.RelationshipID
	Relationship RelationshipView
	Waits        bool // it does still
}

// ConsentAwaited tells the operators of it.
func ConsentAwaited(v ConsentView) Message {
	r := v.Relationship
	p := &page{}
	p.header("A provider's relationship")
	if !v.Waits {
		p.both("The relationship " + name(r.Name) + " with " + name(v.Customer) + " does not wait for your consent any more.")
		return p.message()
	}
	p.both("⏳ " + capital(provider(r.Provider)) + " made a relationship with " + name(v.Customer) + " for you. It waits for your own consent, which only a bot admin gives.")
	p.relationship(r)
	p.contextBoth("The customer has to approve it too, in its admin center. Until both have, nobody gets access through it.")
	p.buttons(consents(v.Customer, v.Tenant, v.ID, r)...)
	return p.message()
}

// consents are the buttons of a relationship that waits for us. Their dialogs
// say what follows.
func consents(customer string, tenant access.TenantID, id access.RelationshipID, r RelationshipView) []*slack.ButtonBlockElement {
	yes := "You agree that your organisation receives " + plainRoles(r.Roles) + " in " + line(customer, 40) + " through it. The customer has to approve it too, if it has not. It gives nobody access by itself."
	no := "Nobody gets access through it, and it cannot be undone: your provider would have to make a new one. Your other relationships with " + line(customer, 40) + " stay, and so do your orders and subscriptions."
	called := line(r.Name, 40)
	return []*slack.ButtonBlockElement{
		button(ActionConsent, Target(tenant, id), "Approve", "Approve the relationship "+called).
			WithStyle(slack.StylePrimary).WithConfirm(dialog("Approve what your provider made?", yes, "Approve", slack.StylePrimary)),
		button(ActionReject, Target(tenant, id), "Reject", "Reject the relationship "+called).
			WithStyle(slack.StyleDanger).WithConfirm(dialog("Reject what your provider made?", no, "Reject", slack.StyleDanger)),
	}
}
