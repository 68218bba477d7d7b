package app

import (
	"context"
	"errors"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/graph"
	"latchkey/internal/outbox"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
)

// activityPause is how long there is between the tenants of two customers. Each has a budget
// of its own; the pause keeps the token endpoint quiet.
const activityPause = 200 * time.Millisecond

// activities builds what reads what was done in customers' tenants, where there is an
// application that they can let in for it.
func (a *App) activities() {
	c := a.o.Config
	if c.ActivityClientID == "" {
		return
	}
	reader := graph.Reader{
		Options: graph.Options{BaseURL: a.o.GraphURL, HTTP: a.o.Microsoft, Log: a.o.Log.With("component", "graph")},
		Proof:   logReader(a.o),
	}
	a.activity = &schedule.Activity{
		Store: a.store, Now: a.o.Now, Pause: activityPause, Log: a.o.Log.With("component", "activity"),
		Open: func(ctx context.Context, tenant access.TenantID) (schedule.TenantLogs, error) {
			staff, err := a.staffIDs(ctx)
			if err != nil {
				return nil, err
			}
			l, err := reader.Logs(tenant, access.TenantID(c.EntraTenantID), func(p access.PrincipalID) bool { return staff[p] })
			return tenantLogs{l}, err
		},
		Take: a.service.TakeActivity, RetryAfter: outbox.Wait, Customers: a.customers,
	}
}

// logReader is what the application that reads logs proves itself with.
func logReader(o Options) graph.CredentialOptions {
	c := o.Config
	token := c.EntraFederatedTokenFile
	if c.ActivityClientSecret.IsSet() || c.ActivityCertificateFile != "" {
		token = ""
	}
	return graph.CredentialOptions{
		ClientID: c.ActivityClientID, Secret: c.ActivityClientSecret.Reveal(), CertificateFile: c.ActivityCertificateFile,
		FederatedTokenFile: token, Authority: o.AuthorityURL, HTTP: o.Microsoft,
		Fresh: func() (string, string) { return c.ActivityClientSecret.Reveal(), "" },
	}
}

// staffIDs are the people of the partner whom the bot knows.
func (a *App) staffIDs(ctx context.Context) (map[access.PrincipalID]bool, error) {
	out := map[access.PrincipalID]bool{}
	err := a.store.View(ctx, func(tx state.Tx) error {
		all, err := state.AllStaff(tx)
		for _, s := range all {
			out[s.Principal] = true
		}
		return err
	})
	return out, err
}

// tenantLogs gives the schedule what Graph answers, in the schedule's terms.
type tenantLogs struct{ logs *graph.Logs }

func (l tenantLogs) Page(ctx context.Context, log access.ActLog, from, to time.Time, link string) ([]access.Act, time.Time, string, error) {
	p, err := l.logs.Page(ctx, log, from, to, link)
	for theirs, ours := range map[error]error{
		graph.ErrNotLetIn: schedule.ErrNotLetIn, graph.ErrNoLicence: schedule.ErrNoLicence,
		graph.ErrRefused: schedule.ErrRefused, graph.ErrPageGone: schedule.ErrPageGone,
	} {
		if errors.Is(err, theirs) {
			err = errors.Join(ours, err)
		}
	}
	return p.Acts, p.Oldest, p.Next, err
}

// letReadLogs says where a customer's administrator lets the bot read their logs; nil when
// there is no application for it.
func (a *App) letReadLogs() func(access.TenantID) string {
	if a.o.Config.ActivityClientID == "" {
		return nil
	}
	return a.consentTo(a.o.Config.ActivityClientID)
}
