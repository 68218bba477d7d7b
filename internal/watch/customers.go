package watch

import (
	"cmp"
	"errors"
	"strings"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// reseller is what Partner Center calls a customer who buys from the partner.
const reseller = "reseller"

// Customer is told what Partner Center said of a customer before, and says now. What
// it says for the first time is taken as known; a read that failed says what was said
// before. Cards follow with [Service.CustomersRead], so that many at once get one
// together.
func (s *Service) Customer(tx state.Tx, old, now state.DAP) error {
	watched, err := state.Watched(tx)
	if err != nil || watched.Since.IsZero() || old.ReadAt.IsZero() {
		return err
	}
	var changes []access.Change
	if old.Held != now.Held {
		change, err := s.legacy(tx, old, now)
		if err != nil {
			return err
		}
		changes = append(changes, change)
	}
	was, is := strings.EqualFold(old.Relationship, reseller), strings.EqualFold(now.Relationship, reseller)
	if was != is && old.Relationship != "" && now.Relationship != "" {
		kind := access.ChangeReseller
		if was {
			kind = access.ChangeLeft
		}
		changes = append(changes, access.Change{
			Kind: kind, Aspect: access.AspectReseller, From: old.Relationship, To: now.Relationship, At: s.now(), Alarming: was,
		})
	}
	for _, change := range changes {
		err = errors.Join(err, s.add(tx, access.AlertOfCustomer(now.Customer), change, func(a *access.Alert) {
			a.Customer, a.CustomerName = now.Customer, cmp.Or(name(tx, now.Customer), a.CustomerName)
		}))
	}
	return err
}

// CustomersRead owes the cards of what Partner Center told since the last time.
func (s *Service) CustomersRead(tx state.Tx) error {
	return s.settle(tx, func(a access.Alert) bool { return a.About() == access.AboutCustomer })
}

// name is what Graph calls the customer; empty where that is not known.
func name(tx state.Tx, c access.TenantID) string {
	k, err := state.CustomerKnown(tx, c)
	if err != nil {
		return ""
	}
	return k.Name
}

// legacy tells that legacy administration is gone, or there. What a bot admin of the
// partner removed here explains what is seen within a day of it.
func (s *Service) legacy(tx state.Tx, old, now state.DAP) (access.Change, error) {
	change := access.Change{
		Kind: access.ChangeDAPHeld, Aspect: access.AspectDAP, From: onOff(old.Held), To: onOff(now.Held), At: s.now(), Alarming: true,
	}
	if now.Held {
		return change, nil
	}
	change.Kind = access.ChangeDAPGone
	tickets, err := state.AllTickets(tx)
	for _, t := range tickets {
		if t.Act == state.TicketDAP && t.Customer == now.Customer && !t.TakenAt.IsZero() && change.At.Sub(t.TakenAt) < 24*time.Hour {
			change.By, change.Alarming = t.By, false
		}
	}
	return change, err
}
