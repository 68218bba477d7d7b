package state_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/internal/state"
	"latchkey/internal/state/statetest"
)

func mark(t *testing.T, s state.Store, key string, now time.Time) (isNew bool) {
	t.Helper()
	update(t, s, func(tx state.Tx) (err error) {
		isNew, err = state.MarkDelivery(tx, key, now)
		return err
	})
	return isNew
}

func TestMarkDelivery(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	tests := []struct {
		name, key string
		after     time.Duration
		want      bool
	}{
		{"First", "Ev1", 0, true},
		{"Repeated", "Ev1", time.Minute, false},
		{"Another", "Ev2", time.Minute, true},
		{"BeginningOfAKey", "Ev", time.Minute, true},
		{"StillKept", "Ev1", state.DeliveryKept - time.Second, false},
		{"MakesRoom", "Ev3", state.DeliveryKept, true},
		{"Forgotten", "Ev1", state.DeliveryKept, true},
	}
	for _, test := range tests {
		if got := mark(t, s, test.key, start.Add(test.after)); got != test.want {
			t.Errorf("%s: MarkDelivery(%q) after %v = %t, want %t", test.name, test.key, test.after, got, test.want)
		}
	}
}

func TestMarkDeliveryRefusesKeys(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	for _, key := range []string{"", "a/b", "a\x00b"} {
		err := s.Update(t.Context(), func(tx state.Tx) error {
			_, err := state.MarkDelivery(tx, key, start)
			return err
		})
		if err == nil {
			t.Errorf("MarkDelivery(%q) succeeded", key)
		}
	}
	if all := statetest.Contents(t, s); len(all) != 0 {
		t.Errorf("the store holds %v", all)
	}
}

// TestDeliveriesAreForgotten delivers for a week at a steady rate: what is kept
// must not grow beyond what the time to keep asks for, and after a burst the
// memory must come down again.
func TestDeliveriesAreForgotten(t *testing.T) {
	t.Parallel()
	s := statetest.Memory()
	count := func() (keys, index int) {
		for key := range statetest.Contents(t, s) {
			switch {
			case strings.HasPrefix(key, "delivery/"):
				keys++
			case strings.HasPrefix(key, "idx/delivery/"):
				index++
			}
		}
		return keys, index
	}
	now := start
	for i := range 300 {
		now = now.Add(time.Second)
		mark(t, s, fmt.Sprint("burst-", i), now)
	}
	for i := range 7 * 24 * 6 {
		now = now.Add(10 * time.Minute)
		mark(t, s, fmt.Sprint("steady-", i), now)
	}
	keys, index := count()
	if most := int(state.DeliveryKept/(10*time.Minute)) + 1; keys != index || keys > most {
		t.Errorf("%d deliveries and %d index entries are kept, want at most %d of each", keys, index, most)
	}
}
