package chattest

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// postRate is what Slack documents: about one message a second for each
	// channel, with short bursts above it allowed.
	postRate = 1.0

	// postBurst is the size of such a burst, which Slack does not tell. Ten is
	// enough for all that one act of a person makes the app say in one channel,
	// and little enough to refuse an app that writes in a loop.
	postBurst = 10

	// postsAMinute is how many messages the workspace takes altogether: Slack says
	// "several hundred" a minute.
	postsAMinute = 300

	// The tiers of the other methods, in calls a minute for one workspace. Slack says
	// that it takes at least so many, and more in bursts of which it tells nothing; here
	// no minute has more.
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// tiered uses one call of a method's tier, or returns the seconds to wait for one. The
// lock is held.
func (s *Server) tiered(name string, tier int) (wait int) {
	if tier == 0 || s.opt.PostRate < 0 {
		return 0
	}
	now := s.opt.Now()
	kept := slices.DeleteFunc(s.minutes[name], func(at time.Time) bool { return now.Sub(at) >= time.Minute || at.After(now) })
	if len(kept) >= tier {
		s.minutes[name] = kept
		return max(1, int(math.Ceil((time.Minute - now.Sub(kept[0])).Seconds())))
	}
	s.minutes[name] = append(kept, now)
	return 0
}

// A pace is the posting limit of one channel: what is left of the burst, as of
// a moment. The zero value is a full burst.
type pace struct {
	spent float64
	at    time.Time
}

// take uses one posting, or returns how long to wait for one. A clock that goes
// back gives nothing and takes nothing.
func (p *pace) take(now time.Time, rate float64) (wait time.Duration) {
	if passed := now.Sub(p.at); passed > 0 {
		p.spent = max(0, p.spent-rate*passed.Seconds())
	}
	p.at = now
	if p.spent+1 > postBurst {
		return time.Duration((p.spent + 1 - postBurst) / rate * float64(time.Second))
	}
	p.spent++
	return 0
}

// giveBack undoes a take whose message was not posted.
func (p *pace) giveBack() { p.spent = max(0, p.spent-1) }

// pacing returns the limit that a posting to that channel or user falls under,
// or nil when there is none. The lock is held.
func (s *Server) pacing(id string) *pace {
	if s.opt.PostRate < 0 {
		return nil
	}
	if r, ok := s.rooms.get(id); ok {
		return &r.pace
	}
	for _, r := range s.rooms.all(func(r *room) bool { return r.DM && r.has(id) && r.has(s.opt.BotUser) }) {
		return &r.pace
	}
	return nil
}

// paced runs a posting under the limit of its channel. A refused call posts
// nothing and counts for nothing. The lock is held.
func (s *Server) paced(a args, do func(*Server, args) (object, error)) (object, error) {
	p := s.pacing(a.Get("channel"))
	if p == nil {
		return do(s, a)
	}
	if wait := p.take(s.opt.Now(), s.opt.PostRate); wait > 0 {
		return nil, limited(max(1, int(math.Ceil(wait.Seconds()))))
	}
	answer, err := do(s, a)
	if err != nil {
		p.giveBack()
	}
	return answer, err
}

// limited is the refusal of a call that came too early.
func limited(seconds int) error { return &apiError{code: "ratelimited", retryAfter: seconds} }

// writeRefusal answers with a refusal. One that names a wait has status 429.
func writeRefusal(w http.ResponseWriter, status int, err error) {
	if wait := retryAfter(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		status = http.StatusTooManyRequests
	}
	writeJSON(w, status, failure(err))
}
