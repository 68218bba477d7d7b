package access

import (
	"fmt"
	"slices"
	"time"
)

// A Sentence is one that people of customers may be told as well as staff, so it is in
// the catalogues of package lang. Its parts are handed over as they are, since each
// language writes moments and durations in its own way.
type Sentence struct {
	Format string
	Parts  []any
}

// Say makes a [Sentence] of a format as of package fmt.
func Say(english string, parts ...any) Sentence { return Sentence{english, parts} }

// String is the sentence in English, which the partner's own people read.
func (s Sentence) String() string {
	words := slices.Clone(s.Parts)
	for i, p := range words {
		switch p := p.(type) {
		case time.Time:
			words[i] = FormatTime(p)
		case time.Duration:
			words[i] = FormatDuration(p)
		}
	}
	return fmt.Sprintf(s.Format, words...)
}
