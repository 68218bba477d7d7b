package watch

import (
	"cmp"

	"latchkey/internal/access"
	"latchkey/internal/outbox"
	"latchkey/internal/state"
)

// Notified has what a notification is about be read at once. One whose digest is
// known was taken before: nothing is owed for it again.
func (s *Service) Notified(tx state.Tx, digest string, p outbox.LookPayload) (isNew bool, err error) {
	isNew, err = state.MarkNotification(tx, digest, s.Protocol())
	if err != nil || !isNew {
		return false, err
	}
	lane := "look/" + cmp.Or(string(p.Relationship), "customers")
	return true, owe(tx, "look/"+digest+"/"+outbox.Look, outbox.Look, lane, p, s.Protocol())
}

// Looked owes the cards of what was read at once.
func (s *Service) Looked(tx state.Tx, looked func(access.RelationshipID) bool) error {
	return s.settle(tx, func(a access.Alert) bool { return a.Relationship != "" && looked(a.Relationship) })
}
