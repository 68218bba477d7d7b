package graph_test

import (
	"encoding/json"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

const (
	agents    = "a9e00000-0000-4000-8000-000000000001" // AdminAgents, of which Bo is a member
	elsewhere = "a9e00000-0000-4000-8000-000000000002" // a group of the bot's for other roles
)

// recorded changes the record of the container by hand.
func (s *scene) recorded(change func(*access.Container)) {
	change(&s.container)
	s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
}

// groups adds groups that nobody may be let into as Ana.
func (s *scene) groups() {
	s.ms.AddGroup(graphtest.Group{ID: agents, DisplayName: "AdminAgents", MailNickname: "AdminAgents", Members: []string{bo}})
	s.ms.AddGroup(graphtest.Group{ID: elsewhere, DisplayName: "Latchkey Contoso", MailNickname: "latchkey-otherother"})
	s.ms.AddAssignment(graphtest.Assignment{Relationship: relA, Group: elsewhere, Roles: []string{helpdesk}})
}

// TestStandingRule changes what the bot goes by, by hand, in every way that would have it
// let somebody into a group that is not its own for them, or give roles that policy.yml
// does not name. All of it is refused for good, and Graph is not written to.
func TestStandingRule(t *testing.T) {
	join := func(s *scene) error { _, err := s.fx.Join(s.t.Context(), s.joinEffect()); return err }
	container := func(s *scene) error { _, err := s.fx.Container(s.t.Context(), s.containerEffect()); return err }
	for _, tt := range []struct {
		name   string
		change func(*scene)
		run    func(*scene) error
		code   access.Code
		words  string
	}{
		{"AdminAgentsInTheRecord", func(s *scene) { s.recorded(func(c *access.Container) { c.Group = agents }) }, join, access.Conflict, "not as Latchkey made it"},
		{"AdminAgentsMarked", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{ID: agents, DisplayName: "AdminAgents", MailNickname: mark, Owners: []string{bo}})
			s.recorded(func(c *access.Container) { c.Group = agents })
		}, join, access.Conflict, "has owners"},
		{"GroupOfOtherRoles", func(s *scene) { s.recorded(func(c *access.Container) { c.Group, c.Nonce = elsewhere, "otherother" }) }, join, access.Conflict, "they are not what was approved"},
		{"AnotherMark", func(s *scene) { s.recorded(func(c *access.Container) { c.Nonce = "otherother" }) }, join, access.Conflict, "not as Latchkey made it"},
		{"NoMark", func(s *scene) { s.recorded(func(c *access.Container) { c.Nonce = "" }) }, join, "", ""},
		{"GroupHasOwners", func(s *scene) {
			s.ms.AddGroup(graphtest.Group{ID: string(s.container.Group), DisplayName: "Latchkey Contoso", MailNickname: mark, Owners: []string{bo}})
		}, join, access.Conflict, "has owners"},
		{"RoleNotNamed", func(s *scene) { s.rules = rules{helpdesk} }, join, access.Forbidden, "By policy.yml this may not be given: No bundle names it."},
		{"NoPolicy", func(s *scene) { s.fx.Rules = nil }, join, access.Forbidden, "No policy is in force"},
		{"GlobalAdministratorInTheRecord", func(s *scene) {
			s.recorded(func(c *access.Container) { c.Roles = []access.RoleID{globalAdmin} })
		}, join, access.Conflict, "does not agree with itself"},
		{"AnotherContainer", func(s *scene) {
			c := access.Container{ID: access.ContainerOf(contoso, []access.RoleID{helpdesk}), Customer: contoso, Roles: []access.RoleID{helpdesk}, Nonce: "otherother", Group: elsewhere, Relationship: relA, Assignment: "x"}
			s.put(func(tx state.Tx) error { return state.PutContainer(tx, c) })
			s.change("R-1", func(g access.Grant) access.Grant { g.Container = c.ID; return g })
		}, join, access.Conflict, "not what was approved"},
		{"AnotherPerson", func(s *scene) { s.change("R-1", func(g access.Grant) access.Grant { g.Principal = bo; return g }) }, join, access.Conflict, "not what was approved"},
		{"AnotherCustomer", func(s *scene) { s.change("R-1", func(g access.Grant) access.Grant { g.Customer = fabrikam; return g }) }, join, access.Conflict, "not what was approved"},
		{"NotApproved", func(s *scene) { s.request("R-1", func(r *access.Request) { r.State = access.Denied }) }, join, access.Conflict, "not what was approved"},
		{"OtherRolesApproved", func(s *scene) { s.request("R-1", func(r *access.Request) { r.Roles = []access.RoleID{helpdesk} }) }, join, access.Conflict, "not what was approved"},
		{"PayloadOfNoGrant", func(*scene) {}, func(s *scene) error {
			_, err := s.fx.Join(s.t.Context(), effect(s.t, outbox.GraphJoin, outbox.GrantPayload{Request: "R-2"}))
			return err
		}, "", ""},
		{"PayloadOfAnotherContainer", func(*scene) {}, func(s *scene) error {
			_, err := s.fx.Container(s.t.Context(), effect(s.t, outbox.GraphContainer, outbox.ContainerPayload{Container: access.ContainerOf(contoso, []access.RoleID{globalAdmin}), Request: "R-1"}))
			return err
		}, "", ""},
		{"GroupForARoleNotNamed", func(s *scene) {
			s.rules = rules{helpdesk}
			s.recorded(func(c *access.Container) { c.Group, c.Nonce = "", "fresh-nonce" })
		}, container, access.Forbidden, "By policy.yml this may not be given"},
		{"GroupForGlobalAdministrator", func(s *scene) {
			s.recorded(func(c *access.Container) { c.Group, c.Nonce, c.Roles = "", "fresh-nonce", []access.RoleID{globalAdmin} })
		}, container, access.Conflict, "does not agree with itself"},
		{"RolesForAdminAgents", func(s *scene) { s.recorded(func(c *access.Container) { c.Group = agents }) }, container, access.Conflict, "not as Latchkey made it"},
		{"RolesForAGroupWithOwners", func(s *scene) {
			s.ms.RemoveAssignment(relA, string(s.container.Assignment))
			s.ms.AddGroup(graphtest.Group{ID: string(s.container.Group), DisplayName: "Latchkey Contoso", MailNickname: mark, Owners: []string{bo}})
		}, container, access.Conflict, "has owners"},
	} {
		for _, d := range []access.Driver{access.Membership, access.PIM} {
			t.Run(tt.name+"/"+string(d), func(t *testing.T) {
				t.Parallel()
				s := newScene(t, licensed)
				s.driver = d
				s.grant("R-1", ana, access.Activating)
				s.ready()
				s.groups()
				tt.change(s)
				held(t, s.world, tt.code, tt.words, func() error { return tt.run(s) })
			})
		}
	}
}

// held makes sure that what is run is refused for good, and writes nothing.
func held(t *testing.T, w *world, code access.Code, words string, run func() error) {
	t.Helper()
	before := len(w.ms.Audit())
	err := run()
	if code != "" {
		refused(t, err, code, words)
	} else if err != nil && !outbox.IsPermanent(err) { // without an error it is not wanted
		t.Errorf("error %v, want a permanent one", err)
	}
	for _, entry := range w.ms.Audit()[before:] {
		t.Errorf("Graph was written to: %s %s", entry.Method, entry.Path)
	}
}

// request changes the record of a request by hand.
func (s *scene) request(id access.RequestID, change func(*access.Request)) {
	s.t.Helper()
	s.put(func(tx state.Tx) error {
		r, err := state.Request(tx, id)
		if err != nil {
			return err
		}
		change(&r)
		return state.PutRequest(tx, r)
	})
}

// TestStandingRuleOfOffers is the same for relationships, and for what a bundle gives
// for good: the payload is not believed.
func TestStandingRuleOfOffers(t *testing.T) {
	payload := func(change func(*moveScene, *outbox.AssignPayload)) func(*moveScene) error {
		return func(s *moveScene) error {
			e := s.assignEffect()
			p, err := outbox.Payload[outbox.AssignPayload](e)
			if err != nil {
				return err
			}
			change(s, &p)
			if e.Payload, err = json.Marshal(p); err != nil {
				return err
			}
			_, err = s.fx.Assign(s.t.Context(), e)
			return err
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*moveScene)
		run    func(*moveScene) error
		code   access.Code
		words  string
	}{
		{"AdminAgents", (*moveScene).approved, payload(func(_ *moveScene, p *outbox.AssignPayload) { p.Group = agents }), access.Conflict, "is not what the offer O-7K3M2 says"},
		{"MoreRoles", (*moveScene).approved, payload(func(_ *moveScene, p *outbox.AssignPayload) { p.Roles = []access.RoleID{exchange, helpdesk} }), access.Conflict, "is not what the offer O-7K3M2 says"},
		{"OtherRoles", (*moveScene).approved, payload(func(_ *moveScene, p *outbox.AssignPayload) { p.Roles = []access.RoleID{exchange} }), access.Conflict, "is not what the offer O-7K3M2 says"},
		{"OtherRelationship", (*moveScene).approved, payload(func(s *moveScene, p *outbox.AssignPayload) {
			s.ms.AddRelationship(graphtest.Relationship{ID: relB, DisplayName: "B", CustomerTenant: contoso, CustomerName: "Contoso", Roles: []string{exchange, helpdesk}})
			p.Relationship = relB
		}), access.Conflict, "is not what the offer O-7K3M2 says"},
		{"AsIfItWereOurs", (*moveScene).approved, payload(func(_ *moveScene, p *outbox.AssignPayload) { p.Container = "x" }), "", ""},
		{"RoleNotNamed", func(s *moveScene) { s.approved(); s.rules = rules{exchange} }, payload(func(*moveScene, *outbox.AssignPayload) {}), access.Forbidden, "By policy.yml this may not be given"},
		{"NoPolicy", func(s *moveScene) { s.approved(); s.fx.Rules = nil }, payload(func(*moveScene, *outbox.AssignPayload) {}), access.Forbidden, "No policy is in force"},
		{"RelationshipWithMore", func(s *moveScene) { s.rules = rules{exchange} }, func(s *moveScene) error {
			_, err := s.fx.Offer(s.t.Context(), s.offerEffect())
			return err
		}, access.Forbidden, "By policy.yml this may not be given"},
		{"SentWithMore", func(s *moveScene) { s.made(); s.rules = rules{exchange} }, func(s *moveScene) error {
			e := s.offerEffect()
			e.Term = 2
			_, err := s.fx.Offer(s.t.Context(), e)
			return err
		}, access.Forbidden, "By policy.yml this may not be given"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newMoveScene(t)
			s.ms.AddGroup(graphtest.Group{ID: agents, DisplayName: "AdminAgents", MailNickname: "AdminAgents", Members: []string{bo}})
			tt.change(s)
			held(t, s.world, tt.code, tt.words, func() error { return tt.run(s) })
		})
	}
}
