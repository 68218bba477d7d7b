package state

import "context"

// Observed is a store that tells of each commit, so that what waits for work
// need not poll. Committed must not block.
type Observed struct {
	Store
	Committed func()
}

// Update runs the transaction and tells of its commit.
func (o Observed) Update(ctx context.Context, fn func(Tx) error) error {
	err := o.Store.Update(ctx, fn)
	if err == nil {
		o.Committed()
	}
	return err
}
