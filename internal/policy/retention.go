package policy

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

const (
	// usualRetention is two years: of one that is audited, and of the one in which that is
	// done.
	usualRetention = 730 * day
	// leastRetention is longer than anything that may still be decided about: a link that
	// a customer was sent lasts 90 days.
	leastRetention = 92 * day
	mostRetention  = 3650 * day
)

// retention is how long what has ended is kept.
func (r *reader) retention(n ast.Node) time.Duration {
	if n == nil {
		return usualRetention
	}
	return r.duration(n, "retention", leastRetention, mostRetention)
}
