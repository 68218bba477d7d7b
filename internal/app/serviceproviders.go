package app

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/schedule"
	"latchkey/internal/web"
)

// providersPause is how long there is between the tenants of two customers. Each
// has a budget of its own; the pause keeps the token endpoint quiet.
const providersPause = time.Second

// neighbours builds what reads in customers' tenants, where there is an
// application that they can let in.
func (a *App) neighbours(name func(context.Context, access.TenantID) (string, string, error)) {
	c := a.o.Config
	if c.ReaderClientID == "" {
		return
	}
	reader := graph.Reader{
		Options: graph.Options{BaseURL: a.o.GraphURL, HTTP: a.o.Microsoft, Log: a.o.Log.With("component", "graph")},
		Proof:   a.readerProof(),
	}
	self := access.TenantID(c.EntraTenantID)
	a.others = &schedule.ServiceProviders{
		Store: a.store, Now: a.o.Now, Pause: providersPause, Log: a.o.Log.With("component", "neighbours"),
		Read: func(ctx context.Context, tenant access.TenantID) ([]access.TenantID, error) {
			all, err := reader.ServiceProviders(ctx, tenant)
			if errors.Is(err, graph.ErrNotLetIn) {
				return nil, errors.Join(schedule.ErrNotLetIn, err)
			}
			return slices.DeleteFunc(all, func(t access.TenantID) bool { return t == self || t == tenant }), err
		},
		Name: name, RetryAfter: outbox.Wait,
		Customers: a.customers, Seen: a.service.OthersSeen,
	}
}

// readerProof is what the second application proves itself with.
func (a *App) readerProof() graph.CredentialOptions {
	c := a.o.Config
	token := c.EntraFederatedTokenFile
	if c.ReaderClientSecret.IsSet() || c.ReaderCertificateFile != "" {
		token = ""
	}
	return graph.CredentialOptions{
		ClientID: c.ReaderClientID, Secret: c.ReaderClientSecret.Reveal(), CertificateFile: c.ReaderCertificateFile,
		FederatedTokenFile: token, Authority: a.o.AuthorityURL, HTTP: a.o.Microsoft,
		Fresh: func() (string, string) { return c.ReaderClientSecret.Reveal(), "" },
	}
}

// customers are the tenants of the customers in policy.yml.
func (a *App) customers() []access.TenantID {
	var out []access.TenantID
	for _, c := range a.policy.get().Customers {
		out = append(out, c.Tenant)
	}
	return out
}

// letIn says where a customer's administrator lets the reader into the tenant;
// nil when there is none.
func (a *App) letIn() func(access.TenantID) string {
	if a.o.Config.ReaderClientID == "" {
		return nil
	}
	return a.consentTo(a.o.Config.ReaderClientID)
}

// consentTo says where a customer's administrator lets an application into the
// tenant. Microsoft sends the administrator on to a page of the bot, where it has
// pages.
func (a *App) consentTo(client string) func(access.TenantID) string {
	base := a.o.LoginURL
	if base == "" {
		base = "https://login.microsoftonline.com"
	}
	return func(tenant access.TenantID) string {
		q := url.Values{"client_id": {client}}
		if a.o.Config.PublicURL != "" {
			q.Set("redirect_uri", a.o.Config.PublicURL+web.PathLetIn)
		}
		return base + "/" + url.PathEscape(string(tenant)) + "/adminconsent?" + q.Encode()
	}
}
