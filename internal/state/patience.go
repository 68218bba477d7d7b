package state

import (
	"context"
	"time"
)

type patienceKey struct{}

// Patient returns a context whose Updates may wait so long for others with which they can
// share a commit, for nobody waits for what they write. An Update that is not patient takes
// those along that are.
func Patient(ctx context.Context, wait time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, wait)
}

// PatienceOf is how long an Update with that context may wait for company.
func PatienceOf(ctx context.Context) time.Duration {
	wait, _ := ctx.Value(patienceKey{}).(time.Duration)
	return wait
}
