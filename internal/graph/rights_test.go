package graph_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"latchkey/internal/access"
	"latchkey/internal/doctor"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
)

// told is a credential whose tokens say, one after another, what the application may do.
type told struct{ claims []string }

func (c *told) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	now := c.claims[0]
	if len(c.claims) > 1 {
		c.claims = c.claims[1:]
	}
	return azcore.AccessToken{Token: "h." + base64.RawURLEncoding.EncodeToString([]byte(now)) + ".s", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestRights holds that what the application lacks is known from each new token, and
// that a token which cannot be read says nothing.
func TestRights(t *testing.T) {
	t.Parallel()
	c := &told{claims: []string{
		`{"tid":"t","roles":["Directory.Read.All"]}`, `{"tid":"t","roles":["Directory.Read.All","Group.Create"]}`, `not json`, `{"tid":"t"}`, `{"roles":[]}`,
	}}
	client, err := graph.New(graph.Options{
		BaseURL: server(t, func(w http.ResponseWriter, _ *http.Request) { write(w, 200, `{"value":[]}`) }) + "/v1.0", Credential: c,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := client.Rights()
	if r.Lacks("Group.Create") {
		t.Error("something is known before there is a token")
	}
	for i, want := range []bool{true, false, false, true, false} {
		if i == 0 {
			_, err = client.Owners(t.Context(), "g") // any call reads them
		} else {
			err = r.Learn(t.Context())
		}
		if err != nil || r.Lacks("Group.Create", "Group.ReadWrite.All") != want {
			t.Errorf("token %d: %v, lacks %t, want %t", i+1, err, !want, want)
		}
	}
}

// TestPermissionSets holds that what the README asks for is enough, and that none of what
// is not optional could be left out.
func TestPermissionSets(t *testing.T) {
	t.Parallel()
	for _, use := range []doctor.Use{doctor.Looks, doctor.InUnit, doctor.Elsewhere} {
		names := doctor.PermissionsFor(use)
		if err := exercise(t, use, names); err != nil {
			t.Errorf("%s: %v", use, err)
		}
		for _, p := range doctor.Permissions() {
			without := make([]string, 0, len(names))
			for _, n := range names {
				if n != p.Name {
					without = append(without, n)
				}
			}
			// Of users Directory.Read.All tells as much; User.Read.All is asked for beside it
			// so that the app goes on where that one is taken away.
			if len(without) == len(names) || p.Optional || p.Name == "User.Read.All" {
				continue
			}
			if exercise(t, use, without) == nil {
				t.Errorf("%s: nothing needs %s", use, p.Name)
			}
		}
	}
}

// exercise does what an installation of that use does, with those permissions alone.
func exercise(t *testing.T, use doctor.Use, permissions []string) error {
	t.Helper()
	s := newScene(t, licensed)
	s.ms.AddContract(graphtest.Contract{CustomerTenant: contoso, DisplayName: "Contoso", DefaultDomain: "contoso.example"})
	if use == doctor.InUnit {
		s.inUnit()
	}
	s.ms.SetPermissions(permissions...)
	for _, err := range s.client.Relationships(t.Context()) {
		if err != nil {
			return err
		}
	}
	if _, err := s.client.Assignments(t.Context(), relA); err != nil {
		return err
	}
	for _, err := range s.client.Contracts(t.Context()) {
		if err != nil {
			return err
		}
	}
	if _, _, err := s.client.AgentGroup(t.Context(), "AdminAgents"); err != nil {
		return err
	}
	if use == doctor.Looks {
		return nil
	}
	raw, err := s.fx.Container(t.Context(), s.containerEffect())
	if err != nil {
		return err
	}
	s.record(decode[outbox.ContainerResult](t, raw))
	if _, err := s.fx.Join(t.Context(), s.joinEffect()); err != nil {
		return err
	}
	s.grant("R-1", ana, access.Ending)
	_, err = s.fx.Leave(t.Context(), s.leaveEffect())
	return err
}
