package approvals

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/policy"
	"latchkey/internal/roles"
	"latchkey/internal/state"
)

// Ask is what a person asks for.
type Ask struct {
	Customer      access.TenantID
	Roles         []access.RoleID
	Duration      time.Duration
	Justification string
	// BreakGlass takes the access at once, in an emergency.
	BreakGlass bool

	// StartAt is when the access begins; zero: once it is approved. Windows are several
	// such moments, and Recurs is what they were made of.
	StartAt time.Time
	Windows []time.Time
	Recurs  access.Recurrence

	extends access.Grant // the access that is to last longer; zero: none
}

// policy is the ask as policy judges it.
func (a Ask) policy(who access.Person, now time.Time) policy.Ask {
	r := access.Request{StartAt: a.StartAt, Windows: a.Windows}
	ask := policy.Ask{
		Requester: who, Customer: a.Customer, Roles: a.Roles, Duration: a.Duration, At: now,
		Starts: r.Starts(), Recurs: r.Recurring(),
	}
	if a.extends.Request != "" {
		ask.Extension, ask.Moment = a.extends.Extended+1, a.extends.ExpiresAt
	}
	return ask
}

// Submit makes a request and shows it to the customer's contacts. It refuses
// when the person is not linked, policy does not allow it, no relationship
// carries it, nobody could approve it, or the same is already being asked.
func (s *Service) Submit(ctx context.Context, o Origin, a Ask) (access.Request, error) {
	return s.submit(ctx, o, subject{act: "request", customer: a.Customer}, func(state.Tx, time.Time) (Ask, error) { return a, nil })
}

// submit makes the request that is found in the transaction.
func (s *Service) submit(ctx context.Context, o Origin, about subject, find func(state.Tx, time.Time) (Ask, error)) (access.Request, error) {
	var made access.Request
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		a, err := find(tx, now)
		if err != nil {
			return err
		}
		r, err := s.ask(tx, o, a, now)
		if err != nil {
			return err
		}
		if err := errors.Join(state.PutRequest(tx, r), state.AskedFor(tx, r.Requester.User, r.Customer)); err != nil {
			return err
		}
		ev, err := audit.Append(tx, access.Event{
			At: now, Actor: o.Actor, Kind: access.EventRequested, Customer: r.Customer, Request: r.ID,
			Detail: asked(r),
		})
		if err != nil {
			return err
		}
		if a.BreakGlass && r.State == access.Pending { // where nobody is asked there is no glass to break
			made, err = s.atOnce(tx, o, r, now)
			return err
		}
		made = r
		if r.State == access.Approved {
			return s.byRule(tx, r, now)
		}
		return s.oweCards(tx, ev, r.ID)
	})
	return made, err
}

// asked is what the log keeps of what is asked for.
func asked(r access.Request) map[string]string {
	detail := map[string]string{
		"roles":         joinRoles(r.Roles),
		"duration":      r.Duration.String(),
		"justification": audit.Digest(r.Salt, r.Justification),
		"policy":        r.Rule.PolicyVersion,
	}
	if r.Scheduled() {
		detail["start"] = r.StartAt.Format(time.RFC3339)
	}
	if r.Recurring() {
		detail["windows"] = strconv.Itoa(len(r.Windows))
	}
	if r.Extends != "" {
		detail["extends"] = string(r.Extends)
	}
	return detail
}

// byRule gives what policy has nobody asked for. The customer is told at once.
func (s *Service) byRule(tx state.Tx, r access.Request, now time.Time) error {
	ev, err := audit.Append(tx, access.Event{
		At: now, Kind: access.EventApproved, Customer: r.Customer, Request: r.ID,
		Detail: map[string]string{"state": string(r.State), "rule": r.Rule.Name, "policy": r.Rule.PolicyVersion},
	})
	if err != nil {
		return err
	}
	return errors.Join(s.approved(tx, ev, r, now), s.oweCards(tx, ev, r.ID))
}

// ask checks everything and returns the request, not yet stored.
func (s *Service) ask(tx state.Tx, o Origin, a Ask, now time.Time) (access.Request, error) {
	r, err := s.wanted(tx, o, a, now)
	if err != nil {
		return r, err
	}
	if err := untwinned(tx, r); err != nil {
		return r, err
	}
	if r.Salt, err = s.NewNonce(); err != nil {
		return r, err
	}
	r.ID, err = s.freeID(tx)
	return r, err
}

// wanted checks whether the person may ask for it now, and returns it as a request
// that has neither an id nor a salt.
func (s *Service) wanted(tx state.Tx, o Origin, a Ask, now time.Time) (access.Request, error) {
	binding, err := s.staff(tx, o.Actor)
	if err != nil {
		return access.Request{}, err
	}
	o.Actor.Name = binding.Person.Name
	p := s.Policy()
	c, ok := p.Customer(a.Customer)
	if !ok {
		return access.Request{}, access.Refuse(access.Forbidden,
			"This customer is not in policy.yml, so nothing can be asked for there.").In("customer")
	}
	in, err := s.membership(tx, binding, now)
	if err != nil {
		return access.Request{}, err
	}
	a.Customer = c.Tenant
	asks := a.policy(o.Actor, now)
	asks.In = in
	rule, err := p.Decide(asks)
	if err != nil {
		return access.Request{}, err
	}
	r, err := access.NewRequest(access.Request{
		Requester: s.requester(o.Actor, binding), Principal: binding.Principal,
		Customer: c.Tenant, CustomerName: c.Name,
		Roles: a.Roles, Duration: a.Duration, Justification: strings.TrimSpace(a.Justification), Rule: rule,
		StartAt: a.StartAt, Windows: a.Windows, Recurs: a.Recurs, Extends: a.extends.Request, Ends: a.extends.ExpiresAt,
	}, now)
	if err != nil {
		return r, err
	}
	if r.Extends != "" {
		if err := s.mayExtend(tx, r, now); err != nil {
			return r, err
		}
	}
	if err := s.approvable(tx, c, r, now); err != nil {
		return r, err
	}
	if r.Rule.SignedIn && !s.Page {
		return r, access.Refuse(access.Unavailable, "%s must be approved by somebody who has signed in on the page of this bot, and there is none yet: "+
			"whoever runs the bot sets PUBLIC_URL and READER_CLIENT_ID, as its README says.", rolesNamed(r.Roles)).In("roles")
	}
	return r, carried(tx, c, r, r.Lasts(now))
}

// untwinned refuses a request while another one waits that asks for the same.
func untwinned(tx state.Tx, r access.Request) error {
	twin, ok, err := state.PendingTwin(tx, r)
	if err != nil || !ok || twin == r.ID {
		return err
	}
	return access.Refuse(access.Conflict,
		"You already asked for the same: %s waits for a decision. `/access show %s` shows it.", twin, twin)
}

// requester is who asks, with all by which a decider could turn out to be the same.
func (s *Service) requester(p access.Person, b access.Staff) access.Person {
	p.Entra = access.Account{Tenant: s.Tenant, Object: b.Principal}
	p.Mail = strings.ToLower(b.UPN)
	return p
}

// freeID draws ids until one is free.
func (s *Service) freeID(tx state.Tx) (access.RequestID, error) {
	for range 20 {
		id, err := s.NewID()
		if err != nil {
			return "", err
		}
		if _, err := state.Request(tx, id); errors.Is(err, state.ErrNotFound) {
			return id, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", errors.New("no free request id in 20 draws")
}

func rolesNamed(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, ", ")
}

func joinRoles(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, ",")
}
