package schedule

import (
	"context"
	"maps"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const (
	providerNamed   = 24 * time.Hour // how long the name of a provider is taken for good
	providerUnnamed = time.Hour      // when to try again for one that could not be read
)

// providers reads the names of the indirect providers whose relationships were
// seen. A name that cannot be read is no trouble: the tenant is shown instead.
func (r *reading) providers(ctx context.Context) error {
	if r.Provider == nil {
		return nil
	}
	now := r.Now().UTC().Truncate(time.Second)
	for _, tenant := range slices.Sorted(maps.Keys(r.provided)) {
		var known state.Provider
		err := r.Store.View(ctx, func(tx state.Tx) (err error) {
			known, err = state.ProviderOf(tx, tenant)
			return err
		})
		if err != nil {
			return err
		}
		good := providerUnnamed
		if known.Name != "" {
			good = providerNamed
		}
		if now.Sub(known.ReadAt) < good {
			continue
		}
		name, domain, err := r.Provider(ctx, tenant)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.Log.DebugContext(ctx, "provider not read", "err", err)
		} else {
			known.Name, known.Domain = name, domain
		}
		known.Tenant, known.ReadAt = tenant, now
		if err := r.Store.Update(ctx, func(tx state.Tx) error { return state.PutProvider(tx, known) }); err != nil {
			return err
		}
	}
	return nil
}

// providedBy remembers the provider of a relationship for the end of the pass.
func (r *reading) providedBy(rel access.Relationship) {
	if rel.Provider == "" {
		return
	}
	if r.provided == nil {
		r.provided = map[access.TenantID]bool{}
	}
	r.provided[rel.Provider] = true
}
