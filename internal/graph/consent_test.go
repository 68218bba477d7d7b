package graph_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

const provided = "Provided approvalPending for P365D, 1 roles, extends off, waits for us"

// provided has the indirect provider make a relationship for us.
func (s *offerScene) provided() {
	s.t.Helper()
	s.ms.AddRelationship(graphtest.Relationship{
		ID: relA, DisplayName: "Provided", CustomerTenant: contoso, CustomerName: "Contoso", Status: "approvalPending",
		Roles: []string{helpdesk}, Duration: "P365D", IndirectProvider: fabrikam, PartnerConsentPending: true,
	})
}

func (s *offerScene) consentEffect(approve bool) outbox.Effect {
	return effect(s.t, outbox.GraphConsent, outbox.ConsentPayload{Relationship: relA, Customer: contoso, Name: "Provided", Approve: approve})
}

func TestConsentOnTheWire(t *testing.T) {
	for name, approve := range map[string]bool{"approve": true, "reject": false} {
		t.Run(name, func(t *testing.T) {
			s := newOfferScene(t)
			s.provided()
			raw, err := s.fx.Consent(t.Context(), s.consentEffect(approve))
			if err != nil {
				t.Fatal(err)
			}
			if rel := decode[outbox.RelationshipResult](t, raw).Relationship; rel.ConsentPending || rel.ID != relA {
				t.Errorf("read back %+v", rel)
			}
			var posted []string
			for _, r := range s.wire.seen {
				if r.method == http.MethodPost {
					posted = append(posted, r.body)
				}
			}
			if got := strings.Join(posted, " "); got != `{"action":"`+name+`"}` {
				t.Errorf("posted %s", got)
			}
			// What Microsoft has is told from the other answer, also when it is late.
			if _, err := s.fx.Consent(t.Context(), s.consentEffect(approve)); err != nil {
				t.Errorf("again: %v", err)
			}
			_, err = s.fx.Consent(t.Context(), s.consentEffect(!approve))
			if !outbox.IsPermanent(err) || access.CodeOf(err) != access.Conflict || !strings.Contains(err.Error(), "already") {
				t.Errorf("the other answer: %v", err)
			}
		})
	}
}

func TestConsentGone(t *testing.T) {
	s := newOfferScene(t)
	if raw, err := s.fx.Consent(t.Context(), s.consentEffect(true)); err != nil || string(raw) != "null" {
		t.Errorf("Consent to what is gone = %s, %v", raw, err)
	}
}

// TestConsentElsewhere: nobody's request tells what was answered, so the status
// does.
func TestConsentElsewhere(t *testing.T) {
	s := newOfferScene(t)
	s.ms.AddRelationship(graphtest.Relationship{
		ID: relA, DisplayName: "Provided", CustomerTenant: contoso, Roles: []string{helpdesk}, IndirectProvider: fabrikam,
	})
	if _, err := s.fx.Consent(t.Context(), s.consentEffect(true)); err != nil {
		t.Errorf("approved elsewhere: %v", err)
	}
	if _, err := s.fx.Consent(t.Context(), s.consentEffect(false)); !outbox.IsPermanent(err) {
		t.Errorf("reject what is active: %v", err)
	}
	s.ms.SetRelationshipStatus(relA, "terminated")
	if _, err := s.fx.Consent(t.Context(), s.consentEffect(false)); err != nil {
		t.Errorf("rejected elsewhere: %v", err)
	}
}
