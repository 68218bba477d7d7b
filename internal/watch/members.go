package watch

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// recheckAfter is how long after the first a read of the groups must begin that
// confirms what the first one missed.
const recheckAfter = time.Minute

// Members is told of a group whose members were read and differ from what was
// known. A nil old is a group that was not known. Of groups that are neither the
// bot's nor Partner Center's, nothing is news: who is in them is for the partner to
// say.
func (s *Service) Members(tx state.Tx, old *state.MirroredGroup, now state.MirroredGroup) error {
	watched, err := state.Watched(tx)
	if err != nil || watched.Since.IsZero() || now.Unseen != "" {
		return err
	}
	c, err := s.club(tx, now)
	if err != nil || !c.watched() {
		return err
	}
	var before []access.Member
	switch known := old != nil && (old.Unseen == "" || len(old.Members) > 0); {
	case known:
		before = old.Members
	case !c.ours: // who is there already is taken as known; in the bot's own group nobody may be
		return nil
	}
	for _, m := range now.Members {
		if !has(before, m.ID) {
			err = errors.Join(err, s.joined(tx, c, m))
		}
	}
	for _, m := range before {
		if !has(now.Members, m.ID) {
			err = errors.Join(err, s.gone(tx, c, m))
		}
	}
	return err
}

// club is a group with what it means that somebody is in it.
type club struct {
	state.MirroredGroup
	ours     bool // the bot made it
	customer access.TenantID
}

func (c club) watched() bool { return c.ours || c.Agents != "" }

func (s *Service) club(tx state.Tx, g state.MirroredGroup) (club, error) {
	c := club{MirroredGroup: g}
	id, err := state.ContainerOfGroup(tx, g.ID)
	if errors.Is(err, state.ErrNotFound) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	one, err := state.Container(tx, id)
	c.ours, c.customer = err == nil, one.Customer
	return c, err
}

func has(all []access.Member, p access.PrincipalID) bool {
	return slices.ContainsFunc(all, func(m access.Member) bool { return m.ID == p })
}

// joined tells of a member whom no grant put into the bot's group, and of everybody
// who comes into one of Partner Center's.
func (s *Service) joined(tx state.Tx, c club, m access.Member) error {
	a, err := s.known(tx, access.AlertOfMember(c.ID, m.ID))
	if err != nil {
		return err
	}
	if c.ours {
		_, granted, err := s.Granted(tx, c.ID, m.ID)
		if err != nil {
			return err
		}
		if granted {
			return errors.Join(s.mend(tx, c, a, m, access.ChangeAllowed, access.ChangeBack, access.Person{}), s.recheck(tx, c.ID, m))
		}
	} else if a.ID == "" {
		_, missed, err := state.RecheckOf(tx, c.ID, m.ID)
		if err != nil {
			return err
		}
		if missed { // one read had missed them
			return state.DropRecheck(tx, c.ID, m.ID)
		}
	}
	return s.member(tx, c, m, s.alarm(access.ChangeStranger, access.AspectStranger, "in"))
}

// gone tells at once that what was wrong is mended. That somebody lost what was
// granted to them is told when another read finds the same.
func (s *Service) gone(tx state.Tx, c club, m access.Member) error {
	a, err := s.known(tx, access.AlertOfMember(c.ID, m.ID))
	if err != nil {
		return err
	}
	return errors.Join(s.mend(tx, c, a, m, access.ChangeGone, "", access.Person{}), s.recheck(tx, c.ID, m))
}

// mend takes away what is wrong about a member, by a change of the kind that is
// named for each; an empty one leaves it.
func (s *Service) mend(tx state.Tx, c club, a access.Alert, m access.Member, stranger, lost access.ChangeKind, by access.Person) error {
	var err error
	for _, one := range []struct {
		aspect access.Aspect
		kind   access.ChangeKind
	}{{access.AspectStranger, stranger}, {access.AspectLost, lost}} {
		if _, wrong := a.WrongAt(one.aspect); wrong && one.kind != "" {
			err = errors.Join(err, s.member(tx, c, m, access.Change{Kind: one.kind, Aspect: one.aspect, At: s.now(), By: by}))
		}
	}
	return err
}

func (s *Service) recheck(tx state.Tx, g access.GroupID, m access.Member) error {
	return state.PutRecheck(tx, state.Recheck{Group: g, Member: m, At: s.now()})
}

// GroupsRead is told that a read of the groups, which began at that time, is over.
// It looks again at the members of whom an earlier one told what needed that, and
// owes the cards of what the read changed.
func (s *Service) GroupsRead(tx state.Tx, began time.Time) error {
	watched, err := state.Watched(tx)
	if err != nil || watched.Since.IsZero() {
		return err
	}
	all, err := state.Rechecks(tx)
	if err != nil {
		return err
	}
	for _, r := range all {
		if began.Sub(r.At) < recheckAfter {
			continue
		}
		if err := s.again(tx, r); err != nil {
			return err
		}
	}
	return s.settle(tx, func(a access.Alert) bool { return a.About() == access.AboutMember })
}

// again looks a second time at a member.
func (s *Service) again(tx state.Tx, r state.Recheck) error {
	g, err := state.GroupMirrored(tx, r.Group)
	if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
		return state.DropRecheck(tx, r.Group, r.Member.ID) // nobody reaches a customer by it any more
	}
	if err != nil || g.Unseen != "" {
		return err
	}
	c, err := s.club(tx, g)
	if err != nil {
		return err
	}
	change, err := s.surprise(tx, c, r.Member.ID)
	if err != nil {
		return err
	}
	err = state.DropRecheck(tx, r.Group, r.Member.ID)
	if change == nil {
		return err
	}
	return errors.Join(err, s.member(tx, c, r.Member, *change))
}

// surprise compares whether somebody is in the bot's group with whether a grant says
// so; nil means that they agree, or that it has been told already.
func (s *Service) surprise(tx state.Tx, c club, p access.PrincipalID) (*access.Change, error) {
	a, err := s.known(tx, access.AlertOfMember(c.ID, p))
	if err != nil || !c.ours {
		return nil, err
	}
	change := s.alarm(access.ChangeLost, access.AspectLost, "out")
	var right bool
	if has(c.Members, p) {
		change = s.alarm(access.ChangeStranger, access.AspectStranger, "in")
		_, right, err = s.Granted(tx, c.ID, p)
	} else {
		right, err = s.inForce(tx, c.ID, p)
		right = !right
	}
	if _, told := a.WrongAt(change.Aspect); err != nil || right || told {
		return nil, err
	}
	return &change, nil
}

// inForce reports whether a grant says that the person is in the group now.
func (s *Service) inForce(tx state.Tx, g access.GroupID, p access.PrincipalID) (bool, error) {
	held, err := state.HoldersIn(tx, g, p)
	if err != nil {
		return false, err
	}
	for _, one := range held {
		grant, err := state.Grant(tx, one)
		if _, bad := state.Unreadable(err); bad || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, err
		}
		if grant.State == access.Active && s.now().Before(grant.ExpiresAt) {
			return true, nil
		}
	}
	return false, nil
}

// Out is told that the bot took somebody out of its group, and read that back: at
// the end of a grant, or for whoever asked for it. Should they be there in a later
// read, somebody put them back.
func (s *Service) Out(tx state.Tx, g access.GroupID, m access.Member, by access.Person) error {
	if err := s.recheck(tx, g, m); err != nil {
		return err
	}
	a, err := s.known(tx, access.AlertOfMember(g, m.ID))
	if err != nil {
		return err
	}
	if len(a.Wrong) == 0 {
		return nil
	}
	c, err := s.club(tx, state.MirroredGroup{ID: g})
	if err != nil {
		return err
	}
	err = s.mend(tx, c, a, m, access.ChangeGone, access.ChangeRemoved, by)
	if _, wrong := a.WrongAt(access.AspectRemoval); wrong {
		err = errors.Join(err, s.member(tx, c, m, access.Change{Kind: access.ChangeRemoved, Aspect: access.AspectRemoval, At: s.now(), By: by}))
	}
	return errors.Join(err, s.show(tx, a.ID))
}

// Stuck is told that access which is over could not be removed, and why, as people
// may read it. Its card does not wait for a read.
func (s *Service) Stuck(tx state.Tx, g access.GroupID, m access.Member, why string) error {
	c, err := s.club(tx, state.MirroredGroup{ID: g})
	if err != nil {
		return err
	}
	err = s.member(tx, c, m, s.alarm(access.ChangeStuck, access.AspectRemoval, why))
	return errors.Join(err, s.show(tx, access.AlertOfMember(g, m.ID)))
}

// alarm is a change of what was as it should be.
func (s *Service) alarm(kind access.ChangeKind, aspect access.Aspect, to string) access.Change {
	return access.Change{Kind: kind, Aspect: aspect, To: to, At: s.now(), Alarming: true}
}

// member adds a change to the alert of a person in a group.
func (s *Service) member(tx state.Tx, c club, m access.Member, change access.Change) error {
	return s.add(tx, access.AlertOfMember(c.ID, m.ID), change, func(a *access.Alert) {
		a.Group, a.Customer = c.ID, c.customer
		if c.customer != "" {
			a.CustomerName = cmp.Or(name(tx, c.customer), a.CustomerName)
		}
		if c.Name != "" {
			a.GroupName = c.Name
		}
		if c.Agents != "" {
			a.Agents = c.Agents
		}
		if a.Member.ID == "" || m.UPN != "" {
			a.Member = m
		}
	})
}
