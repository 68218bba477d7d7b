package graphtest

import "strings"

// clause is one comparison of a $filter; they are joined by "and".
type clause struct {
	path, operator, value string
}

const (
	opEq         = "eq"
	opStartsWith = "startswith"
	opBoth       = opEq + " " + opStartsWith
)

// parseFilter reads `path eq 'x'`, `path eq true` and `startswith(path,'x')`,
// joined by `and`. Anything else of OData is refused.
func parseFilter(in string) ([]clause, error) {
	p := filterParser{rest: in}
	var out []clause
	for {
		c, ok := p.clause()
		if !ok {
			break
		}
		out = append(out, c)
		if p.end() {
			return out, nil
		}
		if p.word() != "and" {
			break
		}
	}
	return nil, unsupported("This form of $filter is not supported.")
}

type filterParser struct{ rest string }

func (p *filterParser) clause() (clause, bool) {
	name := p.word()
	if name == opStartsWith {
		return p.startsWith()
	}
	if name == "" || p.word() != opEq {
		return clause{}, false
	}
	if value, ok := p.quoted(); ok {
		return clause{name, opEq, value}, true
	}
	switch value := p.word(); value {
	case "true", "false":
		return clause{name, opEq, value}, true
	}
	return clause{}, false
}

func (p *filterParser) startsWith() (clause, bool) {
	if !p.mark('(') {
		return clause{}, false
	}
	name := p.word()
	if name == "" || !p.mark(',') {
		return clause{}, false
	}
	value, ok := p.quoted()
	return clause{name, opStartsWith, value}, ok && p.mark(')')
}

func (p *filterParser) skip() { p.rest = strings.TrimLeft(p.rest, " ") }

func (p *filterParser) end() bool {
	p.skip()
	return p.rest == ""
}

// word takes a property path, an operator or a keyword; "" when there is none.
func (p *filterParser) word() string {
	p.skip()
	n := strings.IndexFunc(p.rest, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && r != '/'
	})
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	return word
}

func (p *filterParser) mark(m byte) bool {
	p.skip()
	if p.rest == "" || p.rest[0] != m {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// quoted takes a string literal, in which ” stands for an apostrophe.
func (p *filterParser) quoted() (string, bool) {
	if !p.mark('\'') {
		return "", false
	}
	var out strings.Builder
	for {
		before, after, ok := strings.Cut(p.rest, "'")
		if !ok {
			return "", false
		}
		out.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			p.rest = after
			return out.String(), true
		}
		out.WriteByte('\'')
		p.rest = after[1:]
	}
}

// matches compares without regard to case, as the directory does. A property
// that is null or absent equals nothing.
func matches(filter []clause, body object) bool {
	for _, f := range filter {
		got, ok := lookup(body, f.path)
		switch {
		case !ok:
			return false
		case f.operator == opEq && !same(got, f.value):
			return false
		case f.operator == opStartsWith && !strings.HasPrefix(strings.ToLower(got), strings.ToLower(f.value)):
			return false
		}
	}
	return true
}

func lookup(body object, path string) (string, bool) {
	name, rest, deeper := strings.Cut(path, "/")
	switch v := body[name].(type) {
	case object:
		if deeper {
			return lookup(v, rest)
		}
	case string:
		return v, !deeper
	case bool:
		if v {
			return "true", !deeper
		}
		return "false", !deeper
	}
	return "", false
}
