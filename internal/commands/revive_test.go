package commands_test

import (
	"context"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

func (s *service) Revive(_ context.Context, o approvals.Origin, effect string) error {
	if o.Actor.User != dee.User {
		return access.Refuse(access.Forbidden, "Only a bot admin can do this.")
	}
	s.revived = append(s.revived, effect)
	return nil
}

// TestReviveButton has what could not be done tried again, for bot admins, and
// takes no value that no button of ours has.
func TestReviveButton(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		by    access.Person
		value string
		says  string
		calls int
	}{
		{"Admin", dee, "R-7K3M2/customer/0003/slack.card", "tried again now", 1},
		{"Other", ana, "R-7K3M2/customer/0003/slack.card", "Only a bot admin", 0},
		{"Empty", dee, "", "does not belong", 0},
		{"Hostile", dee, "a\nb", "does not belong", 0},
		{"Long", dee, strings.Repeat("a", 301), "does not belong", 0},
	} {
		w := newWorld(t)
		s := w.service
		reply := w.router.Click(t.Context(), commands.Invocation{Action: messages.ActionRevive, Value: tt.value, Origin: approvals.Origin{Actor: tt.by}})
		if reply.Message == nil || !strings.Contains(reply.Message.Text, tt.says) || len(s.revived) != tt.calls {
			t.Errorf("%s: %+v after %v", tt.name, reply.Message, s.revived)
		}
	}
}
