package audit_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey/internal/audit"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// TestSettingsChanged names what is another than before, and keeps no value.
func TestSettingsChanged(t *testing.T) {
	t.Parallel()
	s := prepared(t)
	for i, step := range []struct {
		values map[string]string
		want   []string
	}{
		{map[string]string{"A": "planted-1", "B": "planted-2"}, nil},
		{map[string]string{"A": "planted-1", "B": "planted-2"}, nil},
		{map[string]string{"A": "planted-2", "B": "planted-2"}, []string{"A"}},
		{map[string]string{"B": "planted-2", "C": "planted-2"}, []string{"A", "C"}},
		{map[string]string{"B": "planted-3", "C": ""}, []string{"B", "C"}},
	} {
		update(t, s, func(tx state.Tx) error {
			changed, err := audit.SettingsChanged(tx, step.values)
			if !slices.Equal(changed, step.want) {
				t.Errorf("step %d: %v, want %v", i, changed, step.want)
			}
			return err
		})
	}
	for key, value := range statetest.Contents(t, s) {
		if strings.Contains(value, "planted") {
			t.Errorf("%s holds a value", key)
		}
	}
	update(t, s, func(tx state.Tx) error {
		if err := tx.Put("signer/settings", []byte("{")); err != nil {
			return err
		}
		changed, err := audit.SettingsChanged(tx, map[string]string{"A": "x"})
		if len(changed) > 0 {
			t.Errorf("after what cannot be read: %v", changed)
		}
		return err
	})
}
