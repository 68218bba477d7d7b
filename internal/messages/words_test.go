package messages_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/messages"
)

// Each kind of event that can be part of a request's story has words of its own.
func TestEventsAreWorded(t *testing.T) {
	t.Parallel()
	seen := map[string]access.EventKind{}
	for _, k := range []access.EventKind{
		access.EventRequested, access.EventApproved, access.EventDenied, access.EventWithdrawn, access.EventLapsed,
		access.EventGranting, access.EventActive, access.EventEnding, access.EventEnded, access.EventFailed,
		access.EventContainerReady, access.EventRefused, access.EventEffectDead, access.EventEffectRevived,
	} {
		m := messages.Show(messages.StoryView{CardView: view(), Events: []messages.EventView{{At: start, Kind: k}}})
		_, said, _ := strings.Cut(m.Text, "What happened:")
		if strings.Contains(said, string(k)) && strings.Contains(string(k), ".") {
			t.Errorf("%s is shown as it is: %s", k, said)
		}
		if other, twice := seen[said]; twice {
			t.Errorf("%s and %s read alike: %s", k, other, said)
		}
		seen[said] = k
	}
}

// Each status that Graph documents reads as words; any other is shown as it is.
func TestRelationshipStatusIsWorded(t *testing.T) {
	t.Parallel()
	for status, want := range map[access.RelationshipStatus]string{
		"created": "not yet sent to the customer", "approvalPending": "waits for the customer's approval", "approved": "not yet active",
		"activating": "becoming active", "active": "active", "expiring": "expiring", "expired": "expired",
		"terminationRequested": "being terminated", "terminating": "being terminated", "terminated": "terminated",
		"brandNew": "brandNew", "": "status unknown",
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			m := messages.Overview(messages.OverviewView{Customer: "Contoso", ReadAt: start, Relationships: []messages.RelationshipView{
				relationship(func(r *messages.RelationshipView) { r.Status = status }),
			}})
			if !strings.Contains(m.Text, "Contoso care: ") || !strings.Contains(m.Text, want+".") {
				t.Errorf("%q reads %q, want %q in it", status, m.Text, want)
			}
		})
	}
}

// A state that this version does not know is no reason to say nothing.
func TestUnknownState(t *testing.T) {
	t.Parallel()
	m := messages.CustomerCard(view(granted("paused")))
	if !strings.Contains(m.Text, "does not know the state") {
		t.Errorf("an unknown state reads %q", m.Text)
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, give, want string }{
		{"code", "Say `for 4h`.", "Say for 4h."},
		{"lines", "a\nb\u202E", "a b"},
		{"nothing", " ", "That is not possible."},
		{"long", strings.Repeat("x", 400), strings.Repeat("x", 299) + "…"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := messages.Plain(row.give); got != row.want {
				t.Errorf("Plain(%q) = %q, want %q", row.give, got, row.want)
			}
		})
	}
}
