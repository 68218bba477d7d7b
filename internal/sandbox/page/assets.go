package page

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed static
var static embed.FS

//go:embed templates/*.html
var sources embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"dom": safeID}).ParseFS(sources, "templates/*.html"))

// assets serves the style sheet and the scripts. A new build may bring new ones
// under the same names, so the browser has to ask each time.
func assets() http.Handler {
	files := http.FileServerFS(static)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}

// write draws a template. It is drawn whole before the first byte is sent, so a
// fault becomes an error page and never half a page.
func write(w http.ResponseWriter, name string, data any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		http.Error(w, "This part of the page could not be drawn.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(b.Bytes()) // a reader that went away is no concern of the page
}
