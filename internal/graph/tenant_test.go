package graph_test

import (
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/graph/graphtest"
)

func TestTenant(t *testing.T) {
	w := newWorld(t, func(o *graphtest.Options) {
		o.Permissions = append([]string{"CrossTenantInformation.ReadBasic.All"}, usual...)
	})
	w.ms.AddTenant(graphtest.Tenant{ID: fabrikam, Name: "Fabrikam Cloud", Domain: "fabrikam.example"})
	got, err := w.client.Tenant(t.Context(), fabrikam)
	if want := (graph.Tenant{Name: "Fabrikam Cloud", Domain: "fabrikam.example"}); err != nil || got != want {
		t.Errorf("Tenant = %+v, %v, want %+v", got, err, want)
	}
	for _, id := range []access.TenantID{"", "..", "00000000-0000-4000-8000-0000000000ff"} {
		if _, err := w.client.Tenant(t.Context(), id); err == nil {
			t.Errorf("Tenant(%q) was found", id)
		}
	}
	poor := newWorld(t)
	if _, err := poor.client.Tenant(t.Context(), fabrikam); err == nil {
		t.Error("a tenant was found without the permission")
	}
}
