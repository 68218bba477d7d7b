package growth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// life is what one request has left.
type life struct {
	i       int
	request access.Request
	grant   access.Grant // zero: it was never approved
	events  []access.Event
}

// life lives the i'th: of sixteen that ended, one was denied, one lapsed, one was taken
// back, and of one the access was ended early.
func (w *writer) life(i int) (*life, error) {
	at, length := w.begins(i), 4*time.Hour
	if i >= w.size.Ended {
		length = 8 * time.Hour
	}
	r, err := access.NewRequest(access.Request{
		ID: ID(i), Requester: requester(i), Principal: principal(i), Customer: Customer(customer(i)), CustomerName: CustomerName(customer(i)),
		Roles: sets[i%len(sets)], Duration: length, Justification: fmt.Sprintf("mailbox of Kim does not open, INC-%07d", i),
		Salt: fmt.Sprintf("%032x", i), Rule: access.Rule{
			Name: "everybody", PolicyVersion: "6f1d8a03c2b7", MaxDuration: 8 * time.Hour, Approvals: 1, DecideWithin: 24 * time.Hour,
		},
	}, at)
	if err != nil {
		return nil, err
	}
	l := &life{i: i, request: r}
	roles := make([]string, len(r.Roles))
	for j, role := range r.Roles {
		roles[j] = string(role)
	}
	l.tell(at, access.EventRequested, Staff(i), map[string]string{
		"roles": strings.Join(roles, ","), "duration": r.Duration.String(), "justification": audit.Digest(r.Salt, r.Justification), "policy": r.Rule.PolicyVersion,
	})
	if i >= w.size.Ended {
		return l, l.given(at.Add(9 * time.Minute))
	}
	switch i % 16 {
	case 3:
		return l, l.decided(access.Decision{Verdict: access.Deny, Note: "not now"}, at.Add(9*time.Minute))
	case 7:
		return l, l.lapsed()
	case 11:
		return l, l.withdrawn(at.Add(9 * time.Minute))
	}
	if err := l.given(at.Add(9 * time.Minute)); err != nil {
		return nil, err
	}
	return l, l.over()
}

// customer is that of the i'th request: the people go round, and the customers with them.
func customer(i int) int { return i/People + i }

// requester is who asks, with all by which they are known.
func requester(i int) access.Person {
	p := Staff(i)
	p.Entra, p.Mail = access.Account{Tenant: Tenant, Object: principal(i)}, fmt.Sprintf("p%03d@partner.example", i%People)
	return p
}

func (l *life) tell(at time.Time, kind access.EventKind, by access.Person, detail map[string]string) {
	l.events = append(l.events, access.Event{At: at, Actor: by, Kind: kind, Customer: l.request.Customer, Request: l.request.ID, Detail: detail})
}

func (l *life) decided(d access.Decision, at time.Time) (err error) {
	d.By = Contact(customer(l.i))
	if l.request, err = l.request.Decide(d, 1, at); err != nil {
		return err
	}
	detail, kind := map[string]string{"state": string(l.request.State)}, access.EventApproved
	if d.Verdict == access.Deny {
		kind, detail["note"] = access.EventDenied, audit.Digest(l.request.Salt, d.Note)
	}
	l.tell(at, kind, d.By, detail)
	return nil
}

func (l *life) withdrawn(at time.Time) (err error) {
	l.request, err = l.request.Withdraw(l.request.Requester, at)
	l.tell(at, access.EventWithdrawn, Staff(l.i), nil)
	return err
}

// lapsed is reminded of twice, and lapses.
func (l *life) lapsed() (err error) {
	for at, ok := l.request.NextReminder(); ok; at, ok = l.request.NextReminder() {
		l.request, _ = l.request.Remind(at)
		l.tell(at, access.EventReminded, access.Person{}, nil)
	}
	at := l.request.DecideBy
	l.request, err = l.request.Lapse(at)
	l.tell(at, access.EventLapsed, access.Person{}, nil)
	return err
}

// given has the access be approved, and read back.
func (l *life) given(at time.Time) error {
	if err := l.decided(access.Decision{Verdict: access.Approve}, at); err != nil {
		return err
	}
	g := access.NewGrant(l.request, at)
	g.Driver = access.Membership
	l.tell(at, access.EventGranting, access.Person{}, map[string]string{"container": string(g.Container), "principal": string(g.Principal)})
	at = at.Add(2 * time.Second)
	l.grant = g.Confirmed(time.Time{}, "", at)
	l.tell(at, access.EventActive, access.Person{}, map[string]string{"until": l.grant.ExpiresAt.Format(time.RFC3339), "principal": string(g.Principal)})
	return nil
}

// over has the access end by itself, or early.
func (l *life) over() (err error) {
	g, by, reason := l.grant, access.Person{}, access.Expired
	at := g.ActiveAt.Add(time.Hour)
	if l.i%16 == 15 {
		by, reason = l.request.Requester, access.Revoked
	} else {
		soon, _ := g.NextWarning()
		g, _ = g.Warn(soon)
		l.tell(soon, access.EventWarned, access.Person{}, nil)
		at = g.ExpiresAt
	}
	if g, err = g.End(reason, by, ""); err != nil {
		return err
	}
	l.tell(at, access.EventEnding, by, map[string]string{"reason": string(reason)})
	at = at.Add(2 * time.Second)
	l.grant = g.Left("", at)
	l.tell(at, access.EventEnded, access.Person{}, map[string]string{"reason": string(reason), "held by": ""})
	return nil
}

// put writes the records, with their indexes and cards.
func (l *life) put(tx state.Tx) error {
	r := l.request
	err := errors.Join(state.PutRequest(tx, r), state.AskedFor(tx, r.Requester.User, r.Customer))
	for i, name := range []string{"customer", "requester"} {
		err = errors.Join(err, state.PutCard(tx, state.Card{
			Request: r.ID, Name: name, Ref: access.MessageRef{Channel: access.ChannelID(fmt.Sprintf("C0C%04d", customer(l.i)%Customers)), TS: fmt.Sprintf("%d.%06d", r.CreatedAt.Unix(), i)},
		}))
	}
	if l.grant.Request == "" {
		return err
	}
	return errors.Join(err, state.PutGrant(tx, l.grant), state.PutUsed(tx, state.Used{Relationship: relationship(customer(l.i)), At: l.grant.ActiveAt}))
}
