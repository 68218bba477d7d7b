package graphtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OnWebhook names the attempts to deliver a notification of Partner Center in a
// plan of faults.
const OnWebhook = "webhook"

// onToken names the token endpoint in a plan.
const onToken = "token"

// Fault is a trouble planned for some calls: the service is slow, refuses, or
// loses the connection. Zero fields change nothing.
//
// On the way to a webhook the fields mean this: Status is the failure that the
// sender sees in place of an answer, with DoThenFail although the notification
// has arrived; Drop is a notification, or the answer to it, that is lost. After
// each the sender tries again, ten times in all.
type Fault struct {
	// On is the calls meant: a pattern as [Server.Calls] counts them, such as
	// "POST /groups/{id}/members/$ref" or "GET /partnercenter/v1/customers",
	// "token" for the token endpoint, [OnWebhook], or "*" for every Graph call,
	// those inside a batch included. "*" does not mean Partner Center.
	On string
	// After calls pass first; then Times calls are hit, or, when Times is 0,
	// every call until the plan is replaced. Only calls count that Graph would
	// have carried out: with a valid token and the permission.
	After, Times int

	Delay time.Duration // real time that passes before anything happens

	// Status, from 400 to 599, is answered instead of doing the work, with Code
	// and Message or what the service says with such a status. Partner Center's
	// codes are numbers: one that is none is left out.
	Status        int
	Code, Message string
	// RetryAfter is a number of seconds for the header of that name. Without a
	// Status the answer is 429.
	RetryAfter int
	// DoThenFail: the work is done, and Status is answered all the same.
	DoThenFail bool

	Drop Drop

	// For webhooks only: how many more times an attempt sends the notification,
	// of which the last answer counts, and whether a new notification is held back
	// until the next one has been dealt with. One is held at a time.
	Duplicate int
	Reorder   bool
}

// Drop says whether and when the connection is lost.
type Drop int

// A call inside a batch takes the connection of the whole batch with it.
const (
	NoDrop     Drop = iota
	DropBefore      // nothing is done
	DropAfter       // the work is done, the answer lost
)

// Unlist has the list of relationships miss these, as a list may that is complete
// by its own word. Each can still be read by its id. Without ids it misses none.
func (s *Server) Unlist(ids ...string) {
	missed := map[string]bool{}
	for _, id := range ids {
		missed[id] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlisted = missed
}

// FaultState is a planned fault and what became of it so far.
type FaultState struct {
	Fault
	Seen int // calls it was meant for
	Hits int // calls it was applied to
}

// SetFaults replaces the plan. Of several faults for a call the first that is
// due is applied. A plan with a fault that means no call, or asks for something
// that cannot be, changes nothing and is an error.
func (s *Server) SetFaults(plan ...Fault) error {
	states := make([]FaultState, 0, len(plan))
	for i, f := range plan {
		f, err := f.settled()
		if err != nil {
			return fmt.Errorf("fault %d (%s): %w", i+1, f.On, err)
		}
		states = append(states, FaultState{Fault: f})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = states
	return nil
}

// AddFault plans one more fault after the others, which go on as they are. It
// refuses what [Server.SetFaults] refuses.
func (s *Server) AddFault(f Fault) error {
	f, err := f.settled()
	if err != nil {
		return fmt.Errorf("fault (%s): %w", f.On, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, FaultState{Fault: f})
	return nil
}

// settled fills in what a fault leaves open, and checks it.
func (f Fault) settled() (Fault, error) {
	if f.RetryAfter > 0 && f.Status == 0 {
		f.Status = http.StatusTooManyRequests
	}
	return f, f.valid()
}

// Faults returns the plan in force.
func (s *Server) Faults() []FaultState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.faults)
}

func (f Fault) valid() error {
	known := f.On == "*" || f.On == onToken || f.On == OnWebhook || slices.Contains(Paths(), f.On)
	switch {
	case !known:
		return errors.New("there is no such call")
	case f.After < 0 || f.Times < 0 || f.Delay < 0 || f.RetryAfter < 0 || f.Duplicate < 0:
		return errors.New("a number is negative")
	case f.On != OnWebhook && (f.Duplicate > 0 || f.Reorder):
		return errors.New("only what goes to a webhook is duplicated or held back")
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return fmt.Errorf("%d is not the status of an error", f.Status)
	case f.DoThenFail && f.Status == 0:
		return errors.New("doing and failing needs a status to fail with")
	case f.Drop < NoDrop || f.Drop > DropAfter:
		return errors.New("there is no such drop")
	case f.Drop != NoDrop && f.Status != 0:
		return errors.New("a lost connection carries no status")
	}
	return nil
}

// everyCall says whether "*" means a call: those of Graph.
func everyCall(on string) bool {
	return on != onToken && on != OnWebhook && !strings.Contains(on, " "+partnerCenter+"/")
}

// due returns the fault that a call is to suffer, the zero one for none.
func (s *Server) due(on string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit Fault
	found := false
	for i := range s.faults {
		f := &s.faults[i]
		if f.On != on && (f.On != "*" || !everyCall(on)) {
			continue
		}
		f.Seen++
		if found || f.Seen <= f.After || f.Times > 0 && f.Hits >= f.Times {
			continue
		}
		f.Hits++
		hit, found = f.Fault, true
	}
	return hit
}

// before is what a call suffers before its work, and returns the refusal that
// takes the work's place.
func (f Fault) before(ctx context.Context) error {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			panic(http.ErrAbortHandler)
		}
	}
	if f.Drop == DropBefore {
		panic(http.ErrAbortHandler)
	}
	if f.DoThenFail {
		return nil
	}
	return f.refusal()
}

// after is what a call suffers once its work is done.
func (f Fault) after() error {
	if f.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	if f.DoThenFail {
		return f.refusal()
	}
	return nil
}

func (f Fault) refusal() error {
	if f.Status == 0 {
		return nil
	}
	code, message := usualError(f.Status)
	if f.Code != "" {
		code = f.Code
	}
	if f.Message != "" {
		message = f.Message
	}
	return &apiError{status: f.Status, code: code, message: message, retryAfter: f.RetryAfter}
}

// usualError is what Graph says with a status when nobody says more.
func usualError(status int) (code, message string) {
	switch status {
	case http.StatusTooManyRequests:
		return "TooManyRequests", "Too many requests. Wait before trying again."
	case http.StatusServiceUnavailable:
		return "serviceNotAvailable", "The service is not available for now."
	case http.StatusGatewayTimeout:
		return "UnknownError", "The service behind did not answer in time."
	case http.StatusConflict:
		return "conflict", "The request conflicts with the state of the resource."
	case http.StatusForbidden:
		return "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
	case http.StatusNotFound:
		return "Request_ResourceNotFound", "The resource does not exist."
	}
	if status < http.StatusInternalServerError {
		return "Request_BadRequest", "The request was refused."
	}
	return "InternalServerError", "Something went wrong."
}

// tokenUnderFault serves a call of the token endpoint as the plan wants it.
func (s *Server) tokenUnderFault(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	f := s.due(onToken)
	err := f.before(r.Context())
	if err == nil && f.Drop == NoDrop && !f.DoThenFail {
		serve(w, r)
		return
	}
	if err == nil {
		serve(&recorder{header: http.Header{}}, r)
		err = f.after()
	}
	refusal, ok := errors.AsType[*apiError](err)
	if !ok { // unreachable: what drops the connection does not come back
		panic(http.ErrAbortHandler)
	}
	if refusal.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(refusal.retryAfter))
	}
	s.refuseToken(w, r, &tokenError{refusal.status, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."})
}
