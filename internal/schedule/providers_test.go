package schedule_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// TestProviders reads the name of a provider once a day, tries again for one that
// could not be read, and lets no pass fail for it.
func TestProviders(t *testing.T) {
	t.Parallel()
	s, g, store, now := newSync(t)
	g.relationships[0].Provider = "northwind"
	g.relationships[1].Provider = "northwind"
	asked, failure := 0, errors.New("not allowed")
	s.Provider = func(_ context.Context, tenant access.TenantID) (string, string, error) {
		asked++
		if failure != nil {
			return "", "", failure
		}
		return "Northwind", string(tenant) + ".example", nil
	}
	for _, step := range []struct {
		after time.Duration
		fails error
		asked int
		name  string
	}{
		{0, failure, 1, ""},
		{time.Minute, nil, 1, ""},
		{time.Hour, nil, 2, "Northwind"},
		{23 * time.Hour, failure, 2, "Northwind"},
		{2 * time.Hour, failure, 3, "Northwind"},
	} {
		*now = now.Add(step.after)
		failure = step.fails
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got state.Provider
		if err := store.View(t.Context(), func(tx state.Tx) (err error) {
			got, err = state.ProviderOf(tx, "northwind")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if asked != step.asked || got.Name != step.name {
			t.Errorf("after %v: asked %d times, known %+v", step.after, asked, got)
		}
	}
}
