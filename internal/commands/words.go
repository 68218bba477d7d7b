package commands

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"latchkey/internal/access"
)

// Word is one word of a command, or several in quotes.
type Word struct {
	Text   string
	Quoted bool          // it is one thing and no keyword
	User   access.UserID // when the word mentions a person
}

// is reports whether the word is the keyword.
func (w Word) is(keyword string) bool { return !w.Quoted && strings.EqualFold(w.Text, keyword) }

const (
	doubleQuotes = "\"“”„«»"
	singleOpen   = "'‘‚"
	singleClose  = "'’"
)

// scanner takes a command apart, as Slack delivers it: with &, < and > escaped,
// and with people, channels and links in angle brackets, which nobody can type.
type scanner struct{ rest []rune }

func scan(text string) *scanner { return &scanner{[]rune(clean(text))} }

// clean makes every space a plain one and drops what cannot be seen.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// next returns the next word, and false at the end.
func (s *scanner) next() (Word, bool) {
	for {
		s.rest = trimSpaces(s.rest)
		if len(s.rest) == 0 {
			return Word{}, false
		}
		if w := s.word(); w.Text != "" {
			return w, true
		}
	}
}

// words returns all that is left.
func (s *scanner) words() []Word {
	var out []Word
	for w, ok := s.next(); ok; w, ok = s.next() {
		out = append(out, w)
	}
	return out
}

// word takes one word off. Its text may turn out to be empty.
func (s *scanner) word() Word {
	first := s.rest[0]
	if strings.ContainsRune(doubleQuotes, first) {
		end := slices.IndexFunc(s.rest[1:], func(r rune) bool { return strings.ContainsRune(doubleQuotes, r) })
		if end < 0 { // a quote without its pair is forgiven
			s.rest = s.rest[1:]
			return Word{}
		}
		return s.quoted(end + 1)
	}
	if strings.ContainsRune(singleOpen, first) {
		if end := s.singleEnd(); end > 0 {
			return s.quoted(end)
		}
	}
	end := s.unquotedEnd()
	raw := string(s.rest[:end])
	s.rest = s.rest[end:]
	w := Word{Text: strings.TrimLeft(plain(raw), singleOpen+" ")} // a link may hold a quote and a space
	if m := person.FindStringSubmatch(raw); m != nil {
		w.User = access.UserID(m[1])
	}
	w.Quoted = strings.Contains(w.Text, " ")
	return w
}

// quoted takes the text up to the closing quote at end.
func (s *scanner) quoted(end int) Word {
	raw := string(s.rest[1:end])
	s.rest = s.rest[end+1:]
	return Word{Text: plain(raw), Quoted: true}
}

// singleEnd finds the single quote that closes the first, or 0. One within a
// word is an apostrophe.
func (s *scanner) singleEnd() int {
	for i := 1; i < len(s.rest); i++ {
		closes := i+1 == len(s.rest) || s.rest[i+1] == ' ' || s.rest[i+1] == ','
		if closes && strings.ContainsRune(singleClose, s.rest[i]) {
			return i
		}
	}
	return 0
}

// unquotedEnd finds where a word without quotes ends. What Slack has put into
// angle brackets belongs to it, with its spaces.
func (s *scanner) unquotedEnd() int {
	for i := 0; i < len(s.rest); i++ {
		switch r := s.rest[i]; {
		case r == ' ' || strings.ContainsRune(doubleQuotes, r):
			return i
		case r == '<':
			if end := slices.Index(s.rest[i:], '>'); end > 0 {
				i += end
			}
		}
	}
	return len(s.rest)
}

var (
	marked = regexp.MustCompile(`<([^<>]*)>`)
	person = regexp.MustCompile(`^<@([UW][A-Z0-9]{1,30})(?:\|[^<>]*)?>$`)
	scheme = regexp.MustCompile(`^(?:https?://|mailto:)`)

	unescaper = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
	escaper   = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	unquoter  = strings.NewReplacer("\"", "", "“", "", "”", "", "„", "", "«", "", "»", "")
)

// unmark returns the text as the person saw it when they typed it.
func unmark(raw string) string {
	return unescaper.Replace(marked.ReplaceAllStringFunc(raw, func(m string) string {
		inner, label, labelled := strings.Cut(m[1:len(m)-1], "|")
		sign := ""
		if strings.HasPrefix(inner, "@") || strings.HasPrefix(inner, "#") {
			sign = inner[:1]
		}
		if labelled && label != "" {
			return sign + strings.TrimPrefix(label, sign)
		}
		return scheme.ReplaceAllString(strings.TrimPrefix(inner, "!"), "")
	}))
}

// plain is unmark for a word, in which quotes mean nothing more.
func plain(raw string) string {
	return strings.Join(strings.Fields(unquoter.Replace(unmark(raw))), " ")
}

func trimSpaces(r []rune) []rune {
	for len(r) > 0 && r[0] == ' ' {
		r = r[1:]
	}
	return r
}

// join writes words as one text.
func join(words []Word) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return strings.Join(texts, " ")
}
