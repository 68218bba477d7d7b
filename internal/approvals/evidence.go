package approvals

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/evidence"
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
	c, known := s.Policy().Customer(tenant)
	by := named(tx, o.Actor)
	if !s.isAdmin(o.Actor) {
		if o.Actor.Team == s.Team() || !known {
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
	if c.Channel == "" {
		return c, by, access.Refuse(access.Conflict, "%s is not in Slack, so there is no channel to show a report in. Whoever runs the bot can write one: `bot report`.", c.Name).In("customer")
	}
	return c, by, nil
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
		span, err := evidenceSpan(c, period, now)
		if err != nil {
			return err
		}
		drawn, err := s.NewID()
		if err != nil {
			return err
		}
		id := "E-" + strings.TrimPrefix(string(drawn), "R-")
		by.Mail, by.Entra = "", access.Account{}
		p := outbox.FilePayload{Evidence: outbox.EvidenceOrder{ID: id, Customer: c.Tenant, Period: span.Name, By: by, Made: now}}
		if busy, err := outbox.Owes(tx, p.Lane(), "E", outbox.SlackFile); err != nil {
			return err
		} else if busy {
			return access.RefuseAnyone(access.Conflict, "A report for %s is being made already. It appears in its channel; ask for another one then.", c.Name)
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: o.Actor, Kind: access.EventReportAsked, Customer: c.Tenant,
			Detail: map[string]string{"report": id, "period": span.Name, "policy": s.Policy().Version},
		})
		if err != nil {
			return err
		}
		p.Evidence.UpTo = ev.Seq
		if err := s.owe(tx, ev, id, outbox.SlackNotice, p.Evidence.NoticeLane(), outbox.NoticePayload{
			Notice: outbox.NoticeEvidence, Customer: c.Tenant, Evidence: p.Evidence,
		}); err != nil {
			return err
		}
		out = EvidenceAsked{ID: id, Customer: Customer{Tenant: c.Tenant, Name: c.Name, Channel: c.Channel}, Span: span}
		return s.owe(tx, ev, "E/"+id, outbox.SlackFile, p.Lane(), p)
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

// Evidence makes the report that was asked for. It checks nobody's authority: that was done
// when it was asked for, and who reads it is decided by where it is shown.
func (s *Service) Evidence(ctx context.Context, o outbox.EvidenceOrder) (evidence.Report, error) {
	p := s.Policy()
	c, ok := p.Customer(o.Customer)
	if !ok {
		return evidence.Report{}, outbox.Permanent(access.Refuse(access.NotFound, "The customer is no longer in policy.yml, so it gets no report."))
	}
	span, err := evidenceSpan(c, o.Period, o.Made)
	if err != nil {
		return evidence.Report{}, outbox.Permanent(err)
	}
	var in evidence.Input
	if err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		in, err = evidence.Read(tx, evidence.Order{
			ID: o.ID, Customer: c.Tenant, Name: c.Name, Span: span, Made: o.Made, AskedBy: o.By, Language: c.Language, Zone: zoneOf(c), UpTo: o.UpTo, Policy: p,
		})
		return err
	}); err != nil {
		return evidence.Report{}, fmt.Errorf("gather the evidence of %s: %w", o.Customer, err)
	}
	return evidence.Of(in), nil
}

// fileShown tells the log which report a customer was given.
func (s *Service) fileShown(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.FilePayload](e)
	if err != nil || p.Evidence.ID == "" {
		return err
	}
	var shown outbox.EvidenceShown
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &shown); err != nil {
			return fmt.Errorf("result of %s: %w", e.ID, err)
		}
	}
	detail := map[string]string{"report": p.Evidence.ID, "up to": strconv.FormatUint(p.Evidence.UpTo, 10)}
	if shown.Digest != "" {
		detail["digest"] = shown.Digest
	}
	for name, sum := range shown.Files {
		detail[name] = sum
	}
	_, err = audit.Append(tx, access.Event{At: s.now(), Kind: access.EventReportShown, Customer: p.Evidence.Customer, Detail: detail})
	return err
}
