package watch

import (
	"fmt"
	"slices"
	"strconv"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// stormFrom is how many alerts of one pass are too many for a card each.
const stormFrom = 11

// Read is told that a pass over the mirror is over, in the transaction that
// records it. After the first whole one it takes what there is as the baseline;
// after every other, it owes the cards of what the pass changed.
func (s *Service) Read(tx state.Tx, whole bool) error {
	watched, err := state.Watched(tx)
	if err != nil {
		return err
	}
	if watched.Since.IsZero() {
		if !whole {
			return nil
		}
		return s.baseline(tx)
	}
	return s.settle(tx, func(access.Alert) bool { return true })
}

// baseline takes what there is as known, and says so once.
func (s *Service) baseline(tx state.Tx) error {
	now, relationships, customers := s.now(), 0, map[access.TenantID]bool{}
	for m, err := range state.EachRelationship(tx) {
		if err != nil {
			return err
		}
		relationships++
		customers[m.Customer] = true
		if err := s.ending(tx, nil, &m, true, now); err != nil {
			return err
		}
	}
	delete(customers, "")
	w := state.Watching{Since: now, Relationships: relationships, Customers: len(customers)}
	if err := state.PutWatching(tx, w); err != nil {
		return err
	}
	if _, err := audit.Append(tx, access.Event{At: now, Kind: access.EventWatching, Detail: map[string]string{
		"relationships": strconv.Itoa(w.Relationships), "customers": strconv.Itoa(w.Customers),
	}}); err != nil {
		return err
	}
	text := fmt.Sprintf("Watching %s of %s. From now on this channel hears when one of them changes.",
		count(w.Relationships, "relationship"), count(w.Customers, "customer"))
	return s.tell(tx, outbox.NoticeWatching, "watch/baseline", text)
}

func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Doubtful is told of a whole read that missed so much that it is not believed
// before another one has missed the same.
func (s *Service) Doubtful(tx state.Tx, d state.Doubt, known int) error {
	if _, err := audit.Append(tx, access.Event{At: s.now(), Kind: access.EventDoubted, Detail: map[string]string{
		"missing": strconv.Itoa(d.Count), "known": strconv.Itoa(known),
	}}); err != nil {
		return err
	}
	return s.tell(tx, outbox.NoticeTrouble, "watch/doubt/"+state.TimeKey(d.At), fmt.Sprintf(
		"Microsoft listed only %d of %s. That is taken for a fault of the reading: nothing was removed, nobody was alarmed, and everything goes on as before. If another whole read misses the same, a minute or more from now, it is believed.",
		known-d.Count, count(known, "relationship")))
}

// tell says something to the operators, where there are any.
func (s *Service) tell(tx state.Tx, notice outbox.NoticeKind, id, text string) error {
	channel := s.Operations()
	if channel == "" {
		return nil
	}
	return owe(tx, id+"/"+outbox.SlackNotice, outbox.SlackNotice, "notice/"+string(channel),
		outbox.NoticePayload{Notice: notice, Channel: channel, Text: text}, s.Protocol())
}

// settle owes the cards of alerts that changed: many new ones get one card together.
// Only those are taken whose read is over, lest the rest of it gets cards one by one.
func (s *Service) settle(tx state.Tx, over func(access.Alert) bool) error {
	stale, aside, err := state.StaleAlerts(tx)
	quiet := s.Quiet != nil && s.Quiet(s.now())
	stale = slices.DeleteFunc(stale, func(a access.Alert) bool {
		return !over(a) || quiet && a.Ring && a.Severity() == access.SeverityInfo // which waits
	})
	for _, bad := range aside {
		s.Log.Error("a record cannot be read", "err", bad)
	}
	if err != nil || len(stale) == 0 {
		return err
	}
	var fresh []access.Alert
	storms := map[access.StormID]access.Alert{}
	for _, a := range stale {
		if a.Storm != "" {
			storms[a.Storm] = a
		}
		if a.Ring {
			fresh = append(fresh, a)
			continue
		}
		if err := s.redraw(tx, a); err != nil {
			return err
		}
	}
	for id, a := range storms {
		if err := s.oweStorm(tx, id, fmt.Sprintf("%s/%s/%d", id, a.ID, a.Rev)); err != nil {
			return err
		}
	}
	if len(fresh) >= stormFrom {
		return s.storm(tx, fresh)
	}
	for _, a := range fresh {
		if err := s.card(tx, a); err != nil {
			return err
		}
	}
	return nil
}

// card gives an alert a new card.
func (s *Service) card(tx state.Tx, a access.Alert) error {
	next := a.Carded()
	if err := state.PutAlert(tx, next, false); err != nil {
		return err
	}
	for card := max(1, a.Card); card <= next.Card; card++ { // the one before says that there is a newer one
		if err := s.oweCard(tx, next, card); err != nil {
			return err
		}
	}
	return nil
}

// redraw has an alert's newest card show it as it is.
func (s *Service) redraw(tx state.Tx, a access.Alert) error {
	if a.Card > 0 {
		if err := s.oweCard(tx, a, a.Card); err != nil {
			return err
		}
	}
	return state.PutAlert(tx, a, false)
}

// show has one alert's cards show it as it is, without waiting for a pass.
func (s *Service) show(tx state.Tx, id access.AlertID) error {
	a, err := state.Alert(tx, id)
	if err != nil {
		return err
	}
	if a.Storm != "" {
		if err := s.oweStorm(tx, a.Storm, fmt.Sprintf("%s/%s/%d", a.Storm, a.ID, a.Rev)); err != nil {
			return err
		}
	}
	if a.Ring {
		return s.card(tx, a)
	}
	return s.redraw(tx, a)
}

// storm has one card tell of many alerts.
func (s *Service) storm(tx state.Tx, fresh []access.Alert) error {
	one := state.Storm{ID: access.StormOf(fresh), At: s.now(), Severity: access.Worst(fresh)}
	for _, a := range fresh {
		one.Alerts = append(one.Alerts, a.ID)
		if err := state.PutAlert(tx, a.Stormed(one.ID), false); err != nil {
			return err
		}
	}
	if err := state.PutStorm(tx, one); err != nil {
		return err
	}
	if err := s.oweStorm(tx, one.ID, string(one.ID)); err != nil {
		return err
	}
	table := outbox.FilePayload{Storm: one.ID}
	return owe(tx, string(one.ID)+"/"+outbox.SlackFile, outbox.SlackFile, table.Lane(), table, s.Protocol())
}

func (s *Service) oweCard(tx state.Tx, a access.Alert, card int) error {
	return owe(tx, fmt.Sprintf("%s/%d/%04d/%s", a.ID, card, a.Rev, outbox.SlackAlertCard), outbox.SlackAlertCard,
		string(a.ID)+"/slack", outbox.AlertCardPayload{Alert: a.ID, Card: card}, s.Protocol())
}

func (s *Service) oweStorm(tx state.Tx, id access.StormID, scope string) error {
	return owe(tx, scope+"/"+outbox.SlackAlertCard, outbox.SlackAlertCard, outbox.StormLane(id),
		outbox.AlertCardPayload{Storm: id}, s.Protocol())
}
