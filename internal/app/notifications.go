package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
)

const (
	// recordTries is how often the audit record of a notification is asked for
	// before the records of the day are: it may come later than the notification.
	recordTries = 3
	// lookTries is how often something is read at once before that is left to the
	// next whole read.
	lookTries = 8
	// recordBefore is how long before the time in a notification its audit record
	// may have been written.
	recordBefore = 10 * time.Minute
	// mostLooked bounds how many customers one notification has be read.
	mostLooked = 20
)

// PartnerCenter returns a client of Partner Center as the bot uses it, and the address
// at which the bot takes notifications.
func PartnerCenter(o Options) (client *partnercenter.Client, address string, err error) {
	if o.Config.PartnerCenter != "on" || o.Config.PublicURL == "" {
		return nil, "", errors.New("set PARTNER_CENTER=on, and PUBLIC_URL to where the bot is reached from the internet")
	}
	o.Log = slog.New(slog.DiscardHandler)
	_, token, err := microsoft(o, credential(o))
	if err != nil {
		return nil, "", err
	}
	return partnercenter.New(partnercenter.Options{BaseURL: o.PartnerURL, HTTP: o.Microsoft, Token: token}),
		o.Config.PublicURL + partnercenter.PathNotifications, nil
}

// receiver takes the notifications of Partner Center.
func (a *App) receiver() *partnercenter.Receiver {
	return &partnercenter.Receiver{
		Verifier: &partnercenter.Verifier{HTTP: a.o.Microsoft, Certificates: a.o.Certificates, Roots: a.o.NotificationRoots, Now: a.o.Protocol},
		Take:     a.notified,
		Forged:   a.forged,
		Now:      a.o.Now,
		Log:      a.o.Log.With("component", "partner center"),
	}
}

// notified writes down what a notification is about. What it says is believed no
// further than that: the truth is read.
func (a *App) notified(ctx context.Context, n partnercenter.Notification) error {
	p := outbox.LookPayload{Event: n.Event, ChangedAt: n.ChangedAt}
	switch n.About() {
	case partnercenter.AboutRelationship:
		p.Relationship = n.Relationship
	case partnercenter.AboutCustomer:
		p.Record = n.Record
	case partnercenter.AboutNothing:
		a.o.Log.InfoContext(ctx, "notification of nothing that is watched", "event", n.Event)
		return nil
	}
	isNew := false
	err := a.store.Update(ctx, func(tx state.Tx) (err error) {
		isNew, err = a.watcher.Notified(tx, n.Digest, p)
		return err
	})
	if err == nil && !isNew {
		return a.repeated(ctx, partnercenter.PathNotifications)
	}
	return err
}

// repeated audits notifications that came before, a few of many: whoever has seen one
// can send it again as often as they like.
func (a *App) repeated(ctx context.Context, path string) error {
	report, suppressed := a.repeats.Admit(a.o.Now())
	if !report {
		return nil
	}
	return a.service.TurnedAway(ctx, access.EventReplayed, path, suppressed)
}

// look reads at once what a notification is about. Whatever fails for long is left to
// the next whole read, which tells the same.
func (a *App) look(ctx context.Context, e outbox.Effect) (rawResult, error) {
	p, err := outbox.Payload[outbox.LookPayload](e)
	if err != nil {
		return nil, err
	}
	switch {
	case p.Relationship != "":
		err = a.sync.Look(ctx, p.Relationship)
	case a.center == nil: // it was switched off since
		return nil, nil
	default:
		err = a.lookAtCustomers(ctx, p, e.Attempts)
	}
	if err == nil || ctx.Err() != nil {
		return nil, err
	}
	if status := partnercenter.StatusOf(err); e.Attempts >= lookTries || status == http.StatusUnauthorized || status == http.StatusForbidden {
		a.o.Log.WarnContext(ctx, "a notification is left to the next read", "event", p.Event, "err", err)
		return nil, nil
	}
	if wait := partnercenter.RetryAfter(err); wait > 0 {
		err = outbox.RetryAfter(err, wait)
	}
	return nil, err
}

// lookAtCustomers reads the customers whom a notification may mean. It does not name
// them: the audit record does.
func (a *App) lookAtCustomers(ctx context.Context, p outbox.LookPayload, attempts int) error {
	customers, err := a.customersOf(ctx, p, attempts)
	if err != nil {
		return err
	}
	for _, c := range customers {
		if _, err := a.dap.One(ctx, c); err != nil {
			return fmt.Errorf("read customer %s: %w", c, err)
		}
	}
	return nil
}

func (a *App) customersOf(ctx context.Context, p outbox.LookPayload, attempts int) ([]access.TenantID, error) {
	if p.Record != "" {
		r, err := a.center.Record(ctx, p.Record)
		if err == nil && r.Customer != "" {
			return []access.TenantID{r.Customer}, nil
		}
		if err != nil && (partnercenter.StatusOf(err) != http.StatusNotFound || attempts < recordTries) {
			return nil, err
		}
	}
	var out []access.TenantID
	seen := map[access.TenantID]bool{}
	since := p.ChangedAt.Add(-recordBefore)
	for _, resource := range []string{partnercenter.ResourceDAP, partnercenter.ResourceCustomer} {
		records, err := a.center.Records(ctx, resource, since)
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if !r.At.Before(since) && r.Customer != "" && !seen[r.Customer] && len(out) < mostLooked {
				seen[r.Customer] = true
				out = append(out, r.Customer)
			}
		}
	}
	return out, nil
}
