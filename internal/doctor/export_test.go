package doctor

import (
	"context"
	"time"
)

// LookWith runs these checks instead of all.
func LookWith(ctx context.Context, w World, checks []Check, within time.Duration) Report {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return look(ctx, newFacts(ctx, w), checks, within)
}

// Waits is a check that does not end before the channel is closed, whatever its context.
func Waits(name string, until chan struct{}) Check {
	return Check{name, nil, func(context.Context, *facts) []Finding { <-until; return nil }}
}

// Says is a check that finds one thing.
func Says(name string, f Finding) Check {
	return Check{name, nil, func(context.Context, *facts) []Finding { return []Finding{f} }}
}
