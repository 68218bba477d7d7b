package cards_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
	"latchkey/internal/outbox"
)

// TestAheadNotices holds who is told of what begins later and lasts longer, and that
// nothing is said of what has moved on.
func TestAheadNotices(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)
	r := renderer()
	known, _ := r.Approvals.(entries)
	e := known.known["R-00001"]
	e.Grant = nil
	e.Request.State, e.Request.Duration, e.Request.StartAt = access.Approved, time.Hour, at
	ahead, stopped, begun, active := e, e, e, e
	stopped.Request.Stopped = access.Stop{By: access.Person{Team: "T2", User: "U2", Name: "Bo"}, At: at}
	begun.Request.Opened = 1
	g := access.NewGrant(begun.Request, at)
	over := g.NotBegun("It was frozen.", at)
	begun.Grant = &over
	g = g.Joined(at)
	active.Request.Opened, active.Grant = 1, &g
	for _, row := range []struct {
		name   string
		of     approvals.Entry
		notice outbox.NoticeKind
		to     string
		says   string
	}{
		{"Scheduled", ahead, outbox.NoticeScheduled, "/U1", "begins at 2026-11-24 20:00 UTC"},
		{"ScheduledAndStopped", stopped, outbox.NoticeScheduled, "/", ""},
		{"Stopped", stopped, outbox.NoticeStopped, "/U1", "was ended by Bo"},
		{"StoppedCustomer", stopped, outbox.NoticeStoppedCustomer, "C1/", "no more access of"},
		{"NotBegun", begun, outbox.NoticeNotBegun, "C1/", "did not begin"},
		{"EndsSoon", active, outbox.NoticeEndsSoon, "/U1", "ends at 2026-11-24 21:00 UTC"},
		{"EndsSoonAndEnded", begun, outbox.NoticeEndsSoon, "/", ""},
		{"Extended", active, outbox.NoticeExtended, "/U1", "now lasts until 2026-11-24 21:00 UTC"},
		{"ExtendedAndEnded", begun, outbox.NoticeExtended, "/", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r := renderer()
			own, _ := r.Approvals.(entries)
			own.known = map[access.RequestID]approvals.Entry{"R-00001": row.of}
			r.Approvals = own
			got, err := r.Notice(t.Context(), outbox.NoticePayload{Notice: row.notice, Request: "R-00001", User: "U9"})
			check(t, got, err, row.to, row.says, false)
		})
	}
}
