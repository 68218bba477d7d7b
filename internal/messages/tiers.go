package messages

import "latchkey/internal/access"

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
	return "the indirect provider *" + name(v.Name) + " (" + escape(v.Domain, maxName) + ")"
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
		formatted = append(formatted, "Microsoft made it (`MLT_…`) when it moved the customer off legacy admin privileges (DAP): it lasts one year and holds nine roles that nobody here chose. "+
			"Ask for one of your own with the roles that you need ("+code("/access relationship request")+"), and let this one end.")
	}
	return formatted
}
