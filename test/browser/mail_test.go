package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestMail looks at mails to contacts who are not in Slack, as a program shows them that
// reads HTML.
func TestMail(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /{name}", func(w http.ResponseWriter, r *http.Request) {
		raw, err := os.ReadFile("../../internal/messages/testdata/letter-" + r.PathValue("name") + ".html")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(raw) //nolint:errcheck // the browser has left
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	for _, name := range []string{"pending", "pending-de", "active", "alarm-active", "alarm-active-de"} {
		t.Run(name, func(t *testing.T) {
			p := visit(t, s.URL+"/"+name)
			p.wait("the mail is shown", `document.body.innerText.includes('Contoso')`)
			p.judge(name)
			if *update && name == "pending" {
				p.do("make it narrower", chromedp.EmulateViewport(760, 560))
				p.shoot(cardsPictures + "mail.png")
				p.look(wide, light)
			}
		})
	}
}
