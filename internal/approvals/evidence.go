package approvals

import (
	"context"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// EvidenceAsked is a report that is being made.
type EvidenceAsked struct {
	ID       string
	Customer Customer
	Span     access.Span
}

// MayHaveEvidence reports, by its error, whether the person may have a customer's evidence:
// a bot admin, or a verified contact of that customer.
func (s *Service) MayHaveEvidence(ctx context.Context, o Origin, tenant access.TenantID) (Customer, error) {
	about := subject{act: "report", customer: tenant}
	var out Customer
	err := s.Store.View(ctx, func(tx state.Tx) error {
		c, _, err := s.reported(tx, o, tenant)
		out = Customer{Tenant: c.Tenant, Name: c.Name, Channel: c.Channel}
		return err
	})
	return out, s.might(ctx, o, about, err)
}

// reported returns the customer, if the person may have its evidence in its channel, and by
// which name they are known.
func (s *Service) reported(tx state.Tx, o Origin, tenant access.TenantID) (policy.Customer, access.Person, error) {
	c, by, err := s.mayHave(tx, o, tenant)
	if err == nil && c.Channel == "" {
		err = access.Refuse(access.Conflict, "%s is not in Slack, so there is no channel to show a report in. Its contacts have one on the page on which they answer; whoever runs the bot can write one: `bot report`.", c.Name).In("customer")
	}
	return c, by, err
}

// mayHave returns the customer, if the person may have its evidence, and by which name they
// are known.
func (s *Service) mayHave(tx state.Tx, o Origin, tenant access.TenantID) (policy.Customer, access.Person, error) {
	c, known := s.Policy().Customer(tenant)
	by := named(tx, o.Actor)
	if !s.isAdmin(o.Actor) {
		if o.SignIn == nil && o.Actor.Team == s.Team() || !known {
			return c, by, access.RefuseAnyone(access.Forbidden, "Evidence of a customer is for its verified contacts and for the partner’s bot admins.")
		}
		contact, err := s.contact(tx, o, c.Tenant, c.Name)
		if err != nil {
			return c, by, err
		}
		by = contact.Person
		if !contact.Verified() {
			return c, by, access.RefuseAnyone(access.Forbidden, "You are not verified yet, so you cannot have the evidence of %s: press Verify where the channel was told of your link.", c.Name)
		}
	}
	if !known {
		return c, by, access.Refuse(access.NotFound, "This customer is not in policy.yml, so it has no channel to show a report in. Whoever runs the bot can write one: `bot report`.").In("customer")
	}
	return c, by, nil
}

const (
	// evidenceMost is how many reports the contacts of one customer may ask for in
	// evidenceDay: each takes seconds, and is kept in Slack for good.
	evidenceMost = 5
	evidenceDay  = 24 * time.Hour
)

// orderEvidence writes down that a report of a time was asked for. What contacts ask for is
// counted, and bounded.
func (s *Service) orderEvidence(tx state.Tx, o Origin, c policy.Customer, by access.Person, period string, now time.Time) (outbox.EvidenceOrder, access.Span, access.Event, error) {
	var order outbox.EvidenceOrder
	span, err := evidenceSpan(c, period, now)
	if err != nil {
		return order, span, access.Event{}, err
	}
	if !s.isAdmin(o.Actor) {
		if err := countEvidence(tx, c, now); err != nil {
			return order, span, access.Event{}, err
		}
	}
	drawn, err := s.NewID()
	if err != nil {
		return order, span, access.Event{}, err
	}
	by.Mail, by.Entra = "", access.Account{}
	order = outbox.EvidenceOrder{ID: "E-" + strings.TrimPrefix(string(drawn), "R-"), Customer: c.Tenant, Period: span.Name, By: by, Made: now}
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: o.Actor, Kind: access.EventReportAsked, Customer: c.Tenant,
		Detail: map[string]string{"report": order.ID, "period": span.Name, "policy": s.Policy().Version},
	})
	order.UpTo = ev.Seq
	return order, span, ev, err
}

// countEvidence refuses one report too many.
func countEvidence(tx state.Tx, c policy.Customer, now time.Time) error {
	since := now.Add(-evidenceDay).Add(time.Second)
	before, err := state.ReportedTo(tx, c.Tenant)
	if err != nil {
		return err
	}
	if n, first := before.Since(since); n >= evidenceMost {
		return access.RefuseAnyone(access.Conflict,
			"The contacts of %s have asked for %d reports within a day, which is as many as are made. Another one can be asked for from %s on; until then ask your partner, who can have one made.",
			c.Name, n, first.Add(evidenceDay))
	}
	return state.Report(tx, c.Tenant, now, since)
}

// AskEvidence has the evidence of a time made and shown in the customer's channel. An empty
// period is the last month. One at a time is made for a customer.
func (s *Service) AskEvidence(ctx context.Context, o Origin, tenant access.TenantID, period string) (EvidenceAsked, error) {
	var out EvidenceAsked
	err := s.act(ctx, o, subject{act: "report", customer: tenant}, func(tx state.Tx, now time.Time) error {
		c, by, err := s.reported(tx, o, tenant)
		if err != nil {
			return err
		}
		p := outbox.FilePayload{Evidence: outbox.EvidenceOrder{ID: "E", Customer: c.Tenant}}
		if busy, err := outbox.Owes(tx, p.Lane(), "E", outbox.SlackFile); err != nil {
			return err
		} else if busy {
			return access.RefuseAnyone(access.Conflict, "A report for %s is being made already. It appears in its channel; ask for another one then.", c.Name)
		}
		order, span, ev, err := s.orderEvidence(tx, o, c, by, period, now)
		if err != nil {
			return err
		}
		p.Evidence = order
		if err := s.owe(tx, ev, order.ID, outbox.SlackNotice, order.NoticeLane(), outbox.NoticePayload{
			Notice: outbox.NoticeEvidence, Customer: c.Tenant, Evidence: order,
		}); err != nil {
			return err
		}
		out = EvidenceAsked{ID: order.ID, Customer: Customer{Tenant: c.Tenant, Name: c.Name, Channel: c.Channel}, Span: span}
		return s.owe(tx, ev, "E/"+order.ID, outbox.SlackFile, p.Lane(), p)
	})
	return out, err
}

// evidenceSpan reads the time of a report by the customer's clock.
func evidenceSpan(c policy.Customer, period string, now time.Time) (access.Span, error) {
	zone := zoneOf(c)
	if period == "" {
		return access.LastMonth(now, zone), nil
	}
	span, ok := access.ParseSpan(period, zone)
	switch {
	case !ok:
		return span, access.RefuseAnyone(access.Invalid, "“%s” is no time. Write a month as 2026-10, a quarter as 2026-Q4, a year as 2026, or two days as 2026-10-05..2026-10-16.", cutText(period)).In("period")
	case !span.From.Before(now):
		return span, access.RefuseAnyone(access.Invalid, "%s has not begun yet, so there is nothing to tell of it.", span.Name).In("period")
	}
	return span, nil
}

func zoneOf(c policy.Customer) *time.Location {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// cutText keeps an answer short whatever was typed.
func cutText(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
