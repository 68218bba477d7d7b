package messages_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

func provided(r *messages.RelationshipView) {
	r.Name, r.Status, r.AutoExtend, r.Assignments = "Northwind_Calls", access.RelationshipApprovalPending, "", nil
	r.Provider = messages.ProviderView{Tenant: "99999999-1111-4111-8111-111111111111", Name: "Northwind <Cloud>", Domain: "northwind.example"}
	r.ConsentPending = true
}

func TestConsentAwaited(t *testing.T) {
	waits := messages.ConsentView{
		Customer: "Contoso", Tenant: contosoTenant, ID: relationshipID, Relationship: relationship(provided), Waits: true,
	}
	over, unnamed := waits, waits
	over.Waits = false
	unnamed.Relationship = relationship(provided, func(r *messages.RelationshipView) { r.Provider.Name, r.Provider.Domain = "", "" })
	for name, v := range map[string]messages.ConsentView{"waits": waits, "over": over, "unnamed": unnamed} {
		t.Run(name, func(t *testing.T) { golden(t, "consent-"+name, messages.ConsentAwaited(v)) })
	}
}

func TestRelationshipOfProvider(t *testing.T) {
	one := relationship(provided)
	golden(t, "relationship-provided", messages.Relationship(messages.RelationshipStoryView{
		Customer: "Contoso", Tenant: contosoTenant, Relationship: &one, ID: relationshipID, MayConsent: true,
	}))
	led := relationship(func(r *messages.RelationshipView) { r.Name, r.AutoExtend, r.MicrosoftLed = "MLT_1_2_3", "", true })
	golden(t, "relationship-microsoft-led", messages.Relationship(messages.RelationshipStoryView{
		Customer: "Contoso", Tenant: contosoTenant, Relationship: &led, ID: relationshipID, MayEnd: true,
	}))
}
