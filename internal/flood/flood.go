// Package flood keeps reports that anybody can cause from filling what they go to.
package flood

import (
	"sync"
	"time"
)

// reportEvery is how long after a report the next one may come.
const reportEvery = 5 * time.Second

// Reports lets one report through in a while, and counts the others. The zero value
// is ready.
type Reports struct {
	mu         sync.Mutex
	next       time.Time
	suppressed int
}

// Admit reports whether this report may go, and how many did not since the last one
// that did.
func (f *Reports) Admit(now time.Time) (ok bool, suppressed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Before(f.next) {
		f.suppressed++
		return false, 0
	}
	suppressed, f.suppressed = f.suppressed, 0
	f.next = now.Add(reportEvery)
	return true, suppressed
}
