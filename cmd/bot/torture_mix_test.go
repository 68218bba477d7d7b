package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// A mix is a fortnight in the life of a bot: requests that are approved, denied, withdrawn
// and left alone, an extension, windows, break-glass, a relationship that is asked for and
// ended, summaries; and every access ends. It goes on under whatever a fault does to the
// bot. What people did, and what must have come of it, is in its ledger.
type mix struct {
	*stage
	t      *testing.T
	fault  fault
	wishes []*wish
	offer  string   // the relationship that was asked for last
	acting bool     // the acts are played, too
	late   []string // access beyond its end, as it was seen
	amiss  []string // what was wrong with the state after a life of the bot

	armed    atomic.Bool // the fault has begun
	before   int         // how much the traps had written then
	paused   atomic.Bool // nobody starts the bot again
	excused  bool        // access may last until the trouble is over
	deaths   atomic.Int64
	over     chan struct{}
	once     sync.Once
	nurse    sync.WaitGroup
	patience time.Duration // with which people try
	hit      atomic.Int64  // what the fault has hit, where it counts that itself

	tally     sync.Mutex
	seenCalls map[string]int
	replayed  map[string]bool // deliveries, by id
}

// A wish is one request as the ledger has it.
type wish struct {
	who, by  string // who asks, and who may decide
	channel  string
	text     string // of the command, without its reason
	why      string // tells it from every other
	lasts    time.Duration
	id       string
	grants   int       // how often it must give access
	outcome  string    // which of the outcomes of requests it must have
	until    time.Time // the latest moment of its access; zero as long as it gives none
	glass    bool      // it was taken by break-glass
	mail     bool      // the customer is not in Slack
	warned   bool      // its end was near while it was in force
	reminded int       // how often it must have been called to mind
}

// The outcomes of requests.
const (
	outcomeEnded     = "ended"
	outcomeDenied    = "denied"
	outcomeLapsed    = "lapsed"
	outcomeWithdrawn = "withdrawn"
	outcomeExtended  = "extended"
)

const mixRules = `admins: [` + sandbox.Dee + `, ` + sandbox.Bo + `]
staff_by_mail: [fabrikam.example]
rules: [{name: Desk, bundles: [Helpdesk], max_duration: 8h, approvals: 1, decide_within: 24h, break_glass: 2h}, {name: Mix, max_duration: 8h, approvals: 1, decide_within: 24h, break_glass: 2h, start_within: 30d, recurring: 90d, extensions: 2}]` + "\n"

// mixCustomer is not in Slack.
const mixCustomer = `  - {name: Adventure Works, tenant: c84e0d9b-6f21-4b35-8e4d-90b7a5c1f836, domains: [adventure-works.com]}
`

// newMix sets the stage: the people are linked, and the fault has not begun.
func newMix(t *testing.T, f fault) *mix {
	t.Helper()
	m := &mix{t: t, fault: f, acting: f.trap.Seed == "" && (f.trap.Kinds || os.Getenv("LATCHKEY_TORTURE") != ""), over: make(chan struct{}), seenCalls: map[string]int{}, replayed: map[string]bool{}, patience: 4 * patience}
	o := sandbox.Options{
		SlackPostRate: -1, SocketMode: f.socket, OneClock: true,
		ObserveSlack: func(c chattest.Call) { m.observe(c.Phase == chattest.After, "slack", c.Method, "") },
		ObserveGraph: func(c graphtest.Call) { m.observe(c.Phase == graphtest.After, "graph", c.Method, c.Path) },
	}
	var err error
	m.stage, err = newLinkedStage(t.TempDir(), o)
	must(t, err)
	m.stage.command = "tortured"
	t.Cleanup(func() {
		m.calm()
		m.close()
		if t.Failed() {
			t.Logf("the bot's log:\n%s", m.log.String())
		}
	})
	m.set(trap{})
	must(t, m.start())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	must(t, m.SetUp(ctx))
	path := filepath.Join(m.dir, "policy.yml")
	raw, err := os.ReadFile(path)
	must(t, err)
	rules := mixRules + regexp.MustCompile(`(?m)^admins:.*\n`).ReplaceAllString(string(raw), "")
	rules = strings.Replace(rules, "customers:\n", "customers:\n"+mixCustomer, 1)
	must(t, os.WriteFile(path+".new", []byte(rules), 0o600))
	must(t, os.Rename(path+".new", path))
	must(t, m.wait("the policy to be in force", func() bool { return strings.Contains(m.seen("dee"), "policy.yml has changed and is in force") }))
	m.jump(m.next(time.Monday, 12))
	return m
}

// set sets the trap for the lives of the bot that begin from now on.
func (m *mix) set(trap trap) {
	m.t.Helper()
	raw, err := json.Marshal(trap)
	must(m.t, err)
	must(m.t, os.WriteFile(filepath.Join(m.dir, trapFile), raw, 0o600))
}

// arm begins the fault.
func (m *mix) arm() {
	m.t.Helper()
	m.before = len(m.steps())
	if m.fault.trap != (trap{}) {
		m.stopBot()
		m.lookOver()
		m.set(m.fault.trap)
		if err := m.start(); err != nil {
			m.t.Log(err) // it died at its start, and is started again
		}
	}
	if m.fault.begin != nil {
		m.fault.begin(m)
	}
	m.armed.Store(true)
	m.nurse.Go(m.watchOver)
}

// watchOver starts the bot again whenever it has died.
func (m *mix) watchOver() {
	for {
		m.mu.Lock()
		out := m.out
		m.mu.Unlock()
		select {
		case <-m.over:
			return
		case <-out:
		}
		for m.paused.Load() {
			m.moment(10 * time.Millisecond)
		}
		select {
		case <-m.over:
			return
		default:
		}
		if m.running() && !m.ended() {
			continue // somebody else has started it
		}
		m.deaths.Add(1)
		m.lookOver()
		if err := m.start(); err != nil {
			continue // it has died again, or patience ends the test
		}
	}
}

// ended reports whether the newest life of the bot is over.
func (m *mix) ended() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.out:
		return true
	default:
		return false
	}
}

// lookOver does with the state of a bot that has died, or was stopped, what "bot state
// check" does.
func (m *mix) lookOver() {
	if err := m.whole(); err != nil {
		m.tally.Lock()
		m.amiss = append(m.amiss, err.Error())
		m.tally.Unlock()
	}
}

// calm ends the watch over the bot.
func (m *mix) calm() {
	m.once.Do(func() { close(m.over) })
	m.nurse.Wait()
}

// rest ends the fault, and lets the bot do what it still owes. It leaves it stopped.
func (m *mix) rest() {
	m.t.Helper()
	m.calm()
	m.armed.Store(false)
	m.noteFaults()
	m.stopBot()
	m.lookOver()
	m.set(trap{})
	must(m.t, errors.Join(m.Slack.SetFaults(), m.Graph.SetFaults()))
	times := 40
	if m.fault.trap.Seed != "" {
		times = 5 // what it has forgotten never comes
	}
	for range times {
		if len(m.owed()) == 0 {
			return
		}
		must(m.t, m.start())
		m.turn(10 * time.Minute) // the longest wait is over
		m.moment(time.Second)
		m.stopBot()
		m.lookOver()
	}
}

// does has people do something until it is done: who sees an error does it again.
func (m *mix) does(what string, act func() error, done func() bool) {
	m.t.Helper()
	var last error
	for end := time.Now().Add(m.patience); time.Now().Before(end); {
		if done() {
			return
		}
		last = act()
		ctx, cancel := context.WithTimeout(context.Background(), map[bool]time.Duration{true: 2 * time.Second, false: 300 * time.Millisecond}[last == nil])
		err := m.Until(ctx, done)
		cancel()
		if err == nil {
			return
		}
		if m.armed.Load() && m.fault.trap.Seed == "" { // what fails or dies often waits long for its next try
			must(m.t, m.Clock.Advance(20*time.Second))
		}
	}
	if m.fault.trap.Seed != "" {
		panic(inVain(what))
	}
	m.t.Fatalf("%s: in vain (%v); dee sees:\n%s", what, last, m.seen("dee"))
}

// inVain is what a mix with a seeded bug ends with when something never happens.
type inVain string

// must waits until that holds, however often the bot dies meanwhile.
func (m *mix) must(what string, holds func() bool) {
	m.t.Helper()
	m.does(what, func() error { return nil }, holds)
}

// turn moves the clock on by one step, and looks for access beyond its end.
func (m *mix) turn(d time.Duration) {
	m.t.Helper()
	must(m.t, m.Clock.Advance(d))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	must(m.t, m.Follow(ctx))
	m.moment(20 * time.Millisecond) // so that what is due is not always late
	if m.excused {
		m.moment(100 * time.Millisecond)
		return
	}
	if m.fault.trap.Seed != "" && len(m.late) > 0 {
		return // it was seen
	}
	ctx, cancel = context.WithTimeout(context.Background(), m.patience)
	defer cancel()
	if m.Until(ctx, func() bool { return len(m.overdue()) == 0 }) != nil {
		m.late = append(m.late, m.overdue()...)
	}
}

// pass lets time pass in steps until a moment.
func (m *mix) pass(until time.Time, step time.Duration) {
	m.t.Helper()
	for rest := until.Sub(m.Clock.Now()); rest > 0; rest = until.Sub(m.Clock.Now()) {
		m.turn(min(rest, step))
	}
}

// next is the next such hour of a weekday in Berlin.
func (m *mix) next(day time.Weekday, hour int) time.Time {
	m.t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	must(m.t, err)
	now := m.Clock.Now().In(zone)
	for n := 0; ; n++ {
		if at := time.Date(now.Year(), now.Month(), now.Day()+n, hour, 0, 0, 0, zone); at.After(now) && at.Weekday() == day {
			return at
		}
	}
}

// jump lets time pass in one step.
func (m *mix) jump(to time.Time) {
	m.t.Helper()
	m.turn(to.Sub(m.Clock.Now()))
}

// overdue lists who is in the bot's groups more often than the ledger allows now.
func (m *mix) overdue() (out []string) {
	now, in := m.Clock.Now(), m.memberOf()
	for who, groups := range in {
		allowed := 0
		for _, w := range m.wishes {
			if w.who == who && w.until.After(now) {
				allowed++
			}
		}
		if len(groups) > allowed {
			out = append(out, fmt.Sprintf("%s at %s: %s", who, now.Format(time.DateTime), strings.Join(groups, ", ")))
		}
	}
	return out
}

// memberOf says which groups of the bot each person is in.
func (m *mix) memberOf() map[string][]string {
	names, out := map[string]string{}, map[string][]string{}
	for _, u := range m.Graph.Users() {
		who, _, _ := strings.Cut(u.UPN, "@")
		names[u.ID] = who
	}
	for _, g := range m.Graph.Groups() {
		for _, id := range g.Members {
			if strings.HasPrefix(g.MailNickname, "latchkey-") {
				out[names[id]] = append(out[names[id]], g.DisplayName)
			}
		}
	}
	return out
}
