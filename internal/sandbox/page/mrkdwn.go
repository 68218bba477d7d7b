package page

import (
	"html"
	"html/template"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A directory names what messages mention by id. A name it does not know is "".
type directory struct {
	user    func(id string) string
	channel func(id string) string
}

// mrkdwn draws Slack's message format as HTML. Whatever the text holds, every
// character of it comes out escaped and every element that is opened is closed.
func (d directory) mrkdwn(text string) template.HTML {
	var b strings.Builder
	for i, part := range fences(text) {
		if i%2 == 1 {
			b.WriteString("<pre>" + escape(strings.Trim(part, "\n")) + "</pre>")
			continue
		}
		d.lines(&b, part)
	}
	return template.HTML(b.String())
}

// plain draws text without formatting, with its emoji and line breaks.
func plain(text string) template.HTML {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteString("<br>")
		}
		words(&b, line)
	}
	return template.HTML(b.String())
}

// fences splits a text at its code fences: parts with an odd index are code. A
// fence without an end is text.
func fences(text string) []string {
	const fence = "```"
	parts := strings.Split(text, fence)
	if n := len(parts); n%2 == 0 {
		parts[n-2] += fence + parts[n-1]
		parts = parts[:n-1]
	}
	return parts
}

// lines draws text outside of code fences. Neighbouring lines that begin with
// a quote mark become one quotation. Slack accepts the mark also in its escaped
// form, which is why a careful app keeps it away from the start of a line.
func (d directory) lines(b *strings.Builder, text string) {
	quoted, fresh := false, true
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		rest, quote := strings.CutPrefix(line, "&gt;")
		if !quote {
			rest, quote = strings.CutPrefix(line, ">")
		}
		switch {
		case quote && !quoted:
			b.WriteString("<blockquote>")
		case !quote && quoted:
			b.WriteString("</blockquote>")
		case !fresh:
			b.WriteString("<br>")
		}
		quoted, fresh = quote, false
		if quote {
			rest = strings.TrimPrefix(rest, " ")
		}
		d.inline(b, rest, "")
	}
	if quoted {
		b.WriteString("</blockquote>")
	}
}

var elements = map[byte]string{'*': "strong", '_': "em", '~': "s"}

// inline draws one line. Marks in open are already in force and mean nothing
// here, so the depth of nesting is bounded by their number.
func (d directory) inline(b *strings.Builder, line, open string) {
	missing := "" // marks without an end in the rest of the line: looking again would be quadratic
	start := 0
	flush := func(to int) { words(b, line[start:to]) }
	for i := 0; i < len(line); {
		c := line[i]
		end := -1
		switch {
		case strings.IndexByte(missing, c) >= 0:
		case c == '<' || c == '`':
			if end = closing(line, i); end < 0 {
				missing += string(c)
			}
		case elements[c] != "" && strings.IndexByte(open, c) < 0 && opens(line, i):
			if end = matching(line, i); end < 0 {
				missing += string(c)
			}
		}
		if end < 0 {
			i++
			continue
		}
		flush(i)
		switch inner := line[i+1 : end]; c {
		case '<':
			d.angle(b, inner)
		case '`':
			b.WriteString("<code>" + escape(inner) + "</code>")
		default:
			b.WriteString("<" + elements[c] + ">")
			d.inline(b, inner, open+string(c))
			b.WriteString("</" + elements[c] + ">")
		}
		i = end + 1
		start = i
	}
	flush(len(line))
}

// closing returns where the link or code that begins at i ends, or -1.
func closing(line string, i int) int {
	mark := line[i]
	if mark == '<' {
		mark = '>'
	}
	n := strings.IndexByte(line[i+1:], mark)
	if n < 0 || n == 0 {
		return -1
	}
	return i + 1 + n
}

// opens reports whether a mark at i can begin something: it stands at the edge
// of a word and something follows.
func opens(line string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	after, _ := utf8.DecodeRuneInString(line[i+1:])
	return (i == 0 || !wordRune(before)) && i+1 < len(line) && !unicode.IsSpace(after) && after != rune(line[i])
}

// matching returns where the mark that opens at i is closed, or -1. Marks
// inside links and code do not count.
func matching(line string, i int) int {
	for j := i + 1; j < len(line); j++ {
		switch c := line[j]; {
		case c == line[i]:
			before, _ := utf8.DecodeLastRuneInString(line[:j])
			after, _ := utf8.DecodeRuneInString(line[j+1:])
			if !unicode.IsSpace(before) && (j+1 == len(line) || !wordRune(after)) {
				return j
			}
		case c == '<' || c == '`':
			if end := closing(line, j); end >= 0 {
				j = end
			}
		}
	}
	return -1
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// angle draws what stands between angle brackets: a mention, a date or a link.
func (d directory) angle(b *strings.Builder, inner string) {
	target, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(target, "@"):
		mention(b, "@"+orElse(d.user(target[1:]), orElse(label, target[1:])))
	case strings.HasPrefix(target, "#"):
		mention(b, "#"+orElse(d.channel(target[1:]), orElse(label, target[1:])))
	case strings.HasPrefix(target, "!date^"):
		date(b, target, label)
	case target == "!here" || target == "!channel" || target == "!everyone":
		mention(b, "@"+target[1:])
	case strings.HasPrefix(target, "!"):
		mention(b, orElse(label, target[1:]))
	case safeURL(target):
		if !labelled || label == "" {
			label = strings.TrimPrefix(target, "mailto:")
		}
		b.WriteString(`<a href="` + escape(target) + `" target="_blank" rel="noopener noreferrer">`)
		words(b, label)
		b.WriteString("</a>")
	default: // not a form Slack knows: shown as it is
		b.WriteString(escape("<" + inner + ">"))
	}
}

func mention(b *strings.Builder, name string) {
	b.WriteString(`<span class="mention">` + escape(name) + `</span>`)
}

// safeURL reports whether a link may be followed. Slack links nothing else.
func safeURL(target string) bool {
	lower := strings.ToLower(unescape(target))
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "mailto:")
}

var emojiCode = regexp.MustCompile(`:[a-z0-9_+-]+:`)

// words draws text in which only emoji have a meaning.
func words(b *strings.Builder, text string) {
	for {
		at := emojiCode.FindStringIndex(text)
		if at == nil {
			b.WriteString(escape(text))
			return
		}
		name := text[at[0]+1 : at[1]-1]
		picture, known := emoji[name]
		if !known {
			// The second colon may open the next code.
			b.WriteString(escape(text[:at[1]-1]))
			text = text[at[1]-1:]
			continue
		}
		b.WriteString(escape(text[:at[0]]))
		b.WriteString(`<span class="emoji" role="img" aria-label="` + escape(strings.ReplaceAll(name, "_", " ")) + `">` + picture + `</span>`)
		text = text[at[1]:]
	}
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// unescape undoes the three entities that Slack's format knows.
func unescape(text string) string { return entities.Replace(text) }

// escape turns a piece of Slack's format into HTML text.
func escape(text string) string { return html.EscapeString(unescape(text)) }

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
