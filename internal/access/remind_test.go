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
	for _, row := range []struct {
		name             string
		remind, escalate time.Duration
		reminded         int
		want             time.Duration
	}{
		{"AsTheRuleSays", 2 * time.Hour, 6 * time.Hour, 0, 2 * time.Hour},
		{"TheSecondToo", 2 * time.Hour, 6 * time.Hour, 1, 6 * time.Hour},
		{"TheFirstAlone", 2 * time.Hour, 0, 1, 21 * time.Hour},
		{"TheSecondAlone", 0, 20 * time.Hour, 0, 12 * time.Hour},
		{"TooLateForIt", 30 * time.Hour, 0, 0, 12 * time.Hour}, // it lapses before a start
	} {
		one := r
		one.Reminded, one.Rule.RemindAfter, one.Rule.EscalateAfter = row.reminded, row.remind, row.escalate
		if at, ok := one.NextReminder(); !ok || !at.Equal(made.Add(row.want)) {
			t.Errorf("%s: reminded at %s, %t, want after %s", row.name, at, ok, row.want)
		}
	}
	r.Rule.RemindAfter, r.Rule.EscalateAfter = 2*time.Hour, 6*time.Hour
	for name, change := range map[string]func(*access.Request){
		"decided": func(r *access.Request) { r.State = access.Denied },
		"short":   func(r *access.Request) { r.DecideBy = made.Add(59 * time.Minute) },
		"twice":   func(r *access.Request) { r.Reminded = 2 },
		"older":   func(r *access.Request) { r.CreatedAt = time.Time{} },
	} {
		one := r
		change(&one)
		if at, ok := one.NextReminder(); ok {
			t.Errorf("%s: is reminded at %s", name, at)
		}
	}
}
