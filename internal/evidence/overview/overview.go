// Package overview shows an overview of package evidence: as one page of HTML that loads and
// runs nothing, and as tables for other programs.
//
// What the page says is written once, as a value that the page is a form of; its pictures are
// drawn by package report, each with its figures in a table beside it. The package is pure.
package overview

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"

	"latchkey/internal/evidence"
	"latchkey/internal/report"
)

//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Parse(page))

// Form is an overview as a file.
type Form struct {
	Name    string
	Content []byte
}

// Forms writes the page and the tables.
func Forms(o evidence.Overview) ([]Form, error) {
	name := "latchkey-partner-" + strings.ReplaceAll(o.Span.Name, "..", "_")
	html, err := HTML(o)
	if err != nil {
		return nil, err
	}
	out := []Form{{name + ".html", html}}
	for _, t := range tables(o) {
		raw, err := report.Table(t.columns, t.rows)
		if err != nil {
			return nil, err
		}
		out = append(out, Form{name + "-" + t.name + ".csv", raw})
	}
	return out, nil
}

// HTML writes the page.
func HTML(o evidence.Overview) ([]byte, error) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, view(o))
	return out.Bytes(), err
}
