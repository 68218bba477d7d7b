package commands_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"latchkey/internal/approvals"
	"latchkey/internal/commands"
)

// TestHelpAlertsIsFound by who mistypes it, or takes it for a command.
func TestHelpAlertsIsFound(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"help alert", "help alarts", "alerts", "alert"} {
		if text := heard(newWorld(t).slash(t.Context(), typed)); !strings.Contains(text, "Did you mean `/access help alerts`?") {
			t.Errorf("%s: %s", typed, text)
		}
	}
}

// TestHelpAlerts tells how soon the operators hear of a change, as the bot is set up.
func TestHelpAlerts(t *testing.T) {
	t.Parallel()
	page := func(string) string { return "" }
	for _, row := range []struct {
		name  string
		env   commands.Env
		wants []string
	}{
		{"Polls", commands.Env{Poll: 5 * time.Minute}, []string{"found by reading Microsoft every 5 min.", "not watched: Partner Center is not connected"}},
		{"NoPage", commands.Env{Poll: 5 * time.Minute, PartnerCenter: true}, []string{"Changes are found by reading Microsoft every 5 min.", "one customer a second"}},
		{"Notified", commands.Env{Poll: 2 * time.Minute, PartnerCenter: true, Page: page}, []string{"bot partnercenter register", "within a minute", "every 2 min", "one customer a second"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			row.env.Log, row.env.Team, row.env.Approvals = slog.New(slog.DiscardHandler), "T1", w.service
			r := commands.New(row.env).Slash(t.Context(), commands.Invocation{Origin: approvals.Origin{Actor: ana, Channel: "C9"}, Text: "help alerts"})
			text := heard(r)
			for _, want := range row.wants {
				if !strings.Contains(text, want) {
					t.Errorf("says %q, want %q", text, want)
				}
			}
		})
	}
}
