package approvals

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Summary is what was in a time and what is now: of all customers, for the
// partner's own staff, or of one alone.
type Summary struct {
	For      access.TenantID // [state.Partner], or the customer
	Customer Customer        // zero for the partner
	From, To time.Time       // the time that is told of
	Zone     *time.Location  // in which its days begin

	Waiting []Entry // requests, those that wait longest first
	Active  []Entry // access in force or on its way, what ends first first
	Ended   []Entry // access that ended in the time, oldest first
	Asked   int     // requests in the time
	Refused int     // of them, or of earlier ones: denied, lapsed or taken back in the time
	Trends  []Trend // weeks and months that are over, or the time itself, and what was before

	// These are for the partner alone.
	Alerts   []access.Alert // that nobody has settled, the newest change first
	Changed  []access.Alert // others that changed in the time, the newest first
	Standing StandingAll
	Failed   int // effects that were given up on
	Reviews  int // access reviews that are open
	// Unreviewed is the access that was taken by break-glass and that nobody has signed
	// off, the oldest first.
	Unreviewed []Entry

	Unreadable int // damaged records, which are not shown
}

// Quiet reports whether there is nothing that anybody has to know.
func (s Summary) Quiet() bool {
	return len(s.Waiting)+len(s.Active)+len(s.Ended)+len(s.Alerts)+len(s.Changed)+s.Asked+s.Refused+s.Failed+s.Reviews+s.Unreadable+len(s.Unreviewed) == 0
}

// PlanSummaries has the summaries of policy.yml be due from now on. It is called at
// the start: what was sent before is not sent again, and what was missed is sent
// while its day lasts.
func (s *Service) PlanSummaries(ctx context.Context) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		wanted := map[access.TenantID]bool{state.Partner: true}
		for _, c := range s.Policy().Customers {
			wanted[c.Tenant] = c.Summary
		}
		known, err := state.SummaryPlans(tx)
		if err != nil {
			return err
		}
		for _, p := range known {
			if !wanted[p.For] {
				if err := state.DeleteSummaryPlan(tx, p.For); err != nil {
					return err
				}
			}
		}
		for of, yes := range wanted {
			if !yes {
				continue
			}
			if err := s.plan(tx, of, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// plan sets what is sent next after what was sent last.
func (s *Service) plan(tx state.Tx, of access.TenantID, now time.Time) error {
	times, ok := s.summaryTimes(of)
	if !ok {
		return state.DeleteSummaryPlan(tx, of)
	}
	p, err := state.SummaryPlanOf(tx, of)
	if _, damaged := state.Unreadable(err); err != nil && !damaged && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	next, at, ok := times.First(now)
	switch {
	case p.Last != "":
		next, at, ok = times.Next(p.Last, now)
	case p.Next != "": // the very first, which may have been missed
		next, at, ok = times.Next(p.Next.Plus(-1), now)
	}
	if !ok {
		next, at = "", time.Time{}
	}
	if p.For == of && p.Next == next && p.At.Equal(at) {
		return nil
	}
	p.For, p.Next, p.At = of, next, at.UTC()
	return state.PutSummaryPlan(tx, p)
}

// summaryTimes says when a summary is sent; false when it is not.
func (s *Service) summaryTimes(of access.TenantID) (access.SummaryTimes, bool) {
	times, ok := s.Policy().Summary, true
	if of != state.Partner {
		times, ok = s.Policy().SummaryFor(of)
	}
	if times.Zone == nil {
		times.Zone = time.UTC
	}
	return times, ok
}

// summarize owes the summary of the day, and plans the next. One whose day is over
// is not sent any more: the next one tells the same.
func (s *Service) summarize(tx state.Tx, d state.Due, now time.Time) error {
	p, err := state.SummaryPlanOf(tx, d.Customer)
	if err != nil || !p.At.Equal(d.At) {
		return err
	}
	times, ok := s.summaryTimes(d.Customer)
	if !ok {
		return state.DeleteSummaryPlan(tx, d.Customer)
	}
	if access.DayOf(now, times.Zone) == p.Next {
		if err := s.oweSummary(tx, p.For, p.Next, p.Sent); err != nil {
			return err
		}
		p.Sent = p.Next
	}
	p.Last, p.Next, p.At = p.Next, "", time.Time{}
	if err := state.PutSummaryPlan(tx, p); err != nil {
		return err
	}
	return s.plan(tx, p.For, now)
}

// oweSummary owes the summary of a day; sent is the day of the one before, empty
// when there was none.
func (s *Service) oweSummary(tx state.Tx, of access.TenantID, day, sent access.Day) error {
	payload := outbox.NoticePayload{Notice: outbox.NoticeSummary, Text: string(day), Since: string(sent)}
	scope, lane := outbox.SummaryScope(of, day), outbox.SummaryLane(of)
	if of != state.Partner {
		payload.Customer = of
		return s.owe(tx, access.Event{}, scope, outbox.SlackNotice, lane, payload)
	}
	payload.Channel = s.Policy().Operations
	picture := outbox.FilePayload{Day: day}
	return errors.Join(
		s.owe(tx, access.Event{}, scope, outbox.SlackNotice, lane, payload),
		s.owe(tx, access.Event{}, scope, outbox.SlackFile, picture.Lane(), picture))
}

// DailySummary is what a summary of the day says now, after one that was sent on an
// earlier day; empty when there was none. The first of a week or a month tells of the
// one that is over, too. It checks nobody's authority: who reads it is decided by where
// it is posted.
func (s *Service) DailySummary(ctx context.Context, of access.TenantID, day, sent access.Day) (Summary, error) {
	times, _ := s.summaryTimes(of)
	from, _ := times.Before(day).Span(times.Zone)
	to, _ := day.Span(times.Zone)
	if sent == "" || sent > day {
		sent = times.Before(day)
	}
	var out Summary
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		if out, err = s.summary(tx, of, from, to); err != nil {
			return err
		}
		out.Trends, err = trends(tx, of, access.Over(sent, day, times.Zone))
		return err
	})
	out.Zone = times.Zone
	return out, err
}

// Summarize tells what was in the last days, today included, and what is now, at a
// customer or, where none is named, at all. Only linked staff and bot admins may
// ask.
func (s *Service) Summarize(ctx context.Context, o Origin, customer access.TenantID, days int) (Summary, error) {
	of := cmp.Or(customer, state.Partner)
	times, _ := s.summaryTimes(of)
	now := s.now()
	first := access.DayOf(now, times.Zone).Plus(1 - days)
	from, _ := first.Span(times.Zone)
	before, _ := first.Plus(-days).Span(times.Zone)
	var out Summary
	err := s.view(ctx, o, subject{act: "summary", customer: customer}, func(tx state.Tx) (err error) {
		if out, err = s.summary(tx, of, from, now); err != nil || days == 1 {
			return err
		}
		out.Trends, err = trends(tx, of, []access.Period{{Before: before, From: from, To: now}})
		return err
	})
	out.Zone = times.Zone
	return out, err
}

func (s *Service) summary(tx state.Tx, of access.TenantID, from, to time.Time) (Summary, error) {
	out := Summary{For: of, From: from, To: to}
	var err error
	if of != state.Partner {
		if out.Customer, err = s.customer(tx, of); err != nil {
			return out, err
		}
	}
	if err := out.open(tx); err != nil {
		return out, err
	}
	if err := out.past(tx); err != nil {
		return out, err
	}
	if of != state.Partner {
		return out, nil
	}
	if out.Alerts, err = state.AllOpenAlerts(tx); err != nil {
		return out, err
	}
	out.Alerts = slices.DeleteFunc(out.Alerts, func(a access.Alert) bool { return a.State != access.AlertOpen })
	slices.SortFunc(out.Alerts, func(a, b access.Alert) int { return b.LastAt.Compare(a.LastAt) })
	dead, err := outbox.Dead(tx)
	if err != nil {
		return out, err
	}
	out.Failed = len(dead)
	if err := out.unreviewed(tx); err != nil {
		return out, err
	}
	open, err := state.OpenReviews(tx)
	if err != nil {
		return out, err
	}
	out.Reviews = len(open)
	out.Standing, err = s.standingAll(tx)
	return out, err
}

// unreviewed gathers what was taken by break-glass.
func (o *Summary) unreviewed(tx state.Tx) error {
	open, err := state.OpenBreakGlass(tx)
	if err != nil {
		return err
	}
	if o.Unreviewed, err = o.own(tx, open); err != nil {
		return err
	}
	slices.SortFunc(o.Unreviewed, func(a, b Entry) int { return a.Request.BrokenAt.Compare(b.Request.BrokenAt) })
	return nil
}

// open gathers what waits and what is in force.
func (o *Summary) open(tx state.Tx) error {
	pending, err := state.AllPending(tx)
	if err != nil {
		return err
	}
	granted, err := state.AllGranted(tx)
	if o.For != state.Partner {
		granted, err = state.GrantsOf(tx, o.For)
	}
	if err != nil {
		return err
	}
	if o.Waiting, err = o.own(tx, pending); err != nil {
		return err
	}
	if o.Active, err = o.own(tx, granted); err != nil {
		return err
	}
	slices.SortFunc(o.Waiting, func(a, b Entry) int { return a.Request.CreatedAt.Compare(b.Request.CreatedAt) })
	slices.SortStableFunc(o.Active, func(a, b Entry) int { return a.ends().Compare(b.ends()) })
	return nil
}

// ends is when the access ends, as far as that is known; what is not in force yet
// comes last.
func (e Entry) ends() time.Time {
	if e.Grant == nil || e.Grant.ExpiresAt.IsZero() {
		return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return e.Grant.ExpiresAt
}

// own reads the requests, without those that are none of the reader's business.
func (o *Summary) own(tx state.Tx, ids []access.RequestID) ([]Entry, error) {
	all, unread, err := entries(tx, ids)
	o.Unreadable += unread
	return slices.DeleteFunc(all, func(e Entry) bool { return o.For != state.Partner && e.Request.Customer != o.For }), err
}

// alertKinds are the events that tell of a change.
var alertKinds = map[access.EventKind]bool{access.EventAlertOpened: true, access.EventAlertChanged: true, access.EventAlertResolved: true}

// changed adds an alert that changed in the time, unless it is open.
func (o *Summary) changed(tx state.Tx, id access.AlertID) error {
	a, err := state.Alert(tx, id)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
		o.Unreadable++
		return nil
	}
	if err == nil && a.State != access.AlertOpen {
		o.Changed = append(o.Changed, a)
	}
	return err
}

// past gathers what happened in the time.
func (o *Summary) past(tx state.Tx) error {
	changed := map[access.AlertID]bool{}
	err := since(tx, o.For, o.From, func(e access.Event) error {
		if !e.At.Before(o.To) {
			return nil
		}
		if id := access.AlertID(e.Detail["alert"]); o.For == state.Partner && alertKinds[e.Kind] && !changed[id] {
			changed[id] = true
			return o.changed(tx, id)
		}
		var all Totals
		all.count(e, o.For)
		o.Asked, o.Refused = o.Asked+all.Asked, o.Refused+all.Refused
		if e.Kind != access.EventEnded {
			return nil
		}
		one, err := o.own(tx, []access.RequestID{e.Request})
		o.Ended = append(o.Ended, one...)
		return err
	})
	slices.Reverse(o.Ended)
	return err
}
