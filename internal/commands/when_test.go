package commands_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/commands"
)

// TestWhen holds what may be said of when access is wanted, and which moments it means to
// somebody in Berlin on Monday, 30 November 2026, at noon.
func TestWhen(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, berlin)
	for _, row := range []struct {
		text   string
		length string
		want   string // the moments in UTC, at most four and how many more
	}{
		{"contoso helpdesk for 4h from tomorrow 20:00 because x", "4 h", "2026-12-01 19:00"},
		{"contoso helpdesk from tomorrow at 20:00 for 4h because x", "4 h", "2026-12-01 19:00"},
		{"from 2026-12-08 20:00 contoso helpdesk for 4h because x", "4 h", "2026-12-08 19:00"},
		{"contoso helpdesk for 4h from monday 8:00 because x", "4 h", "2026-12-07 07:00"},
		{"contoso helpdesk for 4h from Mon 13:00 because x", "4 h", "2026-11-30 12:00"},
		{"contoso helpdesk for 4h from 13:00 because x", "4 h", "2026-11-30 12:00"},
		{"contoso helpdesk for 4h from 11:59 because x", "4 h", "2026-12-01 10:59"},
		{"contoso helpdesk for 4h from today 23:15 because x", "4 h", "2026-11-30 22:15"},
		{"contoso helpdesk from tomorrow 22:00-02:30 because x", "4 h 30 min", "2026-12-01 21:00"},
		{"contoso helpdesk from tomorrow 22:00-02:30 for 4h30m because x", "4 h 30 min", "2026-12-01 21:00"},
		{"contoso helpdesk for 3h every second tuesday 20:00 until 2027-03-01 because x", "3 h", "2026-12-08 19:00, 2027-01-12 19:00, 2027-02-09 19:00"},
		{"contoso helpdesk every patch tuesday 20:00–23:00 for 3 months because x", "3 h", "2026-12-08 19:00, 2027-01-12 19:00, 2027-02-09 19:00"},
		{"contoso helpdesk every last friday of the month at 20:00 until 2026-12-31 for 1h because x", "1 h", "2026-12-25 19:00"},
		{"contoso helpdesk every tuesday 20:00 for 3h for 2 weeks because x", "3 h", "2026-12-01 19:00, 2026-12-08 19:00"},
		{"contoso helpdesk every weekday 8:00-9:00 for 1 week because x", "1 h", "2026-12-01 07:00, 2026-12-02 07:00, 2026-12-03 07:00, 2026-12-04 07:00, 1 more"},
		{"contoso helpdesk every day 20:00 until 2026-12-01 for 1h because x", "1 h", "2026-11-30 19:00, 2026-12-01 19:00"},
		{"contoso helpdesk every day 20:00 until 2026-11-29 for 1h because x", "1 h", "none"},
		{"contoso helpdesk for 2h because from tomorrow 20:00 on nobody works", "2 h", ""},
		{"Bread from Berlin helpdesk for 2h because x", "2 h", ""},
		{"Every Corp helpdesk for 2h because x", "2 h", ""},
		{`"from" "every" helpdesk for 2h because x`, "2 h", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			got, err := commands.ParseAsked(row.text)
			if err != nil {
				t.Fatal(err)
			}
			start, windows, r := got.When.Moments(noon, berlin)
			var said []string
			if windows == nil && !start.IsZero() {
				said = append(said, start.Format("2006-01-02 15:04"))
			}
			for i, at := range windows {
				if i == 4 {
					said = append(said, strconv.Itoa(len(windows)-i)+" more")
					break
				}
				said = append(said, at.Format("2006-01-02 15:04"))
			}
			if len(windows) == 0 && windows != nil {
				said = []string{"none"}
			}
			if all := strings.Join(said, ", "); all != row.want || access.FormatDuration(got.Duration) != row.length {
				t.Errorf("%s for %s, want %s for %s", all, access.FormatDuration(got.Duration), row.want, row.length)
			}
			if windows != nil && r.Zone != "Europe/Berlin" {
				t.Errorf("by the clock of %q", r.Zone)
			}
			for _, w := range got.Words {
				if !w.Quoted && (w.Text == "until" || strings.Contains(w.Text, ":")) {
					t.Errorf("left among the words: %v", got.Words)
				}
			}
		})
	}
}

func TestWhenRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, field, says string }{
		{"contoso helpdesk for 4h from tomorrow because x", "start", "Say at what time"},
		{"contoso helpdesk for 4h from tomorrow 8pm because x", "start", "Say at what time"},
		{"contoso helpdesk for 4h from 24:00 because x", "start", "Say at what time"},
		{"contoso helpdesk for 4h from 2026-02-30 20:00 because x", "start", "There is no day 2026-02-30"},
		{"contoso helpdesk for 4h every tuesday because x", "start", "Say at what time"},
		{"contoso helpdesk for 4h every tuesday 20:00 because x", "start", "Say until when"},
		{"contoso helpdesk for 4h every tuesday 20:00 until friday because x", "start", "Say until when"},
		{"contoso helpdesk for 4h every tuesday 20:00 for 60 weeks because x", "start", "Say until when"},
		{"contoso helpdesk for 4h from tomorrow 20:00-23:00 because x", "duration", "it is 3 h, but you also said 4 h"},
		{"contoso helpdesk from tomorrow 20:00 because x", "duration", "for how long"},
	} {
		t.Run(row.text, func(t *testing.T) {
			t.Parallel()
			_, err := commands.ParseAsked(row.text)
			e, ok := errors.AsType[*access.Error](err)
			if !ok || e.Code != access.Invalid || e.Field != row.field || !strings.Contains(e.Message, row.says) {
				t.Errorf("%#v, want a refusal of %s with %q", err, row.field, row.says)
			}
		})
	}
}
