package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// BenchmarkNotified measures how long it takes from what a customer does, of which
// Partner Center notifies the bot, to the card that tells of it in Slack: of one at a
// time, and of a thousand within fifty seconds, which make storms. The stand-in for
// Slack takes one message a second in a channel, as Slack does.
func BenchmarkNotified(b *testing.B) {
	for _, row := range []struct {
		name   string
		events int
		pause  time.Duration // between two; zero: until the card is there
	}{{"OneByOne", 30, 0}, {"Thousand", 1000, 50 * time.Millisecond}} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := watching(b, row.events)
				b.StartTimer()
				took := s.notified(b, row.events, row.pause)
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2].Seconds(), "p50-s")
				b.ReportMetric(took[len(took)*99/100].Seconds(), "p99-s")
				s.close()
			}
		})
	}
}

// watching is a stage whose bot watches so many more relationships, is notified, and
// has told of nothing yet.
func watching(b *testing.B, n int) *stage {
	b.Helper()
	s, err := newStage(b.TempDir(), sandbox.Options{})
	must(b, err)
	b.Cleanup(s.close)
	like := s.related("Northwind_Adatum_Calls")[0]
	for i := range n {
		s.Graph.AddRelationship(graphtest.Relationship{
			DisplayName: event(i), CustomerTenant: like.CustomerTenant, CustomerName: like.CustomerName, Status: "active",
			Roles: []string{"f2ef992c-3afb-46b9-b7cf-a126ee74c451"}, AutoExtend: "P180D",
		})
	}
	must(b, s.start())
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	must(b, s.SetUp(ctx))
	must(b, s.wait("the baseline", func() bool { return strings.Contains(s.seen("dee"), "Watching ") }))
	out, err := exec.Command("bot", "partnercenter", "register", "-world", filepath.Join(s.dir, "world.json")).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return s
}

func event(i int) string { return fmt.Sprintf("Event_%04d", i) }

// notified has Amir terminate all of them, and returns how long each took to be told.
func (s *stage) notified(b *testing.B, n int, pause time.Duration) []time.Duration {
	b.Helper()
	ids := map[string]string{}
	for _, r := range s.Graph.Relationships() {
		ids[r.DisplayName] = r.ID
	}
	began := make([]time.Time, n)
	took := make([]time.Duration, n)
	told := 0
	look := func() int {
		told = 0
		at := s.told()
		for i := range n {
			if posted, ok := at[event(i)]; ok {
				took[i], told = posted.Sub(began[i]), told+1
			}
		}
		return told
	}
	for i := range n {
		began[i] = time.Now()
		must(b, s.Graph.TerminateRelationship(ids[event(i)], upn("amir")))
		if pause == 0 {
			must(b, s.wait(event(i), func() bool { return look() == i+1 }))
			continue
		}
		time.Sleep(time.Until(began[i].Add(pause)))
	}
	for look() < n {
		if time.Since(began[n-1]) > 2*time.Minute {
			b.Fatalf("%d of %d were told", told, n)
		}
		time.Sleep(200 * time.Millisecond)
	}
	return took
}

// told is when the cards were posted, by the relationships of which they tell: those of
// a storm stand in the table under its card.
func (s *stage) told() map[string]time.Time {
	at := map[string]time.Time{}
	for _, m := range s.Slack.Messages(sandbox.Dee, sandbox.ChannelOperations) {
		ts := m.TS
		if m.ThreadTS != "" {
			ts = m.ThreadTS
		}
		seconds, err := strconv.ParseFloat(ts, 64)
		if err != nil {
			continue
		}
		for _, word := range strings.FieldsFunc(s.said(m), func(r rune) bool { return !strings.ContainsRune("Event_0123456789", r) }) {
			if _, known := at[word]; !known && strings.HasPrefix(word, "Event_") {
				at[word] = time.UnixMicro(int64(seconds * 1e6))
			}
		}
	}
	return at
}
