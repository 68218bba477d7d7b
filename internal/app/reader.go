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

// reader gives the mirror what it reads from Graph, in its own terms.
type reader struct{ *graph.Client }

func (r reader) GroupName(ctx context.Context, id access.GroupID) (string, error) {
	g, err := r.Group(ctx, id)
	return g.Name, err
}

func (r reader) Customers(ctx context.Context) iter.Seq2[state.Known, error] {
	return func(yield func(state.Known, error) bool) {
		for c, err := range r.Contracts(ctx) {
			if !yield(state.Known{Tenant: c.Tenant, Name: c.Name, Domain: c.Domain}, err) {
				return
			}
		}
	}
}
