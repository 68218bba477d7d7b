package state

import (
	"errors"
	"time"

	"latchkey/internal/access"
)

// Provider is an organisation beside the partner and its customers, such as an
// indirect provider, as Microsoft names it. It is part of the mirror.
type Provider struct {
	Tenant access.TenantID
	Name   string // empty while it could not be read
	Domain string
	ReadAt time.Time // when that was last tried
}

func providerKey(tenant access.TenantID) string { return Path("mirror/provider", string(tenant)) }

// PutProvider writes what was read of a provider.
func PutProvider(tx Tx, p Provider) error {
	if !safe(string(p.Tenant)) {
		return errors.New("a provider without a usable tenant")
	}
	_, err := Save(tx, providerKey(p.Tenant), p)
	return err
}

// ProviderOf returns what is known of a provider; without a name when that is
// nothing.
func ProviderOf(tx Tx, tenant access.TenantID) (Provider, error) {
	p, err := Load[Provider](tx, providerKey(tenant))
	if errors.Is(err, ErrNotFound) {
		return Provider{Tenant: tenant}, nil
	}
	return p, err
}
