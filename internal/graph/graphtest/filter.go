package graphtest

import (
	"slices"
	"strings"
	"time"
)

// clause is one comparison of a $filter; they are joined by "and". path names
// the property as a listing does: "customer/tenantId", or
// "targetResources/any/id" for a property of some element of a collection.
type clause struct {
	path, operator, value string
	instant               bool // value is a date and time, without quotes
}

const (
	opEq         = "eq"
	opStartsWith = "startswith"
	opBoth       = opEq + " " + opStartsWith
	opInstant    = "eq ge gt le lt"
)

// parseFilter reads `path eq 'x'`, `path eq true`, `path ge 2026-01-01T00:00:00Z`,
// `startswith(path,'x')` and `path/any(t:t/name eq 'x')`, joined by `and`.
// Anything else of OData is refused.
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
	if collection, ok := strings.CutSuffix(name, "/any"); ok {
		return p.anyOf(collection)
	}
	operator := p.word()
	if name == "" || operator == "" || !strings.Contains(opInstant+" ne", operator) || len(operator) != 2 {
		return clause{}, false
	}
	if value, ok := p.quoted(); ok {
		return clause{name, operator, value, false}, operator == opEq || operator == "ne"
	}
	p.skip()
	if strings.HasPrefix(p.rest, "true") || strings.HasPrefix(p.rest, "false") {
		return clause{name, operator, p.word(), false}, operator == opEq || operator == "ne"
	}
	value, _, _ := strings.Cut(p.rest, " ")
	if end := strings.IndexByte(value, ')'); end >= 0 {
		value = value[:end]
	}
	p.rest = p.rest[len(value):]
	_, err := time.Parse(time.RFC3339, value)
	return clause{name, operator, value, true}, err == nil
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
	return clause{name, opStartsWith, value, false}, ok && p.mark(')')
}

// anyOf takes what follows any: (t:t/name eq 'x').
func (p *filterParser) anyOf(collection string) (clause, bool) {
	if !p.mark('(') {
		return clause{}, false
	}
	variable := p.word()
	if variable == "" || strings.Contains(variable, "/") || !p.mark(':') {
		return clause{}, false
	}
	inner, ok := p.clause()
	if !ok || !p.mark(')') {
		return clause{}, false
	}
	name, ok := strings.CutPrefix(inner.path, variable+"/")
	inner.path = collection + "/any/" + name
	return inner, ok && !strings.Contains(name, "any/")
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
		if !f.matches(body) {
			return false
		}
	}
	return true
}

func (f clause) matches(body object) bool {
	if collection, name, ok := strings.Cut(f.path, "/any/"); ok {
		elements, _ := body[collection].([]object)
		inner := f
		inner.path = name
		return slices.ContainsFunc(elements, inner.matches)
	}
	got, ok := lookup(body, f.path)
	if f.instant {
		return ok && f.compare(got)
	}
	switch f.operator {
	case "ne":
		return !ok || !same(got, f.value)
	case opStartsWith:
		return ok && strings.HasPrefix(strings.ToLower(got), strings.ToLower(f.value))
	}
	return ok && same(got, f.value)
}

// compare holds a date and time against the clause's.
func (f clause) compare(got string) bool {
	a, errA := time.Parse(time.RFC3339, got)
	b, errB := time.Parse(time.RFC3339, f.value)
	if errA != nil || errB != nil {
		return false
	}
	switch order := a.Compare(b); f.operator {
	case opEq:
		return order == 0
	case "ne":
		return order != 0
	case "ge":
		return order >= 0
	case "gt":
		return order > 0
	case "le":
		return order <= 0
	default:
		return order < 0
	}
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
