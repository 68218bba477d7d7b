package policy

import "strings"

const (
	maxSize  = 1 << 20 // bytes: several thousand customers
	maxLine  = 2000    // bytes of one line
	maxDepth = 50      // brackets within brackets
	maxKeys  = 200     // lines of one block; the file's own keys are fewer than ten
)

// A guard looks at the text before the parser does, line by line. The time and
// memory that the parser takes grow with the square of a long line, of a large
// mapping and of deep nesting; a file with any of these is no policy, and to
// parse it could take the machine down.
type guard struct {
	depth int         // open brackets, those in text included
	runs  map[int]int // lines so far in the block at an indentation
}

// line returns what forbids the next line, or "".
func (g *guard) line(text string) string {
	if len(text) > maxLine {
		return "The line is too long for a policy; put the entries of a list on lines of their own."
	}
	for _, c := range text {
		switch c {
		case '[', '{':
			g.depth++
		case ']', '}':
			g.depth = max(g.depth-1, 0)
		}
		if g.depth > maxDepth {
			return "Brackets are nested too deeply for a policy; close those that are open."
		}
	}
	body := strings.TrimLeft(text, " \t")
	if body == "" || body[0] == '#' {
		return ""
	}
	indent := len(text) - len(body)
	for at := range g.runs {
		if at > indent {
			delete(g.runs, at)
		}
	}
	for strings.HasPrefix(body, "- ") { // an entry of a list begins a block of its own
		delete(g.runs, indent)
		rest := strings.TrimLeft(body[1:], " \t")
		indent += len(body) - len(rest)
		body = rest
	}
	if body == "-" {
		return ""
	}
	if g.runs[indent]++; g.runs[indent] > maxKeys {
		return "There are too many lines in this block for a policy; begin each entry of a list with a dash."
	}
	return ""
}

// guarded notes a problem and reports false when the text must not be parsed.
func (r *reader) guarded(text string) bool {
	g := guard{runs: map[int]int{}}
	n := 0
	for text := range strings.Lines(text) {
		n++
		if problem := g.line(strings.TrimRight(text, "\r\n")); problem != "" {
			r.problems.add(n, 1, "%s", problem)
			return false
		}
	}
	return true
}
