package browser_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// newLateWorld is newWorld where the answers to some requests are held back
// until they are released.
func newLateWorld(t *testing.T, held func(*http.Request) bool) (url string, release func()) {
	t.Helper()
	released := make(chan struct{})
	_, url = newWorldBehind(t, func(page http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !held(r) {
				page.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			page.ServeHTTP(answer, r)
			select {
			case <-released:
			case <-r.Context().Done():
			}
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			if _, err := answer.Body.WriteTo(w); err != nil {
				t.Error(err)
			}
		})
	})
	return url, sync.OnceFunc(func() { close(released) })
}

// arrived waits for the answer to a request whose address holds the text.
func (p *tab) arrived(text string) {
	p.t.Helper()
	p.wait("the answer has come", `performance.getEntriesByType('resource').some((e) => e.name.includes(`+quote(text)+`) && e.responseEnd)`)
}

// TestLateAnswer lets the answer to a submitted modal come after the page has
// learned from the stream of changes that the modal is gone.
func TestLateAnswer(t *testing.T) {
	url, release := newLateWorld(t, func(r *http.Request) bool { return r.URL.Path == "/submit" })
	p := open(t, url)
	p.ask()
	p.become("Carol")
	p.press(".message button", "Deny access request")
	p.write("dialog input:not([type=hidden]), dialog textarea", "Please call us first.")
	p.press("dialog .end button.primary", "Deny")
	p.miss("dialog", "")
	release()
	p.arrived("/submit")
	p.become("Ana")
	p.wait("the page is there once", `document.querySelectorAll('#app').length === 1`)
	p.see(".message", "Please call us first.")
}

// TestOvertaken presses two links, of which the first is answered last: the page
// stays where the second led.
func TestOvertaken(t *testing.T) {
	url, release := newLateWorld(t, func(r *http.Request) bool { return r.URL.Query().Get("tab") == "access" })
	p := open(t, url)
	p.press(".tabs a", "GDAP")
	p.tenant("Audit")
	release()
	p.arrived("tab=access")
	p.become("Carol")
	p.see(".tabs a[aria-current]", "Audit")
}
