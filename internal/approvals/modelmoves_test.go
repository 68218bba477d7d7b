package approvals_test

import (
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// speech is somebody who says something, and how.
type speech struct {
	by      access.Person
	channel access.ChannelID
	signIn  *access.SignIn
}

// contact returns the contact who speaks, if their word counts now.
func (l *ledger) contact(s speech, customer access.TenantID) (key string, d delegate, ok bool) {
	channel, known := contosoChannel, customer == contoso
	if customer == adatum && l.law.adatum {
		channel, known = adatumChannel, true
	}
	if !known {
		return "", d, false
	}
	if s.signIn == nil {
		key = string(s.by.User)
		if d, ok = l.contacts[customer][key]; !ok || s.by.Team != teams[customer] || s.channel != "" && s.channel != channel {
			return key, d, false
		}
	} else {
		for k, c := range l.contacts[customer] {
			if c.account == s.signIn.Account {
				key, d, ok = k, c, true
			}
		}
		if !ok || !l.admits(*s.signIn) || s.signIn.Account.Tenant != customer {
			return key, d, false
		}
	}
	if d.instead == "" {
		return key, d, true
	}
	of, there := l.contacts[customer][d.instead]
	anew := of.since.After(d.since) // who was linked anew has named nobody yet
	return key, d, there && of.instead == "" && !anew && l.now().Before(d.until)
}

var teams = map[access.TenantID]access.TeamID{contoso: carol.Team, adatum: amir.Team}

// admits says whether somebody who has signed in holds a role that lets them decide.
func (l *ledger) admits(in access.SignIn) bool {
	return (in.Account.Tenant == contoso || in.Account.Tenant == adatum && l.law.adatum) && slices.Contains(in.Roles, roles.GlobalAdministrator)
}

// rested says whether they have been linked for long enough, or have proved who they are.
func (l *ledger) rested(d delegate) bool {
	from := d.since
	if d.instead == "" {
		from = from.Add(day)
	}
	return d.verified || d.user != "" && !l.now().Before(from)
}

// mayDecide says whether the word counts, and what the request is then.
func (l *ledger) mayDecide(s speech, id access.RequestID, terms int, v access.Verdict, cut *access.Narrowing) (plea, bool) {
	p, known := l.pleas[id]
	if !known || p.state != access.Pending || !l.now().Before(p.decideBy) || terms != p.terms || v != access.Approve && v != access.Deny {
		return p, false
	}
	w := word{peer: p.peersTurn(), yes: v == access.Approve, terms: p.terms}
	if s.signIn == nil && s.by.User == p.who.user {
		return p, false
	}
	if w.peer {
		staff, linked := l.staff[s.by.User]
		if s.by.Team != home || !linked || p.bar.led && !slices.Contains(leads, s.by.User) || s.channel != "" && s.channel != operations {
			return p, false
		}
		w.voices = []self{staff}
	} else {
		_, d, ok := l.contact(s, p.customer)
		if !ok || !l.rested(d) || s.by.Team == home && p.bar.peers > 0 {
			return p, false
		}
		if w.voices = []self{d.self}; d.instead != "" {
			w.voices = append(w.voices, d.of)
		}
		if p.bar.signed && w.yes && s.signIn == nil {
			return p, false
		}
	}
	if w.voices[0].maybe(p.who) {
		return p, false
	}
	for _, old := range p.words {
		for _, a := range old.voices {
			if old.terms >= p.since && slices.ContainsFunc(w.voices, a.maybe) {
				return p, false
			}
		}
	}
	return l.said(p, w, cut)
}

// said is the request after a word on it.
func (l *ledger) said(p plea, w word, cut *access.Narrowing) (plea, bool) {
	now, was := l.now(), p.peersTurn()
	if cut != nil {
		left := access.SortRoles(cut.Roles)
		if !w.yes || len(left) == 0 || cut.Duration <= 0 || cut.Duration > p.length || !access.Covers(p.roles, left) ||
			len(left) == len(p.roles) && cut.Duration == p.length || p.extends != "" && len(left) != len(p.roles) {
			return p, false
		}
		p.roles, p.length = left, cut.Duration
		p.terms++
	}
	p.words = append(slices.Clone(p.words), w)
	switch {
	case !w.yes:
		p.state = access.Denied
	case !p.peersTurn() && p.agreed(false) >= p.bar.contacts:
		p.state = access.Approved
	case was != p.peersTurn():
		p.decideBy = p.deadline(now)
	}
	if cut != nil && l.twinned(p) {
		return p, false
	}
	if p.state != access.Approved {
		return p, true
	}
	return p, l.bound(p) && l.still(p, p.ends) == yes && (p.extends == "" || l.extendable(p) && carriedRoles(p))
}

// bound says whether the requester is still the same user in Entra.
func (l *ledger) bound(p plea) bool {
	return l.staff[p.who.user].account.Object == p.principal
}

// still says whether the law of now lets it be asked for.
func (l *ledger) still(p plea, moment time.Time) answer {
	w := p.wish()
	if w.moment = moment; p.extends != "" {
		w.extension = 1
	}
	_, ans := l.bar(w)
	return ans
}

// decided keeps a request after a word on it.
func (l *ledger) decided(p plea) {
	if p.state == access.Denied {
		l.note(p.id, access.EventDenied)
	} else {
		l.note(p.id, access.EventApproved)
	}
	if p.state == access.Approved {
		l.approved(p)
		return
	}
	l.put(p)
}

// approved keeps a request that is approved by now, and gives what it asks for.
func (l *ledger) approved(p plea) {
	p = l.put(p)
	switch {
	case p.extends != "":
		g := l.gifts[p.extends]
		g.until, g.extended = p.ends.Add(p.length), g.extended+1
		l.gifts[p.extends] = g
		l.note(p.extends, access.EventProlonged)
	case len(p.starts) == 0:
		l.give(p, time.Time{})
	}
}

// give begins to give, until the end of a window if it is of one.
func (l *ledger) give(p plea, window time.Time) {
	now := l.now()
	g := gift{
		membership: membership{access.ContainerOf(p.customer, p.roles), p.principal}, customer: p.customer,
		state: access.Activating, length: p.length, giveBy: now.Add(time.Hour), window: window,
	}
	if !window.IsZero() && window.Before(g.giveBy) {
		g.giveBy = window
	}
	l.gifts[p.id] = g
	l.note(p.id, access.EventGranting)
}

// mayBreakGlass says whether the requester may take it at once.
func (l *ledger) mayBreakGlass(by access.Person, id access.RequestID, terms int) (plea, bool) {
	p, known := l.pleas[id]
	if !known || by.Team != home || by.User != p.who.user || p.state != access.Pending || !l.now().Before(p.decideBy) || terms != p.terms {
		return p, false
	}
	if _, linked := l.staff[by.User]; !linked || !l.bound(p) {
		return p, false
	}
	return l.brokenGlass(p)
}

func (l *ledger) brokenGlass(p plea) (plea, bool) {
	second := false // who can look at it afterwards
	for _, admin := range []access.UserID{dee.User, bo.User} {
		who, linked := l.staff[admin]
		second = second || linked && admin != p.who.user && who.account.Object != p.principal
	}
	if p.bar.glass == 0 || len(p.starts) > 0 || p.extends != "" || !second {
		return p, false
	}
	p.length = min(p.length, p.bar.glass)
	w := p.wish()
	w.at = l.now()
	b, ans := l.bar(w)
	if ans != yes || b.glass == 0 {
		return p, false
	}
	p.length, p.broke, p.state = min(p.length, b.glass), true, access.Approved
	for id, look := range l.looks {
		if look.open && l.pleas[id].principal == p.principal && l.now().Sub(look.opened) >= 7*day {
			return p, false
		}
	}
	return p, true
}

func (l *ledger) tookGlass(p plea) {
	l.note(p.id, access.EventBrokeGlass)
	l.looks[p.id] = inquiry{opened: l.now(), open: true}
	l.give(l.put(p), time.Time{})
}

// mayLook says whether the person may sign an access by break-glass off, or object to it.
func (l *ledger) mayLook(s speech, id access.RequestID, sign bool) (inquiry, bool) {
	look, there := l.looks[id]
	p := l.pleas[id]
	staff := s.by.Team == home
	if !there || s.by.User == p.who.user || staff && l.staff[s.by.User].account.Object == p.principal {
		return look, false
	}
	admin := staff && (s.by.User == dee.User || s.by.User == bo.User)
	if sign {
		was := look.open
		look.open = false
		_, linked := l.staff[s.by.User]
		return look, admin && linked && was
	}
	if !staff {
		if _, _, ok := l.contact(s, p.customer); !ok {
			return look, false
		}
	} else if !admin || !look.open {
		return look, false
	}
	who := self{user: s.by.User}
	if slices.ContainsFunc(look.objects, who.maybe) {
		return look, false
	}
	look.open, look.objects = true, append(slices.Clone(look.objects), who)
	return look, true
}

// mayEnd says whether the person may end the access of a request.
func (l *ledger) mayEnd(s speech, p plea) bool {
	if s.by.Team == home {
		return s.by.User != "" && (s.by.User == p.who.user || s.by.User == dee.User || s.by.User == bo.User)
	}
	_, _, ok := l.contact(s, p.customer)
	return ok
}
