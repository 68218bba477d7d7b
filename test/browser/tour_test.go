package browser_test

import (
	"fmt"
	"testing"
	"time"
)

// clicks is how many the tour says it takes.
const clicks = 7

// TestTour takes the guided tour by pressing what it marks, and nothing else.
func TestTour(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.judge("the tour is offered")
	p.press("#tour button", "Take the tour")
	p.see("#tour", fmt.Sprintf("1 of %d", clicks))
	started := time.Now()
	var took []string
	for click := 1; click <= clicks; click++ {
		p.see("#tour", fmt.Sprintf("%d of %d", click, clicks))
		since := time.Now()
		p.press(".guided", "")
		if click < clicks {
			p.see("#tour", fmt.Sprintf("%d of %d", click+1, clicks))
		} else {
			p.see("#tour", "whole story")
		}
		took = append(took, time.Since(since).Round(10*time.Millisecond).String())
	}
	t.Logf("the tour's %d clicks took the page %s: %v", clicks, time.Since(started).Round(10*time.Millisecond), took)
	p.see(".tenant", "ended")
	p.judge("the tour is over")
	p.press("#tour button", "Done")
	p.miss("#tour", "")
}

// TestTourStates looks at each step of the tour, and takes it by the keyboard:
// the marked control has the focus put on it and Enter pressed.
func TestTourStates(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.press("#tour button", "Take the tour")
	for click := 1; click <= clicks; click++ {
		p.see("#tour", fmt.Sprintf("%d of %d", click, clicks))
		p.judge(fmt.Sprintf("step %d of the tour", click))
		p.enter(".guided")
	}
	p.see("#tour", "whole story")
}
