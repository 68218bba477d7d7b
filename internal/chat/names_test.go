package chat_test

import (
	"net/url"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat"
)

// TestNamesAreNotHandles has who acts be called by name once it was looked up. A
// user who is not there is a fault that spoils no other name, and people of other
// workspaces are called as Slack calls them.
func TestNamesAreNotHandles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := &chat.Names{Client: w.client}
	if err := names.Learn(t.Context(), []access.UserID{"U0NOBODY", "U0ANA", "U0CARLA"}); err == nil {
		t.Error("somebody who is not there is no fault")
	}
	for _, tt := range []struct {
		name, team, user, handle, want string
		names                          *chat.Names
	}{
		{"Known", "T1", "U0ANA", "ana", "Ana Trujillo", names},
		{"NotLearnt", "T1", "U0ANA", "ana", "ana", nil},
		{"OfAnotherWorkspace", "T2", "U0CARLA", "carla", "carla", names},
		{"SameIDElsewhere", "T2", "U0ANA", "ana", "ana", names},
		{"Unknown", "T1", "U0NOBODY", "nobody", "nobody", names},
	} {
		d := newDesk(w, &router{})
		d.Dispatcher.Names = tt.names
		d.post("/slack/commands", url.Values{
			"team_id": {tt.team}, "user_id": {tt.user}, "user_name": {tt.handle}, "command": {"/access"}, "text": {"help"},
		}.Encode())
		if got := d.router.last().Origin.Actor.Name; got != tt.want {
			t.Errorf("%s: called %q, want %q", tt.name, got, tt.want)
		}
	}
}
