package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat"
	"latchkey/internal/chat/chattest"
)

// TestUsergroup holds what is read of a usergroup, and what is said when it cannot be: how
// to mend it where trying again does not.
func TestUsergroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AddUsergroup(chattest.Usergroup{ID: "S0DESK", Handle: "desk", Users: []string{"U0ANA", "U0OLD"}})
	w.AddUsergroup(chattest.Usergroup{ID: "S0EMPTY", Handle: "empty"})
	w.AddUsergroup(chattest.Usergroup{ID: "S0OFF", Handle: "off", Users: []string{"U0ANA"}, Disabled: true})
	for _, row := range []struct {
		name, id, answer, want string
		code                   access.Code
		says                   string
	}{
		{"People", "S0DESK", "", "[U0ANA U0OLD]", "", ""},
		{"Nobody", "S0EMPTY", "", "[]", "", ""},
		{"NotThere", "S0NONE", "", "[]", access.NotFound, "Slack has no usergroup S0NONE"},
		{"Disabled", "S0OFF", "", "[]", access.NotFound, "or it was disabled"},
		{"NoScope", "S0DESK", `{"ok":false,"error":"missing_scope","needed":"usergroups:read"}`, "[]", access.Forbidden, "the scope usergroups:read"},
		{"NoPlan", "S0DESK", `{"ok":false,"error":"plan_upgrade_required"}`, "[]", access.Forbidden, "The plan of the workspace has no usergroups"},
		{"Trouble", "S0DESK", `{"ok":false,"error":"internal_error"}`, "[]", access.Unavailable, "Slack did not answer"},
		{"NoAnswer", "S0DESK", `{`, "[]", access.Unavailable, "Slack did not answer"},
	} {
		if row.answer != "" {
			w.answers("usergroups.users.list", row.answer, 1)
		}
		people, err := w.client.Usergroup(t.Context(), row.id)
		if got := fmt.Sprint(people); got != row.want || access.CodeOf(err) != row.code || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %s, %v, want %s, %s", row.name, got, err, row.want, row.says)
		}
		w.set(nil, nil)
	}
	if err := w.AddFault(chattest.Fault{On: "usergroups.users.list", Times: 1, RetryAfter: 7}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Usergroup(t.Context(), "S0DESK"); chat.Patience(err) != 7*time.Second {
		t.Errorf("throttled: %v, wait %v", err, chat.Patience(err))
	}
}
