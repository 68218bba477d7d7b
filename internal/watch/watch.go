// Package watch makes alerts of what changes about relationships, about who is in
// the groups by which people reach customers, and about legacy administration.
//
// It is called by the sync job, in the transaction that writes the mirror, with
// what was known and what was read: [Compare] tells what differs, the pure rules
// of access.Alert tell who must hear of it, and the alert, its event and in the
// end its card are stored with the mirror. So no change is lost or told twice,
// whatever dies when. Until a first whole read has been taken as the baseline
// nothing is news. The package reads the store and nothing else.
package watch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Service derives alerts. Its fields are set once, before use.
type Service struct {
	Now      func() time.Time
	Protocol func() time.Time // that of the outbox
	// Operations is where the partner's own staff hear of what happens.
	Operations func() access.ChannelID
	// Follow moves the offer on that the relationship came of, if one did.
	Follow func(state.Tx, access.Relationship) error
	// Quiet reports whether what is told only is to wait now; nil means that it never
	// is.
	Quiet func(time.Time) bool
	// Granted reports whether the bot made the group and, if so, whether a grant
	// put the person there, or did until the groups were last read.
	Granted func(state.Tx, access.GroupID, access.PrincipalID) (ours, granted bool, err error)
	// Who reports whether there is a log that may tell who changes such subjects; nil
	// means that there is none.
	Who func(access.AlertSubject) bool
	Log *slog.Logger
}

// Changed is told of a relationship that differs from what was known. A nil old is
// one that was not known, a nil one that Microsoft no longer lists.
func (s *Service) Changed(tx state.Tx, old, one *state.MirroredRelationship) error {
	followed := s.follow(tx, old, one)
	if _, bad := state.Unreadable(followed); followed != nil && !bad {
		return followed
	}
	return errors.Join(followed, s.watch(tx, old, one)) // a damaged offer keeps nobody from hearing of the rest
}

// watch makes alerts of what differs.
func (s *Service) watch(tx state.Tx, old, one *state.MirroredRelationship) error {
	watched, err := state.Watched(tx)
	if err != nil {
		return err
	}
	now := s.now()
	if err := s.ending(tx, old, one, watched.Since.IsZero(), now); err != nil || watched.Since.IsZero() {
		return err
	}
	about, err := s.context(tx, old, one, now)
	if err != nil {
		return err
	}
	found := Compare(old, one, about)
	if old == nil && one != nil { // one that had vanished may be back
		back, err := s.listed(tx, *one)
		if err != nil {
			return err
		}
		if back != nil {
			found = []Found{{Change: *back}}
		}
	}
	subject := one
	if one == nil {
		subject = old
	}
	for _, f := range found {
		if err := s.note(tx, *subject, f); err != nil {
			return err
		}
	}
	if one != nil && one.Status == access.RelationshipActive && (old == nil || old.Status != access.RelationshipActive) {
		return s.replaced(tx, *one, now)
	}
	return nil
}

// follow moves the offer on. Of a relationship that is not listed any more it hears
// that it has ended, unless it was never approved or has heard so already.
func (s *Service) follow(tx state.Tx, old, one *state.MirroredRelationship) error {
	if one != nil {
		return s.Follow(tx, one.Relationship)
	}
	switch old.Status {
	case access.RelationshipCreated, access.RelationshipApprovalPending, access.RelationshipExpired, access.RelationshipTerminated:
		return nil
	}
	gone := old.Relationship
	gone.Status = access.RelationshipTerminated
	return s.Follow(tx, gone)
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// note adds a change to the alert of a relationship or an assignment.
func (s *Service) note(tx state.Tx, m state.MirroredRelationship, f Found) error {
	id := access.AlertOf(m.ID, f.Group)
	if f.Own && f.Change.Kind == access.ChangeAssigned {
		if known, err := s.known(tx, id); err != nil || known.ID == "" {
			return err // the bot's own doing
		}
	}
	return s.add(tx, id, f.Change, func(a *access.Alert) {
		a.Relationship, a.Group = m.ID, f.Group
		a.Name, a.Customer, a.CustomerName, a.Duration = m.Name, m.Customer, m.CustomerName, m.Duration
		a.Roles = access.SortRoles(m.Roles)
		a.GroupName = cmp.Or(f.GroupName, a.GroupName)
	})
}

// known returns the alert; a zero one when there is none that can be read.
func (s *Service) known(tx state.Tx, id access.AlertID) (access.Alert, error) {
	a, err := state.Alert(tx, id)
	if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
		return access.Alert{}, nil
	}
	return a, err
}

// add adds a change to an alert, whose subject is described as it is now. A damaged
// alert begins anew.
func (s *Service) add(tx state.Tx, id access.AlertID, c access.Change, describe func(*access.Alert)) error {
	a, err := s.known(tx, id)
	if err != nil {
		return err
	}
	a.ID = id
	describe(&a)
	return s.put(tx, a, a.Changed(c), c)
}

// put stores an alert and logs what moved it. Its card follows at the end of the
// pass, see [Service.Read].
func (s *Service) put(tx state.Tx, before, after access.Alert, c access.Change) error {
	kind := access.EventAlertChanged
	switch {
	case after.State == access.AlertOpen && before.State != access.AlertOpen:
		kind = access.EventAlertOpened
	case after.State == access.AlertResolved && before.State != access.AlertResolved && before.State != "":
		kind = access.EventAlertResolved
	}
	detail := map[string]string{"alert": string(after.ID), "change": string(c.Kind), "from": c.From, "to": c.To}
	for key, id := range map[string]string{
		"relationship": string(after.Relationship), "group": string(after.Group), "principal": string(after.Member.ID),
	} {
		if id != "" {
			detail[key] = id
		}
	}
	_, err := audit.Append(tx, access.Event{At: c.At, Actor: c.By, Kind: kind, Customer: after.Customer, Detail: detail})
	return errors.Join(err, state.PutAlert(tx, after, true), s.askWho(tx, after, c))
}

// listed tells that a relationship which had vanished is there again.
func (s *Service) listed(tx state.Tx, m state.MirroredRelationship) (*access.Change, error) {
	a, err := s.known(tx, access.AlertOf(m.ID, ""))
	if err != nil || a.Newest().Kind != access.ChangeVanished {
		return nil, err
	}
	return &access.Change{
		Kind: access.ChangeListed, Aspect: access.AspectStatus, From: "not listed", To: string(m.Status), At: s.now(),
		Alarming: m.Status.Over() || m.Status.Ending(),
	}, nil
}

// replaced resolves the alerts about lost relationships whose roles the new one
// brings back.
func (s *Service) replaced(tx state.Tx, m state.MirroredRelationship, now time.Time) error {
	open, err := state.OpenAlerts(tx, m.Customer)
	if err != nil {
		return err
	}
	for _, a := range open {
		lost := slices.ContainsFunc(a.Wrong, func(f access.Fault) bool {
			return f.Aspect == access.AspectStatus || f.Aspect == access.AspectTime
		})
		if a.Relationship == m.ID || a.About() != access.AboutRelationship || !lost || !access.Covers(m.Roles, a.Roles) {
			continue
		}
		c := access.Change{Kind: access.ChangeReplaced, Aspect: access.AspectStatus, To: m.Name, At: now}
		if err := s.put(tx, a, a.Changed(c), c); err != nil {
			return err
		}
	}
	return nil
}

// context gathers what is known here of a relationship.
func (s *Service) context(tx state.Tx, old, one *state.MirroredRelationship, now time.Time) (Context, error) {
	m := one
	if m == nil {
		m = old
	}
	out := Context{Now: now, Acts: map[state.ActKind]state.Act{}, Ours: map[access.GroupID]bool{}}
	for _, kind := range []state.ActKind{state.ActTerminate, state.ActExtend, state.ActRoles, state.ActAssign} {
		act, ok, err := state.ActOf(tx, m.ID, kind)
		if err != nil {
			return out, err
		}
		if ok {
			out.Acts[kind] = act
		}
	}
	var err error
	if out.Asked, err = asked(tx, m.Relationship); err != nil {
		return out, err
	}
	if out.Covered, err = covered(tx, m.Relationship, now); err != nil {
		return out, err
	}
	for _, r := range []*state.MirroredRelationship{old, one} {
		if r == nil {
			continue
		}
		for _, a := range r.Assignments {
			if out.Ours[a.Group], err = ours(tx, m.Customer, a); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// asked reports whether the relationship was asked for here. Its offer knows its
// id only once it has been read back, but its name from the beginning.
func asked(tx state.Tx, r access.Relationship) (bool, error) {
	_, err := state.OfferOf(tx, r.ID)
	if _, damaged := state.Unreadable(err); err == nil || damaged {
		return true, nil
	}
	if !errors.Is(err, state.ErrNotFound) {
		return false, err
	}
	offers, err := state.OffersTo(tx, r.Customer)
	if _, damaged := state.Unreadable(err); damaged {
		err = nil // by those that can be read, then
	}
	return slices.ContainsFunc(offers, func(o access.Offer) bool { return o.Name != "" && o.Name == r.Name }), err
}

// covered reports whether the customer's other active relationships carry all
// roles of this one beyond a moment.
func covered(tx state.Tx, r access.Relationship, beyond time.Time) (bool, error) {
	all, _, err := state.ReadableRelationships(tx, r.Customer)
	var have []access.RoleID
	for _, m := range all {
		if m.ID != r.ID && m.Status == access.RelationshipActive && (m.AutoExtends() || m.End.IsZero() || m.End.After(beyond)) {
			have = append(have, m.Roles...)
		}
	}
	return len(r.Roles) > 0 && access.Covers(have, r.Roles), err
}

// ours reports whether the bot made the group, or is making it: then it has a
// container for these roles whose group is not known yet.
func ours(tx state.Tx, customer access.TenantID, a access.Assignment) (bool, error) {
	_, err := state.ContainerOfGroup(tx, a.Group)
	if err == nil || !errors.Is(err, state.ErrNotFound) {
		return err == nil, err
	}
	c, err := state.Container(tx, access.ContainerOf(customer, a.Roles))
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil && c.Group == "", err
}

func owe(tx state.Tx, id, kind, lane string, payload any, at time.Time) error {
	raw, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("payload of %s: %w", kind, err)
	}
	return outbox.Enqueue(tx, outbox.Effect{ID: id, Lane: lane, Kind: kind, Payload: raw}, at)
}
