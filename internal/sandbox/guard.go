package sandbox

import (
	"net/http"

	"latchkey/internal/sandbox/page"
)

// guard answers only those who mean this machine's loopback. A hostile site can
// make a browser call a loopback server under a name of the site's own, and the
// Host header is where that shows.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !page.Loopback(r.Host) {
			http.Error(w, "The sandbox answers to loopback addresses only.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
