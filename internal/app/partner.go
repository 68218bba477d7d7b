package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/partnercenter"
	"latchkey/internal/schedule"
	"latchkey/internal/state"
	"latchkey/internal/web"
)

// dapPause is how long Partner Center is left alone between two customers.
const dapPause = time.Second

// partner builds what talks to Partner Center, where it is to be talked to.
func (a *App) partner(token func(context.Context) (string, error), proof web.Options) {
	if a.o.Config.PartnerCenter != "on" {
		return
	}
	a.center = partnercenter.New(partnercenter.Options{BaseURL: a.o.PartnerURL, HTTP: a.o.Microsoft, Token: token})
	a.dap = &schedule.DAP{
		Store: a.store, Now: a.o.Now, Interval: a.o.Config.PollInterval, Pause: dapPause, Log: a.o.Log.With("component", "partner center"),
		Read: func(ctx context.Context, tenant access.TenantID) (state.DAP, error) {
			c, err := a.center.Customer(ctx, tenant)
			return state.DAP{Held: c.DAP, Relationship: c.Relationship}, err
		},
		RetryAfter: partnercenter.RetryAfter, Problem: centerProblem,
		Gone: func(err error) bool { return partnercenter.StatusOf(err) == http.StatusNotFound },
		Seen: func(tx state.Tx, old, now state.DAP) error {
			return errors.Join(a.service.DAPSeen(tx, now), a.watcher.Customer(tx, old, now))
		},
		Rested:    a.watcher.CustomersRead,
		Customers: a.customers,
	}
	if a.o.Config.PublicURL == "" {
		return
	}
	proof.Acts = signedActs{approvals: a.service, center: a.center, read: a.dap.One, log: a.o.Log.With("component", "web")}
	proof.PublicURL, proof.Tenant, proof.ClientID = a.o.Config.PublicURL, a.o.Config.EntraTenantID, a.o.Config.EntraClientID
	proof.Authority, proof.HTTP, proof.Log = a.o.AuthorityURL, a.o.Microsoft, a.o.Log.With("component", "web")
	proof.Browsers = browsers{a.store}
	a.pages = web.New(proof).Handler()
}

// centerProblem words an error of Partner Center for people.
func centerProblem(err error) string {
	switch partnercenter.StatusOf(err) {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "Partner Center does not let this bot in."
	case http.StatusNotFound:
		return "Partner Center does not know this customer as yours."
	case http.StatusTooManyRequests:
		return "Partner Center was asked too often; the bot waits and asks again."
	}
	return "Partner Center could not be read."
}

// signedActs is what people sign in for.
type signedActs struct {
	approvals *approvals.Service
	center    *partnercenter.Client
	read      func(context.Context, access.TenantID) (state.DAP, error)
	log       *slog.Logger
}

func (s signedActs) Look(ctx context.Context, secret string) (web.Intent, error) {
	t, err := s.approvals.Ticket(ctx, secret)
	if err != nil {
		return web.Intent{}, err
	}
	v := web.Intent{Account: t.UPN, Scope: partnercenter.UserScope}
	if t.Act == state.TicketInvite {
		v.Title, v.Button = "Fetch the reseller link", "Sign in and fetch the link"
		v.Lines = []string{"Partner Center gives the link by which a customer accepts you as its reseller. It changes nothing by itself and gives no access to anybody."}
		return v, nil
	}
	v.Title, v.Button = "Remove legacy administration (DAP) of "+t.Customer, "Sign in and remove it"
	v.Lines = []string{
		"Your AdminAgents stop being Global Administrators of " + t.Customer + ".",
		"Relationships (GDAP), the reseller relationship and subscriptions are not touched. It cannot be given back.",
	}
	return v, nil
}

func (s signedActs) Refused(ctx context.Context, secret string, who access.PrincipalID, refusal *access.Error) error {
	return s.approvals.RefusedSignIn(ctx, secret, who, refusal)
}

func (s signedActs) Do(ctx context.Context, secret string, who access.PrincipalID, token string) (web.Outcome, error) {
	t, err := s.approvals.TakeTicket(ctx, secret, who)
	if err != nil {
		return web.Outcome{}, err
	}
	if t.Act == state.TicketInvite {
		return s.invite(ctx, t, token)
	}
	return s.remove(ctx, t, token)
}

// remove removes legacy administration and reads what became of it, for the
// answer to the removal alone proves nothing.
func (s signedActs) remove(ctx context.Context, t approvals.TicketStory, token string) (web.Outcome, error) {
	removeErr := s.center.RemoveDAP(ctx, token, t.Ticket.Customer)
	if removeErr != nil {
		s.log.WarnContext(ctx, "legacy administration not removed", "customer", t.Ticket.Customer, "err", removeErr)
	}
	read, readErr := s.read(ctx, t.Ticket.Customer)
	switch {
	case readErr == nil && !read.Held:
		return web.Outcome{Good: true, Title: "Removed", Lines: []string{
			"Legacy administration (DAP) of " + t.Customer + " is gone, read back from Partner Center. Slack has the same news, and so does the customer's channel.",
		}}, nil
	case removeErr != nil && readErr == nil && definite(partnercenter.StatusOf(removeErr)):
		why := centerRefusal(removeErr)
		if err := s.approvals.GiveUp(ctx, t.ID, why); err != nil {
			return web.Outcome{}, err
		}
		return web.Outcome{Title: "Not removed", Lines: []string{why, "Legacy administration (DAP) of " + t.Customer + " is still there. Start again in Slack when that is mended."}}, nil
	}
	return web.Outcome{Title: "Not sure yet", Lines: []string{
		"Partner Center has not confirmed the removal yet. The bot keeps reading and tells you in Slack within some minutes; do not start it again before.",
	}}, nil
}

// definite reports whether the status means that nothing was done.
func definite(status int) bool { return status >= 400 && status < 500 }

func (s signedActs) invite(ctx context.Context, t approvals.TicketStory, token string) (web.Outcome, error) {
	link, err := s.center.ResellerLink(ctx, token)
	if err != nil {
		s.log.WarnContext(ctx, "reseller link not fetched", "err", err)
		why := centerRefusal(err)
		if err := s.approvals.GiveUp(ctx, t.ID, why); err != nil {
			return web.Outcome{}, err
		}
		return web.Outcome{Title: "No link", Lines: []string{why, "Start again in Slack."}}, nil
	}
	if err := s.approvals.Invited(ctx, t.ID, link); err != nil {
		return web.Outcome{}, err
	}
	return web.Outcome{Good: true, Title: "The reseller link", Link: link, Lines: []string{
		"Send it to an admin of the customer. Accepting it lets you order for the customer; it gives no access to the tenant. You have it in Slack too.",
	}}, nil
}

// centerRefusal words why Partner Center did not do what a person wanted.
func centerRefusal(err error) string {
	switch status := partnercenter.StatusOf(err); status {
	case http.StatusUnauthorized:
		return "Partner Center did not accept the sign-in; it wants multi-factor authentication."
	case http.StatusForbidden:
		return "Partner Center let the account in but not do this; it must be in the group AdminAgents."
	case http.StatusNotFound:
		return "Partner Center does not know this customer as yours."
	case http.StatusTooManyRequests:
		return "Partner Center was asked too often. Wait a minute."
	case 0:
		return "Partner Center could not be reached."
	default:
		return fmt.Sprintf("Partner Center answered with the error %d.", status)
	}
}
