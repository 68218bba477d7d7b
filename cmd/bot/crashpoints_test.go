package main

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/outbox"
	"latchkey/internal/sandbox"
	"latchkey/internal/state"
)

// TestCrashPoints kills the bot at every call that it makes to Slack or
// Microsoft during the main job, once before the call was applied and once
// after, with the answer lost. The bot is started again, and in the end
// everything must have happened exactly once.
func TestCrashPoints(t *testing.T) {
	killAt(t, some, 20, (*ambush).play)
}

// killAt plays once in peace, to count the points, of which there must be at least
// so many, and then once for each that is picked, killed there.
func killAt(t *testing.T, pick func(t *testing.T, points int) iter.Seq[int], least int, play func(*ambush, *testing.T)) {
	t.Helper()
	calm := newAmbush(0)
	play(calm, t)
	points := int(calm.seen.Load())
	if points < least {
		t.Fatalf("it makes %d points, which cannot be all", points)
	}
	t.Logf("%d points", points)
	for n := range pick(t, points) {
		t.Run(fmt.Sprintf("%03d", n), func(t *testing.T) {
			t.Parallel()
			a := newAmbush(int64(n))
			play(a, t)
			t.Logf("killed at %v", a.where.Load())
		})
	}
}

// all picks every point.
func all(_ *testing.T, points int) iter.Seq[int] { return every(1, 1, points) }

// some picks every fifth point, from a place that differs from run to run: together
// the runs come to all of them, and none takes the time of all.
// LATCHKEY_POINTS=all picks every one.
func some(t *testing.T, points int) iter.Seq[int] {
	t.Helper()
	if os.Getenv("LATCHKEY_POINTS") == "all" {
		return all(t, points)
	}
	from := 1 + rand.IntN(5)
	t.Logf("every fifth point, from the %d.", from)
	return every(5, from, points)
}

func every(step, from, to int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := from; n <= to && yield(n); n += step {
		}
	}
}

// ambush is a stage on which the bot is killed at one point.
type ambush struct {
	*stage
	armed atomic.Bool
	seen  atomic.Int64 // points since it was armed
	kills int64        // at which of them
	where atomic.Value

	killed chan struct{}
	died   bool // and was started again
}

func newAmbush(at int64) *ambush { return &ambush{kills: at, killed: make(chan struct{}, 1)} }

// point is told of every call, before and after it was applied.
func (a *ambush) point(what string) {
	if !a.armed.Load() || a.seen.Add(1) != a.kills {
		return
	}
	a.where.Store(what)
	a.kill()
	a.killed <- struct{}{}
	panic(http.ErrAbortHandler) // before: the call is lost; after: its answer is
}

// alive starts the bot again if it was killed.
func (a *ambush) alive(t *testing.T) {
	t.Helper()
	select {
	case <-a.killed:
		a.again(t)
	default:
	}
}

func (a *ambush) again(t *testing.T) {
	t.Helper()
	a.died = true
	must(t, a.start())
}

// try does what a person does, and again when the bot died on them: Slack shows
// them an error then, or nothing happens.
func (a *ambush) try(t *testing.T, act func() error, done func() bool) {
	t.Helper()
	for range 2 { // the bot dies once
		a.alive(t)
		if done() {
			return
		}
		if err := act(); err != nil {
			if a.seen.Load() < a.kills || a.kills == 0 || a.died {
				t.Fatal(err)
			}
			<-a.killed // it is dying, or dead
			a.again(t)
			continue
		}
		must(t, a.settled(t, done))
		return
	}
	t.Fatal("two tries were not enough")
}

// approve is one click, on a card that may have been redrawn meanwhile.
func (a *ambush) approve(t *testing.T, id string) error {
	t.Helper()
	var channel, ts string
	must(t, a.settled(t, func() (ok bool) {
		channel, ts, ok = a.button("carol", "request.approve", id)
		return ok || strings.Contains(a.view("carol"), "Approved by")
	}))
	if ts == "" {
		return nil
	}
	d, err := a.Slack.Click(t.Context(), sandbox.Carol, channel, ts, "request.approve")
	return errors.Join(err, d.Err)
}

// settled waits until done holds, starting the bot again when it is killed.
func (a *ambush) settled(t *testing.T, done func() bool) error {
	t.Helper()
	return a.wait("the next step", func() bool {
		a.alive(t)
		return done()
	})
}

// enter sets the stage and lies in wait.
func (a *ambush) enter(t *testing.T) {
	t.Helper()
	a.set(t)
	a.armed.Store(true)
}

// set sets the stage.
func (a *ambush) set(t *testing.T) {
	t.Helper()
	var err error
	a.stage, err = newLinkedStage(t.TempDir(), sandbox.Options{
		ObserveSlack: func(c chattest.Call) { a.point(fmt.Sprintf("slack %v %s", c.Phase, c.Method)) },
		ObserveGraph: func(c graphtest.Call) {
			if !strings.HasPrefix(c.Path, "/auditLogs/") || c.Tenant == partnersTenant { // customers' logs are read at any time: activity_crash.txtar
				a.point(fmt.Sprintf("graph %v %s %s", c.Phase, c.Method, c.Path))
			}
		},
	})
	must(t, err)
	t.Cleanup(func() {
		a.close()
		if t.Failed() {
			t.Logf("killed at %v; the bot's log:\n%s", a.where.Load(), a.log.String())
		}
	})
	must(t, a.start())
	must(t, a.SetUp(t.Context()))
}

func (a *ambush) play(t *testing.T) {
	t.Helper()
	a.enter(t)
	a.job(t)
}

// job is the main job, from the request to the end of the access.
func (a *ambush) job(t *testing.T) {
	t.Helper()
	var id string
	a.try(t, func() error {
		_, err := a.say("ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mail`)
		return err
	}, func() bool {
		id = requestID.FindString(a.view("carol"))
		return id != ""
	})
	a.try(t, func() error { return a.approve(t, id) }, func() bool {
		return len(a.granted("ana")) == 1 && strings.Contains(a.view("ana"), "is in place until") &&
			strings.Contains(a.view("carol"), "access in force")
	})
	must(t, a.Clock.Advance(5*60*60*1e9))
	must(t, a.settled(t, func() bool {
		return len(a.granted("ana")) == 0 && strings.Contains(a.view("carol"), "has ended") && strings.Contains(a.view("ana"), "has ended")
	}))
	a.armed.Store(false)
	a.alive(t)
	a.onlyOnce(t, id)
}

func (a *ambush) view(who string) string { return a.stage.seen(who) }

// onlyOnce checks that nothing was lost, doubled or left.
func (a *ambush) onlyOnce(t *testing.T, id string) {
	t.Helper()
	a.drain(t)
	ours := 0
	for _, g := range a.Graph.Groups() {
		if strings.HasPrefix(g.MailNickname, "latchkey-") {
			ours++
			if len(g.Members) != 0 {
				t.Errorf("%s still has members", g.DisplayName)
			}
		}
	}
	if ours != 1 {
		t.Errorf("%d groups were made, want 1", ours)
	}
	cards, told := 0, 0
	for _, m := range a.Slack.Messages(sandbox.Carol, sandbox.ChannelContoso) {
		if m.Ephemeral || !strings.Contains(m.Text, id) {
			continue
		}
		if strings.Contains(m.Text, "access request of") {
			cards++
		} else {
			told++
		}
	}
	if cards != 1 || told != 1 {
		t.Errorf("Contoso's channel has %d cards and %d notices of %s, want one each:\n%s", cards, told, id, a.stage.seen("carol"))
	}
	events, err := a.events()
	must(t, err)
	count := map[access.EventKind]int{}
	for _, e := range events {
		if string(e.Request) == id {
			count[e.Kind]++
		}
	}
	for _, kind := range []access.EventKind{
		access.EventRequested, access.EventApproved, access.EventGranting, access.EventActive, access.EventEnding, access.EventEnded,
	} {
		if count[kind] != 1 {
			t.Errorf("%d events %s, want 1", count[kind], kind)
		}
	}
	must(t, a.store(func(tx state.Tx) error {
		pending, err1 := outbox.Pending(tx)
		dead, err2 := outbox.Dead(tx)
		if len(pending)+len(dead) > 0 {
			t.Errorf("effects left: owed %+v, dead %+v", pending, dead)
		}
		return errors.Join(err1, err2)
	}))
}

// drain stops the bot with nothing owed. What it was killed over may be visible
// already and still be owed, until the bot has looked; and a read that was under way may
// owe more before the bot stops.
func (a *ambush) drain(t *testing.T) {
	t.Helper()
	must(t, a.rest())
}
