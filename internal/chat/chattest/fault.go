package chattest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Drop says when the connection of a call or a delivery is cut.
type Drop int

// When a connection is cut.
const (
	NoDrop     Drop = iota // never
	DropBefore             // before anything was done
	DropAfter              // after it was done: the answer is lost
)

// A Fault is what goes wrong with calls of one method, or with deliveries to
// one path of the app.
type Fault struct {
	On         string        // see below
	After      int           // how many calls pass first
	Times      int           // how many calls it hits; 0: until the plan is replaced
	Delay      time.Duration // before the call is applied
	Error      string        // answered instead of doing the work
	Status     int           // an HTTP status from 400 to 599, answered instead
	RetryAfter int           // seconds; answered as status 429 with "ratelimited"
	Drop       Drop
	Duplicate  int  // deliveries only: how many more times the same delivery is sent
	Reorder    bool // deliveries only: held back until the next one has been sent
}

// What Fault.On may be, besides the name of a Web API method.
const (
	OnEveryMethod   = "*"
	OnResponseURL   = "response_url"
	OnUpload        = "upload" // the address that files.getUploadURLExternal gives
	OnEveryDelivery = "deliver:*"
	OnCommands      = "deliver:" + pathCommands
	OnInteractions  = "deliver:" + pathInteractions
	OnOptions       = "deliver:" + pathOptions
	OnEvents        = "deliver:/slack/events"
)

// A FaultState is a fault of the plan, with how many calls it has seen and how
// many of them it has hit.
type FaultState struct {
	Fault
	Seen, Hits int
}

// ErrBadFault is what SetFaults wraps when a fault cannot happen.
var ErrBadFault = errors.New("no such fault")

// SetFaults replaces the plan; without arguments nothing goes wrong any more.
// A call is given to the faults in their order until one hits it: two faults on
// one method with Times set are hit one after the other. A plan with a fault
// that cannot happen is refused as a whole, with an error that wraps
// ErrBadFault, and the plan before it stays.
func (s *Server) SetFaults(plan ...Fault) error {
	states := make([]*FaultState, len(plan))
	for i, f := range plan {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d on %q: %w", i+1, f.On, err)
		}
		states[i] = &FaultState{Fault: f}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = states
	return nil
}

// AddFault plans one more fault after the others, which go on as they are. One
// that cannot happen is refused as by SetFaults.
func (s *Server) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("fault on %q: %w", f.On, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &FaultState{Fault: f})
	return nil
}

// Faults returns the plan with how often each fault has hit.
func (s *Server) Faults() []FaultState {
	s.mu.Lock()
	defer s.mu.Unlock()
	plan := make([]FaultState, len(s.faults))
	for i, f := range s.faults {
		plan[i] = *f
	}
	return plan
}

// strike counts one call or delivery and returns the fault that hits it. The
// lock is not held.
func (s *Server) strike(on string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if !f.covers(on) {
			continue
		}
		f.Seen++
		if f.Seen <= f.After || f.Times > 0 && f.Hits >= f.Times {
			continue
		}
		f.Hits++
		return f.Fault, true
	}
	return Fault{}, false
}

func (f *Fault) delivery() bool { return strings.HasPrefix(f.On, "deliver:") }

func (f *Fault) covers(on string) bool {
	switch f.On {
	case on:
		return true
	case OnEveryMethod:
		return on != OnResponseURL && on != OnUpload && !strings.HasPrefix(on, "deliver:")
	case OnEveryDelivery:
		return strings.HasPrefix(on, "deliver:")
	}
	return false
}

func (f *Fault) check() error {
	bad := func(why string) error { return fmt.Errorf("%w: %s", ErrBadFault, why) }
	answers := 0
	for _, set := range []bool{f.Error != "", f.Status != 0, f.RetryAfter != 0, f.Drop != NoDrop} {
		if set {
			answers++
		}
	}
	switch {
	case !f.known():
		return bad("neither a method nor a delivery has that name")
	case f.After < 0 || f.Times < 0 || f.Delay < 0 || f.RetryAfter < 0 || f.Duplicate < 0:
		return bad("a count or a wait is negative")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return bad("the status is none of a failure")
	case f.Drop < NoDrop || f.Drop > DropAfter:
		return bad("the drop is neither before nor after")
	case answers > 1:
		return bad("a call can fail in one way only")
	case f.delivery() && (f.Error != "" || f.RetryAfter != 0):
		return bad("an app's answer to a delivery is its own")
	case !f.delivery() && (f.Duplicate != 0 || f.Reorder):
		return bad("only deliveries are duplicated or held back")
	case answers == 0 && f.Delay == 0 && f.Duplicate == 0 && !f.Reorder:
		return bad("nothing goes wrong")
	}
	return nil
}

func (f *Fault) known() bool {
	_, isMethod := methods[f.On]
	return isMethod || slices.Contains([]string{
		OnEveryMethod, OnResponseURL, OnUpload, OnEveryDelivery, OnCommands, OnInteractions, OnOptions, OnEvents,
	}, f.On)
}

// suffer does what the plan has for this call of the app and reports whether
// the call was answered by that. With a cut connection, or a caller that does
// not wait for the end of a delay, it ends the handler. When the answer is to
// be lost after the work, finish cuts the connection. The lock is not held.
func (s *Server) suffer(w http.ResponseWriter, r *http.Request, on string) (answered bool, finish func()) {
	f, hit := s.strike(on)
	if !hit {
		return false, func() {}
	}
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	switch {
	case f.Drop == DropBefore:
		panic(http.ErrAbortHandler)
	case f.Drop == DropAfter:
		return false, func() { panic(http.ErrAbortHandler) }
	case f.RetryAfter > 0:
		writeRefusal(w, http.StatusOK, limited(f.RetryAfter))
	case f.Status != 0:
		http.Error(w, http.StatusText(f.Status), f.Status)
	case f.Error != "":
		writeRefusal(w, http.StatusOK, refuse(f.Error))
	default:
		return false, func() {}
	}
	return true, nil
}
