package approvals_test

import (
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
)

// A channel of policy.yml is followed to its other id once, with a word to the operators;
// one that nobody named is not, and none takes the place of another.
func TestChannelMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	moves := func() map[access.ChannelID]access.ChannelID {
		var out map[access.ChannelID]access.ChannelID
		w.look(t, func(tx state.Tx) (err error) {
			out, err = state.Moves(tx)
			return err
		})
		return out
	}
	follow := func(from, to access.ChannelID, want bool) func() error {
		return func() error {
			ours, err := w.ChannelMoved(t.Context(), from, to)
			if ours != want {
				t.Errorf("ChannelMoved(%s, %s) = %v, want %v", from, to, ours, want)
			}
			w.policy = w.policy.Moved(moves())
			return err
		}
	}
	const notice = "slack.notice notice/C0OPS"
	w.does(t, follow("G0ELSEWHERE", "C0ELSEWHERE", false))
	w.does(t, follow(contosoChannel, contosoChannel, false))
	w.does(t, follow(contosoChannel, adatumChannel, false), "event refused", notice+" trouble to C0OPS")
	w.does(t, follow(contosoChannel, operations, false), "event refused", notice+" trouble to C0OPS")
	w.does(t, follow(contosoChannel, "C0SHARED", true), "event channel.moved", notice+" trouble to C0OPS")
	w.does(t, follow(contosoChannel, "C0SHARED", false)) // told again
	w.does(t, follow(operations, "C0OPSNOW", true), "event channel.moved", "slack.notice notice/C0OPSNOW trouble to C0OPSNOW")
	events := w.events(t)
	moved := events[len(events)-2]
	if moved.Customer != contoso || moved.Detail["from"] != string(contosoChannel) || moved.Detail["to"] != "C0SHARED" {
		t.Errorf("the event is %+v", moved)
	}

	// Who decides does so in the channel of now, and in no other.
	id := w.asked(t)
	_, err := w.Decide(t.Context(), w.by(carol, contosoChannel), id, 1, access.Approve, "")
	if access.CodeOf(err) != access.Forbidden || !strings.Contains(err.Error(), "only in the channel") {
		t.Errorf("in the old channel: %v", err)
	}
	if _, err := w.Decide(t.Context(), w.by(carol, "C0SHARED"), id, 1, access.Approve, ""); err != nil {
		t.Errorf("in the channel of now: %v", err)
	}
}
