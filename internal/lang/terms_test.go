package lang_test

import (
	"regexp"
	"testing"
)

// wrong are words that a catalogue does not use, for customers are addressed formally,
// and one thing has one name: the one that Microsoft's own pages have.
var wrong = map[string][]struct {
	word  *regexp.Regexp
	right string
}{
	"de": {
		{words(`(du|dich|dir|dein\w*|euch|euer\w*)`), "Sie, Ihr"},
		{words(`Tenants?`), "Mandant"},
		{words(`Zugriffsprüfung|Zugangsprüfung`), "Zugriffsüberprüfung"},
		{words(`verfäll\w*|verfallen`), "läuft ab, abgelaufen"},
		{words(`Kontaktperson|Admins|Passwort\w*|Passwörter`), "Ansprechperson, Administratoren, Kennwort"},
	},
	"fr": {
		{words(`(tu|toi|ton|tes|ta)`), "vous, votre"},
		{words(`(tenants?|Microsoft 365 admin cent(er|re))`), "locataire, Centre d’administration Microsoft 365"},
		{words(`liée?s? comme contacts?`), "enregistré comme contact"},
		{words(`revue des accès|canaux? Slack partagée?s?`), "révision d’accès"},
	},
	"es": {
		{words(`(tú|tu|tus|ti|contigo|vosotros|vuestr\w*)`), "usted, su"},
		{words(`(socios?|tenants?|enlaces?)`), "partner, inquilino, vínculo"},
		{words(`contactas? con nosotros`), "póngase en contacto"},
	},
}

// words finds whole words, in any case.
func words(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[^\pL])(` + pattern + `)($|[^\pL])`)
}

// TestTranslationsKeepTheTerms holds the catalogues to one word for one thing.
func TestTranslationsKeepTheTerms(t *testing.T) {
	t.Parallel()
	for l, terms := range wrong {
		for english, f := range catalogue(t, l) {
			for _, text := range f {
				for _, w := range terms {
					if found := w.word.FindString(text); found != "" {
						t.Errorf("%s.json: %q says %q, want %s (%q)", l, text, found, w.right, english)
					}
				}
			}
		}
	}
}
