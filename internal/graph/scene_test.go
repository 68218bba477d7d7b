package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// A scene is a world in which Ana was allowed Exchange Administrator on Contoso
// for four hours as R-1.
type scene struct {
	*world
	container access.Container
	driver    access.Driver // of the grants
}

var roles = []access.RoleID{exchange}

func newScene(t *testing.T, change ...func(*graphtest.Options)) *scene {
	t.Helper()
	s := &scene{world: newWorld(t, change...)}
	s.relationship(relA, contoso, start.AddDate(0, 6, 0), exchange, helpdesk)
	s.container = access.Container{ID: access.ContainerOf(contoso, roles), Customer: contoso, Roles: roles, Nonce: nonce}
	s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
	s.grant("R-1", ana, access.Activating)
	return s
}

func (s *scene) put(fn func(state.Tx) error) {
	s.t.Helper()
	if err := s.store.Update(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

// relationship adds one to Graph and mirrors it.
func (s *scene) relationship(id access.RelationshipID, customer access.TenantID, end time.Time, roles ...string) {
	s.t.Helper()
	s.ms.AddRelationship(graphtest.Relationship{
		ID: string(id), DisplayName: string(id[30:40]), CustomerTenant: string(customer), CustomerName: "Contoso",
		Roles: roles, End: end, Created: start.AddDate(0, -1, 0),
	})
	s.mirror(id)
}

// mirror does what the sync job does for one relationship.
func (s *scene) mirror(id access.RelationshipID) {
	s.t.Helper()
	r, err := s.client.Relationship(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	assignments, err := s.client.Assignments(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	s.put(func(tx state.Tx) error {
		_, err := state.PutMirrored(tx, state.MirroredRelationship{Relationship: r, Assignments: assignments})
		return err
	})
}

func (s *scene) grant(id access.RequestID, who access.PrincipalID, st access.GrantState) {
	s.t.Helper()
	g := access.Grant{
		Request: id, Principal: who, Customer: contoso, Container: s.container.ID,
		Duration: 4 * time.Hour, State: st, ApprovedAt: s.now, Driver: s.driver,
	}
	s.put(func(tx state.Tx) error {
		r := access.Request{ID: id, Principal: who, Customer: contoso, CustomerName: "Contoso", Roles: roles, State: access.Approved}
		if err := state.PutRequest(tx, r); err != nil {
			return err
		}
		return state.PutGrant(tx, g)
	})
}

func (s *scene) containerEffect() outbox.Effect {
	return effect(s.t, outbox.GraphContainer, outbox.ContainerPayload{Container: s.container.ID, Request: "R-1"})
}

func (s *scene) joinEffect() outbox.Effect {
	return effect(s.t, outbox.GraphJoin, outbox.GrantPayload{Request: "R-1"})
}

func (s *scene) leaveEffect() outbox.Effect {
	return effect(s.t, outbox.GraphLeave, outbox.GrantPayload{Request: "R-1"})
}

// ready carries the container out and records its result.
func (s *scene) ready() {
	s.t.Helper()
	raw, err := settle(s.t, s.fx.Container, s.containerEffect())
	if err != nil {
		s.t.Fatal(err)
	}
	s.record(decode[outbox.ContainerResult](s.t, raw))
}

func (s *scene) record(r outbox.ContainerResult) {
	s.t.Helper()
	s.container.Group, s.container.Relationship, s.container.Assignment = r.Group, r.Relationship, r.Assignment
	s.put(func(tx state.Tx) error { return state.PutContainer(tx, s.container) })
}

// joined carries the container and the join out.
func (s *scene) joined() {
	s.t.Helper()
	s.ready()
	if _, err := settle(s.t, s.fx.Join, s.joinEffect()); err != nil {
		s.t.Fatal(err)
	}
	s.grant("R-1", ana, access.Active)
}

// tree tells what Graph really holds of ours: groups by mark with members, and
// assignments that are not deleted.
func (s *scene) tree() string {
	var out []string
	for _, g := range s.ms.Groups() {
		if strings.HasPrefix(g.MailNickname, "latchkey-") {
			out = append(out, fmt.Sprintf("group %s", short(g.Members)))
		}
	}
	for _, a := range s.ms.Assignments() {
		if a.Status != "deleted" {
			out = append(out, fmt.Sprintf("%s on %s", a.Status, a.Relationship[35:36]))
		}
	}
	return strings.Join(out, ", ")
}

func short(ids []string) []string {
	names := map[string]string{ana: "ana", bo: "bo"}
	out := []string{}
	for _, id := range ids {
		out = append(out, names[id])
	}
	slices.Sort(out)
	return out
}

func (s *scene) want(tree string) {
	s.t.Helper()
	if got := s.tree(); got != tree {
		s.t.Errorf("graph holds %q, want %q", got, tree)
	}
}
