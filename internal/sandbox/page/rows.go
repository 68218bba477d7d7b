package page

import (
	"hash/fnv"
	"sync"
	"time"
)

// freshFor is how long a changed row is marked.
const freshFor = 8 * time.Second

// mostRows bounds what is remembered; the world shows fewer at a time.
const mostRows = 10_000

// rows remembers when each row of the tenant was last seen to change, so that
// the page can mark what an act just did. What stands there at the first look
// is not new.
type rows struct {
	mu   sync.Mutex
	seen map[string]seenRow
	open bool // the first look is over
}

type seenRow struct {
	says uint64
	at   time.Time // zero: at the first look
}

func newRows() *rows { return &rows{seen: make(map[string]seenRow)} }

// A look is one drawing of the tenant.
type look struct {
	*rows
	now   time.Time
	first bool
}

func (r *rows) look(now time.Time) look {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.open
	r.open = true
	if len(r.seen) > mostRows {
		clear(r.seen)
		first = true
	}
	return look{r, now, first}
}

// fresh notes what a row says and reports whether that changed a moment ago.
func (l look) fresh(id string, says ...string) bool {
	sum := fnv.New64a()
	for _, part := range says {
		sum.Write([]byte(part)) // never fails
		sum.Write([]byte{0})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := seenRow{says: sum.Sum64(), at: l.now}
	before, known := l.seen[id]
	switch {
	case known && before.says == now.says:
		return !before.at.IsZero() && l.now.Sub(before.at) < freshFor
	case l.first:
		now.at = time.Time{}
	}
	l.seen[id] = now
	return !l.first
}
