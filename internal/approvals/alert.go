package approvals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// AlertEntry is an alert with what it means for the customer now.
type AlertEntry struct {
	Alert access.Alert
	// Grants are those that the alert is about and that are not over: through the
	// relationship, of the member, or at the customer.
	Grants []Entry
	// Left are the customer's other relationships that give access.
	Left []access.Relationship
	// End is when the relationship ends; zero when it does not, or nobody knows.
	End time.Time
}

// StormEntry is a card of many alerts with the alerts as they are now.
type StormEntry struct {
	Storm  state.Storm
	Alerts []access.Alert
}

// AlertEntry returns an alert, for its cards. It checks nobody's authority: who
// reads a card is decided by where it is posted.
func (s *Service) AlertEntry(ctx context.Context, id access.AlertID) (AlertEntry, error) {
	var out AlertEntry
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out = AlertEntry{}
		if out.Alert, err = state.Alert(tx, id); err != nil {
			return err
		}
		all, _, err := state.ReadableRelationships(tx, out.Alert.Customer)
		if err != nil {
			return err
		}
		for _, m := range all {
			switch {
			case m.ID == out.Alert.Relationship:
				out.End = m.End
			case m.Status == access.RelationshipActive || m.Status == access.RelationshipExpiring:
				out.Left = append(out.Left, m.Relationship)
			}
		}
		out.Grants, err = hit(tx, out.Alert)
		return err
	})
	return out, err
}

// hit lists the grants that an alert is about.
func hit(tx state.Tx, a access.Alert) ([]Entry, error) {
	var ids []access.RequestID
	var err error
	switch a.About() {
	case access.AboutRelationship, access.AboutAssignment:
		return grantsThrough(tx, a.Customer, a.Relationship)
	case access.AboutCustomer:
		ids, err = state.GrantsOf(tx, a.Customer)
	case access.AboutMember:
		ids, err = state.HoldersIn(tx, a.Group, a.Member.ID)
	}
	if err != nil {
		return nil, err
	}
	all, _, err := entries(tx, ids)
	return all, err
}

// StormEntry returns a card of many alerts, as [Service.AlertEntry] does one.
func (s *Service) StormEntry(ctx context.Context, id access.StormID) (StormEntry, error) {
	var out StormEntry
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		out = StormEntry{}
		if out.Storm, err = state.StormOf(tx, id); err != nil {
			return err
		}
		for _, one := range out.Storm.Alerts {
			a, err := state.Alert(tx, one)
			if err != nil {
				return err
			}
			out.Alerts = append(out.Alerts, a)
		}
		return nil
	})
	return out, err
}

// AcknowledgeAlert records that a bot admin has looked, and shows it on the card.
func (s *Service) AcknowledgeAlert(ctx context.Context, o Origin, id access.AlertID) (access.Alert, error) {
	return s.onAlert(ctx, o, id, "alert acknowledge", access.EventAlertSeen, access.Alert.Acknowledge)
}

// MuteAlert has what is known of an alert tell nobody for a while. Only a bot
// admin may.
func (s *Service) MuteAlert(ctx context.Context, o Origin, id access.AlertID) (access.Alert, error) {
	return s.onAlert(ctx, o, id, "alert mute", access.EventAlertMuted, access.Alert.Mute)
}

func (s *Service) onAlert(
	ctx context.Context, o Origin, id access.AlertID, act string, kind access.EventKind,
	change func(access.Alert, access.Person, time.Time) (access.Alert, error),
) (access.Alert, error) {
	var out access.Alert
	about := subject{act: act}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		a, err := s.alert(tx, o, id)
		if err != nil {
			return err
		}
		by := named(tx, o.Actor)
		if out, err = change(a, by, now); err != nil {
			return err
		}
		detail := map[string]string{"alert": string(id)}
		if a.Relationship != "" {
			detail["relationship"] = string(a.Relationship)
		}
		ev, err := audit.Append(tx, access.Event{At: now, Actor: by, Kind: kind, Customer: a.Customer, Detail: detail})
		if err != nil {
			return err
		}
		return errors.Join(state.PutAlert(tx, out, false), s.oweAlert(tx, ev, out))
	})
	return out, err
}

// alert loads an alert for a bot admin.
func (s *Service) alert(tx state.Tx, o Origin, id access.AlertID) (access.Alert, error) {
	if err := s.admin(o.Actor); err != nil {
		return access.Alert{}, err
	}
	a, err := state.Alert(tx, id)
	if errors.Is(err, state.ErrNotFound) {
		err = access.Refuse(access.NotFound, "This alert is not known (any more). Look for a newer card.")
	}
	return a, err
}

// oweAlert has the newest card, and that of the storm, show the alert as it is.
func (s *Service) oweAlert(tx state.Tx, cause access.Event, a access.Alert) error {
	var err error
	if a.Card > 0 {
		err = s.owe(tx, cause, fmt.Sprintf("%s/%d", a.ID, a.Card), outbox.SlackAlertCard, string(a.ID)+"/slack",
			outbox.AlertCardPayload{Alert: a.ID, Card: a.Card})
	}
	if a.Storm != "" {
		err = errors.Join(err, s.owe(tx, cause, string(a.Storm)+"/"+string(a.ID), outbox.SlackAlertCard, outbox.StormLane(a.Storm),
			outbox.AlertCardPayload{Storm: a.Storm}))
	}
	return err
}

// mostOpened bounds how many cards one click makes.
const mostOpened = 5

// OpenStorm gives the alerts of one customer, out of a card of many, cards of
// their own: the first few that have none yet. Only a bot admin may.
func (s *Service) OpenStorm(ctx context.Context, o Origin, id access.StormID, customer access.TenantID) ([]access.Alert, error) {
	var out []access.Alert
	about := subject{act: "alert open", customer: customer}
	err := s.act(ctx, o, about, func(tx state.Tx, now time.Time) error {
		out = nil
		if err := s.admin(o.Actor); err != nil {
			return err
		}
		storm, err := state.StormOf(tx, id)
		if errors.Is(err, state.ErrNotFound) {
			return access.Refuse(access.NotFound, "These alerts are not known (any more). Look for a newer card.")
		}
		if err != nil {
			return err
		}
		for _, one := range storm.Alerts {
			a, err := state.Alert(tx, one)
			if err != nil {
				return err
			}
			if a.Customer == customer && a.InStorm && len(out) < mostOpened {
				out = append(out, a.Carded())
			}
		}
		if len(out) == 0 {
			return access.Refuse(access.Conflict, "The alerts of this customer have cards of their own already, further down in this channel.")
		}
		return s.opened(tx, o, storm, out, now)
	})
	return out, err
}

func (s *Service) opened(tx state.Tx, o Origin, storm state.Storm, all []access.Alert, now time.Time) error {
	ev, err := audit.Append(tx, access.Event{
		At: now, Actor: named(tx, o.Actor), Kind: access.EventAlertShown, Customer: all[0].Customer, Detail: map[string]string{"storm": string(storm.ID)},
	})
	for _, a := range all {
		err = errors.Join(err, state.PutAlert(tx, a, false), s.oweAlert(tx, ev, a))
	}
	return err
}

// AskAgain asks the customer for a relationship like the one that the alert is
// about: the roles that it had, for as long. Only a bot admin may.
func (s *Service) AskAgain(ctx context.Context, o Origin, id access.AlertID) (access.Offer, error) {
	var a access.Alert
	err := s.Store.View(ctx, func(tx state.Tx) (err error) {
		a, err = s.alert(tx, o, id)
		return err
	})
	if err != nil {
		return access.Offer{}, s.audited(ctx, o, subject{act: "alert ask again"}, err)
	}
	if a.Relationship == "" {
		return access.Offer{}, s.audited(ctx, o, subject{act: "alert ask again", customer: a.Customer},
			access.Refuse(access.Invalid, "This alert is not about a relationship. Ask with `/access relationship request`."))
	}
	days := access.DaysOf(a.Duration)
	if days == 0 {
		days = 365
	}
	roles := slices.Clone(a.Roles)
	for _, f := range a.Wrong {
		if f.Aspect == access.AspectRoles && a.Group == "" {
			roles = access.RolesIn(f.Was)
		}
	}
	return s.Offer(ctx, o, OfferAsk{Customer: a.Customer, Roles: roles, Days: min(days, access.LongestOffer)})
}
