package web_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey/internal/web"
)

// TestLetIn holds that the page does nothing with what it is told: nothing of the
// address is shown, and a form is refused.
func TestLetIn(t *testing.T) {
	t.Parallel()
	page := web.LetIn(slog.New(slog.DiscardHandler))
	for _, row := range []struct {
		method, query, says string
		status              int
		language            string
	}{
		{"GET", "", "Thank you", 200, "nl, en;q=0.5, de;q=0.4"},
		{"GET", "?error=x", "Es wurde nichts geändert", 200, "de-AT,de;q=0.9"},
		{"GET", "", "Merci", 200, "*, FR-CA"},
		{"GET", "", "Thank you", 200, `"><script>, -`},
		{"GET", "?admin_consent=True&tenant=" + tenant, "Thank you", 200, ""},
		{"GET", "?error=access_denied&error_description=<script>AADSTS65004", "Nothing was changed", 200, ""},
		{"GET", "", "Thank you", 200, ""},
		{"POST", "?admin_consent=True", "Not like this", 405, ""},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), row.method, web.PathLetIn+row.query, nil)
		r.Header.Set("Accept-Language", row.language)
		page.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != row.status || !strings.Contains(body, row.says) {
			t.Errorf("%s %s = %d %s", row.method, row.query, w.Code, body)
		}
		if strings.Contains(body, tenant) || strings.Contains(body, "AADSTS") || strings.Contains(body, "<script") {
			t.Errorf("%s %s shows what the address says: %s", row.method, row.query, body)
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s %s has no policy for its content", row.method, row.query)
		}
	}
}
