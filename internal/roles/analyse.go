package roles

import (
	_ "embed"
	"fmt"
	"strings"
	"unicode"
)

// The search compares terms: words without case, accents and endings, where
// words of one meaning have become the same one. What is asked and what it is
// looked for in go through the same steps:
//
//  1. fold to words of plain letters and digits,
//  2. put the word of synonyms.tsv for each phrase in it, the longest first,
//  3. leave out the words that tell nothing,
//  4. take the ending off.

//go:embed synonyms.tsv
var synonymTable string

// longestPhrase is how many words a phrase of synonyms.tsv has at most.
const longestPhrase = 8

// synonyms maps a folded phrase to the words that stand for it. No words mean
// that the phrase tells nothing.
var synonyms = parseSynonyms(synonymTable)

func parseSynonyms(table string) map[string][]string {
	all := map[string][]string{}
	for f := range rows(table, "synonyms.tsv", 2) {
		meaning := strings.Fields(f[0])
		if f[0] == "-" {
			meaning = nil
		}
		for phrase := range strings.SplitSeq(f[1], ";") {
			words := foldWords(phrase)
			if len(words) == 0 || len(words) > longestPhrase {
				panic(fmt.Sprintf("synonyms.tsv: bad phrase %q", phrase))
			}
			all[strings.Join(words, " ")] = meaning
		}
	}
	return all
}

// accents are the letters of German, French and their neighbours that have a
// plain one.
var accents = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'œ': "oe", 'æ': "ae"}
	for plain, marked := range map[string]string{
		"a": "áàâäãå", "c": "ç", "e": "éèêë", "i": "íìîï", "n": "ñ", "o": "óòôöõø", "u": "úùûü", "y": "ýÿ",
	} {
		for _, r := range marked {
			m[r] = plain
		}
	}
	return m
}()

// foldWords takes a text apart into words of plain small letters and digits.
func foldWords(text string) []string {
	var b strings.Builder
	for _, r := range text {
		r = unicode.ToLower(r)
		switch plain, ok := accents[r]; {
		case ok:
			b.WriteString(plain)
		case alphanumeric(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
			// An accent on its own belongs to the letter before it.
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// A word is what the analysis makes of a word of the text: the terms that it
// stands for, or, when it is not known to synonyms.tsv, the word itself too.
type word struct {
	raw   string // empty when synonyms.tsv knew it
	terms []string
}

// analyse returns the terms of a text. Words that tell nothing are gone.
func analyse(text string) []word {
	words := foldWords(text)
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = umlauts.Replace(w)
	}
	var out []word
	for i := 0; i < len(words); {
		meaning, n := known(words[i:])
		if n == 0 {
			meaning, n = known(plain[i:])
		}
		switch {
		case n == 0 && len(words[i]) > 1:
			out = append(out, word{raw: words[i], terms: []string{stem(words[i])}})
		case n > 0 && len(meaning) > 0:
			out = append(out, word{terms: stems(meaning)})
		}
		i += max(n, 1)
	}
	return out
}

// known finds the longest phrase of synonyms.tsv that the words begin with, and
// how many words it has; 0 when there is none.
func known(words []string) (meaning []string, n int) {
	for n = min(longest[words[0]], len(words)); n > 0; n-- {
		if m, ok := synonyms[strings.Join(words[:n], " ")]; ok {
			return m, n
		}
	}
	return nil, 0
}

// longest is how many words the longest phrase has that begins with a word.
var longest = func() map[string]int {
	m := map[string]int{}
	for phrase := range synonyms {
		first, _, _ := strings.Cut(phrase, " ")
		m[first] = max(m[first], strings.Count(phrase, " ")+1)
	}
	return m
}()

// umlauts are written out where a keyboard does not have them; synonyms.tsv
// writes them as plain letters.
var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

func stems(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = stem(w)
	}
	return out
}

// stem takes the ending off an English word, so that "resetting" and "resets"
// are "reset". It errs alike on both sides of a comparison, which is enough.
func stem(w string) string {
	if len(w) < 4 || strings.ContainsAny(w, "0123456789") {
		return w
	}
	switch {
	case strings.HasSuffix(w, "ies") && len(w) > 4:
		w = w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us"):
		w = w[:len(w)-1]
	}
	for _, ending := range []string{"ing", "ed"} {
		if rest, ok := strings.CutSuffix(w, ending); ok && len(rest) > 3 {
			w = rest
			if n := len(w); w[n-1] == w[n-2] && w[n-1] != 's' && w[n-1] != 'l' {
				w = w[:n-1]
			}
			break
		}
	}
	if len(w) > 4 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}
