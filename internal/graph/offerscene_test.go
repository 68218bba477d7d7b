package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const (
	offerName = "Contoso O-7K3M2 k3m2p9x7w4aa"
)

// An offerScene is a world in which Contoso was asked for Exchange and Helpdesk
// Administrator for a year as O-7K3M2.
type offerScene struct {
	*world
	offer access.Offer
}

func newOfferScene(t *testing.T, change ...func(*graphtest.Options)) *offerScene {
	t.Helper()
	s := &offerScene{world: newWorld(t, change...)}
	s.ms.AddTenant(graphtest.Tenant{ID: contoso, Name: "Contoso", Domain: "contoso.example"})
	if _, err := s.ms.AddPerson(graphtest.Person{Tenant: contoso, Name: "Carol", UPN: "carol@contoso.example", DirectoryRoles: []string{globalAdmin}}); err != nil {
		t.Fatal(err)
	}
	o, err := access.NewOffer(access.Offer{
		ID: "O-7K3M2", Customer: contoso, CustomerName: "Contoso", Roles: []access.RoleID{helpdesk, exchange}, Days: 365, AutoExtend: true, Name: offerName,
	}, start)
	if err != nil {
		t.Fatal(err)
	}
	s.is(o)
	return s
}

// is stores the offer.
func (s *offerScene) is(o access.Offer) {
	s.t.Helper()
	s.offer = o
	if err := s.store.Update(s.t.Context(), func(tx state.Tx) error { return state.PutOffer(tx, o) }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *offerScene) offerEffect() outbox.Effect {
	return effect(s.t, outbox.GraphOffer, outbox.OfferPayload{Offer: "O-7K3M2"})
}

func (s *offerScene) retractEffect() outbox.Effect {
	return effect(s.t, outbox.GraphRetract, outbox.OfferPayload{Offer: "O-7K3M2"})
}

func (s *offerScene) terminateEffect() outbox.Effect {
	return effect(s.t, outbox.GraphTerminate, outbox.TerminatePayload{Relationship: s.one().ID, Customer: contoso, Name: offerName})
}

func (s *offerScene) extendEffect(on bool) outbox.Effect {
	return effect(s.t, outbox.GraphExtend, outbox.ExtendPayload{Relationship: s.one().ID, Customer: contoso, Name: offerName, On: on})
}

// one is the relationship that Graph has.
func (s *offerScene) one() access.Relationship {
	s.t.Helper()
	all := s.ms.Relationships()
	if len(all) != 1 {
		s.t.Fatalf("graph has %d relationships, want 1", len(all))
	}
	return access.Relationship{ID: access.RelationshipID(all[0].ID), Status: access.RelationshipStatus(all[0].Status)}
}

// sent has the offer be made and sent.
func (s *offerScene) sent() {
	s.t.Helper()
	if _, err := settle(s.t, s.fx.Offer, s.offerEffect()); err != nil {
		s.t.Fatal(err)
	}
}

// active has the customer approve it, too.
func (s *offerScene) active() {
	s.t.Helper()
	s.sent()
	id := s.one().ID
	if err := s.ms.ApproveRelationship(string(id), "carol@contoso.example"); err != nil {
		s.t.Fatal(err)
	}
	for range 10 {
		r, err := s.client.Relationship(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Status == access.RelationshipActive {
			return
		}
	}
	s.t.Fatal("the relationship does not become active")
}

// made leaves what a try leaves that died before it sent anything.
func (s *offerScene) made() {
	s.t.Helper()
	if _, err := s.client.Propose(s.t.Context(), s.offer); err != nil {
		s.t.Fatal(err)
	}
}

func (s *offerScene) want(tree string) {
	s.t.Helper()
	var out []string
	for _, r := range s.ms.Relationships() {
		status := r.Status
		if status == "terminationRequested" || status == "terminating" { // it is only a matter of looks
			status = "terminated"
		}
		extends := map[string]string{"P180D": "on", "PT0S": "off"}[r.AutoExtend]
		slices.Sort(r.Roles)
		tail := ""
		if r.PartnerConsentPending {
			tail = ", waits for us"
		}
		out = append(out, fmt.Sprintf("%s %s for %s, %d roles, extends %s%s", r.DisplayName, status, r.Duration, len(r.Roles), extends, tail))
	}
	if got := strings.Join(out, "; "); got != tree {
		s.t.Errorf("graph holds %q, want %q", got, tree)
	}
}
