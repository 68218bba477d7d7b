package approvals

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// TakeActivity takes what was read of a customer tenant's own logs, and how far it is read
// now; the acts may be none. The cursor is the one that was read before, with what is new in
// it. Each act is held against who had access at that moment, and summed; what nothing
// allowed is told to the operators.
//
// It returns the cursor from which to go on. Where somebody has read on meanwhile, or the
// same was taken before, nothing is taken and the cursor is theirs.
func (s *Service) TakeActivity(ctx context.Context, tenant access.TenantID, acts []access.Act, c access.ActivityCursor) (access.ActivityCursor, error) {
	var out access.ActivityCursor
	now := s.now()
	err := s.Store.Update(ctx, func(tx state.Tx) error {
		known, err := state.ActivityCursor(tx, tenant)
		if err != nil {
			return err
		}
		if out = known; known.Rev != c.Rev {
			return nil
		}
		out = c
		out.Tenant, out.Rev = tenant, c.Rev+1
		t := taking{s: s, tx: tx, tenant: tenant, now: now}
		if err := t.take(known.Fresh(acts)); err != nil {
			return err
		}
		return state.PutActivityCursor(tx, out)
	})
	if err != nil {
		return c, fmt.Errorf("take what the logs of %s say: %w", tenant, err)
	}
	return out, nil
}

// ActivityCursors lists how far the logs of all tenants are read.
func (s *Service) ActivityCursors(ctx context.Context) (out []access.ActivityCursor, err error) {
	err = s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = state.ActivityCursors(tx)
		return err
	})
	return out, err
}

// ActivityCursor tells how far the logs of one tenant are read.
func (s *Service) ActivityCursor(ctx context.Context, tenant access.TenantID) (out access.ActivityCursor, err error) {
	err = s.Store.View(ctx, func(tx state.Tx) (err error) {
		out, err = state.ActivityCursor(tx, tenant)
		return err
	})
	return out, err
}

// taking is one batch of acts.
type taking struct {
	s      *Service
	tx     state.Tx
	tenant access.TenantID
	now    time.Time
	holds  []access.Hold
	staff  []access.Staff
	found  []access.Doings // in which something is the first that nothing allowed
}

func (t *taking) take(acts []access.Act) (err error) {
	if len(acts) == 0 {
		return nil
	}
	if t.holds, err = holdsAt(t.tx, t.tenant, acts[0].At); err != nil {
		return err
	}
	if t.staff, err = state.AllStaff(t.tx); err != nil {
		return err
	}
	for _, a := range acts {
		a.Tenant = t.tenant
		if err := t.one(t.known(a.Bounded())); err != nil {
			return err
		}
	}
	return t.tell()
}

// known fills in who somebody is whom the log names only by what they sign in as.
func (t *taking) known(a access.Act) access.Act {
	if a.Person != "" || a.Name == "" {
		return a
	}
	for _, b := range t.staff {
		if strings.EqualFold(b.UPN, a.Name) {
			a.Person = b.Principal
		}
	}
	return a
}

func (t *taking) one(a access.Act) error {
	ground := a.On(t.holds)
	d := access.DoingsOf(a, ground)
	old, err := state.DoingsLike(t.tx, d)
	switch {
	case err == nil:
		d = old
	case !absent(err):
		return err
	}
	was := d.Found()
	d = d.Add(a, ground)
	if i := slices.IndexFunc(t.found, func(f access.Doings) bool { return f.Who.ID == d.Who.ID && f.Who.Name == d.Who.Name && f.Day == d.Day }); i >= 0 && d.Found() {
		t.found[i] = d
	} else if d.Found() && !was {
		t.found = append(t.found, d)
	}
	return state.PutDoings(t.tx, d)
}

// tell writes down each new finding, and tells the operators of all of them at once.
func (t *taking) tell() error {
	if len(t.found) == 0 {
		return nil
	}
	var last access.Event
	for _, d := range t.found {
		first := d.Flagged[0]
		var err error
		if last, err = audit.Append(t.tx, access.Event{
			At: t.now, Kind: access.EventActivity, Customer: t.tenant,
			Detail: map[string]string{
				"member": string(d.Who.ID), "day": string(d.Day), "log": string(first.Log), "entry": first.ID, "at": first.At.UTC().Format(time.RFC3339),
				"acts": strconv.Itoa(d.Count - d.Failed),
			},
		}); err != nil {
			return err
		}
	}
	told, err := state.ActivityTold(t.tx)
	if err != nil {
		return err
	}
	told = told.On(access.DayOf(t.now, time.UTC))
	told.Count++
	if err := state.PutActivityTold(t.tx, told); err != nil || told.Count > mostToldOfActivity {
		return err
	}
	text, err := t.words(told.Count == mostToldOfActivity)
	if err != nil {
		return err
	}
	return t.s.tellOperators(t.tx, last, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: text})
}

// mostToldOfActivity is how many notices of what nothing allowed there are on a day: where
// a whole group gets in by a way that the bot does not know, they all say the same.
const mostToldOfActivity = 10

func (t *taking) words(last bool) (string, error) {
	c, err := t.s.customer(t.tx, t.tenant)
	if access.CodeOf(err) == access.NotFound || absent(err) {
		c.Name, err = string(t.tenant), nil
	}
	if err != nil {
		return "", err
	}
	var parts []string
	for i, d := range t.found {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(t.found)-i))
			break
		}
		f := d.Flagged[0]
		who, err := t.called(d.Who)
		if err != nil {
			return "", err
		}
		parts = append(parts, fmt.Sprintf("%s at %s (%s: %s)", who, access.FormatTime(f.At), logWord(f.Log), plain(f.What)))
	}
	text := fmt.Sprintf("The logs of %s tell of acts that no access explains: %s. Nothing that the bot knows allowed them: no request, no standing access. "+
		"Ask whoever it was; a guest account, a nested group or another tool may be the way. `/access activity %s` shows all of it, and `/access why` how they can get in now.",
		c.Name, strings.Join(parts, "; "), c.Name)
	if last {
		text += " More of this kind is not told one by one today."
	}
	return text, nil
}

// called is what people call who did something.
func (t *taking) called(m access.Member) (string, error) {
	p, err := doer(t.tx, t.staff, m)
	return cmp.Or(plain(p.Name), "somebody whom the log does not name"), err
}

// plain takes from what stands in a customer's log what would format it here.
func plain(s string) string { return strings.ReplaceAll(s, "`", "'") }

func logWord(l access.ActLog) string {
	if l == access.ActSignIn {
		return "a sign-in to"
	}
	return "a change"
}

// holdsAt lists who had access to a customer's tenant since a moment: by requests, and
// standing as the mirror has it now.
func holdsAt(tx state.Tx, tenant access.TenantID, since time.Time) ([]access.Hold, error) {
	out, err := standingHolds(tx, tenant)
	if err != nil {
		return nil, err
	}
	grants, err := state.GrantsSince(tx, tenant, since.Add(-access.TokenLife))
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		held, err := holdsOf(tx, g, since)
		if err != nil {
			return nil, err
		}
		out = append(out, held...)
	}
	return out, nil
}

// holdsOf are the times of access of a grant. Its record is of the last window; what was
// before is in the log.
func holdsOf(tx state.Tx, g access.Grant, since time.Time) ([]access.Hold, error) {
	last := access.Hold{Request: g.Request, Person: g.Principal, From: g.ApprovedAt}
	if g.Final() {
		last.To = g.EndedAt
	}
	out := []access.Hold{last}
	if g.Window <= 1 || !g.ApprovedAt.After(since) {
		return out, nil
	}
	events, err := audit.Of(tx, g.Request)
	if err != nil {
		return nil, err
	}
	from := time.Time{}
	for _, e := range events {
		switch e.Kind {
		case access.EventGranting:
			from = e.At
		case access.EventEnded, access.EventFailed:
			if !from.IsZero() && from.Before(g.ApprovedAt) {
				out = append(out, access.Hold{Request: g.Request, Person: g.Principal, From: from, To: e.At})
			}
			from = time.Time{}
		default:
		}
	}
	return out, nil
}

// standingHolds are those who can act at the customer without a request.
func standingHolds(tx state.Tx, tenant access.TenantID) ([]access.Hold, error) {
	var out []access.Hold
	add := func(members []access.Member) {
		for _, m := range members {
			out = append(out, access.Hold{Person: m.ID})
		}
	}
	all, _, err := state.ReadableRelationships(tx, tenant)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Status != access.RelationshipActive && r.Status != access.RelationshipExpiring {
			continue
		}
		for _, a := range r.Assignments {
			members, err := standingIn(tx, a)
			if err != nil {
				return nil, err
			}
			add(members)
		}
	}
	dap, known, err := state.DAPOf(tx, tenant)
	if _, damaged := state.Unreadable(err); err != nil && !damaged {
		return nil, err
	}
	if !known || !dap.Held {
		return out, nil
	}
	agents, err := state.MirroredAgents(tx)
	if err != nil {
		return nil, err
	}
	for _, g := range agents {
		if g.Agents != access.SalesAgents {
			add(g.Members)
		}
	}
	return out, nil
}

// standingIn lists the members of a group that has roles for good. Who is in one of the
// bot's own without a grant stands nowhere.
func standingIn(tx state.Tx, a access.Assignment) ([]access.Member, error) {
	if a.Status != access.AssignmentActive {
		return nil, nil
	}
	if _, err := state.ContainerOfGroup(tx, a.Group); err == nil || !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	g, err := state.GroupMirrored(tx, a.Group)
	if absent(err) {
		return nil, nil
	}
	return g.Members, err
}
