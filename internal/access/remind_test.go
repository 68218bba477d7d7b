package access_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

// TestRemind holds when those who must decide are reminded, that a bot which was down
// reminds once for all that it missed, and that nothing that is decided or that lapses
// soon reminds anybody.
func TestRemind(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	r := access.Request{State: access.Pending, CreatedAt: made, DecideBy: made.Add(24 * time.Hour)}
	for _, row := range []struct {
		name     string
		reminded int
		after    time.Duration
		want     int // reminders after it; -1: nothing was due
	}{
		{"Before", 0, 12*time.Hour - time.Second, -1},
		{"HalfWay", 0, 12 * time.Hour, 1},
		{"Once", 1, 12 * time.Hour, -1},
		{"NearTheEnd", 1, 21 * time.Hour, 2},
		{"BothAtOnce", 0, 22 * time.Hour, 2},
		{"NeverAgain", 2, 23 * time.Hour, -1},
		{"TooLate", 0, 24 * time.Hour, -1},
	} {
		one := r
		one.Reminded = row.reminded
		got, due := one.Remind(made.Add(row.after))
		if due != (row.want >= 0) || due && got.Reminded != row.want || !due && got.Reminded != row.reminded {
			t.Errorf("%s: %d reminders, due %t, want %d", row.name, got.Reminded, due, row.want)
		}
		if due && got.LastReminder() != (row.want == 2) {
			t.Errorf("%s: the last one: %t", row.name, got.LastReminder())
		}
	}
	for name, change := range map[string]func(*access.Request){
		"decided": func(r *access.Request) { r.State = access.Denied },
		"short":   func(r *access.Request) { r.DecideBy = made.Add(59 * time.Minute) },
		"older":   func(r *access.Request) { r.CreatedAt = time.Time{} },
	} {
		one := r
		change(&one)
		if at, ok := one.NextReminder(); ok {
			t.Errorf("%s: is reminded at %s", name, at)
		}
	}
}
