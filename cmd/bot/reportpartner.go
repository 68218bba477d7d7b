package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"latchkey/internal/evidence"
	"latchkey/internal/evidence/overview"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// overview writes the partner's own report: a page with pictures, and its figures as tables.
func (a reportAsk) overview(ctx context.Context, store state.Store, p *policy.Policy, out io.Writer) error {
	zone := "UTC"
	if p != nil {
		zone = p.TimeZone
	}
	order := evidence.OverviewOrder{Policy: p, Made: time.Now().UTC()}
	var err error
	if order.Span, order.Zone, err = a.span(zone, order.Made); err != nil {
		return err
	}
	var in evidence.OverviewInput
	if err := store.View(ctx, func(tx state.Tx) (err error) {
		in, err = evidence.ReadOverview(tx, order)
		return err
	}); err != nil {
		return err
	}
	o := evidence.OverviewOf(in)
	forms, err := overview.Forms(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "All customers, %s: %s of access, %s, %s denied, %s waiting.\n", o.Span.Name,
		counted(o.Sum.Given, "time"), counted(o.Sum.Asked, "request"), counted(o.Outcomes.Denied, "request"), counted(o.Outcomes.Waiting, "request"))
	if p == nil {
		fmt.Fprintln(out, "There is no policy.yml at hand, so nothing is told of teams: name it with -policy.")
	}
	for _, f := range forms {
		if err := writeWhole(out, filepath.Join(a.out, f.Name), f.Content); err != nil {
			return err
		}
	}
	return nil
}
