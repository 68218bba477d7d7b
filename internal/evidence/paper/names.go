package paper

import (
	"strconv"
	"strings"

	"latchkey/internal/evidence"
)

// Form is a report as a file.
type Form struct {
	Name    string
	Content []byte
}

// Forms draws the report in each form, with the proof where there is one.
func Forms(r evidence.Report) ([]Form, error) {
	d, name := New(r), FileName(r)
	pdf, err := PDF(d, r.Made)
	if err != nil {
		return nil, err
	}
	html, err := HTML(d)
	if err != nil {
		return nil, err
	}
	table, err := CSV(r)
	forms := []Form{{name + ".pdf", pdf}, {name + ".html", html}, {name + ".csv", table}}
	if p := r.Log.Proof; p.Key != "" {
		forms = append(forms, Form{ProofName(r), p.File})
	}
	return forms, err
}

// FileName is how a form of the report is called, without its ending: as no other report
// is, and fit for every file system.
func FileName(r evidence.Report) string {
	id := r.ID
	if id == "" {
		id = r.Digest()[:12]
	}
	return "latchkey-" + id + "-" + strings.ReplaceAll(r.Span.Name, "..", "_")
}

// ProofName is how the file with the proof is called that comes with the report.
func ProofName(r evidence.Report) string { return FileName(r) + "-proof.jsonl" }

func number(n uint64) string { return strconv.FormatUint(n, 10) }
