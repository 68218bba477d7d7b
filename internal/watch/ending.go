package watch

import (
	"context"
	"errors"
	"strconv"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// tellAt are how many days before its end people are told of a relationship that
// does not renew itself.
var tellAt = []int{30, 7, 1}

// ending keeps when people are to be told of the end of a relationship. At the
// baseline, and when a relationship begins, what should have been told before is
// not made up for.
func (s *Service) ending(tx state.Tx, old, one *state.MirroredRelationship, baseline bool, now time.Time) error {
	m := one
	if m == nil {
		m = old
	}
	next := state.Ending{Relationship: m.ID, Customer: m.Customer}
	if one != nil && one.Status == access.RelationshipActive && !one.End.IsZero() && !one.AutoExtends() && !one.MicrosoftLed() {
		was, err := state.EndingOf(tx, m.ID)
		if err != nil {
			return err
		}
		if was.End.Equal(one.End) {
			return nil
		}
		isNew := old == nil || old.Status != access.RelationshipActive
		next = after(state.Ending{Relationship: m.ID, Customer: m.Customer, End: one.End}, now, baseline || isNew)
	}
	return state.PutEnding(tx, next)
}

// after finds what is to be told next. Of moments that have passed, only the last
// is told, unless none are to be.
func after(e state.Ending, now time.Time, skipPast bool) state.Ending {
	e.Tell = time.Time{}
	if !now.Before(e.End) {
		return e
	}
	for _, days := range tellAt {
		at := e.End.AddDate(0, 0, -days)
		if at.After(now) {
			if e.Tell.IsZero() {
				e.Tell = at
			}
			break
		}
		if !skipPast {
			e.Tell = at
		}
	}
	return e
}

// Due does what time alone demands: it tells of a relationship that ends soon, and
// ends a mute. The cards follow with the next pass over the mirror.
func (s *Service) Due(ctx context.Context, store state.Store, d state.Due) error {
	now := s.now()
	return store.Update(ctx, func(tx state.Tx) error {
		if d.Kind == state.DueAlert {
			return s.unmute(tx, d.Alert, now)
		}
		e, err := state.EndingOf(tx, d.Relationship)
		if err != nil || e.Tell.IsZero() || e.Tell.After(now) {
			return err
		}
		if err := s.endsSoon(tx, e, now); err != nil {
			return err
		}
		return state.PutEnding(tx, after(e, now, true))
	})
}

func (s *Service) endsSoon(tx state.Tx, e state.Ending, now time.Time) error {
	all, _, err := state.ReadableRelationships(tx, e.Customer)
	if err != nil || !now.Before(e.End) {
		return err
	}
	for _, m := range all {
		if m.ID == e.Relationship && m.Status == access.RelationshipActive {
			goesOn, err := covered(tx, m.Relationship, e.End)
			if err != nil {
				return err
			}
			return s.note(tx, m, Found{Change: access.Change{
				Kind: access.ChangeEndsSoon, Aspect: access.AspectTime, To: strconv.Itoa(daysLeft(e.End, now)), At: now, Alarming: !goesOn,
			}})
		}
	}
	return nil
}

// daysLeft counts a day that has begun.
func daysLeft(end, now time.Time) int {
	const day = 24 * time.Hour
	return int((end.Sub(now) + day - 1) / day)
}

func (s *Service) unmute(tx state.Tx, id access.AlertID, now time.Time) error {
	a, err := state.Alert(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return state.PutAlert(tx, a.Unmute(now), true)
}
