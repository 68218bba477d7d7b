package app

import (
	"encoding/json"
	"log/slog"
	"testing"

	"latchkey/internal/outbox"
)

// TestLookWithoutPartnerCenter is done at once when Partner Center was switched off
// after the notification had been taken.
func TestLookWithoutPartnerCenter(t *testing.T) {
	t.Parallel()
	a := &App{o: Options{Log: slog.New(slog.DiscardHandler)}}
	payload, err := json.Marshal(outbox.LookPayload{Event: "dap-admin-relationship-terminated"})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err := a.look(t.Context(), outbox.Effect{Kind: outbox.Look, Payload: payload, Attempts: 1}); raw != nil || err != nil {
		t.Errorf("= %s, %v", raw, err)
	}
}
