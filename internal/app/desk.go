package app

import (
	"context"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/lang"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/web"
)

// signsIn reports whether customers' people can sign in on a page: it takes an address
// and the application that is known in all tenants.
func (a *App) signsIn() bool {
	return a.o.Config.PublicURL != "" && a.o.Config.ReaderClientID != ""
}

// requestPage says where a request is approved after a sign-in; nil when nowhere.
func (a *App) requestPage() func(access.RequestID) string {
	if !a.signsIn() {
		return nil
	}
	return func(id access.RequestID) string { return web.RequestLink(a.o.Config.PublicURL, id) }
}

// verifyPage says where the contact with a secret is verified; nil when nowhere.
func (a *App) verifyPage() func(string) string {
	if !a.signsIn() {
		return nil
	}
	return func(secret string) string { return web.VerifyLink(a.o.Config.PublicURL, secret) }
}

// reception builds the pages of customers' people.
func (a *App) reception() {
	if !a.signsIn() {
		return
	}
	a.desk = web.NewDesk(web.Options{
		PublicURL: a.o.Config.PublicURL, ClientID: a.o.Config.ReaderClientID, Authority: a.o.AuthorityURL,
		HTTP: a.o.Microsoft, Proof: a.readerProof().Proof, Log: a.o.Log.With("component", "web"),
		Browsers: browsers{a.store},
	}, decisions{a.service, a.policy.get}, reviews{decisions{a.service, a.policy.get}}, reports{a.service, a.policy.get, a.service.Now}).Handler()
}

// decisions takes what is done on the pages to the use cases.
type decisions struct {
	approvals *approvals.Service
	policy    func() *policy.Policy
}

func (d decisions) Language(tenant access.TenantID) lang.Tag {
	c, ok := d.policy().Customer(tenant)
	if !ok {
		return ""
	}
	return lang.Tag(c.Language)
}

func (d decisions) Arrived(ctx context.Context, who access.SignIn) (string, bool, error) {
	arrival, err := d.approvals.Arrived(ctx, who)
	return arrival.Customer, arrival.Bound, err
}

func (d decisions) Decide(ctx context.Context, who access.SignIn, id access.RequestID, terms int, v access.Verdict, note string, less *web.Less) error {
	if v == access.Approve && less != nil {
		left, whole, err := d.left(ctx, who, id, less)
		if err != nil {
			return err
		}
		if !whole {
			_, err = d.approvals.NarrowSigned(ctx, who, id, terms, left)
			return err
		}
	}
	_, err := d.approvals.DecideSigned(ctx, who, id, terms, v, note)
	return err
}

// left is what somebody leaves of a request, and whether that is all of it. Whether it is
// too much is for the request to say.
func (d decisions) left(ctx context.Context, who access.SignIn, id access.RequestID, less *web.Less) (left access.Narrowing, whole bool, err error) {
	e, err := d.approvals.Signed(ctx, who, id)
	if err != nil {
		return left, false, err
	}
	if left.Roles = less.Roles; e.Request.Extends != "" {
		left.Roles = e.Request.Roles // the page offers none of them
	}
	if left.Duration, err = commands.ParseDuration(less.Length); err != nil {
		return left, false, err
	}
	return left, left.Duration == e.Request.Duration && access.SameRoles(left.Roles, e.Request.Roles), nil
}

func (d decisions) End(ctx context.Context, who access.SignIn, id access.RequestID, note string) error {
	_, err := d.approvals.RevokeSigned(ctx, who, id, note)
	return err
}

func (d decisions) Object(ctx context.Context, who access.SignIn, id access.RequestID, note string) error {
	_, err := d.approvals.ObjectSigned(ctx, who, id, note)
	return err
}

func (d decisions) Verifying(ctx context.Context, secret string) (customer, name string, err error) {
	story, err := d.approvals.Verifying(ctx, secret)
	return story.Customer, story.Name, err
}

func (d decisions) Verify(ctx context.Context, secret string, who access.SignIn) error {
	_, err := d.approvals.Verify(ctx, secret, who)
	return err
}

func (d decisions) Refused(ctx context.Context, who access.SignIn, refusal *access.Error) error {
	return d.approvals.TurnedBack(ctx, who, refusal)
}

func (d decisions) Request(ctx context.Context, who access.SignIn, id access.RequestID) (web.Request, error) {
	e, err := d.approvals.Signed(ctx, who, id)
	if err != nil {
		return web.Request{}, err
	}
	r, p := e.Request, d.policy()
	c, _ := p.Customer(r.Customer)
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	q := web.Request{
		ID: r.ID, Requester: r.Requester.Name, Account: r.Requester.Mail, Customer: r.CustomerName, Duration: r.Duration,
		Why: r.Justification, DecideBy: r.DecideBy, Zone: zone, State: r.State, Needed: r.Rule.Approvals, Terms: r.Terms,
		Waits: r.State == access.Pending, Starts: r.Starts(), Extends: r.Extends, Longer: r.Until(),
		Taken: r.BrokenAt, MayEnd: e.MayEnd, MayObject: e.MayObject,
	}
	if q.Why == "" {
		q.Why = c.Language.Say("deleted on request")
	}
	if b, ok := p.BundleFor(r.Roles); ok {
		q.Bundle = b.Name
	}
	if e.Grant != nil {
		q.Grant = e.Grant.State
		if e.Grant.State == access.Active {
			q.Until = e.Grant.ExpiresAt
		}
	}
	if e.Review != nil {
		for _, o := range e.Review.Objections {
			q.Objections = append(q.Objections, web.Word{Who: o.By.Name, At: o.At})
		}
		q.Reviewed = e.Review.SignedAt
	}
	for _, id := range r.Roles {
		known, _ := roles.ByID(id)
		q.Roles = append(q.Roles, web.Role{ID: id, Name: roles.Name(id), Privileged: known.Privileged})
	}
	for _, w := range r.Counting() {
		if w.Stage != access.ByContacts {
			w.Note = "" // what colleagues write to each other
		}
		q.Said = append(q.Said, web.Word{
			Who: w.By.Name, Verdict: w.Verdict, At: w.At, SignedIn: w.SignedIn, Note: strings.TrimSpace(w.Note),
		})
	}
	if e.MayNot != nil && r.BrokenAt.IsZero() {
		q.MayNot = d.Language(r.Customer).Error(e.MayNot)
	}
	return q, nil
}
