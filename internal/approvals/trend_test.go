package approvals_test

import (
	"fmt"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/state"
)

// TestTrends holds that the first summary of a week tells of the one that is over and
// of the one before, of whom it is for alone, also when the day before had none; and
// that what is asked for is compared with as many days before.
func TestTrends(t *testing.T) {
	t.Parallel()
	w := summedWorld(t) // start is a Monday
	ask := func(customer access.TenantID, role access.RoleID, after time.Duration) {
		t.Helper()
		w.now = start.Add(after)
		if _, err := w.Submit(t.Context(), w.by(bo, ""), approvals.Ask{Customer: customer, Roles: []access.RoleID{role}, Duration: time.Hour, Justification: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	const day = 24 * time.Hour
	ask(adatum, exchange, 0)
	ask(contoso, helpdesk, 4*day)
	w.now = start.Add(8 * day)
	id := w.active(t)
	w.now = w.now.Add(2 * time.Hour)
	if _, err := w.Revoke(t.Context(), w.by(ana, ""), id, ""); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	monday := access.DayOf(start, time.UTC).Plus(14)
	for _, row := range []struct {
		of        access.TenantID
		day, sent access.Day
		want      string
	}{
		{state.Partner, monday, monday.Plus(-1), "week 1/1 2h0m0s 1 of 2/0 0s 0"},
		{state.Partner, monday.Plus(1), monday.Plus(-1), "week 1/1 2h0m0s 1 of 2/0 0s 0"}, // the bot was down on Monday
		{state.Partner, monday, "", "week 1/1 2h0m0s 1 of 2/0 0s 0"},
		{state.Partner, monday.Plus(1), monday, ""},
		{state.Partner, monday.Plus(1), "", ""},
		{contoso, monday, "", "week 1/1 2h0m0s 1 of 1/0 0s 0"},
		{adatum, monday, "", "week 0/0 0s 0 of 1/0 0s 0"},
		{adatum, monday.Plus(7), "", ""}, // nothing in either week
		{adatum, monday.Plus(-7), "", "week 1/0 0s 0 of 0/0 0s 0"},
	} {
		s, err := w.DailySummary(t.Context(), row.of, row.day, row.sent)
		if got := trendsIn(s); err != nil || got != row.want {
			t.Errorf("of %s on %s after %q: %q, %v, want %q", row.of, row.day, row.sent, got, err, row.want)
		}
	}
	w.now = start.Add(9 * day)
	s, err := w.Summarize(t.Context(), w.by(dee, operations), contoso, 7)
	if got, want := trendsIn(s), " 2/1 2h0m0s 1 of 0/0 0s 0"; err != nil || got != want {
		t.Errorf("a week on demand is %q, %v, want %q", got, err, want)
	}
	if s, err := w.Summarize(t.Context(), w.by(dee, operations), "", 1); err != nil || len(s.Trends) > 0 {
		t.Errorf("a day is compared: %v, %v", s.Trends, err)
	}
	days, err := w.LastDays(t.Context(), state.Partner, access.DayOf(start, time.UTC).Plus(9), 7)
	if err != nil || len(days) != 7 || days[2].Asked != 1 || days[6].Given != 1 || days[0].Day != "2026-03-04" {
		t.Errorf("the last days are %+v, %v", days, err)
	}
}

func trendsIn(s approvals.Summary) (out string) {
	for _, t := range s.Trends {
		one := func(n approvals.Totals) string {
			return fmt.Sprintf("%d/%d %s %d", n.Asked, n.Given, n.Held, n.Customers)
		}
		out += fmt.Sprintf("%s %s of %s", t.Unit, one(t.Now), one(t.Then))
	}
	return out
}

// TestSummaryKnowsWhatWasSent holds that a day that passed without its summary is not
// taken for one that was sent.
func TestSummaryKnowsWhatWasSent(t *testing.T) {
	t.Parallel()
	w := summedWorld(t)
	first := w.plans(t)[state.Partner]
	w.now = first.At
	w.pass(t)
	w.drain(t)
	w.now = first.At.AddDate(0, 0, 3).Add(-2 * time.Hour) // the day before had its own given up
	w.pass(t)
	if p := w.plans(t)[state.Partner]; p.Sent != first.Next || p.Last <= p.Sent {
		t.Errorf("planned is %+v, want sent on %s and given up later", p, first.Next)
	}
}
