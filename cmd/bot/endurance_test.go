package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/graph/graphtest"
	"latchkey/internal/roles"
	"latchkey/internal/sandbox"
)

// batch is how many requests are under way at once.
const batch = 48

// TestEndurance leads many requests through their whole life (asked, approved,
// granted, ended by time) and looks at what stays behind in the bot: goroutines
// and memory may not grow with the requests. LATCHKEY_REQUESTS says how many,
// for a longer run.
func TestEndurance(t *testing.T) {
	t.Setenv("GOGC", "20") // of the bot: what it holds is what it needs, not what it has not collected yet
	rounds := 2
	if n, err := strconv.Atoi(os.Getenv("LATCHKEY_REQUESTS")); err == nil {
		rounds = (n + batch - 1) / batch
	}
	s, err := newLinkedStage(t.TempDir(), sandbox.Options{SlackPostRate: -1})
	must(t, err)
	defer s.close()
	s.endure(t)
	must(t, s.start())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, s.SetUp(ctx))

	must(t, s.lives(0)) // warms up: connections, groups, caches
	botBefore, worldBefore := s.goroutines(t), runtime.NumGoroutine()
	must(t, s.start())
	must(t, s.lives(1))
	rssBefore, heapBefore := s.resident(t), heap()
	for round := range rounds {
		must(t, s.lives(2+round))
	}
	rssAfter, heapAfter := s.resident(t), heap()
	botAfter := s.goroutines(t)
	const slack = 8 // effects under way at the moment, as many as there are workers
	// The bot is killed by now; the world's ends of its connections go when they notice.
	rested := s.wait("the world to rest", func() bool { return runtime.NumGoroutine() <= worldBefore+slack })
	worldAfter := runtime.NumGoroutine()

	n := rounds * batch
	t.Logf("%d requests: bot %d goroutines before, %d after; %d KiB before, %d KiB after; world %d goroutines before, %d after; %d KiB before, %d KiB after",
		n, botBefore, botAfter, rssBefore, rssAfter, worldBefore, worldAfter, heapBefore, heapAfter)
	if botAfter > botBefore+slack {
		t.Errorf("the bot has %d goroutines after %d requests, %d before", botAfter, n, botBefore)
	}
	if rested != nil {
		t.Errorf("the world has %d goroutines after %d requests, %d before", worldAfter, n, worldBefore)
	}
	if most := rssBefore + 16<<10; rssAfter > most {
		t.Errorf("the bot holds %d KiB after %d requests, want at most %d", rssAfter, n, most)
	}
	if most := heapBefore + uint64(n)*48 + 8<<10; heapAfter > most {
		t.Errorf("the world holds %d KiB after %d requests, want at most %d", heapAfter, n, most)
	}
	events, err := s.events()
	must(t, err)
	ended := 0
	for _, e := range events {
		if e.Kind == "grant.ended" {
			ended++
		}
	}
	if want := (rounds + 2) * batch; ended != want {
		t.Errorf("%d grants ended, want %d", ended, want)
	}
}

// enduranceRoles are what is asked for, in every combination that has one. None of them
// can raise its own rights: those are approved on the page.
var enduranceRoles = []string{"Exchange Administrator", "License Administrator", "Reports Reader", "Teams Administrator", "Service Support Administrator"}

// endure adds a relationship that carries them all.
func (s *stage) endure(t *testing.T) {
	t.Helper()
	var ids []string
	for _, name := range enduranceRoles {
		found, match := roles.Find(name)
		if match != roles.Exact {
			t.Fatalf("%s is no role", name)
		}
		ids = append(ids, string(found[0].ID))
	}
	now := time.Now()
	for _, c := range s.Graph.Relationships() {
		if c.DisplayName == "Fabrikam_Contoso_2026" {
			s.Graph.AddRelationship(graphtest.Relationship{
				DisplayName: "Fabrikam_Contoso_Endurance", CustomerTenant: c.CustomerTenant, CustomerName: c.CustomerName, Status: "active",
				Roles: ids, Duration: "P365D", AutoExtend: "PT0S", Created: now, Activated: now, End: now.AddDate(1, 0, 0),
			})
			return
		}
	}
	t.Fatal("there is no relationship with Contoso")
}

// lives leads one batch of requests through their lives.
func (s *stage) lives(round int) error {
	mark := fmt.Sprintf("endurance %d.", round)
	var wg sync.WaitGroup
	errs := make(chan error, batch)
	for i := range batch {
		who := []string{"ana", "bo"}[i%2]
		var wanted []string
		for bit, role := range enduranceRoles {
			if (i/2+1)>>bit&1 == 1 {
				wanted = append(wanted, role)
			}
		}
		wg.Go(func() {
			text := fmt.Sprintf(`request contoso "%s" for 1h because %s%d`, strings.Join(wanted, `", "`), mark, i)
			d, err := s.Slack.Slash(context.Background(), people[who], channels["#contoso"], "/access", text)
			switch {
			case err != nil || d.Err != nil:
				errs <- fmt.Errorf("%s: %w %w", text, err, d.Err)
			case !requestID.Match(d.Response):
				errs <- fmt.Errorf("%s: %s", text, d.Response)
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
	}
	cards, err := s.cards(mark, batch)
	if err != nil {
		return err
	}
	for _, ts := range cards {
		d, err := s.Slack.Click(context.Background(), people["carol"], channels["#contoso"], ts, "request.approve")
		if err != nil || d.Err != nil {
			return fmt.Errorf("approve: %w %w", err, d.Err)
		}
	}
	in := func(want int) func() bool { return func() bool { return s.memberships() == want } }
	if err := s.wait("every grant to be in place", in(batch)); err != nil {
		return fmt.Errorf("%w: %d are", err, s.memberships())
	}
	// A grant's time begins when the bot knows that it is in place.
	if err := s.wait("every card to tell of the access", s.cardsSay(mark, "access in force", batch)); err != nil {
		return err
	}
	if err := s.Clock.Advance(61 * time.Minute); err != nil {
		return err
	}
	if err := s.wait("every grant to end", in(0)); err != nil {
		return fmt.Errorf("%w: %d have not", err, s.memberships())
	}
	return s.wait("every card to say so", s.cardsSay(mark, "ended", batch))
}

// cardsSay reports whether each card of the batch says something.
func (s *stage) cardsSay(mark, what string, batch int) func() bool {
	return s.cardsSayAmong(4*batch, mark, what, batch)
}

// cardsSayAmong does so where so many messages may have come after the cards.
func (s *stage) cardsSayAmong(newest int, mark, what string, batch int) func() bool {
	return func() bool {
		n := 0
		for _, m := range s.newest(newest) {
			if strings.Contains(m, mark) && strings.Contains(m, what) {
				n++
			}
		}
		return n >= batch
	}
}

// cards waits for the batch's cards in the customer's channel.
func (s *stage) cards(mark string, batch int) (found []string, err error) {
	err = s.wait("every card", func() bool {
		found = found[:0]
		all := s.Slack.Messages(people["carol"], channels["#contoso"])
		for _, m := range all[max(0, len(all)-3*batch):] {
			if strings.Contains(string(m.Blocks), "request.approve") && strings.Contains(m.Text+string(m.Blocks), mark) {
				found = append(found, m.TS)
			}
		}
		return len(found) == batch
	})
	return found, err
}

// newest returns the last n messages that Carol sees in the customer's channel.
func (s *stage) newest(n int) (texts []string) {
	all := s.Slack.Messages(people["carol"], channels["#contoso"])
	for _, m := range all[max(0, len(all)-n):] {
		texts = append(texts, m.Text+string(m.Blocks))
	}
	return texts
}

// memberships counts the people in the bot's groups.
func (s *stage) memberships() (n int) {
	for _, g := range s.Graph.Groups() {
		if strings.HasPrefix(g.MailNickname, "latchkey-") {
			n += len(g.Members)
		}
	}
	return n
}

// goroutines stops the bot by the signal that makes it print them, and counts
// those that do not belong to an open connection: a connection is kept for the
// next call, and their number follows the load.
func (s *stage) goroutines(t *testing.T) (n int) {
	t.Helper()
	before := len(s.log.String())
	s.end(syscall.SIGQUIT)
	for _, g := range strings.Split(s.log.String()[before:], "\n\n") {
		if strings.HasPrefix(g, "goroutine ") && !strings.Contains(g, "net/http.(*persistConn)") && !strings.Contains(g, "net/http.(*conn).serve") {
			n++
		}
	}
	if n == 0 {
		t.Fatal("the bot did not tell of its goroutines")
	}
	return n
}

// resident returns the bot's own memory in KiB. Pages of the state file, which
// the system maps and takes back as it likes, are not in it.
func (s *stage) resident(t *testing.T) int {
	t.Helper()
	s.mu.Lock()
	pid := s.bot.Process.Pid
	s.mu.Unlock()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	must(t, err)
	m := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(raw)
	if m == nil {
		t.Fatal("the system does not say how much memory the bot holds")
	}
	kib, err := strconv.Atoi(string(m[1]))
	must(t, err)
	return kib
}

// heap returns what the world holds in KiB. Slack never forgets a message, so
// that grows with what was said.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 10
}
