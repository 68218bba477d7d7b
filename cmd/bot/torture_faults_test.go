package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/state/boltstore"
)

// A fault is one row of the table.
type fault struct {
	name   string
	quick  bool // it is tried with all tests, too, but of the kills a third, which differs from run to run
	trap   trap
	socket bool
	begin  func(m *mix)            // what is planned at the stand-ins
	after  func(m *mix, phase int) // what happens after a phase
	call   func(m *mix, c call)    // what happens to a call
}

// A call is one use of Slack or Microsoft by the bot, before or after it was applied.
type call struct {
	after  bool
	what   string
	writes bool
}

// faults lists what is tried.
func faults() (out []fault) {
	out = []fault{
		{name: "none"},
		{name: "kill -9 at every step of every kind", quick: true, trap: trap{Kinds: true, Kill: "any"}},
	}
	for _, what := range []string{stepOwed, stepLeased, stepAwaited, stepRetried, stepFreed, stepDone} {
		for _, when := range []string{"before", "after"} {
			if what == stepOwed && when == "before" {
				continue // nothing is there yet; the kinds above have it
			}
			f := fault{name: "kill -9 " + when + " an effect is " + what, trap: trap{Kill: when + " " + what}}
			switch what {
			case stepFreed: // by the start after another death
				f.trap.Kill += ", after " + stepLeased
			case stepRetried:
				f.begin = troubled
			}
			out = append(out, f)
		}
	}
	return append(out,
		fault{name: "calls are lost", call: alternate(false, false, (*mix).cut)},
		fault{name: "half-done writes: the answer is lost", quick: true, call: alternate(true, true, (*mix).cut)},
		fault{name: "Microsoft answers 5xx in bursts", begin: bursts},
		fault{name: "Slack answers 5xx in bursts", begin: slackBursts},
		fault{name: "Slack is down for hours", after: during(3*time.Hour, false, slackDown, slackUp)},
		fault{name: "Microsoft answers 429 for an hour", after: during(time.Hour, true, throttled, graphUp)},
		fault{name: "Microsoft is down for an hour", after: during(time.Hour, true, graphDown, graphUp)},
		fault{name: "deliveries three times, and again in another order", begin: thrice, after: shuffled},
		fault{name: "the same over Socket Mode", socket: true, begin: thrice, after: shuffled},
		fault{name: "a slow disk", trap: trap{Slow: 40 * time.Millisecond}},
		fault{name: "a full disk", quick: true, after: during(time.Hour, true, diskFull, diskFree)},
		fault{name: "a damaged state file", after: damaged},
		fault{name: "the clock is put back and right again", after: during(time.Hour, true, clockBack, clockRight)},
		fault{name: "the clock is put forward and right again", after: clockAhead},
	)
}

func (m *mix) observe(after bool, system, method, path string) {
	if m.fault.call != nil && m.armed.Load() {
		m.fault.call(m, call{after: after, what: system + " " + method + " " + path, writes: system == "slack" && !reads[method] || system == "graph" && method != http.MethodGet})
	}
}

// reads are the methods of Slack that change nothing.
var reads = map[string]bool{
	"auth.test": true, "conversations.history": true, "conversations.info": true, "conversations.members": true, "conversations.replies": true,
	"users.info": true, "usergroups.users.list": true, "usergroups.list": true, "bots.info": true,
}

// alternate strikes at every third call of each kind that changes something, and at every
// tenth of those that only read, the first among them: what is repeated gets through, and
// so does what must read much in one go.
func alternate(after, writes bool, strike func(*mix)) func(*mix, call) {
	return func(m *mix, c call) {
		if c.after != after || writes && !c.writes {
			return
		}
		every := 10
		if c.writes {
			every = 3
		}
		m.tally.Lock()
		m.seenCalls[c.what]++
		hit := m.seenCalls[c.what]%every == 1
		m.tally.Unlock()
		if hit {
			strike(m)
		}
	}
}

// cut loses the connection: before, the call is lost; after, its answer.
func (m *mix) cut() {
	m.hit.Add(1)
	panic(http.ErrAbortHandler)
}

// during lets time pass under some trouble after each phase but the last, and waits until it
// is over. Access that is to end meanwhile must, or may wait for the end of the trouble.
func during(d time.Duration, excused bool, begin, end func(*mix)) func(*mix, int) {
	return func(m *mix, phase int) {
		if phase == 1 || phase > 4 { // the next phase needs the moment at which it begins
			return
		}
		m.excused = excused
		begin(m)
		m.pass(m.Clock.Now().Add(d), 5*time.Minute)
		end(m)
		if excused { // the longest wait between two tries
			m.pass(m.Clock.Now().Add(6*time.Minute), time.Minute)
		}
		m.excused = false
		m.turn(time.Minute)
	}
}

// troubled has tries fail.
func troubled(m *mix) {
	bursts(m)
	slackBursts(m)
}

func bursts(m *mix) {
	var plan []graphtest.Fault
	for n := range 20 {
		plan = append(plan, graphtest.Fault{On: "*", After: 40 * n, Times: 5, Status: []int{503, 500, 504, 502}[n%4], DoThenFail: n%2 == 1})
	}
	must(m.t, m.Graph.SetFaults(plan...))
}

func slackBursts(m *mix) {
	var plan []chattest.Fault
	for n := range 20 {
		plan = append(plan, chattest.Fault{On: chattest.OnEveryMethod, After: 40 * n, Times: 5, Status: []int{503, 500, 502, 504}[n%4]})
	}
	must(m.t, m.Slack.SetFaults(plan...))
}

func slackDown(m *mix) {
	must(m.t, m.Slack.SetFaults(chattest.Fault{On: chattest.OnEveryMethod, Status: 503}))
}

func slackUp(m *mix) {
	m.noteFaults()
	must(m.t, m.Slack.SetFaults())
}

func throttled(m *mix) {
	must(m.t, m.Graph.SetFaults(graphtest.Fault{On: "*", RetryAfter: 1}))
}

func graphDown(m *mix) { must(m.t, m.Graph.SetFaults(graphtest.Fault{On: "*", Status: 503})) }

func graphUp(m *mix) {
	m.noteFaults()
	must(m.t, m.Graph.SetFaults())
}

// refusal is of the mix itself, see [mix.isRefused].
var refusal = graphtest.Fault{On: "POST /tenantRelationships/delegatedAdminRelationships", Status: http.StatusBadRequest}

// noteFaults counts what the plans of the stand-ins have hit.
func (m *mix) noteFaults() {
	for _, f := range m.Graph.Faults() {
		if f.On != refusal.On {
			m.hit.Add(int64(f.Hits))
		}
	}
	for _, f := range m.Slack.Faults() {
		m.hit.Add(int64(f.Hits))
	}
}

func thrice(m *mix) {
	for _, d := range m.Slack.Deliveries() {
		m.replayed[d.ID] = true
	}
	must(m.t, m.Slack.SetFaults(chattest.Fault{On: chattest.OnEveryDelivery, Duplicate: 2}))
}

// shuffled has everything that was delivered in a phase come once more, in another order.
func shuffled(m *mix, _ int) {
	all := m.Slack.Deliveries()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, d := range all {
		if d.Duplicate || d.Path == "" || m.replayed[d.ID] {
			continue
		}
		m.replayed[d.ID] = true
		m.hit.Add(3)
		if _, err := m.Slack.Replay(context.Background(), d); err != nil {
			m.t.Error(err)
		}
	}
}

// fullFile tells a bot in a trap that its disk is full.
const fullFile = "full"

func diskFull(m *mix) { must(m.t, os.WriteFile(filepath.Join(m.dir, fullFile), nil, 0o600)) }

func diskFree(m *mix) {
	must(m.t, os.Remove(filepath.Join(m.dir, fullFile)))
	m.hit.Add(int64(strings.Count(m.log.String(), syscall.EFBIG.Error())) - m.hit.Load())
}

// damaged spoils the file of the state in many ways. Each time the bot must refuse it, or
// what it has must be what it had; then the good file is put back.
func damaged(m *mix, phase int) {
	if phase > 4 {
		return
	}
	m.paused.Store(true)
	defer m.paused.Store(false)
	m.kill()
	path := filepath.Join(m.dir, "latchkey.db")
	good, err := os.ReadFile(path)
	must(m.t, err)
	whole := m.contents(path)
	for name, bad := range spoilt(good) {
		m.hit.Add(1)
		must(m.t, os.WriteFile(path, bad, 0o600))
		s, err := boltstore.Open(path)
		if err != nil {
			continue
		}
		err = s.Close()
		if now := m.contents(path); err != nil || now != whole {
			m.t.Errorf("the state was taken although it was spoilt: %s (%v)", name, err)
		}
	}
	must(m.t, os.WriteFile(path, good[:12<<10], 0o600))
	if err := m.start(); err == nil {
		m.t.Error("the bot has started with the head of its state alone")
	}
	must(m.t, os.WriteFile(path, good, 0o600))
	must(m.t, m.start())
}

// spoilt is the file with its tail cut off, empty or full of rubbish, and with single bytes
// of it turned.
func spoilt(good []byte) map[string][]byte {
	out := map[string][]byte{}
	for _, n := range []int{1, 511, 4096, 4097, 8192, 64 << 10, len(good) / 2, len(good) - 64<<10, len(good) - 32<<10, len(good) - 4096, len(good) - 1, len(good)} {
		if n > len(good) {
			continue
		}
		out[fmt.Sprintf("%d bytes cut off", n)] = good[:len(good)-n]
		zero, rubbish := bytes.Clone(good), bytes.Clone(good)
		for i := len(good) - n; i < len(good); i++ {
			zero[i], rubbish[i] = 0, byte(rand.IntN(256))
		}
		if n >= 4096 {
			out[fmt.Sprintf("%d bytes empty", n)], out[fmt.Sprintf("%d bytes of rubbish", n)] = zero, rubbish
		}
	}
	return out
}
