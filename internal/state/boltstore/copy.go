package boltstore

import (
	"context"
	"fmt"
	"io"
)

// Path is where the file is.
func (s *Store) Path() string { return s.path }

// WriteTo writes a copy of the file to w as it is after the last commit, while Updates
// go on. The copy can be opened like any other store. It is worth nothing when an error
// is returned.
//
// As long as it is under way the pages that Updates give free are not used again, and
// in a file that is larger than what is mapped they may wait for it: so w must not be
// slow for ever.
func (s *Store) WriteTo(ctx context.Context, w io.Writer) (n int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b, err := s.begin(false)
	if err != nil {
		return 0, err
	}
	defer s.rollback(b) //nolint:errcheck // there is nothing to lose
	to := &until{ctx: ctx, w: w}
	err = s.guard(func() error {
		n, err = b.WriteTo(to)
		return err
	})
	if to.err != nil {
		err = to.err // of which bbolt repeats only the text
	}
	if err != nil {
		return n, fmt.Errorf("copy %s: %w", s.path, err)
	}
	return n, nil
}

// until is a writer that fails once ctx has ended, and knows how it failed.
type until struct {
	ctx context.Context
	w   io.Writer
	err error
}

func (u *until) Write(p []byte) (n int, err error) {
	if u.err = u.ctx.Err(); u.err == nil {
		n, u.err = u.w.Write(p)
	}
	return n, u.err
}
