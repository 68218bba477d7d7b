package messages

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxQuote = 500 // of what a person wrote
	maxName  = 80  // of what something or somebody is called
	maxMarks = 3   // marks over one letter; more only make a text unreadable
)

// line makes one line of what somebody wrote: breaks become spaces, what cannot
// be seen or turns the direction of reading is dropped, and more than most
// characters are cut. It escapes nothing.
func line(s string, most int) string {
	var b strings.Builder
	marks := 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			r = ' '
		case invisible(r):
			continue
		}
		if !unicode.Is(unicode.Mn, r) {
			marks = 0
		} else if marks++; marks > maxMarks {
			continue
		}
		b.WriteRune(r)
	}
	return cut(strings.Join(strings.Fields(b.String()), " "), most)
}

// invisible reports whether the rune shows nothing of itself: control and
// formatting characters, private use, and the letters that are blank.
func invisible(r rune) bool {
	switch r {
	case '\u115F', '\u1160', '\u3164', '\uFFA0', '\u2800', '\u034F':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || unicode.Is(unicode.Variation_Selector, r) && r != '\uFE0F'
}

// cut shortens s to at most most characters, the last of which is an ellipsis.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n == most-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
		n++
	}
	return s // unreachable: s is longer than most
}

// cutText shortens s to at most most bytes at a space, so that no escaped
// character is cut in two.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	s = s[:most-len(" …")]
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	return strings.ToValidUTF8(s, "") + " …"
}

var (
	entities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	// lookalikes take the place of what Slack would read as formatting. Slack
	// has no way to escape these, so the only sure one is another character.
	lookalikes = strings.NewReplacer("*", "∗", "~", "∼", "`", "ˋ")
	mentions   = regexp.MustCompile(`&lt;@([UW][A-Z0-9]{1,30})&gt;`)
	emojiCode  = regexp.MustCompile(`:([A-Za-z0-9_+'-]+):`)
)

// escape makes what somebody wrote harmless inside formatted text.
func escape(s string, most int) string {
	return entities.Replace(lookalikes.Replace(underscores(noEmoji(line(s, most)))))
}

// sentence is escape for a whole sentence of ours, which may hold names and may
// show what to type in back-ticks.
func sentence(s string) string {
	s = strings.NewReplacer("*", "∗", "~", "∼").Replace(underscores(noEmoji(line(s, 1500))))
	if strings.Count(s, "`")%2 != 0 {
		s = strings.ReplaceAll(s, "`", "ˋ")
	}
	return cutText(entities.Replace(s), 2500)
}

func noEmoji(s string) string { return emojiCode.ReplaceAllString(s, "∶$1∶") }

// underscores replaces those at the edge of a word, where they would format.
// Inside a word they do not, and ids that people copy have many.
func underscores(s string) string {
	runes := []rune(s)
	inWord := func(i int) bool {
		return i >= 0 && i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]))
	}
	var b strings.Builder
	for i, r := range runes {
		if r == '_' && (!inWord(i-1) || !inWord(i+1)) {
			r = 'ˍ'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code shows what can be typed.
func code(s string) string {
	return "`" + entities.Replace(strings.ReplaceAll(line(s, 300), "`", "ˋ")) + "`"
}

// name is escape for what something is called.
func name(s string) string { return orElse(escape(s, maxName), "(no name)") }

// chunks joins lines into texts of at most most characters. Each line must be
// shorter than that.
func chunks(lines []string, most int) []string {
	var out []string
	var b strings.Builder
	size := 0
	for _, l := range lines {
		n := utf8.RuneCountInString(l) + 1
		if size > 0 && size+n > most {
			out = append(out, b.String())
			b.Reset()
			size = 0
		}
		if size > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l)
		size += n
	}
	if size > 0 {
		out = append(out, b.String())
	}
	return out
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Plain makes one line for where Slack takes text alone, such as below a field
// of a modal.
func Plain(s string) string {
	return orElse(line(strings.ReplaceAll(s, "`", ""), 300), "That is not possible.")
}
