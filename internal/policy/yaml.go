package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"
)

// A reader walks the syntax tree and notes every problem where it is. Its
// methods return the zero value for what they refuse, so that the walk goes on
// and finds the rest.
type reader struct {
	problems Problems
}

// An object is a mapping whose keys have been checked.
type object struct {
	r      *reader
	what   string // how sentences call it: "a customer"
	node   ast.Node
	fields map[string]*ast.MappingValueNode
}

// object reads a mapping that may have only the given keys, each once.
func (r *reader) object(n ast.Node, what string, keys ...string) (object, bool) {
	o := object{r: r, what: what, node: n, fields: map[string]*ast.MappingValueNode{}}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		r.wrong(n, what, "the keys "+list(keys))
		return o, false
	}
	for _, v := range m.Values {
		name := keyText(v.Key)
		switch first, twice := o.fields[name]; {
		case !slices.Contains(keys, name):
			r.at(v.Key, "%q is not a key of %s; %s", name, what, suggestKey(name, keys))
		case twice:
			r.at(v.Key, "%s is given twice in %s; the first is on line %d.", name, what, line(first.Key))
		default:
			o.fields[name] = v
		}
	}
	return o, true
}

// get returns the value of a key, or nil when the key is absent.
func (o object) get(key string) ast.Node {
	v, ok := o.fields[key]
	if !ok {
		return nil
	}
	if _, null := v.Value.(*ast.NullNode); null {
		o.r.at(v.Key, "%s has no value; give one or remove the key.", key)
		return nil
	}
	return v.Value
}

// need is get for a key that must be there.
func (o object) need(key, hint string) ast.Node {
	if _, ok := o.fields[key]; !ok {
		o.r.at(o.node, "%s has no %s; %s.", o.what, key, hint)
		return nil
	}
	return o.get(key)
}

// text reads one line of text of at most 200 characters.
func (r *reader) text(n ast.Node, what string) string {
	return r.textAs(n, what, "text, in quotes if it looks like a number")
}

// textAs is text with another hint for a value of the wrong kind.
func (r *reader) textAs(n ast.Node, what, want string) string {
	if n == nil {
		return ""
	}
	s, ok := n.(*ast.StringNode)
	if !ok {
		r.wrong(n, what, want)
		return ""
	}
	t := strings.TrimSpace(s.Value)
	switch {
	case t == "":
		r.at(n, "%s is empty; give it a value.", what)
		return ""
	case len([]rune(t)) > 200:
		r.at(n, "%s is longer than 200 characters; shorten it.", what)
		return ""
	case strings.ContainsFunc(t, unprintable):
		r.at(n, "%s holds a line break or an invisible character; remove it.", what)
		return ""
	}
	return t
}

// paragraph reads text that may run over several lines and joins them.
func (r *reader) paragraph(n ast.Node, what string) string {
	if l, ok := n.(*ast.LiteralNode); ok {
		folded := *l.Value
		folded.Value = strings.Join(strings.Fields(folded.Value), " ")
		n = &folded
	}
	return r.text(n, what)
}

// items reads a list that is not empty.
func (r *reader) items(n ast.Node, what string) []ast.Node {
	if n == nil {
		return nil
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		r.wrong(n, what, "a list")
		return nil
	}
	if len(s.Values) == 0 {
		r.at(n, "%s is an empty list; name at least one or remove the key.", what)
	}
	return s.Values
}

// number reads a whole number between least and most. It reports false when
// there is none, or another.
func (r *reader) number(n ast.Node, what string, least, most uint64) (int, bool) {
	if n == nil {
		return 0, false
	}
	i, ok := n.(*ast.IntegerNode)
	if !ok {
		r.wrong(n, what, "a whole number")
		return 0, false
	}
	// A negative number comes as int64, every other as uint64.
	v, ok := i.Value.(uint64)
	if !ok || v < least || v > most {
		r.at(n, "%s must be from %d to %d.", what, least, most)
		return 0, false
	}
	return int(v), true
}

func (r *reader) boolean(n ast.Node, what string) bool {
	if n == nil {
		return false
	}
	b, ok := n.(*ast.BoolNode)
	if !ok {
		r.wrong(n, what, "true or false")
		return false
	}
	return b.Value
}

func (r *reader) at(n ast.Node, format string, args ...any) {
	l, c := position(n)
	r.problems.add(l, c, "%s", sentence(fmt.Sprintf(format, args...)))
}

// wrong notes that a node is of another kind than is wanted.
func (r *reader) wrong(n ast.Node, what, want string) {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		r.at(n, "%s uses a YAML anchor, alias or tag, which this file does not take; write the value itself.", what)
	case *ast.NullNode:
		r.at(n, "%s has no value; write %s.", what, want)
	default:
		r.at(n, "%s is %s; write %s.", what, kind(n), want)
	}
}

func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a set of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode:
		return "text"
	case *ast.LiteralNode:
		return "text over several lines"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	}
	return "something else"
}

func keyText(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	if t := k.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func suggestKey(name string, keys []string) string {
	for _, k := range keys {
		if len(name) <= 40 && levenshtein.ComputeDistance(strings.ToLower(name), k) <= 2 {
			return fmt.Sprintf("did you mean %s?", k)
		}
	}
	return "the keys are " + list(keys) + "."
}

// position is where a person would look for the node: a mapping or a list in
// block style begins at its first entry.
func position(n ast.Node) (line, column int) {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return max(t.Position.Line, 1), max(t.Position.Column, 1)
	}
	return 1, 1
}

func line(n ast.Node) int {
	l, _ := position(n)
	return l
}

// list writes names as "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// sentence begins with a capital letter unless it begins with a key or a
// quoted word, which must stay as they are written in the file.
func sentence(s string) string {
	for _, article := range []string{"a ", "an ", "the "} {
		if strings.HasPrefix(s, article) {
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}

func unprintable(r rune) bool {
	return !unicode.IsPrint(r)
}
