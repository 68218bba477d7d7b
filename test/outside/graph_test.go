package outside_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
)

const (
	partnerTenant = "11111111-1111-4111-8111-111111111111"
	clientID      = "22222222-2222-4222-8222-222222222222"
	clientSecret  = "a-secret-of-the-test"
	contoso       = "c0000000-0000-4000-8000-000000000001"
	contosoRel    = "aaaaaaaa-0000-4000-8000-000000000001-bbbbbbbb-0000-4000-8000-000000000001"
	anaID         = "e0000000-0000-4000-8000-00000000000a"
	exchangeAdmin = "29232cdf-9323-42fd-ade2-1d097af3e4de"
	helpdeskAdmin = "729827e3-9c14-49f7-bb1b-9608f156bbb8"

	// So many customers and users that lists have several pages.
	manyRelationships = 320
	manyUsers         = 30
)

// TestMicrosoftGraphClient runs @microsoft/microsoft-graph-client, which sends
// tokens over TLS only.
func TestMicrosoftGraphClient(t *testing.T) {
	t.Parallel()
	entra := graphtest.New(graphtest.Options{
		PartnerTenant: partnerTenant, PartnerName: "Northwind", ClientID: clientID, ClientSecret: clientSecret,
		Permissions: []string{
			"DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "GroupMember.ReadWrite.All",
			"Group.ReadWrite.All", "User.Read.All",
		},
	})
	populate(entra)
	server := httptest.NewTLSServer(entra)
	defer server.Close()
	entra.Serve(server.URL)

	play(t, "graph.mjs", acts{
		"faults": func(_ context.Context, r request) (any, error) {
			if r.text("on") == "" {
				return nil, entra.SetFaults()
			}
			times, _ := r["times"].(float64)
			status, _ := r["status"].(float64)
			retry, _ := r["retryAfter"].(float64)
			return nil, entra.SetFaults(graphtest.Fault{
				On: r.text("on"), Times: int(times), Status: int(status), RetryAfter: int(retry),
			})
		},
		"calls": func(context.Context, request) (any, error) { return entra.Calls(), nil },
		"approve": func(_ context.Context, r request) (any, error) {
			if !entra.SetRelationshipStatus(r.text("id"), "active") {
				return nil, fmt.Errorf("there is no relationship %q", r.text("id"))
			}
			return true, nil
		},
	}, map[string]string{
		"GRAPH": server.URL, "NODE_EXTRA_CA_CERTS": authority(t, server), "TENANT": partnerTenant,
		"CLIENT_ID": clientID, "CLIENT_SECRET": clientSecret, "CONTOSO": contoso,
		"RELATIONSHIP": contosoRel, "ANA": anaID, "EXCHANGE": exchangeAdmin, "HELPDESK": helpdeskAdmin,
		"RELATIONSHIPS": fmt.Sprint(manyRelationships), "USERS": fmt.Sprint(manyUsers),
	})
}

func populate(entra *graphtest.Server) {
	entra.AddUser(graphtest.User{ID: anaID, DisplayName: "Ana", UPN: "ana@northwind.example", Mail: "ana@northwind.example"})
	for i := 1; i < manyUsers; i++ {
		entra.AddUser(graphtest.User{DisplayName: fmt.Sprintf("User %d", i), UPN: fmt.Sprintf("user%d@northwind.example", i)})
	}
	entra.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.example"})
	entra.AddRelationship(graphtest.Relationship{
		ID: contosoRel, DisplayName: "Contoso", CustomerTenant: contoso, CustomerName: "Contoso",
		Roles: []string{exchangeAdmin, helpdeskAdmin}, Duration: "P180D", Created: time.Now().Add(-24 * time.Hour),
	})
	for i := 1; i < manyRelationships; i++ {
		entra.AddRelationship(graphtest.Relationship{
			DisplayName: fmt.Sprintf("Customer %d", i), CustomerName: fmt.Sprintf("Customer %d", i),
			CustomerTenant: fmt.Sprintf("c0000000-0000-4000-8000-%012d", i+1), Roles: []string{exchangeAdmin},
		})
	}
}

// authority writes the certificate that the server's clients are to trust.
func authority(t *testing.T, server *httptest.Server) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
