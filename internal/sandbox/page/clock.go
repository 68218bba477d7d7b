package page

import (
	"context"
	"net/http"
	"slices"
	"time"
)

type clockView struct {
	Here  where
	Now   time.Time
	Steps []step
	Due   *dueView
}

// A step is a way to move the clock on.
type step struct {
	By, Label, Aloud string
	Guided           bool
}

type dueView struct {
	What string
	At   time.Time
}

// steps are the ways to move the clock by a fixed time.
var steps = []step{
	{By: "15m", Label: "+15 min", Aloud: "+15 min: move the clock on by 15 minutes"},
	{By: "1h", Label: "+1 h", Aloud: "+1 h: move the clock on by one hour"},
	{By: "4h", Label: "+4 h", Aloud: "+4 h: move the clock on by four hours"},
	{By: "24h", Label: "+1 day", Aloud: "+1 day: move the clock on by one day"},
}

// toDue is the way to the next due thing, and past it by a second.
const toDue = "due"

func (s *scene) clock(ctx context.Context) clockView {
	v := clockView{Here: s.where, Now: s.h.Clock.Now().UTC(), Steps: slices.Clone(steps)}
	for i := range v.Steps {
		v.Steps[i].Guided = s.tour.at == tourClock && v.Steps[i].By == "4h"
	}
	if at, what, ok := s.h.due(ctx); ok {
		v.Due = &dueView{What: what, At: at.UTC()}
	}
	return v
}

// due is the next thing that time alone will do, if one is known.
func (h *handler) due(ctx context.Context) (time.Time, string, bool) {
	if h.NextDue == nil {
		return time.Time{}, "", false
	}
	at, what, ok := h.NextDue(ctx)
	return at, what, ok && at.After(h.Clock.Now())
}

// advance moves the clock by one of the steps.
func (h *handler) advance(_ http.ResponseWriter, r *http.Request, _ *scene) (string, bool) {
	by, ok := h.stride(r.Context(), r.PostForm.Get("by"))
	if !ok || h.Clock.Advance(by) != nil {
		return "clock", false
	}
	h.moved.ring()
	return "", false
}

func (h *handler) stride(ctx context.Context, by string) (time.Duration, bool) {
	if by == toDue {
		at, _, ok := h.due(ctx)
		return at.Sub(h.Clock.Now()) + time.Second, ok
	}
	if !slices.ContainsFunc(steps, func(s step) bool { return s.By == by }) {
		return 0, false
	}
	d, err := time.ParseDuration(by)
	return d, err == nil
}
