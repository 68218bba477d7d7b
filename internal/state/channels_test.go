package state_test

import (
	"fmt"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

// A channel is found by every id that it ever had, and by the one it has.
func TestMoves(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	for _, step := range []struct {
		from, to access.ChannelID
		want     string
	}{
		{"G1", "C1", "map[G1:C1]"},
		{"G1", "C1", "map[G1:C1]"},
		{"G2", "C2", "map[G1:C1 G2:C2]"},
		{"C1", "C3", "map[C1:C3 G1:C3 G2:C2]"},
		{"C3", "C1", "map[C3:C1 G1:C1 G2:C2]"},
		{"C1", "G1", "map[C1:G1 C3:G1 G2:C2]"},
	} {
		update(t, s, func(tx state.Tx) error {
			return state.MoveChannel(tx, state.Move{From: step.from, To: step.to, At: start})
		})
		var got map[access.ChannelID]access.ChannelID
		if err := s.View(t.Context(), func(tx state.Tx) (err error) {
			got, err = state.Moves(tx)
			return err
		}); err != nil || fmt.Sprint(got) != step.want {
			t.Errorf("after %s to %s: %v, %v; want %s", step.from, step.to, got, err, step.want)
		}
	}
}
