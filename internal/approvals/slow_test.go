package approvals_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// slow is a store whose disk takes longer than anybody waits.
type slow struct {
	state.Store
	err error
}

func (s slow) Update(ctx context.Context, _ func(state.Tx) error) error {
	<-ctx.Done()
	if s.err != nil {
		return fmt.Errorf("%w: %w", s.err, ctx.Err())
	}
	return ctx.Err()
}

// Whoever asks for something of a store that is too slow hears that it was not recorded,
// in time and truly; of a commit whose end nobody knows that is not said.
func TestNotRecordedInTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		err  error
		code access.Code
	}{{"InTheQueue", nil, access.Unavailable}, {"InTheMiddleOfTheCommit", state.ErrUnknown, ""}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.asked(t)
			before := fmt.Sprint(w.records(t))
			w.Store = slow{w.store, row.err}
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, asked := w.Submit(ctx, w.by(bo, ""), anAsk())
			_, decided := w.Decide(ctx, w.by(carol, contosoChannel), id, 1, access.Approve, "")
			for what, err := range map[string]error{"Submit": asked, "Decide": decided} {
				if access.CodeOf(err) != row.code || (row.code != "") != strings.Contains(fmt.Sprint(err), "This was not recorded") {
					t.Errorf("%s = %v, want %q", what, err, row.code)
				}
			}
			if after := fmt.Sprint(w.records(t)); after != before {
				t.Errorf("records are %s, and were %s", after, before)
			}
			w.Store = w.store
			if _, err := w.Decide(t.Context(), w.by(carol, contosoChannel), id, 1, access.Approve, ""); err != nil {
				t.Errorf("the second try: %v", err)
			}
		})
	}
}
