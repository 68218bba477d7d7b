package cards_test

import (
	"strings"
	"testing"

	"latchkey/internal/state"
)

// TestHomeBesidesDamage shows what can be read when one record cannot.
func TestHomeBesidesDamage(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, key, ana, bo string }{ // what each still sees
		{"Grant", "grant/R-00001", "R-00002", "R-00003"},
		{"Request", "request/R-00003", "R-00002", "R-00006"},
		{"Staff", "staff/" + string(ana.User), "R-00002", "R-00003"},
		{"ContactOfAnother", "contact/" + string(adatum) + "/T2/" + string(bo.User), "R-00002", "R-00003"},
	}
	for _, tt := range tests {
		h := homes(t)
		if err := h.Store.Update(t.Context(), func(tx state.Tx) error { return tx.Put(tt.key, []byte("{")) }); err != nil {
			t.Fatal(err)
		}
		if tab := drawnFor(t, h, ana); !strings.Contains(tab, tt.ana) {
			t.Errorf("%s: Ana's home lacks %s:\n%s", tt.name, tt.ana, tab)
		}
		if tab := drawnFor(t, h, bo); !strings.Contains(tab, tt.bo) {
			t.Errorf("%s: Bo's home lacks %s:\n%s", tt.name, tt.bo, tab)
		}
	}
}
