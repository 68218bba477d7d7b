package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// stopWithin is how long a stop may take, whatever is under way.
const stopWithin = 10 * time.Second

// stopping is a bot that is told to stop while something is under way.
type stopping struct {
	*stage
	armed   atomic.Bool
	reached chan struct{} // the point at which it is told
	slack   func(chattest.Call)
	graph   func(graphtest.Call)
}

func newStopping(t *testing.T, socket bool) *stopping {
	t.Helper()
	p := &stopping{reached: make(chan struct{})}
	var err error
	p.stage, err = newLinkedStage(t.TempDir(), sandbox.Options{
		SocketMode: socket,
		ObserveSlack: func(c chattest.Call) {
			if p.armed.Load() && p.slack != nil {
				p.slack(c)
			}
		},
		ObserveGraph: func(c graphtest.Call) {
			if p.armed.Load() && p.graph != nil {
				p.graph(c)
			}
		},
	})
	must(t, err)
	p.closes(t)
	must(t, p.start())
	must(t, p.SetUp(t.Context()))
	return p
}

// signal sends the process that runs a signal.
func (p *stopping) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	must(t, p.bot.Process.Signal(sig))
}

// ended is closed when the process that runs now has ended.
func (p *stopping) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out
}

// gone waits for the end of the process.
func (p *stopping) gone(t *testing.T) *os.ProcessState {
	t.Helper()
	select {
	case <-p.out:
	case <-time.After(patience):
		t.Fatal("it does not stop")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	state := p.bot.ProcessState
	p.bot = nil
	return state
}

// inOrder has the process end in order, in time.
func (p *stopping) inOrder(t *testing.T) {
	t.Helper()
	began := time.Now()
	p.signal(t, syscall.SIGTERM)
	if state, took := p.gone(t), time.Since(began); state.ExitCode() != 0 || took > stopWithin {
		t.Errorf("it ended with %v after %v, want 0 within %v", state, took, stopWithin)
	}
}

// says waits for a line of the log.
func (p *stopping) says(line string) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if strings.Contains(p.log.String(), line) {
			return true
		}
	}
	return false
}

const (
	notTaken  = `msg="stopping: no more deliveries are taken`
	finishing = `msg="stopping: what is under way is finished`
	brokenOff = `msg="stopping: effects that take long are broken off`
)

// approved has a request approved, whose group Microsoft is then asked for.
func (p *stopping) approved(t *testing.T) (id string) {
	t.Helper()
	_, err := p.say("ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mail`)
	must(t, err)
	must(t, p.wait("the card", func() bool { id = requestID.FindString(p.seen("carol")); return id != "" }))
	p.armed.Store(true)
	must(t, p.click("carol", "request.approve", id))
	select {
	case <-p.reached:
	case <-time.After(patience):
		t.Fatal("no group is made")
	}
	return id
}

// goesOn starts the bot again, and checks that nothing was lost or done twice.
func (p *stopping) goesOn(t *testing.T, id string) {
	t.Helper()
	p.armed.Store(false)
	must(t, p.start())
	must(t, p.sees("ana", "is in place until"))
	p.stopBot()
	groups, adds := 0, 0
	for _, g := range p.Graph.Groups() {
		if strings.HasPrefix(g.MailNickname, "latchkey-") {
			groups++
			for _, u := range p.Graph.Users() {
				adds += p.Graph.MemberAdds(g.ID, u.ID)
			}
		}
	}
	if groups != 1 || adds != 1 {
		t.Errorf("%d groups were made and %d members added, want one of each", groups, adds)
	}
	events, err := p.events()
	must(t, err)
	count := map[access.EventKind]int{}
	for _, e := range events {
		if string(e.Request) == id {
			count[e.Kind]++
		}
	}
	if count[access.EventApproved] != 1 || count[access.EventActive] != 1 {
		t.Errorf("the log has %v", count)
	}
	if strings.Contains(p.log.String(), `msg="effect failed"`) {
		t.Error("a stop counts as a failure")
	}
}

// TestStopInCall stops the bot while Microsoft has done what it was asked for and not
// answered yet: an answer that comes soon is waited for, one that does not is not.
func TestStopInCall(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]string{"AnswerComes": finishing, "NoAnswer": "no line is like this"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newStopping(t, false)
			out := p.ended()
			var once atomic.Bool
			p.graph = func(c graphtest.Call) {
				if c.Phase != graphtest.After || c.Method != http.MethodPost || !strings.HasSuffix(c.Path, "/groups") || !once.CompareAndSwap(false, true) {
					return
				}
				close(p.reached)
				if name == "AnswerComes" {
					p.says(until)
					return
				}
				<-out
			}
			id := p.approved(t)
			p.inOrder(t)
			if got := strings.Contains(p.log.String(), brokenOff); got != (name == "NoAnswer") {
				t.Errorf("broken off is %t", got)
			}
			p.goesOn(t, id)
		})
	}
}

// TestStopTwice holds that a second signal ends the bot at once.
func TestStopTwice(t *testing.T) {
	t.Parallel()
	p := newStopping(t, false)
	out := p.ended()
	var once atomic.Bool
	p.graph = func(c graphtest.Call) {
		if c.Phase == graphtest.After && c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/groups") && once.CompareAndSwap(false, true) {
			close(p.reached)
			<-out
		}
	}
	p.approved(t)
	p.signal(t, syscall.SIGTERM)
	if !p.says(finishing) {
		t.Fatal("it does not say that it stops")
	}
	if status, text := p.ask("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(text, "wrong  running") {
		t.Errorf("/readyz answers %d %s while it stops", status, text)
	}
	if status, text := p.ask("/livez"); status != http.StatusOK {
		t.Errorf("/livez answers %d %s while it stops", status, text)
	}
	p.signal(t, syscall.SIGTERM)
	if status, ok := p.gone(t).Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v, want the signal", status)
	}
	p.armed.Store(false)
	must(t, p.start())
	must(t, p.sees("ana", "is in place until"))
}

// TestStopInDelivery stops the bot while it works on what somebody has typed: they are
// answered, and it is recorded.
func TestStopInDelivery(t *testing.T) {
	t.Parallel()
	for name, socket := range map[string]bool{"HTTP": false, "SocketMode": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newStopping(t, socket)
			var once atomic.Bool
			p.slack = func(c chattest.Call) {
				// By whose clock she means it is asked while she waits.
				if c.Phase == chattest.Before && c.Method == "users.info" && once.CompareAndSwap(false, true) {
					p.signal(t, syscall.SIGTERM)
					p.says(notTaken)
					close(p.reached)
				}
			}
			p.armed.Store(true)
			told, err := p.say("ana", "#contoso", `request contoso "Exchange Administrator" from tomorrow 20:00 for 2h because mail`)
			if err != nil || !strings.Contains(told, "was sent to") {
				t.Errorf("she is told %q, %v", told, err)
			}
			select {
			case <-p.reached:
			case <-time.After(patience):
				t.Fatal("the clock is not asked for")
			}
			if state := p.gone(t); state.ExitCode() != 0 {
				t.Errorf("it ended with %v", state)
			}
			p.armed.Store(false)
			must(t, p.start())
			must(t, p.sees("carol", "access request of"))
		})
	}
}

var listening = regexp.MustCompile(`msg=ready listen=http://(\S+)`)

// TestStopWithOpenPage stops the bot while browsers hold connections: one that has asked
// for a page, and one that has asked for nothing yet.
func TestStopWithOpenPage(t *testing.T) {
	t.Parallel()
	p := newStopping(t, false)
	m := listening.FindStringSubmatch(p.log.String())
	if m == nil {
		t.Fatal("it does not say where it listens")
	}
	for _, say := range []string{"", "GET /contacts/nobody HTTP/1.1\r\nHost: bot\r\n\r\n"} {
		conn, err := net.Dial("tcp", m[1])
		must(t, err)
		defer conn.Close() //nolint:errcheck // the bot closes it
		if say == "" {
			continue
		}
		_, err = io.WriteString(conn, say)
		must(t, err)
		_, err = conn.Read(make([]byte, 1))
		must(t, err)
	}
	p.inOrder(t)
}
