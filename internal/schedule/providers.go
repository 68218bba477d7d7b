package schedule

import (
	"context"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

const (
	providerNamed   = 24 * time.Hour // how long the name of a provider is taken for good
	providerUnnamed = time.Hour      // when to try again for one that could not be read
)

// providers reads the names of the indirect providers that made what is pending.
// A name that cannot be read is no trouble: the tenant is shown instead.
func (r *reading) providers(ctx context.Context) error {
	if r.Provider == nil {
		return nil
	}
	for _, m := range r.pending {
		if m.Relationship.Provider == "" || r.asked[m.Relationship.Provider] {
			continue
		}
		if r.asked == nil {
			r.asked = map[access.TenantID]bool{}
		}
		r.asked[m.Relationship.Provider] = true
		if err := r.provider(ctx, m.Relationship.Provider); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) provider(ctx context.Context, tenant access.TenantID) error {
	now := r.Now().UTC().Truncate(time.Second)
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
		return nil
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
	return r.Store.Update(ctx, func(tx state.Tx) error { return state.PutProvider(tx, known) })
}
