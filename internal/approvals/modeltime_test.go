package approvals_test

import (
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
)

// withdrawn takes back what waits, or what is still to begin.
func (l *ledger) withdrawn(p plea) {
	if _, _, ahead := p.next(); ahead {
		l.stopped(p)
		return
	}
	p.state = access.Withdrawn
	l.pleas[p.id] = p
	l.note(p.id, access.EventWithdrawn)
}

func (l *ledger) stopped(p plea) {
	p.stopped, p.held = true, false
	l.pleas[p.id] = p
	l.note(p.id, access.EventStopped)
}

func (g gift) live() bool { return g.state == access.Activating || g.state == access.Active }
func (g gift) over() bool { return g.state == access.Ended || g.state == access.Failed }

// ended begins to take access away. Nobody need decide any more whether it lasts longer.
func (l *ledger) ended(id access.RequestID) {
	g := l.gifts[id]
	g.state = access.Ending
	l.gifts[id] = g
	l.note(id, access.EventEnding)
	for _, other := range l.ids() {
		if p := l.pleas[other]; p.extends == id && p.state == access.Pending {
			l.lapsed(p)
		}
	}
}

func (l *ledger) lapsed(p plea) {
	p.state = access.Lapsed
	l.pleas[p.id] = p
	l.note(p.id, access.EventLapsed)
}

// unlinked ends all that a person of the staff has.
func (l *ledger) unlinked(user access.UserID) {
	for _, id := range l.ids() {
		p := l.pleas[id]
		if p.who.user != user {
			continue
		}
		if p.state == access.Pending {
			l.withdrawn(p)
			continue
		}
		if _, _, ahead := p.next(); ahead {
			l.stopped(p)
		}
		if g, given := l.gifts[id]; given && g.live() {
			l.ended(id)
		}
	}
	delete(l.staff, user)
}

// passes does what time alone demands.
func (l *ledger) passes() {
	now := l.now()
	for _, id := range l.ids() {
		g := l.gifts[id]
		if g.state == access.Activating && !now.Before(g.giveBy) || g.state == access.Active && !now.Before(g.until) {
			l.ended(id)
		}
	}
	for _, id := range l.ids() {
		if p := l.pleas[id]; p.state == access.Pending && !now.Before(p.decideBy) {
			l.lapsed(p)
		}
		l.begins(id)
	}
}

// begins opens the windows whose time has come.
func (l *ledger) begins(id access.RequestID) {
	for l.beginsNext(id) {
	}
}

// beginsNext opens one window, and says whether there was one to open.
func (l *ledger) beginsNext(id access.RequestID) bool {
	p := l.pleas[id]
	from, until, ok := p.next()
	g, given := l.gifts[id]
	switch {
	case !ok || p.held || l.now().Before(from):
		return false
	case given && !g.over():
		p.held = true
		l.pleas[id] = p
		l.note(id, access.EventHeld)
		return false
	}
	ans := no
	if l.now().Before(until) {
		if ans = l.still(p, from); l.bound(p) && ans == unknown {
			return false // as long as it is open, more may be known
		}
	}
	p.opened++
	l.pleas[id] = p
	if ans == yes && l.bound(p) {
		l.give(p, until)
		return true
	}
	l.gifts[id] = gift{membership: membership{access.ContainerOf(p.customer, p.roles), p.principal}, customer: p.customer, state: access.Failed, window: until}
	l.note(id, access.EventFailed)
	return true
}

// took is what follows when an effect was done and its outcome written.
func (l *ledger) took(e outbox.Effect, w *world) {
	switch e.Kind {
	case outbox.GraphJoin:
		p, _ := outbox.Payload[outbox.GrantPayload](e)
		l.joined(p.Request, w)
	case outbox.GraphLeave:
		p, _ := outbox.Payload[outbox.GrantPayload](e)
		l.left(p.Request)
	case outbox.GraphStaff:
		p, _ := outbox.Payload[outbox.StaffPayload](e)
		found := w.upns[p.UPN]
		for user, s := range l.staff {
			if s.account.Object == found.Principal && user != p.Person.User {
				return
			}
		}
		l.staff[p.Person.User] = staffSelf(p.Person.User, found.Principal, found.UPN)
	case outbox.SlackContact:
		p, _ := outbox.Payload[outbox.ContactPayload](e)
		l.found(p)
	}
}

// refused is what follows when an effect failed for good.
func (l *ledger) refused(e outbox.Effect) {
	if e.Kind != outbox.GraphJoin && e.Kind != outbox.GraphContainer {
		return
	}
	var id access.RequestID
	if p, err := outbox.Payload[outbox.ContainerPayload](e); err == nil {
		id = p.Request
	}
	if g := l.gifts[id]; g.state == access.Activating {
		g.failed = true
		l.gifts[id] = g
		l.ended(id)
	}
}

func (l *ledger) joined(id access.RequestID, w *world) {
	g := l.gifts[id]
	if g.state != access.Activating || !g.window.IsZero() && !l.now().Before(g.window) {
		return
	}
	g.state, g.until = access.Active, l.now().Add(g.length)
	if !g.window.IsZero() {
		g.until = g.window
	}
	// How Entra has it is its own word, which the code may only take for an earlier end.
	if byEntra := w.joins.Until; w.pim(id) && w.joins.FellBack == "" && !byEntra.IsZero() && byEntra.Before(g.until) {
		g.until = byEntra
	}
	l.gifts[id] = g
	l.note(id, access.EventActive)
}

func (l *ledger) left(id access.RequestID) {
	g := l.gifts[id]
	if g.state != access.Ending {
		return
	}
	g.state = access.Ended
	if g.failed {
		g.state = access.Failed
		l.note(id, access.EventFailed)
	} else {
		l.note(id, access.EventEnded)
	}
	l.gifts[id] = g
	if p := l.pleas[id]; p.held {
		p.held = false
		l.pleas[id] = p
		l.beginsNext(id) // any other has to wait for the next pass
	}
}

// found links whom Slack has found, if that is still wanted.
func (l *ledger) found(p outbox.ContactPayload) {
	if p.Customer == adatum && !l.law.adatum {
		return
	}
	of := l.contacts[p.Customer]
	key := string(p.User)
	known, there := of[key]
	d := delegate{self: self{user: p.User}, since: l.now()}
	if !p.Until.IsZero() {
		instead, ok := of[string(p.By.User)]
		if !ok || instead.instead != "" || there && known.instead == "" {
			return
		}
		d.instead, d.of, d.until = string(p.By.User), instead.self, p.Until
	}
	of[key] = d
}

func staffSelf(user access.UserID, as access.PrincipalID, upn string) self {
	return self{user: user, account: access.Account{Tenant: partner, Object: as}, mail: upn}
}

// ahead lists the moments at which something is to happen, in their order.
func (l *ledger) ahead() []time.Time {
	var out []time.Time
	add := func(when bool, at time.Time) {
		if when && at.After(l.now()) {
			out = append(out, at)
		}
	}
	for id, p := range l.pleas {
		g := l.gifts[id]
		from, _, more := p.next()
		add(more, from)
		add(p.state == access.Pending, p.decideBy)
		add(p.state == access.Pending, p.decideBy.Add(-p.bar.within/2)) // they are reminded
		add(g.state == access.Activating, g.giveBy)
		add(g.state == access.Active, g.until)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// members are who must be, and who may be, in the groups in Entra.
func (l *ledger) members() (must, may []membership) {
	for _, g := range l.gifts {
		if g.state == access.Active {
			must = append(must, g.membership)
		}
		if !g.over() {
			may = append(may, g.membership)
		}
	}
	return must, may
}

// mayStandIn says whether the contact may name the other one.
func (l *ledger) mayStandIn(s speech, customer access.TenantID, user access.UserID, away time.Duration) bool {
	key, d, ok := l.contact(s, customer)
	if !ok || !l.rested(d) || d.instead != "" || away <= 0 || away > 90*day || string(user) == key {
		return false
	}
	if _, staff := l.staff[user]; staff || user == dee.User || user == bo.User {
		return false
	}
	other, there := l.contacts[customer][string(user)]
	return !there || other.instead != "" && (other.instead == key || !l.now().Before(other.until))
}

// mayBack lists those who decide in the contact's place, if the contact may end that.
func (l *ledger) mayBack(s speech, customer access.TenantID) (out []string) {
	key, d, ok := l.contact(s, customer)
	if !ok || !l.rested(d) || d.instead != "" {
		return nil
	}
	for k, c := range l.contacts[customer] {
		if c.instead == key {
			out = append(out, k)
		}
	}
	return out
}

// arrives binds somebody who has signed in and is known by mail.
func (l *ledger) arrives(in access.SignIn) bool {
	if !l.admits(in) {
		return false
	}
	of := l.contacts[in.Account.Tenant]
	if d, known := of[in.UPN]; known && !slices.Contains(accounts(of), in.Account) {
		d.account, d.verified = in.Account, true
		of[in.UPN] = d
	}
	return true
}

func accounts(of map[string]delegate) (out []access.Account) {
	for _, d := range of {
		out = append(out, d.account)
	}
	return out
}
