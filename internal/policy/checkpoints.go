package policy

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// usualCheckpoints is often enough for a channel to have one before anybody asks, and
// seldom enough to be read.
const usualCheckpoints = 30 * day

// checkpoints is how long after a signed checkpoint of the audit log the next one is posted
// to a customer's channel; zero: never.
func (r *reader) checkpoints(n ast.Node) time.Duration {
	if n == nil {
		return usualCheckpoints
	}
	switch word := r.text(n, "checkpoints"); word {
	case "month", "":
		return usualCheckpoints
	case "week":
		return 7 * day
	case "never":
		return 0
	default:
		r.at(n, "checkpoints is %q; write month, week or never.", word)
		return usualCheckpoints
	}
}
