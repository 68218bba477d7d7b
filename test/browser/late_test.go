package browser_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestLateAnswer lets the answer to a submitted modal come after the page has
// learned from the stream of changes that the modal is gone.
func TestLateAnswer(t *testing.T) {
	release := make(chan struct{})
	_, url := newWorldBehind(t, func(page http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/submit" {
				page.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			page.ServeHTTP(answer, r)
			select {
			case <-release:
			case <-r.Context().Done():
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			if _, err := answer.Body.WriteTo(w); err != nil {
				t.Error(err)
			}
		})
	})
	p := open(t, url)
	p.ask()
	p.become("Carol")
	p.press(".message button", "Deny access request")
	p.write("dialog input:not([type=hidden]), dialog textarea", "Please call us first.")
	p.press("dialog .end button.primary", "Deny")
	p.miss("dialog", "")
	close(release)
	p.wait("the answer has come", `performance.getEntriesByType('resource').some((e) => e.name.includes('/submit') && e.responseEnd)`)
	p.become("Ana")
	p.wait("the page is there once", `document.querySelectorAll('#app').length === 1`)
	p.see(".message", "Please call us first.")
}
