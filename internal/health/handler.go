package health

import (
	"fmt"
	"net/http"
	"strings"
)

// The paths at which a board answers.
const (
	PathLive  = "/livez"
	PathReady = "/readyz"
)

// Live answers [PathLive].
func (b *Board) Live() http.Handler { return answer(b.Alive) }

// Readiness answers [PathReady].
func (b *Board) Readiness() http.Handler { return answer(b.Ready) }

// answer says 200 when nothing is wrong and 503 otherwise, with a line for each thing.
func answer(look func() []Finding) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		var text strings.Builder
		status := http.StatusOK
		for _, f := range look() {
			if f.Fault == "" {
				fmt.Fprintf(&text, "ok     %s\n", f.Name)
				continue
			}
			status = http.StatusServiceUnavailable
			fmt.Fprintf(&text, "wrong  %s: %s\n", f.Name, f.Fault)
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		fmt.Fprint(w, text.String())
	})
}
