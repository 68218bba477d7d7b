package graph_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

const (
	readerID = "22222222-2222-4222-8222-222222222229"
	litware  = "c0000000-0000-4000-8000-000000000003"
)

// readFrom is a Microsoft that a reading application reaches.
func readFrom(t *testing.T, o graphtest.Options) (*graphtest.Server, *httptest.Server) {
	t.Helper()
	ms := graphtest.New(o)
	srv := httptest.NewTLSServer(ms)
	t.Cleanup(srv.Close)
	ms.Serve(srv.URL)
	return ms, srv
}

// estate is two customers and the reader, which only Contoso has let in.
func estate(t *testing.T, change func(*graphtest.Options)) (*graphtest.Server, graph.Reader) {
	t.Helper()
	o := graphtest.Options{
		PartnerTenant: partner, ClientID: clientID, ClientSecret: secret, Permissions: usual,
		Reader: graphtest.Application{ClientID: readerID, ClientSecret: "read-only", Permissions: []string{"Policy.Read.All"}},
	}
	if change != nil {
		change(&o)
	}
	ms, srv := readFrom(t, o)
	for _, id := range []string{contoso, fabrikam} {
		ms.AddTenant(graphtest.Tenant{ID: id, Name: id})
		ms.AddRelationship(graphtest.Relationship{CustomerTenant: id, Roles: []string{helpdesk}})
	}
	ms.AddCrossTenant(graphtest.CrossTenant{Tenant: contoso, Partner: strings.ToUpper(litware), ServiceProvider: true})
	ms.AddCrossTenant(graphtest.CrossTenant{Tenant: contoso, Partner: fabrikam}) // known, and no service provider
	ms.AddCrossTenant(graphtest.CrossTenant{Tenant: fabrikam, Partner: contoso, ServiceProvider: true})
	ms.Consent(contoso, readerID)
	return ms, graph.Reader{
		Options: graph.Options{BaseURL: srv.URL + "/v1.0", HTTP: srv.Client(), Now: patient()},
		Proof:   graph.CredentialOptions{ClientID: readerID, Secret: "read-only", Authority: srv.URL, HTTP: srv.Client()},
	}
}

func TestServiceProviders(t *testing.T) {
	t.Parallel()
	ms, reader := estate(t, nil)
	got, err := reader.ServiceProviders(t.Context(), contoso)
	if want := []access.TenantID{partner, litware}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Contoso: %v, %v, want %v", got, err, want)
	}
	if got, err := reader.ServiceProviders(t.Context(), fabrikam); !errors.Is(err, graph.ErrNotLetIn) || got != nil {
		t.Errorf("who has not let it in: %v, %v", got, err)
	}
	ms.Consent(fabrikam, readerID)
	got, err = reader.ServiceProviders(t.Context(), fabrikam)
	if want := []access.TenantID{partner, contoso}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the other customer: %v, %v, want %v", got, err, want)
	}
	ms.RevokeConsent(contoso, readerID)
	if _, err := reader.ServiceProviders(t.Context(), contoso); !errors.Is(err, graph.ErrNotLetIn) {
		t.Errorf("who took it back: %v", err)
	}
}

// TestServiceProvidersTroubles tells what the customer can mend from what it cannot.
func TestServiceProvidersTroubles(t *testing.T) {
	t.Parallel()
	const call = "GET /policies/crossTenantAccessPolicy/partners"
	for _, row := range []struct {
		name     string
		change   func(*graphtest.Options)
		faults   []graphtest.Fault
		tenant   access.TenantID
		notLetIn bool
		code     access.Code
	}{
		{name: "NotForThis", change: func(o *graphtest.Options) { o.Reader.Permissions = nil }, notLetIn: true, code: access.Forbidden},
		{name: "WrongSecret", change: func(o *graphtest.Options) { o.Reader.ClientSecret = "another" }, code: access.Unavailable},
		{name: "NoSuchTenant", tenant: "c0000000-0000-4000-8000-0000000000ff", code: access.Unavailable},
		{name: "Down", faults: []graphtest.Fault{{On: call, Status: 503, Times: 50}}, code: access.Unavailable},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ms, reader := estate(t, row.change)
			ms.SetFaults(row.faults...)
			if row.tenant == "" {
				row.tenant = contoso
			}
			got, err := reader.ServiceProviders(t.Context(), row.tenant)
			if got != nil || err == nil || errors.Is(err, graph.ErrNotLetIn) != row.notLetIn || access.CodeOf(err) != row.code {
				t.Errorf("got %v, %v (code %s)", got, err, access.CodeOf(err))
			}
			if err != nil && strings.Contains(err.Error(), "read-only") {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
	_, reader := estate(t, nil)
	for _, odd := range []access.TenantID{"", "a/b", ".."} {
		if _, err := reader.ServiceProviders(t.Context(), odd); err == nil {
			t.Errorf("read of the tenant %q", odd)
		}
	}
}
