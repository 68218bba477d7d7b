package app

import (
	"context"
	"encoding/json"
	"iter"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/state"
)

type rawResult = json.RawMessage

// reader gives the mirror what it reads from Graph, in its own terms. Nobody waits
// for these reads, so they stand back when the budget gets tight.
type reader struct{ graph *graph.Client }

func (r reader) Relationships(ctx context.Context) iter.Seq2[access.Relationship, error] {
	return r.graph.Relationships(graph.Background(ctx))
}

func (r reader) Relationship(ctx context.Context, id access.RelationshipID) (access.Relationship, error) {
	return r.graph.Relationship(graph.Background(ctx), id)
}

func (r reader) AssignmentsOf(
	ctx context.Context, ids []access.RelationshipID, each func(access.RelationshipID, []access.Assignment, error),
) error {
	return r.graph.AssignmentsOf(graph.Background(ctx), ids, each)
}

func (r reader) GroupNames(ctx context.Context, ids []access.GroupID, each func(access.GroupID, string, error)) error {
	return r.graph.GroupNames(graph.Background(ctx), ids, each)
}

func (r reader) MembersOf(ctx context.Context, ids []access.GroupID, each func(access.GroupID, []access.Member, error)) error {
	return r.graph.MembersOf(graph.Background(ctx), ids, each)
}

func (r reader) PeopleOf(ctx context.Context, id access.GroupID) ([]string, error) {
	return r.graph.PeopleOf(graph.Background(ctx), id)
}

func (r reader) AgentGroup(ctx context.Context, name access.AgentGroup) (access.GroupID, bool, error) {
	return r.graph.AgentGroup(graph.Background(ctx), name)
}

func (r reader) Provider(ctx context.Context, tenant access.TenantID) (name, domain string, err error) {
	t, err := r.graph.Tenant(graph.Background(ctx), tenant)
	return t.Name, t.Domain, err
}

func (r reader) Customers(ctx context.Context) iter.Seq2[state.Known, error] {
	return func(yield func(state.Known, error) bool) {
		for c, err := range r.graph.Contracts(graph.Background(ctx)) {
			if !yield(state.Known{Tenant: c.Tenant, Name: c.Name, Domain: c.Domain}, err) {
				return
			}
		}
	}
}
