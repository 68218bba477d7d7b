package approvals

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/hygiene"
	"latchkey/internal/state"
)

// ActivityShown is for how long back it is shown what was done.
const ActivityShown = 30 * 24 * time.Hour

// Activity is what the logs of a customer's tenant tell of the partner's people.
type Activity struct {
	Customer Customer
	Request  access.RequestID // of which alone it is; empty: of all
	Cursor   access.ActivityCursor
	Since    time.Time // from when on it is shown
	// Outside is what nothing allowed, Standing what standing access did, and Unclear what
	// the log names nobody for: the newest first.
	Outside, Standing, Unclear []Deed
	Under                      []DeedsUnder // by request, the newest first
	Unused                     []Entry      // access that was over and, as far as the log tells, never used
	Damaged                    int          // records that cannot be read
}

// Deed is what one person did on one day.
type Deed struct {
	access.Doings
	By access.Person // as colleagues know them, or as the log does
}

// DeedsUnder is what was done under one request.
type DeedsUnder struct {
	Entry
	Deeds []Deed // more than one only where the log calls somebody by different names
}

// ActivityCount is how much there was at one customer.
type ActivityCount struct {
	Customer Customer
	Cursor   access.ActivityCursor
	Outside  int // acts that nothing allowed
	Others   int
	Last     time.Time
	Unused   int // accesses that were never used
}

// Activity tells what was done at a customer: to linked staff and bot admins, and to
// verified contacts of that customer of their own tenant. With a request it is of that alone;
// the customer may then be empty.
func (s *Service) Activity(ctx context.Context, o Origin, tenant access.TenantID, id access.RequestID) (Activity, error) {
	var out Activity
	about := subject{act: "activity", customer: tenant, request: id}
	err := s.Store.View(ctx, func(tx state.Tx) error {
		r, err := s.askedActivity(tx, o, tenant, id)
		if err != nil {
			return err
		}
		if out, err = s.activity(tx, r.Customer, id); err == nil && o.Actor.Team != s.Team() {
			out.theirs()
		}
		return err
	})
	if access.CodeOf(err) == access.Forbidden {
		return out, s.audited(ctx, o, about, err)
	}
	return out, err
}

// askedActivity finds the customer that is meant, and checks that the person may know. To
// somebody of a customer it says nothing of requests that are not that customer's.
func (s *Service) askedActivity(tx state.Tx, o Origin, tenant access.TenantID, id access.RequestID) (access.Request, error) {
	r := access.Request{Customer: tenant}
	if o.Actor.Team != s.Team() {
		if known, err := state.Request(tx, id); id != "" && err == nil {
			r = known
		} else if id != "" && !absent(err) {
			return r, err
		}
		return r, s.contactOf(tx, o, r.Customer)
	}
	if err := s.reader(tx, o.Actor); err != nil || id == "" {
		return r, err
	}
	known, err := load(tx, id)
	if err == nil && tenant != "" && known.Customer != tenant {
		return r, access.Refuse(access.NotFound, "%s is not for this customer but for %s.", id, known.CustomerName)
	}
	return known, err
}

// contactOf checks that somebody is a verified contact of the customer, in its channel. To
// who is none it does not name the customer.
func (s *Service) contactOf(tx state.Tx, o Origin, tenant access.TenantID) error {
	c, known := s.Policy().Customer(tenant)
	if known {
		_, err := state.Contact(tx, tenant, o.Actor.Team, o.Actor.User)
		if known = !absent(err); known && err != nil {
			return err
		}
	}
	if !known {
		return access.RefuseAnyone(access.Forbidden, "What was done in a tenant is told to the verified contacts of that customer alone.")
	}
	contact, err := s.contact(tx, o, c.Tenant, c.Name)
	if err == nil && !contact.Verified() {
		err = access.RefuseAnyone(access.Forbidden, "You are not verified yet, so you cannot see what was done in the tenant of %s: press Verify where the channel was told of your link.", c.Name)
	}
	return err
}

// theirs leaves out what is the partner's own business.
func (a *Activity) theirs() { a.Cursor.Problem = "" }

func (s *Service) activity(tx state.Tx, tenant access.TenantID, id access.RequestID) (out Activity, err error) {
	out = Activity{Request: id, Since: s.now().Add(-ActivityShown)}
	if out.Customer, err = s.customer(tx, tenant); err != nil {
		return out, err
	}
	if out.Cursor, err = state.ActivityCursor(tx, tenant); err != nil {
		return out, err
	}
	var all []access.Doings
	if all, out.Damaged, err = state.Doings(tx, tenant); err != nil {
		return out, err
	}
	staff, err := state.AllStaff(tx)
	if err != nil {
		return out, err
	}
	slices.SortStableFunc(all, func(a, b access.Doings) int { return b.Last.Compare(a.Last) })
	for _, d := range all {
		if id != "" && d.Request != id || id == "" && d.Last.Before(out.Since) {
			continue
		}
		by, err := doer(tx, staff, d.Who)
		if err != nil {
			return out, err
		}
		if err := out.add(tx, Deed{d, by}); err != nil {
			return out, err
		}
	}
	out.Unused, err = s.unused(tx, out.Cursor, out.Since, id)
	return out, err
}

// doer is who did something, as colleagues know them or else the groups of our own tenant:
// in a customer's log they have another name.
func doer(tx state.Tx, staff []access.Staff, m access.Member) (access.Person, error) {
	as := access.Person{Name: cmp.Or(m.Name, m.UPN, string(m.ID))}
	if m.ID == "" {
		return as, nil
	}
	if i := slices.IndexFunc(staff, func(b access.Staff) bool { return b.Principal == m.ID }); i >= 0 {
		return staff[i].Person, nil
	}
	groups, err := state.MirroredGroups(tx)
	for _, g := range groups {
		for _, known := range g.Members {
			if known.ID == m.ID && known.Name != "" {
				return access.Person{Name: known.Name}, err
			}
		}
	}
	return as, err
}

func (a *Activity) add(tx state.Tx, d Deed) error {
	switch d.Basis {
	case access.ByNobody:
		a.Outside = append(a.Outside, d)
	case access.ByStanding:
		a.Standing = append(a.Standing, d)
	case access.ByRequest, access.ByTokens:
		if i := slices.IndexFunc(a.Under, func(u DeedsUnder) bool { return u.Request.ID == d.Request }); i >= 0 {
			a.Under[i].Deeds = append(a.Under[i].Deeds, d)
			return nil
		}
		e, err := entry(tx, d.Request)
		if err != nil && !absent(err) {
			return err
		}
		e.Request.ID = d.Request // its record may be gone, or damaged
		a.Under = append(a.Under, DeedsUnder{e, []Deed{d}})
	case access.Unclear:
		a.Unclear = append(a.Unclear, d)
	}
	return nil
}

// unused lists accesses that ended since a moment and were never used, those that ended last
// first.
func (s *Service) unused(tx state.Tx, c access.ActivityCursor, since time.Time, only access.RequestID) ([]Entry, error) {
	var out []Entry
	for g, err := range s.pasts(tx, c, since) {
		if err != nil {
			return nil, err
		}
		if g.used || only != "" && g.Request != only {
			continue
		}
		e, err := entry(tx, g.Request)
		if absent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return b.Grant.EndedAt.Compare(a.Grant.EndedAt) })
	return out, nil
}

// past is access that is over, and whether it was used.
type past struct {
	access.Grant
	used bool
}

// pasts yields the accesses that ended since a moment. Of what the log of sign-ins was not
// read for all of its time, nothing is said, nor of what may have been pruned in part.
func (s *Service) pasts(tx state.Tx, c access.ActivityCursor, since time.Time) iter.Seq2[past, error] {
	return func(yield func(past, error) bool) {
		if c.SignIns.State != access.ActivityRead {
			return
		}
		grants, err := state.GrantsSince(tx, c.Tenant, since)
		if err != nil {
			yield(past{}, err)
			return
		}
		keep := s.Policy().Retention
		for _, g := range grants {
			if keep > 0 && g.ApprovedAt.Before(s.now().Add(-keep)) {
				continue
			}
			if !g.Final() || g.ActiveAt.IsZero() || !c.SignIns.Covers(g.ActiveAt, g.EndedAt) {
				continue
			}
			done, err := state.DoingsUnder(tx, c.Tenant, g.Request)
			used := slices.ContainsFunc(done, func(d access.Doings) bool { return d.Count > d.Failed && !d.Last.Before(g.ApprovedAt) })
			if !yield(past{g, used}, err) || err != nil {
				return
			}
		}
	}
}

// givenLately counts how often each set of roles was given at a customer, and used.
func (s *Service) givenLately(tx state.Tx, tenant access.TenantID) ([]hygiene.Given, error) {
	c, err := state.ActivityCursor(tx, tenant)
	if err != nil {
		return nil, err
	}
	var out []hygiene.Given
	at := map[access.ContainerID]int{}
	for g, err := range s.pasts(tx, c, s.now().Add(-hygiene.Idle)) {
		if err != nil {
			return nil, err
		}
		i, known := at[g.Container]
		if !known {
			i = len(out)
			r, err := state.Request(tx, g.Request)
			if absent(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			at[g.Container], out = i, append(out, hygiene.Given{Customer: tenant, Roles: r.Roles, Since: g.ActiveAt})
		}
		one := &out[i]
		one.Times++
		if g.used {
			one.Used++
		}
		if g.ActiveAt.Before(one.Since) {
			one.Since = g.ActiveAt
		}
		if !slices.ContainsFunc(one.To, func(m access.Member) bool { return m.ID == g.Principal }) {
			one.To = append(one.To, access.Member{ID: g.Principal, Name: g.Requester.Name})
		}
	}
	return out, nil
}

// ActivityAll counts what was done at each customer: first where something was done that
// nothing allowed, then the busiest. Only linked staff and bot admins may ask.
func (s *Service) ActivityAll(ctx context.Context, o Origin) ([]ActivityCount, error) {
	var out []ActivityCount
	err := s.view(ctx, o, subject{act: "activity"}, func(tx state.Tx) error {
		customers, err := s.directory(tx)
		if err != nil {
			return err
		}
		for _, c := range customers {
			n, err := s.countActivity(tx, c)
			if err != nil {
				return err
			}
			out = append(out, n)
		}
		slices.SortStableFunc(out, func(a, b ActivityCount) int {
			return cmp.Or(cmp.Compare(b.Outside, a.Outside), cmp.Compare(b.Others, a.Others), cmp.Compare(b.Unused, a.Unused),
				cmp.Compare(fold(a.Customer.Name), fold(b.Customer.Name)))
		})
		return nil
	})
	return out, err
}

func (s *Service) countActivity(tx state.Tx, c Customer) (out ActivityCount, err error) {
	since := s.now().Add(-ActivityShown)
	out = ActivityCount{Customer: c}
	if out.Cursor, err = state.ActivityCursor(tx, c.Tenant); err != nil || out.Cursor.State() == access.ActivityUnknown {
		return out, err
	}
	all, _, err := state.Doings(tx, c.Tenant)
	if err != nil {
		return out, err
	}
	for _, d := range all {
		switch {
		case d.Last.Before(since):
			continue
		case d.Basis == access.ByNobody:
			out.Outside += d.Count - d.Failed
		default:
			out.Others += d.Count
		}
		if d.Last.After(out.Last) {
			out.Last = d.Last
		}
	}
	never, err := s.unused(tx, out.Cursor, since, "")
	out.Unused = len(never)
	return out, err
}
