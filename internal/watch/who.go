package watch

import (
	"encoding/json"
	"fmt"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// somebodys are the changes that somebody makes, so that a log may tell who.
var somebodys = map[access.ChangeKind]bool{
	access.ChangeEnding: true, access.ChangeTerminated: true,
	access.ChangeDAPGone: true, access.ChangeDAPHeld: true, access.ChangeLeft: true,
	access.ChangeStranger: true, access.ChangeLost: true,
}

// askWho owes the question who made a change that wants somebody to look, where somebody
// can be asked. The logs lag behind, so nothing waits for it.
func (s *Service) askWho(tx state.Tx, a access.Alert, c access.Change) error {
	if s.Who == nil || !c.Alarming || !somebodys[c.Kind] || c.By != (access.Person{}) || !s.Who(a.About()) {
		return nil
	}
	return owe(tx, fmt.Sprintf("%s/%s/%s/%s", a.ID, c.Kind, state.TimeKey(c.At), outbox.Who), outbox.Who, "who/"+string(a.ID),
		outbox.WhoPayload{Alert: a.ID, Change: c.Kind, At: c.At}, s.Protocol())
}

// Outcomes are what the outcomes of the effects mean that this package owes.
func (s *Service) Outcomes() map[string]outbox.Handler {
	return map[string]outbox.Handler{outbox.Look: {}, outbox.Who: {Done: s.told}}
}

// told writes down who made a change, if a log said so, and has the card say it.
func (s *Service) told(tx state.Tx, e outbox.Effect, raw json.RawMessage) error {
	p, err := outbox.Payload[outbox.WhoPayload](e)
	if err != nil {
		return err
	}
	var result outbox.WhoResult
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &result); err != nil {
			return outbox.Permanent(fmt.Errorf("result of %s: %w", e.ID, err))
		}
	}
	if result.By == "" {
		return nil
	}
	a, err := s.known(tx, p.Alert)
	if err != nil || a.ID == "" {
		return err
	}
	by := access.Person{Name: result.By}
	next, ok := a.MadeBy(p.Change, p.At, by, result.Source)
	if !ok {
		return nil // it is too long ago, or told already
	}
	_, err = audit.Append(tx, access.Event{At: s.now(), Actor: by, Kind: access.EventAlertChanged, Customer: a.Customer, Detail: map[string]string{
		"alert": string(a.ID), "change": string(p.Change), "source": result.Source,
	}})
	if err != nil {
		return err
	}
	if err := state.PutAlert(tx, next, true); err != nil || a.Ring {
		return err // its card is made when the read is over
	}
	return s.show(tx, a.ID)
}
