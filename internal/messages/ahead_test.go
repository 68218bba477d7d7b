package messages_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
	"latchkey/internal/messages"
)

// begins and recurs make a request one for a time ahead, or for several.
func begins(v *messages.CardView) {
	v.Request.StartAt = start.Add(35 * time.Hour)
	v.Request.Rule.StartWithin = 30 * 24 * time.Hour
}

func recurs(n int) func(*messages.CardView) {
	return func(v *messages.CardView) {
		r := &v.Request
		r.Rule.Recurring = 365 * 24 * time.Hour
		r.Recurs = access.Recurrence{Every: access.EveryMonth, Weekday: time.Tuesday, Nth: 2, At: 20 * time.Hour, Zone: "Europe/Berlin", Last: "2027-12-31"}
		for i := range n {
			r.Windows = append(r.Windows, start.Add(35*time.Hour).AddDate(0, 0, 28*i))
		}
		r.StartAt = r.Windows[0]
	}
}

func opened(n int) func(*messages.CardView) {
	return func(v *messages.CardView) { v.Request.Opened = n }
}

func stopped(v *messages.CardView) {
	v.Request.Stopped = access.Stop{By: bo, Note: "<!here> no *more*", At: start.Add(36 * time.Hour)}
}

func extends(v *messages.CardView) {
	v.Request.Extends, v.Request.Ends, v.Request.Duration = "R-1ST00", start.Add(5*time.Hour), time.Hour
	v.Request.DecideBy = v.Request.Ends
}

func inWindow(g *access.Grant) {
	g.Window, g.Until, g.ActiveAt = 1, start.Add(39*time.Hour), start.Add(35*time.Hour+time.Minute)
	g.ExpiresAt = g.Until
}

func notBegun(g *access.Grant) {
	g.Window, g.ActiveAt, g.ExpiresAt, g.EndNote = 1, time.Time{}, time.Time{}, "policy.yml has changed <!here>."
}

// aheadViews are the states of what begins later, again and again, or is extended.
func aheadViews() map[string]messages.CardView {
	extendable := func(v *messages.CardView) { v.Request.Rule.Extensions = 2 }
	return map[string]messages.CardView{
		"start-pending":      view(begins),
		"start-approved":     view(begins, decided(access.Approve, "")),
		"start-stopped":      view(begins, decided(access.Approve, ""), stopped),
		"start-active":       view(begins, granted(access.Active, inWindow), opened(1), extendable),
		"start-over":         view(begins, granted(access.Ended, over(access.Expired), inWindow), opened(1)),
		"start-not-begun":    view(begins, granted(access.Failed, over(access.NotBegun), notBegun), opened(1)),
		"windows-pending":    view(recurs(9)),
		"windows-six":        view(recurs(6)),
		"windows-approved":   view(recurs(3), decided(access.Approve, "")),
		"windows-active":     view(recurs(3), granted(access.Active, inWindow), opened(1)),
		"windows-between":    view(recurs(3), granted(access.Ended, over(access.Expired), inWindow), opened(1)),
		"windows-missed":     view(recurs(3), granted(access.Failed, over(access.NotBegun), notBegun), opened(1)),
		"windows-stopped":    view(recurs(3), granted(access.Ended, over(access.Revoked), inWindow), opened(1), stopped),
		"windows-last":       view(recurs(2), granted(access.Active, inWindow), opened(2)),
		"windows-hostile":    view(hostile, recurs(101), func(v *messages.CardView) { v.Request.Recurs.Zone = "<!here>" }),
		"windows-longest":    view(longest, recurs(100)),
		"extension-pending":  view(extends),
		"extension-approved": view(extends, decided(access.Approve, "")),
		"extension-denied":   view(extends, decided(access.Deny, "It is late enough.")),
		"extension-moot":     view(extends, closed(access.Lapsed)),
	}
}

func TestAheadCards(t *testing.T) {
	for name, v := range aheadViews() {
		t.Run(name, func(t *testing.T) {
			golden(t, "card-customer-"+name, messages.CustomerCard(v))
			golden(t, "card-requester-"+name, messages.RequesterCard(v))
		})
	}
}

func TestAheadNotices(t *testing.T) {
	all := aheadViews()
	for _, row := range []struct {
		name string
		of   func(messages.CardView) messages.Message
		in   []string
	}{
		{"scheduled", messages.Scheduled, []string{"start-approved", "windows-approved"}},
		{"not-begun", messages.NotBegun, []string{"start-not-begun", "windows-missed"}},
		{"stopped", messages.Stopped, []string{"start-stopped"}},
		{"stopped-customer", messages.StoppedCustomer, []string{"start-stopped", "windows-stopped"}},
		{"ends-soon", messages.AccessEndsSoon, []string{"start-active", "windows-active"}},
		{"extended", messages.Extended, []string{"start-active"}},
		{"failed", messages.Failed, []string{"start-not-begun", "windows-missed"}},
		{"reminder", remindsTwo, []string{"extension-pending", "windows-pending"}},
		{"receipt", messages.Receipt, []string{"start-pending", "windows-pending"}},
	} {
		for _, name := range row.in {
			t.Run(row.name+"/"+name, func(t *testing.T) { golden(t, "notice-"+row.name+"-"+name, row.of(all[name])) })
		}
	}
}

func TestProlongModal(t *testing.T) {
	goldenModal(t, "modal-extend", messages.ProlongModal(aheadViews()["start-active"]))
}

// TestRecurrencesInEveryLanguage holds that each recurrence is told from the others.
func TestRecurrencesInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, language := range lang.Known() {
		seen := map[string]access.Recurrence{}
		for _, every := range []access.Every{access.EveryDay, access.EveryWorkday, access.EveryWeek, access.EveryMonth} {
			for _, nth := range []int{1, 2, 3, 4, -1} {
				for day := time.Sunday; day <= time.Saturday; day++ {
					r := access.Recurrence{Every: every, Weekday: day, Nth: nth, At: 20*time.Hour + 5*time.Minute, Zone: "Europe/Berlin"}
					v := view(recurs(3))
					v.Language, v.Request.Recurs = lang.Tag(language), r
					said := windowsLine(messages.CustomerCard(v))
					if !strings.Contains(said, "20:05 (Europe/Berlin)") {
						t.Errorf("%s: %+v is %q", language, r, said)
					}
					other, ok := seen[said]
					same := ok && other.Every == every && (every != access.EveryMonth || other.Nth == nth) &&
						(!slices.Contains([]access.Every{access.EveryWeek, access.EveryMonth}, every) || other.Weekday == day)
					if ok && !same {
						t.Errorf("%s: %+v and %+v are both %q", language, other, r, said)
					}
					seen[said] = r
				}
			}
		}
	}
}

// windowsLine is the line of a card that says when access recurs.
func windowsLine(m messages.Message) string {
	for _, b := range m.Blocks {
		for l := range strings.SplitSeq(blockText(b), "\n") {
			if strings.Contains(l, "(Europe/Berlin)") {
				return l
			}
		}
	}
	return ""
}

func blockText(b slack.Block) string {
	if s, ok := b.(*slack.SectionBlock); ok && s.Text != nil {
		return s.Text.Text
	}
	return ""
}
