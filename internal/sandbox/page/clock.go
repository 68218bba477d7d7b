package page

import (
	"net/http"
	"slices"
	"time"
)

type clockView struct {
	As, In string
	Now    time.Time
	Steps  []step
}

// A step is a way to move the clock on.
type step struct{ By, Label, Aloud string }

// steps are all ways to move the clock.
var steps = []step{
	{"15m", "+15 min", "Move the clock on by 15 minutes"},
	{"1h", "+1 h", "Move the clock on by one hour"},
	{"4h", "+4 h", "Move the clock on by four hours"},
	{"24h", "+1 d", "Move the clock on by one day"},
}

func (s *scene) clock() clockView {
	return clockView{As: s.Me.User, In: s.In, Now: s.h.Clock.Now().UTC(), Steps: steps}
}

// advance moves the clock by one of the steps.
func (h *handler) advance(_ http.ResponseWriter, r *http.Request, _ *scene) (string, bool) {
	by := r.PostForm.Get("by")
	if !slices.ContainsFunc(steps, func(s step) bool { return s.By == by }) {
		return "clock", false
	}
	d, err := time.ParseDuration(by)
	if err == nil {
		err = h.Clock.Advance(d)
	}
	if err != nil {
		return "clock", false
	}
	h.moved.ring()
	return "", false
}
