package chat

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// Socket takes deliveries over Socket Mode, for installations that Slack cannot
// reach. It holds one socket, and two while one takes the place of the other: when
// Slack announces the end of a socket the next is opened, and the old one is read
// until Slack has closed it, so there is no moment in which nobody listens. A delivery
// that comes over both is taken once.
//
// Of a crash with one or two sockets the same is true: what was acknowledged is
// committed, and for anything else the person sees an error.
type Socket struct {
	Dispatcher *Dispatcher
	API        *slack.Client
	Backoff    func(attempt int) time.Duration
	Log        *slog.Logger
	Now        func() time.Time // real time, unless set
	// Stay is how long an old socket is read on beside the next, where Slack does not
	// close it; half a minute, unless set.
	Stay time.Duration

	taken envelopes
	open  atomic.Int64 // sockets over which Slack has said hello
}

// Connected reports whether deliveries can come in.
func (s *Socket) Connected() bool { return s.open.Load() > 0 }

const (
	// silence is how long a socket may be without a ping from Slack.
	silence = 45 * time.Second
	// settled is how long a socket must have lived to count as a good one when
	// nothing was delivered over it.
	settled = 30 * time.Second
	// stay is three times as long as Slack says that a socket lasts after a warning.
	stay = 30 * time.Second
	// writeWithin bounds the writing of one acknowledgement.
	writeWithin = 5 * time.Second
	// longestWait bounds the time without a socket once one can be opened again.
	longestWait = time.Minute
)

// The reasons for which Slack ends a socket that say more than that another is needed.
const (
	linkDisabled = "link_disabled"       // Socket Mode was turned off
	tooMany      = "too_many_websockets" // this one is beyond the number that an app may have
)

// Run takes deliveries until ctx ends. After a good socket the next is opened at
// once, and so it is after one that ended early; when several in a row do, it
// waits longer and longer, as it does when none can be opened.
func (s *Socket) Run(ctx context.Context) {
	var links sync.WaitGroup
	defer links.Wait()
	var old *link         // that is read beside the next
	failed, early := 0, 0 // in a row
	for ctx.Err() == nil {
		began, before := s.now(), old
		l := newLink(before)
		links.Go(func() { s.serve(ctx, l) })
		end := <-l.parted
		if ctx.Err() != nil {
			return
		}
		if end.goesOn() {
			before.leave() // there are never more than two
			old = l
		}
		switch {
		case !end.greeted, end.reason == linkDisabled, end.reason == tooMany:
			failed++
			s.Log.WarnContext(ctx, "socket not opened", "attempt", failed, "err", end.err)
			s.wait(ctx, failed, end.err)
		case end.used || s.now().Sub(began) >= settled:
			failed, early = 0, 0
			s.Log.InfoContext(ctx, "socket ended, opening the next", "err", end.err)
		default:
			failed = 0
			if early++; early > 1 {
				s.Log.WarnContext(ctx, "socket ends as soon as it opens", "times", early, "err", end.err)
				s.wait(ctx, early-1, nil)
			}
		}
	}
}

func (s *Socket) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// wait waits before another try, as long as Slack asks for where it does.
func (s *Socket) wait(ctx context.Context, attempt int, cause error) {
	select {
	case <-time.After(max(min(s.Backoff(attempt), longestWait), Patience(cause))):
	case <-ctx.Done():
	}
}

// connect asks Slack for the address of a socket and opens it.
func (s *Socket) connect(ctx context.Context, l *link) error {
	_, url, err := s.API.StartSocketModeContext(ctx)
	if err != nil {
		return fmt.Errorf("ask for a socket: %w", err)
	}
	if err := l.dial(ctx, url); err != nil {
		return fmt.Errorf("open the socket: %w", err)
	}
	return nil
}

// serve opens a socket and reads it to its end. That the next is needed is told once:
// when Slack announces the end, or when it has come.
func (s *Socket) serve(ctx context.Context, l *link) {
	var end parting
	if end.err = s.connect(ctx, l); end.err != nil {
		l.part(end)
		return
	}
	defer l.conn.Close()
	stop := context.AfterFunc(ctx, l.leave) // what has come is answered
	defer stop()
	var busy sync.WaitGroup
	defer busy.Wait()
	for {
		e, err := l.read()
		if err != nil {
			end.err = err
			l.part(end)
			return
		}
		switch e.Type {
		case "hello":
			if !end.greeted {
				end.greeted = true
				s.open.Add(1)
				defer s.open.Add(-1)
			}
			l.before.leaveWithin(s.stays())
		case "disconnect":
			end.reason, end.err = e.Reason, fmt.Errorf("slack ends it: %s", e.Reason)
			l.part(end)
			if e.Reason == linkDisabled || e.Reason == tooMany {
				return
			}
		default:
			if e.ID == "" {
				continue // a kind of word to the app that asks for no answer
			}
			end.used = true
			busy.Go(func() { s.take(context.WithoutCancel(ctx), l, e) })
		}
	}
}

func (s *Socket) stays() time.Duration {
	if s.Stay > 0 {
		return s.Stay
	}
	return stay
}
