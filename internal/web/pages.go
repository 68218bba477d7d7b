package web

import (
	"bytes"
	"crypto/rand"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page is one page. What it holds is escaped by the template.
type page struct {
	Title     string
	Lines     []string
	Account   string
	Button    string
	Next      string // where to go on, at once
	Link      string
	Good, Bad bool
	Nonce     string

	Language string  // of the page
	Label    string  // of the link
	Close    string  // what to do when all is done
	SignIn   *signIn // a button that leads to Microsoft
	Request  *told   // what is to be decided
	Form     *form   // by which it is
	Acts     []act   // what else can be done about it
	Sheet    *sheet  // an access review
	Wish     *wish   // a report of who had access
	Who      string  // who has signed in
	SignOut  string  // and where they sign out
	Leave    string  // by which button
	CSRF     string
}

// signIn is a form that leads to Microsoft.
type signIn struct{ Action, Says, Button string }

// asked is the language that the browser asks for, of those that there are.
func asked(r *http.Request) lang.Tag {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(one), ";")
		if t := lang.Tag(tag); t.Has() {
			return t
		}
	}
	return lang.English
}

// in says in which language the page is.
func (p page) in(language lang.Tag) page {
	p.Language, p.Close = language.HTML(), language.Say("You can close this page and go back to Slack.")
	return p
}

func failed(title string, lines ...string) page { return page{Title: title, Lines: lines, Bad: true} }

// show writes a page. Nobody keeps it, frames it or learns from where it leads.
func (c *chrome) show(w http.ResponseWriter, status int, p page) {
	p.Nonce = rand.Text()
	if p.Close == "" {
		p.Close = "You can close this page and go back to Slack."
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		c.log.Error("page not drawn", "err", err)
		http.Error(w, "The page could not be drawn.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the browser has left
}

var statuses = map[access.Code]int{
	access.NotFound: http.StatusNotFound, access.Forbidden: http.StatusForbidden, access.Conflict: http.StatusGone,
}

func statusOf(refusal *access.Error) int {
	if status, known := statuses[refusal.Code]; known {
		return status
	}
	return http.StatusBadRequest
}

// fail shows a refusal, or that something went wrong; why is for the log alone.
func (c *chrome) fail(w http.ResponseWriter, r *http.Request, err error) {
	if refusal, ok := errors.AsType[*access.Error](err); ok {
		c.show(w, statusOf(refusal), failed("That did not work", refusal.Message))
		return
	}
	c.log.ErrorContext(r.Context(), "sign-in failed", "err", err)
	c.show(w, http.StatusBadGateway, failed("Something went wrong",
		"The sign-in could not be completed. If nothing arrives in Slack, nothing was done: open the link from Slack again."))
}
