package config

import (
	"cmp"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong with the configuration.
type Problem struct {
	Setting string // its name, or the names of those that contradict each other
	Text    string // what is wrong and how to mend it; never a value that was set
}

// Problems is everything that is wrong, sorted by setting. As an error it reads
// one line for each.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.Setting + ": " + q.Text
	}
	return strings.Join(lines, "\n")
}

// err returns the problems sorted, each once, or nil when there are none.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	sorted := slices.Clone(p)
	slices.SortFunc(sorted, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Setting, b.Setting), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(sorted)
}
