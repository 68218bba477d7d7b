package app

import (
	"context"
	"fmt"
	"strings"

	"latchkey/internal/audit"
	"latchkey/internal/state"
)

// prepareAudit has the audit log ready to be signed, and refuses a key that is none.
func (a *App) prepareAudit(ctx context.Context) error {
	if key := a.o.Config.AuditKey.Reveal(); key != "" {
		if _, err := audit.PublicKey(key); err != nil {
			return fmt.Errorf("AUDIT_KEY: %w", err)
		}
	}
	return a.store.Update(ctx, func(tx state.Tx) error {
		return audit.Prepare(tx, "latchkey/"+strings.ToLower(a.o.Config.EntraTenantID))
	})
}
