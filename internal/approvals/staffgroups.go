package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/policy"
	"latchkey/internal/state"
)

// mostGroupPeople bounds a staff group: it is kept whole, and read in every transaction
// that asks who is in it.
const mostGroupPeople = 5000

// unreadFor is how long a staff group may fail to be read before the operators hear of it,
// where trying again may help.
const unreadFor = 15 * time.Minute

// membership is what is known, now, of a member of the staff and the groups that Slack and
// Entra keep. Of one that was not read lately, or is damaged, nothing is.
func (s *Service) membership(tx state.Tx, b access.Staff, now time.Time) (policy.Membership, error) {
	in := policy.Membership{}
	for _, g := range s.Policy().Kept() {
		people, err := state.GroupPeople(tx, g.Source)
		if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if people.Known(now) {
			in[g.Name] = people.Has(b)
		}
	}
	return in, nil
}

// Membership is what is known of a person and the staff groups that Slack and Entra keep,
// to offer them what they may ask for. Of somebody who is not linked nothing is.
func (s *Service) Membership(ctx context.Context, who access.Person) policy.Membership {
	if len(s.Policy().Kept()) == 0 {
		return nil
	}
	var in policy.Membership
	now := s.now()
	err := s.Store.View(ctx, func(tx state.Tx) error {
		b, err := s.staff(tx, who)
		if err == nil {
			in, err = s.membership(tx, b, now)
		}
		return err
	})
	if err != nil {
		return nil
	}
	return in
}

// StaffSources lists the staff groups to read, and forgets those that policy.yml does not
// name any more: one that is named again later has to be read first.
func (s *Service) StaffSources(ctx context.Context) ([]access.StaffSource, error) {
	var out []access.StaffSource
	for _, g := range s.Policy().Kept() {
		out = append(out, g.Source)
	}
	var gone []access.StaffSource
	err := s.Store.View(ctx, func(tx state.Tx) error {
		gone = nil
		all, err := state.AllGroupPeople(tx)
		for _, g := range all {
			if !slices.Contains(out, g.Source) {
				gone = append(gone, g.Source)
			}
		}
		return err
	})
	if err != nil || len(gone) == 0 {
		return out, err
	}
	return out, s.Store.Update(ctx, func(tx state.Tx) error {
		for _, of := range gone {
			if err := state.DeleteGroupPeople(tx, of); err != nil {
				return err
			}
		}
		return nil
	})
}

// StaffRead records who is in a staff group, or why that could not be read. Who was in it
// at the last good read counts on for [access.MembersHold]. The operators hear once that
// it cannot be read, and once that it can again.
func (s *Service) StaffRead(ctx context.Context, of access.StaffSource, people []string, failure error) error {
	now, groups := s.now(), s.Policy().Kept()
	i := slices.IndexFunc(groups, func(g policy.StaffGroup) bool { return g.Source == of })
	if i < 0 {
		return nil // policy.yml has changed meanwhile
	}
	people = slices.Compact(slices.Sorted(slices.Values(people)))
	if failure == nil && len(people) > mostGroupPeople {
		failure = access.Refuse(access.Invalid, "It has more than %d people; name a smaller one in policy.yml.", mostGroupPeople)
	}
	return s.Store.Update(ctx, func(tx state.Tx) error {
		old, err := state.GroupPeople(tx, of)
		if _, damaged := state.Unreadable(err); damaged || errors.Is(err, state.ErrNotFound) {
			old, err = access.GroupPeople{Source: of}, nil
		}
		if err != nil {
			return err
		}
		if failure != nil {
			return s.staffUnread(tx, groups[i].Name, old, failure, now)
		}
		return s.staffRead(tx, groups[i].Name, old, people, now)
	})
}

func (s *Service) staffRead(tx state.Tx, name string, old access.GroupPeople, people []string, now time.Time) error {
	if err := state.PutGroupPeople(tx, access.GroupPeople{Source: old.Source, People: people, ReadAt: now}); err != nil {
		return err
	}
	if !old.Told && !old.ReadAt.IsZero() && slices.Equal(old.People, people) {
		return nil
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventGroupPeople, Detail: map[string]string{
		"source": string(old.Source), "people": strconv.Itoa(len(people)),
		"joined": strconv.Itoa(without(people, old.People)), "left": strconv.Itoa(without(old.People, people)),
	}})
	if err != nil || !old.Told {
		return err
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeOperators, Text: fmt.Sprintf(
		"Who is in the staff group “%s” can be read again: %s. The rules of policy.yml go by that now.", name, counted(len(people), "person", "people"))})
}

// without counts those of one sorted list who are not in the other.
func without(these, others []string) int {
	n := 0
	for _, id := range these {
		if _, in := slices.BinarySearch(others, id); !in {
			n++
		}
	}
	return n
}

func (s *Service) staffUnread(tx state.Tx, name string, g access.GroupPeople, failure error, now time.Time) error {
	was := g
	if g.Problem = "The log says more."; access.CodeOf(failure) != "" {
		g.Problem = sentence(failure)
	}
	if g.Failing.IsZero() {
		g.Failing = now
	}
	hopeless := false
	switch access.CodeOf(failure) {
	case access.Forbidden, access.NotFound, access.Invalid:
		hopeless = true
	case access.Conflict, access.Unavailable:
	}
	tell := !g.Told && (hopeless || now.Sub(g.Failing) >= unreadFor)
	g.Told = g.Told || tell
	if g.Problem == was.Problem && g.Told == was.Told && g.Failing.Equal(was.Failing) {
		return nil
	}
	if err := state.PutGroupPeople(tx, g); err != nil || !tell {
		return err
	}
	ev, err := audit.Append(tx, access.Event{At: now, Kind: access.EventGroupUnread, Detail: map[string]string{"source": string(g.Source)}})
	if err != nil {
		return err
	}
	holds := "Until it can be read, whatever depends on it is refused."
	if g.Known(now) {
		holds = "Who was in it when it was read last counts for " + access.FormatDuration(access.MembersHold) + " from then; after that, whatever depends on it is refused."
	}
	return s.tellOperators(tx, ev, outbox.NoticePayload{Notice: outbox.NoticeTrouble, Text: fmt.Sprintf(
		"Who is in the staff group “%s” (%s) cannot be read. %s %s", name, g.Source, g.Problem, holds)})
}
