package roles

import (
	"cmp"
	"slices"
	"strings"
)

// Named is a task that a text speaks of.
type Named struct {
	Task
	// Share is how much of the task's wording the text holds, and Fit how much of
	// the text's known words the task's wording does; both from 0 to 1, and
	// weighted by how much each word tells.
	Share, Fit float64
}

// core returns the different terms of a task's wording up to a colon or a bracket,
// after which it only explains.
func core(what string) []string {
	if i := strings.IndexAny(what, ":("); i > 0 {
		what = what[:i]
	}
	var out []string
	for _, w := range analyse(what) {
		for _, t := range w.terms {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// leastShare is below which a text does not speak of a task.
const leastShare = 0.6

// NamedIn returns the tasks that a text speaks of in words that the search knows
// for certain, the largest share first. Nothing is guessed here: a misspelt word
// counts for nothing, and one that is unknown, such as the number of a ticket or
// somebody's name, is passed over.
func NamedIn(text string) []Named {
	said := map[string]bool{}
	whole := 0.0
	for _, w := range analyse(cutBytes(text, maxQuery)) {
		for _, t := range w.terms {
			if idf := corpus.idf[t]; idf > 0 && !said[t] {
				said[t] = true
				whole += idf
			}
		}
	}
	var out []Named
	for i := range corpus.docs {
		d := &corpus.docs[i]
		if d.task == nil {
			continue
		}
		own, common := 0.0, 0.0
		for _, t := range d.core {
			own += corpus.idf[t]
			if said[t] {
				common += corpus.idf[t]
			}
		}
		if common > 0 && common/own >= leastShare {
			out = append(out, Named{*d.task, common / own, common / whole})
		}
	}
	slices.SortStableFunc(out, func(a, b Named) int { return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Fit, a.Fit)) })
	return out
}
