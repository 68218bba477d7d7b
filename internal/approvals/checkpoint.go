package approvals

import (
	"context"
	"fmt"
	"strings"

	"latchkey/internal/access"
	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// auditKey is the private key that signs checkpoints: the one that is set, or that was
// drawn when the log began.
func (s *Service) auditKey(tx state.Tx) (string, error) {
	if s.AuditKey != nil {
		if key := s.AuditKey(); key != "" {
			return key, nil
		}
	}
	return audit.DrawnSigner(tx)
}

// AuditKeyInForce records with which key checkpoints are signed from now on, where that is
// another one than before. It is called at the start.
func (s *Service) AuditKeyInForce(ctx context.Context) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		key, err := s.auditKey(tx)
		if err != nil {
			return err
		}
		_, err = audit.ReportKey(tx, key, now)
		return err
	})
}

// SettingsInForce records which settings are others than when the bot was started before.
// Who changed them is not known here; their values are not kept. It is called at the start.
func (s *Service) SettingsInForce(ctx context.Context, values map[string]string) error {
	now := s.now()
	return s.Store.Update(ctx, func(tx state.Tx) error {
		changed, err := audit.SettingsChanged(tx, values)
		if err != nil || len(changed) == 0 {
			return err
		}
		_, err = audit.Append(tx, access.Event{At: now, Kind: access.EventSettings, Detail: map[string]string{"settings": strings.Join(changed, " ")}})
		return err
	})
}

// Checkpoint puts events of the audit log, as many as fit into one transaction, into the
// tree of them, and signs it once all are in it. It reports whether there is more to do. A
// log that does not hold is not signed. A crash leaves a part of the events in the tree, or
// a checkpoint as well.
func (s *Service) Checkpoint(ctx context.Context) (more bool, err error) {
	now := s.now()
	err = s.Store.Update(ctx, func(tx state.Tx) error {
		key, err := s.auditKey(tx)
		if err != nil {
			return err
		}
		more, err = audit.Grow(tx, key, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return more, nil
}
