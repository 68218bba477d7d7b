package access_test

import (
	"testing"

	"latchkey/internal/access"
)

func TestMicrosoftLed(t *testing.T) {
	for name, want := range map[string]bool{
		"MLT_1b7a3f52_8c1fbe4e_20260101": true,
		"mlt_1b7a3f52":                   false,
		"Fabrikam MLT_2026":              false,
		"":                               false,
	} {
		if got := (access.Relationship{Name: name}).MicrosoftLed(); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}
