package paper_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/evidence"
	"latchkey/internal/evidence/evidencetest"
	"latchkey/internal/evidence/paper"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

const tenant = access.TenantID("1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10")

// sample is a report of a month, of so many requests.
func sample(t testing.TB, asks int, every time.Duration, language lang.Tag) evidence.Report {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load("../../../policy.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	s := statetest.Memory()
	past := evidencetest.Past{
		Tenant: tenant, Name: "Contoso Clinics", Word: "Contoso", Mark: "1", Start: time.Date(2026, 10, 2, 6, 30, 0, 0, time.UTC), Every: every, Asks: asks,
	}
	if err := past.Fill(func(fn func(state.Tx) error) error { return s.Update(context.Background(), fn) }); err != nil {
		t.Fatal(err)
	}
	span, _ := access.ParseSpan("2026-10", zone)
	var in evidence.Input
	if err := s.View(context.Background(), func(tx state.Tx) (err error) {
		in, err = evidence.Read(tx, evidence.Order{
			ID: "E-7K3M2", Customer: tenant, Name: "Contoso Clinics", Span: span, Made: time.Date(2026, 11, 2, 8, 15, 0, 0, time.UTC),
			AskedBy: access.Person{Team: "T0CONTOSO", User: "U01CAROL"}, Language: language, Zone: zone, Policy: p,
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return evidence.Of(in)
}

// TestLook writes the forms to a directory, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK_AT")
	if dir == "" {
		return
	}
	for name, r := range map[string]evidence.Report{"few": sample(t, 40, 15*time.Hour, "en"), "de": sample(t, 40, 15*time.Hour, "de"), "none": sample(t, 0, time.Hour, "en")} {
		write(t, filepath.Join(dir, name), r)
	}
}

func write(t *testing.T, base string, r evidence.Report) {
	t.Helper()
	d := paper.New(r)
	html, err := paper.HTML(d)
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := paper.PDF(d, r.Made)
	if err != nil {
		t.Fatal(err)
	}
	table, err := paper.CSV(r)
	if err != nil {
		t.Fatal(err)
	}
	for ending, raw := range map[string][]byte{".html": html, ".pdf": pdf, ".csv": table} {
		if err := os.WriteFile(base+ending, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkForms is how long each form takes for ten thousand grants.
func BenchmarkForms(b *testing.B) {
	r := sample(b, 340, time.Hour, "en")
	few := r.Accesses
	for len(r.Accesses) < 10_000 {
		r.Accesses = append(r.Accesses, few...)
	}
	b.Logf("%d times of access, %d requests without", len(r.Accesses), len(r.Refused))
	b.Run("PDF", func(b *testing.B) {
		for b.Loop() {
			raw, err := paper.PDF(paper.New(r), r.Made)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(raw))/1e6, "MB")
		}
	})
	b.Run("HTML", func(b *testing.B) {
		for b.Loop() {
			raw, err := paper.HTML(paper.New(r))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(raw))/1e6, "MB")
		}
	})
	b.Run("CSV", func(b *testing.B) {
		for b.Loop() {
			if _, err := paper.CSV(r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestForms looks at each form in each language.
func TestForms(t *testing.T) {
	t.Parallel()
	r := sample(t, 20, 30*time.Hour, "en")
	r.Accesses[0].Why.Text = "<script>alert(1)</script> 😀 and a\u0000b, =cmd()"
	for _, l := range lang.Known() {
		r.Language = lang.Tag(l)
		forms, err := paper.Forms(r)
		if err != nil {
			t.Fatal(err)
		}
		pdf, html, table := forms[0], string(forms[1].Content), string(forms[2].Content)
		if pdf.Name != "latchkey-E-7K3M2-2026-10.pdf" || !bytes.HasPrefix(pdf.Content, []byte("%PDF-1.")) || bytes.Count(pdf.Content, []byte("/Type /Page\n")) < 5 {
			t.Errorf("%s: the PDF %s has %d bytes and %d pages", l, pdf.Name, len(pdf.Content), bytes.Count(pdf.Content, []byte("/Type /Page\n")))
		}
		again, err := paper.PDF(paper.New(r), r.Made)
		if err != nil || !bytes.Equal(again, pdf.Content) {
			t.Errorf("%s: the same report is another PDF", l)
		}
		for _, never := range []string{"<script", "http://", "https://", "src=", "url(", "{{", "%!"} {
			if strings.Contains(html, never) {
				t.Errorf("%s: the page has %q", l, never)
			}
		}
		if !strings.Contains(html, `<html lang="`+l+`">`) || !strings.Contains(html, "&lt;script&gt;alert(1)") || !strings.Contains(html, r.Digest()) {
			t.Errorf("%s: the page does not say what it should", l)
		}
		if lines := strings.Count(table, "\r\n"); lines != 1+len(r.Accesses)+len(r.Refused) {
			t.Errorf("%s: the table has %d lines", l, lines)
		}
	}
}

// TestLongRow breaks what is longer than a page.
func TestLongRow(t *testing.T) {
	t.Parallel()
	r := sample(t, 1, time.Hour, "en")
	pages := func() int {
		raw, err := paper.PDF(paper.New(r), r.Made)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(raw, []byte("/Type /Page\n"))
	}
	few := pages()
	r.Accesses[0].Why.Text = strings.Repeat("mailbox and "+strings.Repeat("x", 70)+" ", 300) + strings.Repeat("\n", 40) + "end"
	if more := pages(); more < few+8 {
		t.Errorf("a reason of %d letters takes %d pages, before it was %d", len(r.Accesses[0].Why.Text), more, few)
	}
}
