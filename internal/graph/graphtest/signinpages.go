package graphtest

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"initials": initials, "day": shownDay,
	"dict": func(a string, va any, b string, vb any) map[string]any { return map[string]any{a: va, b: vb} },
}).ParseFS(pageFiles, "pages/*.html"))

// The two little programs that pages have. Both only save a click.
const (
	submitScript = "document.forms[0].submit()"
	linkScript   = `const m=location.hash.match(/^#\/partners\/invitation\/granularAdminRelationships\/([0-9A-Fa-f-]{73})/);location.replace(m?"/admin/partners/invitation/"+m[1]:"/admin")`
)

// secure sets the headers of every page: nothing is loaded but the style sheet
// of this server, forms go here and where the answer is meant to go, and nothing
// is kept or framed.
func (s *Server) secure(w http.ResponseWriter, formTarget string, scripts ...string) {
	policy := "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
	if formTarget != "" {
		policy += " " + formTarget
	}
	for _, script := range scripts {
		digest := sha256.Sum256([]byte(script))
		policy += "; script-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

func (s *Server) render(w http.ResponseWriter, status int, name string, data any) {
	var out bytes.Buffer
	if err := pages.ExecuteTemplate(&out, name, data); err != nil { // unreachable: the data fit the templates
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	// A page that cannot be sent has nobody to be reported to.
	_, _ = w.Write(out.Bytes())
}

func (s *Server) style(w http.ResponseWriter, _ *http.Request) {
	css, err := pageFiles.ReadFile("pages/style.css")
	if err != nil { // unreachable: it is part of the program
		http.NotFound(w, nil)
		return
	}
	s.secure(w, "")
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

// choice is a person on the sign-in page.
type choice struct {
	Key, Name, UPN, Tenant string
	Roles                  []string
	Guest, Disabled, Hint  bool
}

type pickView struct {
	Title, Flow, Action, For, Trouble string
	Groups                            []choiceGroup
}

type choiceGroup struct {
	Tenant  string
	Choices []choice
}

func (s *Server) pickPage(w http.ResponseWriter, r *http.Request, id, trouble string) {
	s.mu.Lock()
	f, ok := s.realm.flows.find(id, s.opt.Now())
	if !ok {
		s.mu.Unlock()
		s.refuse(w, r, errFlow, nil)
		return
	}
	view := pickView{Title: "Sign in", Flow: id, Action: "/" + f.authority + "/login", Trouble: trouble, For: s.appCalled(f.client)}
	if f.back != "" {
		view.For = adminCenterName
	}
	view.Groups = s.choices(f.authorization)
	target := origin(f.redirect)
	s.mu.Unlock()
	s.secure(w, target)
	status := http.StatusOK
	if trouble != "" {
		status = http.StatusBadRequest
	}
	s.render(w, status, "pick.html", view)
}

// choices are the people of the authority, by tenant, with the one that the
// application hints at first.
func (s *Server) choices(a authorization) []choiceGroup {
	var out []choiceGroup
	for _, t := range s.realm.tenants.order {
		group := choiceGroup{Tenant: t.Name}
		for _, p := range s.realm.people.order {
			if !same(p.Tenant, t.ID) || !a.takes(p) {
				continue
			}
			c := choice{
				Key: p.key(), Name: p.Name, UPN: p.UPN, Tenant: t.Name, Guest: p.Guest, Disabled: p.Disabled,
				Hint: a.hint != "" && same(a.hint, p.UPN),
			}
			for _, role := range p.DirectoryRoles {
				c.Roles = append(c.Roles, shownRole(role))
			}
			group.Choices = append(group.Choices, c)
		}
		slices.SortStableFunc(group.Choices, func(a, b choice) int {
			if a.Hint == b.Hint {
				return 0
			}
			if a.Hint {
				return -1
			}
			return 1
		})
		if len(group.Choices) > 0 {
			out = append(out, group)
		}
	}
	return out
}

type consentView struct {
	Title, Flow, Action, App, Person, Tenant string
	Scopes                                   []string
	Own                                      bool // the person agrees for themselves
}

func (s *Server) consentPage(w http.ResponseWriter, _ *http.Request, id string, a authorization, p *Person) {
	s.mu.Lock()
	name := p.Tenant
	if t, ok := s.realm.tenants.find(p.Tenant); ok {
		name = t.Name
	}
	app, _ := s.application(a.client)
	s.mu.Unlock()
	s.secure(w, origin(a.redirect))
	s.render(w, http.StatusOK, "consent.html", consentView{
		Title: "Permissions requested", Flow: id, Action: "/" + a.authority + "/consent",
		App: app.Name, Person: p.UPN, Tenant: name, Own: s.ownConsent(a), Scopes: append(slices.Clone(a.scopes), app.Permissions...),
	})
}

type postView struct {
	Title, Target string
	Fields        url.Values
	Script        template.JS
}

func (s *Server) formPostPage(w http.ResponseWriter, _ *http.Request, a authorization, values url.Values) {
	s.secure(w, origin(a.redirect), submitScript)
	s.render(w, http.StatusOK, "post.html", postView{"Going back", a.redirect, values, template.JS(submitScript)})
}

type troubleView struct {
	Title, Message, Number, Trace, At string
	Back                              string
}

// refuse shows an error to a person. An application that the person came from
// can be told, by a link.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, e *tokenError, from *authorization) {
	trace, _ := requestIDs(w, r)
	view := troubleView{
		Title: "Sorry, but we’re having trouble signing you in", Message: e.message, Number: aadsts(e),
		Trace: trace, At: s.opt.Now().UTC().Format("2006-01-02 15:04:05Z"),
	}
	if from != nil && from.mode == "query" && from.redirect != "" {
		values := url.Values{"error": {e.redirected()}, "error_description": {s.describe(w, r, e)}}
		if from.state != "" {
			values.Set("state", from.state)
		}
		view.Back = withQuery(from.redirect, values)
	}
	s.secure(w, "")
	s.render(w, e.status, "trouble.html", view)
}

func (s *Server) signedOutPage(w http.ResponseWriter, _ *http.Request) {
	s.secure(w, "")
	s.render(w, http.StatusOK, "signedout.html", troubleView{Title: "You signed out"})
}

// shownRole is a role by its name, or by its id when it is not a known one.
func shownRole(id string) string {
	if name := roleName(id); name != "" {
		return name
	}
	return id
}

func initials(name string) string {
	out := ""
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			out += string(r)
			break
		}
		if len([]rune(out)) == 2 {
			break
		}
	}
	return strings.ToUpper(out)
}

func shownDay(t time.Time) string { return t.UTC().Format("2 January 2006") }

// shownDuration is an ISO duration in years, months and days as people say it.
func shownDuration(iso string) string {
	var out []string
	number := ""
	for _, r := range strings.TrimPrefix(iso, "P") {
		unit := map[rune]string{'Y': "year", 'M': "month", 'D': "day"}[r]
		if unit == "" {
			number += string(r)
			continue
		}
		if number != "1" {
			unit += "s"
		}
		out = append(out, number+" "+unit)
		number = ""
	}
	return strings.Join(out, " ")
}
