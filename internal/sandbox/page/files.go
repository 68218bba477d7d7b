package page

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"latchkey/internal/chat/chattest"
)

// fileView is a file that a message shows.
type fileView struct {
	Title, Alt, Name string
	Picture          bool
	Link             string
}

// shownTypes are the kinds of files that the page gives to a browser.
var shownTypes = map[string]string{".png": "image/png", ".csv": "text/csv; charset=utf-8"}

func (s *scene) files(m chattest.Message) []fileView {
	var out []fileView
	for _, id := range m.Files {
		if f, ok := s.h.Slack.File(id); ok {
			q := url.Values{"as": {s.As}, "in": {s.In}, "id": {id}}
			out = append(out, fileView{
				Title: f.Title, Alt: f.AltText, Name: f.Name, Picture: strings.HasSuffix(f.Name, ".png"), Link: "/file?" + q.Encode(),
			})
		}
	}
	return out
}

// file gives a file to who sees a message that shows it.
func (h *handler) file(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	id := q.Get("id")
	f, ok := h.Slack.File(id)
	kind := shownTypes[path.Ext(f.Name)]
	persona := slices.IndexFunc(h.People, func(p Persona) bool { return p.User == q.Get("as") })
	seen := persona >= 0 && slices.ContainsFunc(h.Slack.Messages(q.Get("as"), q.Get("in")), func(m chattest.Message) bool {
		return slices.Contains(m.Files, id)
	})
	if !ok || kind == "" || !seen {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, max-age=3600")
	if !strings.HasPrefix(kind, "image/") {
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	}
	w.Write(f.Content) // a reader that went away is no concern of the page
}
