package web

import (
	"log/slog"
	"net/http"
)

// PathLetIn is where Microsoft sends a customer's administrator who was asked
// whether an application may come in. The page says thank you and no more: what
// the administrator decided is read from the tenant, never from this address,
// which anybody may open.
const PathLetIn = "/letin"

// LetIn serves that page.
func LetIn(log *slog.Logger) http.Handler {
	s := New(Options{Log: log})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := asked(r) // whose administrator it is, nobody knows
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			s.show(w, http.StatusMethodNotAllowed, failed(in.Say("Not like this"), in.Say("Open this page from the link in Slack.")).in(in))
		case r.URL.Query().Has("error"):
			s.show(w, http.StatusOK, page{Title: in.Say("Nothing was changed"), Lines: []string{
				in.Say("Microsoft says that the application was not let in. If you meant to, open the link in Slack again and sign in as an administrator who may consent."),
			}}.in(in))
		default:
			s.show(w, http.StatusOK, page{Good: true, Title: in.Say("Thank you"), Lines: []string{
				in.Say("If you accepted, your partner's bot sees it within some minutes and tells the person who asked."),
				in.Say("You can close this page. You can take it back at any time: in the Microsoft Entra admin center, under Enterprise applications, delete the application."),
			}}.in(in))
		}
	})
}
