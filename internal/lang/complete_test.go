package lang_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"latchkey/internal/lang"
)

// forms are the translations of one sentence: "" is one for all numbers.
type forms map[string]string

// catalogue reads a file as a translator wrote it, and complains of what is in it twice.
func catalogue(t *testing.T, l string) map[string]forms {
	t.Helper()
	raw, err := os.ReadFile("catalogues/" + l + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Messages json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]forms{}
	d := json.NewDecoder(strings.NewReader(string(file.Messages)))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		key, err1 := d.Token()
		var value json.RawMessage
		if err := d.Decode(&value); err != nil || err1 != nil {
			t.Fatal(err1, err)
		}
		f, english := forms{}, fmt.Sprint(key)
		if json.Unmarshal(value, &f) != nil {
			var one string
			if err := json.Unmarshal(value, &one); err != nil {
				t.Fatal(err)
			}
			f = forms{"": one}
		}
		if out[english] != nil {
			t.Errorf("%s.json has %q twice", l, english)
		}
		out[english] = f
	}
	return out
}

// TestCataloguesAreComplete fails for every sentence that customers could read in
// English where they should not, and for every translation that nobody says any more.
func TestCataloguesAreComplete(t *testing.T) {
	t.Parallel()
	found, english := said(t), catalogue(t, "en")
	for _, l := range lang.Known() {
		have := catalogue(t, l)
		var lacks []string
		for _, s := range slices.Sorted(maps.Keys(found)) {
			if have[s] == nil && l != "en" {
				lacks = append(lacks, fmt.Sprintf("  %s: %s, (said at %s)", quoted(s), template(english[s]), found[s]))
			}
		}
		if len(lacks) > 0 {
			t.Errorf("%s.json lacks %d sentences; translate and add:\n%s", l, len(lacks), strings.Join(lacks, "\n"))
		}
		for s := range have {
			if found[s] == "" {
				t.Errorf("%s.json has a sentence that nobody says: %s", l, quoted(s))
			}
		}
	}
}

// quoted writes a sentence as the catalogues do.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// template is what a translator fills in.
func template(english forms) string {
	if english == nil {
		return `""`
	}
	return `{"one": "", "other": ""}`
}

// TestPluralForms wants a form for every number that the language tells apart.
func TestPluralForms(t *testing.T) {
	t.Parallel()
	english := catalogue(t, "en")
	for s, f := range english {
		if f["other"] != s {
			t.Errorf("en.json is for sentences that a number bends: %q is not the form for most numbers", s)
		}
	}
	for _, l := range lang.Known() {
		var want []string
		for n := range 200 {
			form := map[plural.Form]string{
				plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
			}[plural.Cardinal.MatchPlural(language.MustParse(l), n, 0, 0, 0, 0)]
			if !slices.Contains(want, form) {
				want = append(want, form)
			}
		}
		slices.Sort(want)
		for s, f := range catalogue(t, l) {
			has := slices.Sorted(maps.Keys(f))
			if bends := english[s] != nil; bends && !slices.Equal(has, want) || !bends && !slices.Equal(has, []string{""}) {
				t.Errorf("%s.json has the forms %q for %q, want %q of a sentence that a number bends and one of others", l, has, s, want)
			}
		}
	}
}

var parts = regexp.MustCompile(`%(?:\[(\d+)\])?([+#.0-9]*[a-zA-Z%])`)

// shape is what of a sentence must be the same in every language: its parts, and what
// Slack reads as more than letters.
func shape(s string) string {
	var out []string
	place := 0
	for _, m := range parts.FindAllStringSubmatch(s, -1) {
		if m[2] == "%" {
			out = append(out, "%%")
			continue
		}
		place++
		if m[1] != "" {
			fmt.Sscan(m[1], &place) //nolint:errcheck // digits, as the pattern says
		}
		out = append(out, fmt.Sprintf("%d%s", place, m[2]))
	}
	slices.Sort(out)
	rest := parts.ReplaceAllString(s, "")
	for _, sign := range []string{"*", "_", "~", "`", "<", ">", "&", "@", "#", "|", "{", "}", "\n", "/", "\\"} {
		out = append(out, fmt.Sprintf("%s×%d", sign, strings.Count(rest, sign)))
	}
	if emoji.MatchString(rest) {
		out = append(out, "emoji")
	}
	return strings.Join(out, " ")
}

var emoji = regexp.MustCompile(`:[A-Za-z0-9_+'-]+:`)

// TestTranslationsKeepTheShape holds each translation to the parts and the formatting
// of the English, so that it can neither lose a fact nor imitate a line of ours.
func TestTranslationsKeepTheShape(t *testing.T) {
	t.Parallel()
	for _, l := range lang.Known() {
		for s, f := range catalogue(t, l) {
			for _, text := range f {
				if got, want := shape(text), shape(s); got != want {
					t.Errorf("%s.json: %q\n has %s,\n%q\n has %s", l, text, got, s, want)
				}
				if strings.TrimSpace(text) == "" || edge(text) != edge(s) {
					t.Errorf("%s.json: %q does not begin and end as %q does", l, text, s)
				}
				for _, r := range text {
					if r != '\n' && r != '\u00a0' && r != '\u202f' && !unicode.IsPrint(r) {
						t.Errorf("%s.json: %q has the invisible %U", l, text, r)
					}
				}
			}
		}
	}
}

// edge is how a sentence begins and ends: where it is joined to others, that matters.
func edge(s string) string {
	end := ""
	for _, sign := range []string{".", "?", ":", "!", ",", ";"} {
		if strings.HasSuffix(s, sign) {
			end = sign
		}
	}
	return fmt.Sprintf("%t %t %s", strings.HasPrefix(s, " "), strings.HasSuffix(s, " "), end)
}
