package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong in the file.
type Problem struct {
	Line, Column int    // from 1
	Text         string // what is wrong and how to mend it, as a sentence
}

// Problems is everything that is wrong in a file, sorted by line. As an error
// it reads one line for each: "policy.yml:12:5: …".
type Problems struct {
	File string
	List []Problem
}

func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, q := range p.List {
		lines[i] = fmt.Sprintf("%s:%d:%d: %s", p.File, q.Line, q.Column, q.Text)
	}
	return strings.Join(lines, "\n")
}

func (p *Problems) add(line, column int, format string, args ...any) {
	p.List = append(p.List, Problem{line, column, fmt.Sprintf(format, args...)})
}

// err returns the problems sorted, each once, or nil when there are none.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	slices.SortFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Text, b.Text))
	})
	p.List = slices.Compact(p.List)
	return p
}
