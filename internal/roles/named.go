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
// somebody's name, is passed over. A task of which the text says nothing that it
// does not say of one before is left out.
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
	type candidate struct {
		Named
		words []string // of the task that the text says
	}
	var found []candidate
	for i := range corpus.docs {
		d := &corpus.docs[i]
		own, common := 0.0, 0.0
		var words []string
		for _, t := range d.core {
			own += corpus.idf[t]
			if said[t] {
				common += corpus.idf[t]
				words = append(words, t)
			}
		}
		if common > 0 && common/own >= leastShare {
			found = append(found, candidate{Named{*d.task, common / own, common / whole}, words})
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(b.Fit, a.Fit))
	})
	var out []Named
	for i, c := range found {
		if !slices.ContainsFunc(found[:i], func(before candidate) bool { return within(c.words, before.words) }) {
			out = append(out, c.Named)
		}
	}
	return out
}

func within(words, others []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(others, w) })
}
