package approvals

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/evidence"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Evidence makes the report that was asked for, with the proof of it. It checks nobody's
// authority: that was done when it was asked for, and who reads it is decided by where it is
// shown. What the log was told until then is signed first, so that all of it is proven.
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
	if err := s.signed(ctx); err != nil {
		return evidence.Report{}, err
	}
	var r evidence.Report
	if err := s.Store.View(ctx, func(tx state.Tx) error {
		in, err := evidence.Read(tx, evidence.Order{
			ID: o.ID, Customer: c.Tenant, Name: c.Name, Span: span, Made: o.Made, AskedBy: o.By, Language: c.Language, Zone: zoneOf(c), UpTo: o.UpTo, Policy: p,
			Home: s.Team(),
		})
		if err != nil {
			return err
		}
		r = evidence.Of(in)
		r.Log.Proof, err = evidence.Prove(tx, r)
		return err
	}); err != nil {
		return evidence.Report{}, fmt.Errorf("gather the evidence of %s: %w", o.Customer, err)
	}
	return r, nil
}

// signed has all of the log signed. One that does not hold, and one that has no key, is not;
// the report says so.
func (s *Service) signed(ctx context.Context) error {
	for {
		more, err := s.Checkpoint(ctx)
		_, broken := errors.AsType[*audit.BrokenError](err)
		_, unsound := errors.AsType[*audit.UnsoundError](err)
		switch {
		case broken, unsound, errors.Is(err, state.ErrNotFound):
			return nil
		case err != nil, !more:
			return err
		}
	}
}

// EvidenceSigned makes the evidence of a time for a contact who has signed in to the
// customer's own tenant: theirs, and no other's. A crash between the asking and the making
// leaves one that was asked for.
func (s *Service) EvidenceSigned(ctx context.Context, in access.SignIn, period string) (outbox.EvidenceOrder, evidence.Report, error) {
	var order outbox.EvidenceOrder
	o, tenant := signedIn(in), in.Account.Tenant
	err := s.act(ctx, o, subject{act: "report", customer: tenant}, func(tx state.Tx, now time.Time) error {
		c, by, err := s.mayHave(tx, o, tenant)
		if err != nil {
			return err
		}
		order, _, _, err = s.orderEvidence(tx, o, c, by, period, now)
		return err
	})
	if err != nil {
		return order, evidence.Report{}, err
	}
	r, err := s.Evidence(ctx, order)
	return order, r, err
}

// EvidenceTaken tells the log which report somebody has on the page.
func (s *Service) EvidenceTaken(ctx context.Context, o outbox.EvidenceOrder, shown outbox.EvidenceShown) error {
	return s.Store.Update(ctx, func(tx state.Tx) error { return s.evidenceShown(tx, o, shown) })
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
	return s.evidenceShown(tx, p.Evidence, shown)
}

func (s *Service) evidenceShown(tx state.Tx, o outbox.EvidenceOrder, shown outbox.EvidenceShown) error {
	detail := map[string]string{"report": o.ID, "up to": strconv.FormatUint(o.UpTo, 10)}
	if shown.Digest != "" {
		detail["digest"] = shown.Digest
	}
	for name, sum := range shown.Files {
		detail[name] = sum
	}
	_, err := audit.Append(tx, access.Event{At: s.now(), Kind: access.EventReportShown, Customer: o.Customer, Detail: detail})
	return err
}

// fileRefused tells whoever asked for a report that it cannot be shown, and what to do. The
// operators hear of it as of everything that was set aside.
func (s *Service) fileRefused(tx state.Tx, e outbox.Effect, cause error) error {
	p, err := outbox.Payload[outbox.FilePayload](e)
	if err != nil || p.Evidence.ID == "" {
		return s.dead(tx, e, cause)
	}
	o := p.Evidence
	ev, err := audit.Append(tx, access.Event{
		At: s.now(), Kind: access.EventReportFailed, Customer: o.Customer, Detail: map[string]string{"report": o.ID, "code": string(access.CodeOf(cause))},
	})
	if err == nil && o.By.User != "" {
		err = s.oweNotice(tx, ev, outbox.NoticePayload{
			Notice: outbox.NoticeEvidenceFailed, User: o.By.User, Customer: o.Customer, Evidence: o, Text: string(access.CodeOf(cause)),
		})
	}
	return errors.Join(err, s.dead(tx, e, cause))
}
