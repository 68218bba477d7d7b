package signin_test

import (
	"testing"

	"latchkey/internal/signin"
)

func TestApplication(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		text, code      string
		found, explains bool
	}{
		{"AADSTS7000215: Invalid client secret provided.", "AADSTS7000215", true, true},
		{"no tenant: aadsts90002", "AADSTS90002", true, true},
		{"AADSTS999999 and AADSTS90002", "AADSTS999999", true, false},
		{"dial tcp: refused", "", false, false},
	} {
		e, found := signin.Application(row.text)
		if e.Code != row.code || found != row.found || (e.What != "" && len(e.Next) > 0) != row.explains {
			t.Errorf("Application(%q) = %+v, %v", row.text, e, found)
		}
	}
}
