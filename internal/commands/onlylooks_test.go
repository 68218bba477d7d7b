package commands_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
)

// TestFormIsNotOpened holds that nobody fills in a form of which nothing can come.
func TestFormIsNotOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mayAsk = access.Refuse(access.Unavailable, "This bot may only look.")
	for _, typed := range []string{"request", "request contoso"} {
		if r := w.slash(t.Context(), typed); r.Modal != nil || r.Message == nil || !strings.Contains(r.Message.Text, "This bot may only look") {
			t.Errorf("%s: %s", typed, heard(r))
		}
	}
	if r := w.click(t.Context(), ana, "request.open", ""); r.Modal != nil {
		t.Errorf("the button: %s", heard(r))
	}
}
