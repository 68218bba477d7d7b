package schedule

import (
	"context"
	"log/slog"
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
		if err := nameTenant(ctx, r.Store, r.Log, r.Now(), r.Provider, m.Relationship.Provider); err != nil {
			return err
		}
	}
	return nil
}

// nameTenant looks up who a tenant is, unless that is known. A name that cannot be read
// is no trouble.
func nameTenant(
	ctx context.Context, store state.Store, log *slog.Logger, at time.Time,
	look func(context.Context, access.TenantID) (name, domain string, err error), tenant access.TenantID,
) error {
	now := at.UTC().Truncate(time.Second)
	var known state.Provider
	err := store.View(ctx, func(tx state.Tx) (err error) {
		known, err = state.ProviderOf(tx, tenant)
		return err
	})
	if _, damaged := state.Unreadable(err); err != nil && !damaged {
		return err
	}
	good := providerUnnamed
	if known.Name != "" {
		good = providerNamed
	}
	if now.Sub(known.ReadAt) < good {
		return nil
	}
	name, domain, err := look(ctx, tenant)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		log.DebugContext(ctx, "provider not read", "err", err)
	} else {
		known.Name, known.Domain = name, domain
	}
	known.Tenant, known.ReadAt = tenant, now
	return store.Update(ctx, func(tx state.Tx) error { return state.PutProvider(tx, known) })
}
