package roles

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"latchkey/internal/access"
)

// How the search scores. Each task and each role is a document; its terms are
// those of its text, and at a fraction those of the area or of the role's name.
// A document's score is BM25 over the terms of the query:
//
//	Σ weight · idf(term) · tf·(k1+1) / (tf + k1·(1 - b + b·length/average))
//
// The weight is 1 for a word that is known. A word that is known neither to the
// documents nor to synonyms.tsv stands for its parts when it is a compound of
// known ones, else for the two known words most like it, by their trigrams and
// by edit distance, with their likeness squared for a weight. One that begins a
// known word is taken for half typed.
//
// Between documents that fit alike the smaller role goes first: the score is
// multiplied by the priors below. Documents that come to the same roles are one
// advice, as good as the best of them.
const (
	k1 = 1.2
	b  = 0.6

	areaWeight = 0.35 // of a term in the area of a task
	roleWeight = 0.85 // of a role's description beside a task's wording

	priorPartner    = 1.12 // Microsoft's list for partners names the task
	priorPrivileged = 0.97
	priorGlobal     = 0.85 // Global Administrator
	priorNoRole     = 0.6  // no role can be asked for

	likeEnough   = 0.5  // the least likeness of a misspelt word
	halfTyped    = 0.85 // of a word to one that begins with it
	nearlyAsGood = 0.7  // of the best task of an advice, for another one to be named beside it
	maxQuery     = 600  // bytes that are looked at
	mostGuesses  = 12   // different unknown words; more is no question
)

// Advice is the smallest role, or roles, that fit what somebody wants to do.
type Advice struct {
	// Roles are to be asked for together. There are none where no role of Entra
	// does it; then the tasks say who can.
	Roles []access.RoleID
	Tasks []Task // that fit, best first, at most three; none when the role's description fits better
	Score float64
	// Fit is how much of what was asked the best of them speaks of, from 0 to 1.
	// At a half or less it is a guess.
	Fit float64
}

const mostTasks = 3

// document is what is searched: a task, or a role by its description.
type document struct {
	task  *Task
	role  access.RoleID
	tf    map[string]float64
	size  float64
	prior float64
	core  []string // the different terms of a task's wording, without what only explains it
}

type posting struct {
	doc int
	tf  float64
}

// indexOf is built once, when the program starts.
type indexOf struct {
	docs     []document
	postings map[string][]posting
	idf      map[string]float64
	average  float64
	rarest   float64             // the largest idf
	grams    map[string][]string // trigram → words that a misspelt one may mean
	meaning  map[string][]string // such a word → its terms
}

var corpus = buildIndex()

func buildIndex() *indexOf {
	x := &indexOf{postings: map[string][]posting{}, idf: map[string]float64{}, grams: map[string][]string{}, meaning: map[string][]string{}}
	for i := range tasks {
		t := &tasks[i]
		d := document{task: t, tf: map[string]float64{}, prior: priorOf(t.Ask(), t.Partner)}
		d.put(t.What, 1)
		d.put(t.Area, areaWeight)
		d.core = core(t.What)
		x.docs = append(x.docs, d)
	}
	for _, r := range catalogue {
		if !Requestable(r.ID) {
			continue
		}
		d := document{role: r.ID, tf: map[string]float64{}, prior: roleWeight * priorOf([]access.RoleID{r.ID}, false)}
		d.put(described[r.ID].what, 1)
		d.put(r.Name, 1)
		x.docs = append(x.docs, d)
	}
	for i, d := range x.docs {
		x.average += d.size / float64(len(x.docs))
		for term, tf := range d.tf {
			x.postings[term] = append(x.postings[term], posting{i, tf})
		}
	}
	for term, in := range x.postings {
		n, all := float64(len(in)), float64(len(x.docs))
		x.idf[term] = math.Log(1 + (all-n+0.5)/(n+0.5))
		x.rarest = max(x.rarest, x.idf[term])
		x.learn(term, []string{term})
	}
	for phrase, terms := range synonyms {
		if !strings.Contains(phrase, " ") {
			x.learn(phrase, stems(terms))
		}
	}
	return x
}

func (d *document) put(text string, weight float64) {
	for _, w := range analyse(text) {
		for _, t := range w.terms {
			d.tf[t] += weight
			d.size += weight
		}
	}
}

// learn makes a word one that a misspelt word may mean.
func (x *indexOf) learn(w string, terms []string) {
	if _, ok := x.meaning[w]; ok || len(terms) == 0 {
		return
	}
	x.meaning[w] = terms
	for _, g := range trigrams(w) {
		x.grams[g] = append(x.grams[g], w)
	}
}

func priorOf(ids []access.RoleID, partner bool) float64 {
	p := 1.0
	switch {
	case len(ids) == 0:
		p = priorNoRole
	case slices.Contains(ids, GlobalAdministrator):
		p = priorGlobal
	case slices.ContainsFunc(ids, func(id access.RoleID) bool { return byID[id].Privileged }):
		p = priorPrivileged
	}
	if partner {
		p *= priorPartner
	}
	return p
}

// Advise returns the least roles for what the query says, best first, at most n.
// It is empty when nothing fits. It is safe for concurrent use.
func Advise(query string, n int) []Advice {
	asked, unknown := corpus.terms(query)
	// A word that means nothing counts as much as the rarest that means something.
	whole := float64(unknown) * corpus.rarest
	scores, covered := make([]float64, len(corpus.docs)), make([]float64, len(corpus.docs))
	for _, term := range slices.Sorted(maps.Keys(asked)) { // in one order, for sums of one rounding
		weight, idf := asked[term], corpus.idf[term]
		whole += idf
		for _, p := range corpus.postings[term] {
			d := &corpus.docs[p.doc]
			scores[p.doc] += weight * idf * p.tf * (k1 + 1) / (p.tf + k1*(1-b+b*d.size/corpus.average))
			covered[p.doc] += weight * idf
		}
	}
	var found []hit
	for i, score := range scores {
		if score > 0 {
			found = append(found, hit{i, score * corpus.docs[i].prior, covered[i] / whole})
		}
	}
	slices.SortFunc(found, func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc)) })
	return gather(found, n)
}

// hit is a document that has something of what was asked.
type hit struct {
	doc        int
	score, fit float64
}

// gather makes one advice of the documents that come to the same roles.
func gather(found []hit, n int) []Advice {
	var out []Advice
	at := map[string]int{}
	for _, h := range found {
		d := &corpus.docs[h.doc]
		ids, key := []access.RoleID{d.role}, string(d.role)
		if d.task != nil {
			ids = d.task.Ask()
			key = keyOf(*d.task)
		}
		k, known := at[key]
		if !known {
			if len(out) == n {
				continue
			}
			k = len(out)
			at[key] = k
			out = append(out, Advice{Roles: slices.Clone(ids), Score: h.score, Fit: h.fit})
		}
		if d.task != nil && len(out[k].Tasks) < mostTasks && h.score >= nearlyAsGood*out[k].Score {
			out[k].Tasks = append(out[k].Tasks, *d.task)
		}
	}
	return out
}

func keyOf(t Task) string {
	var b strings.Builder
	for _, id := range t.Ask() {
		b.WriteString(string(id))
	}
	if b.Len() == 0 {
		for _, h := range t.Holders {
			b.WriteString(h.Name)
		}
	}
	return b.String()
}

// terms returns the terms of a query with their weights, and how many of its
// words mean nothing to the search.
func (x *indexOf) terms(query string) (weights map[string]float64, unknown int) {
	weights = map[string]float64{}
	guessed := map[string]bool{}
	put := func(terms []string, weight float64) {
		for _, t := range terms {
			weights[t] = max(weights[t], weight)
		}
	}
	for _, w := range analyse(cutBytes(query, maxQuery)) {
		_, ok := x.postings[w.terms[0]]
		switch {
		case w.raw == "" || ok:
			put(w.terms, 1)
		case !guessed[w.raw] && len(guessed) < mostGuesses:
			guessed[w.raw] = true
			found := x.guess(w.raw)
			if len(found) == 0 {
				unknown++
			}
			for _, f := range found {
				put(f.terms, f.weight)
			}
		}
	}
	return weights, unknown
}

type guess struct {
	terms  []string
	weight float64
}

// guess says what an unknown word may mean.
func (x *indexOf) guess(w string) []guess {
	if parts := x.split(w); parts != nil {
		return []guess{{parts, 1}}
	}
	if len(w) < minPrefix {
		return nil
	}
	mine := trigrams(w)
	common := map[string]int{}
	for _, g := range mine {
		for _, other := range x.grams[g] {
			common[other]++
		}
	}
	var found []guess
	for other, n := range common {
		dice := 2 * float64(n) / float64(len(mine)+len(other)+1)
		if dice < 0.3 {
			continue
		}
		edits := 1 - float64(levenshtein.ComputeDistance(w, other))/float64(max(len(w), len(other)))
		like := (dice + edits) / 2
		if strings.HasPrefix(other, w) {
			like = max(like, halfTyped)
		}
		if like >= likeEnough {
			found = append(found, guess{x.meaning[other], like * like})
		}
	}
	slices.SortFunc(found, func(a, b guess) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), slices.Compare(a.terms, b.terms))
	})
	return found[:min(2, len(found))]
}

// split takes a compound apart, as in Lizenz+zuweisung or Gruppe+n+richtlinie.
func (x *indexOf) split(w string) []string {
	for at := len(w) - 3; at >= 3; at-- {
		head, ok := x.meaning[w[:at]]
		if !ok {
			continue
		}
		for _, join := range []string{"", "s", "n", "en", "es"} {
			if rest, cut := strings.CutPrefix(w[at:], join); cut {
				if tail, ok := x.meaning[rest]; ok {
					return append(slices.Clone(head), tail...)
				}
			}
		}
	}
	return nil
}

// trigrams of a word count its beginning twice and its end once.
func trigrams(w string) []string {
	padded := "  " + w + " "
	out := make([]string, 0, len(padded))
	for i := 0; i+3 <= len(padded); i++ {
		out = append(out, padded[i:i+3])
	}
	return out
}

func cutBytes(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
