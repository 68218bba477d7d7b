package approvals

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// Totals counts what happened in a time.
type Totals struct {
	Asked     int
	Given     int           // access that came into force
	Refused   int           // requests denied, lapsed or taken back
	Held      time.Duration // how long the access was in force that ended in the time
	Customers int           // at which access came into force
	Alerts    int           // of the partner alone
}

// Empty reports whether nothing happened.
func (t Totals) Empty() bool { return t == Totals{} }

// Trend is what happened in a period and in the one before it.
type Trend struct {
	access.Period
	Now, Then Totals
}

// trends counts the periods. It reads the log back to their beginning, once.
func trends(tx state.Tx, of access.TenantID, periods []access.Period) ([]Trend, error) {
	if len(periods) == 0 {
		return nil, nil
	}
	var spans []span
	for _, p := range periods {
		spans = append(spans, span{p.From, p.To}, span{p.Before, p.From})
	}
	all, err := totals(tx, of, spans)
	if err != nil {
		return nil, err
	}
	var out []Trend
	for i, p := range periods {
		if t := (Trend{Period: p, Now: all[2*i], Then: all[2*i+1]}); !t.Now.Empty() || !t.Then.Empty() {
			out = append(out, t)
		}
	}
	return out, nil
}

// span is a time from its first moment until before its last.
type span struct{ from, to time.Time }

func (s span) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// totals counts each of the times, which may overlap.
func totals(tx state.Tx, of access.TenantID, spans []span) ([]Totals, error) {
	out := make([]Totals, len(spans))
	customers := make([]map[access.TenantID]bool, len(spans))
	begin := spans[0].from
	for i, s := range spans {
		customers[i] = map[access.TenantID]bool{}
		if s.from.Before(begin) {
			begin = s.from
		}
	}
	err := since(tx, of, begin, func(e access.Event) error {
		held, err := heldFor(tx, e)
		for i, s := range spans {
			if !s.holds(e.At) {
				continue
			}
			out[i].count(e, of)
			out[i].Held += held
			if e.Kind == access.EventActive {
				customers[i][e.Customer] = true
			}
		}
		return err
	})
	for i := range out {
		out[i].Customers = len(customers[i])
	}
	return out, err
}

// since visits the events from a moment on, the newest first: all, or those of a customer
// that tell of a request. It reads the log back to that moment and no further, or, where
// that is less, what the customer's requests have in it.
func since(tx state.Tx, of access.TenantID, begin time.Time, visit func(access.Event) error) error {
	if of != state.Partner {
		done, err := sinceOf(tx, of, begin, visit)
		if done || err != nil {
			return err
		}
	}
	for e, err := range audit.Back(tx) {
		if err != nil {
			return err
		}
		if e.At.Before(begin) {
			return nil
		}
		if of != state.Partner && (e.Customer != of || e.Request == "") {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// sinceOf visits those of a customer by its requests, unless the log has fewer events of the
// time than the customer has requests: then it visits none, and says so.
func sinceOf(tx state.Tx, of access.TenantID, begin time.Time, visit func(access.Event) error) (done bool, err error) {
	first, last, err := audit.Between(tx, begin)
	if err != nil || first > last {
		return true, err
	}
	ids, err := state.RequestsOfCustomer(tx, of)
	if err != nil || uint64(len(ids)) > last-first {
		return false, err
	}
	var all []uint64
	for _, id := range ids {
		some, err := audit.OfSince(tx, id, first)
		if err != nil {
			return false, err
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	for _, seq := range slices.Backward(all) {
		e, err := audit.At(tx, seq)
		if err == nil {
			err = visit(e)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (t *Totals) count(e access.Event, of access.TenantID) {
	switch e.Kind {
	case access.EventRequested:
		t.Asked++
	case access.EventActive:
		t.Given++
	case access.EventDenied, access.EventLapsed, access.EventWithdrawn:
		t.Refused++
	case access.EventAlertOpened:
		if of == state.Partner {
			t.Alerts++
		}
	}
}

// heldFor is how long access was in force of which an event tells the end. That of a
// damaged record is not known.
func heldFor(tx state.Tx, e access.Event) (time.Duration, error) {
	if e.Kind != access.EventEnded {
		return 0, nil
	}
	if lasted, err := time.ParseDuration(e.Detail["lasted"]); err == nil {
		return lasted, nil
	}
	g, err := state.Grant(tx, e.Request)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) || err == nil && g.ActiveAt.IsZero() {
		return 0, nil
	}
	return g.Lasted(), err
}

// DayTotals is what happened on a day.
type DayTotals struct {
	Day access.Day
	Totals
}

// LastDays counts each of the days before the given one, the oldest first. It checks
// nobody's authority, as [Service.DailySummary] does not.
func (s *Service) LastDays(ctx context.Context, of access.TenantID, before access.Day, n int) ([]DayTotals, error) {
	times, _ := s.summaryTimes(of)
	days, spans := make([]DayTotals, n), make([]span, n)
	for i := range n {
		days[i].Day = before.Plus(i - n)
		spans[i].from, spans[i].to = days[i].Day.Span(times.Zone)
	}
	err := s.Store.View(ctx, func(tx state.Tx) error {
		all, err := totals(tx, of, spans)
		for i := range all {
			days[i].Totals = all[i]
		}
		return err
	})
	return days, err
}
