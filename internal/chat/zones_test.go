package chat_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
)

// TestZones holds whose clock is known, and that Slack is asked about it at most once an
// hour.
func TestZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	zones := &chat.Zones{Client: w.client, Now: func() time.Time { return now }}
	of := func(p access.Person) string {
		if z := zones.Of(t.Context(), p); z != nil {
			return z.String()
		}
		return ""
	}
	ana := access.Person{Team: "T1", User: "U0ANA"}
	want := of(ana)
	if want == "" || want == "Local" {
		t.Errorf("Ana's clock is %q", want)
	}
	for name, p := range map[string]access.Person{
		"Unknown":  {Team: "T1", User: "U0NOBODY"},
		"Customer": {Team: "T2", User: "U0CARLA"},
		"Nobody":   {},
	} {
		if got := of(p); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := of(ana); got != want {
		t.Errorf("known: %q, want %q", got, want)
	}
	now = now.Add(2 * time.Hour)
	if got := of(ana); got != want {
		t.Errorf("asked again: %q, want %q", got, want)
	}
}
