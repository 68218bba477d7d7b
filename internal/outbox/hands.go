package outbox

import "sync"

// hands are what a runner has in its hands: the effects of which it holds the leases.
type hands struct {
	mu    sync.Mutex
	busy  map[string]bool // by id, also of what is being leased, and whether a try has begun and is not over yet
	doing int             // tries that are not over
	of    [2]int          // of those, and of what is being leased, by their side

	prompt func(kind string) bool // nil: no kind is, and there are no sides
	most   int                    // how many there may be of each side
}

// Underway is how many tries are under way.
func (h *hands) Underway() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.busy)
}

// quiet reports whether no try is under way that is not over.
func (h *hands) quiet() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.doing == 0
}

// holds reports whether the effect is in these hands, or its lease is being committed.
func (h *hands) holds(e Effect) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, busy := h.busy[e.ID]
	return busy
}

// wants reports whether the effect may be taken now. One that is in these hands may not,
// though a clock that is put forward seems to end its lease.
func (h *hands) wants(e Effect) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.free(e)
}

func (h *hands) free(e Effect) bool {
	_, busy := h.busy[e.ID]
	return !busy && (h.prompt == nil || h.of[h.side(e)] < h.most)
}

// side is 1 of what is prompt, and 0 of the others. Each side leaves one worker to the
// other, so that nothing of the one waits for the other.
func (h *hands) side(e Effect) int {
	if h.prompt != nil && h.prompt(e.Kind) {
		return 1
	}
	return 0
}

// hold notes that a try of the effect begins, for which there was a [claim].
func (h *hands) hold(e Effect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy[e.ID] = true
	h.doing++
}

// did notes that the try is over. Its outcome is still to be written.
func (h *hands) did(e Effect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over(e)
}

// let notes that the effect is in these hands no more, however that came.
func (h *hands) let(e Effect) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over(e)
	delete(h.busy, e.ID)
}

func (h *hands) over(e Effect) {
	if !h.busy[e.ID] {
		return
	}
	h.busy[e.ID] = false
	h.doing--
	h.of[h.side(e)]--
}

// claim keeps places for the effects that one transaction leases. From then on they are in
// these hands: others see the commit before whoever makes it hears of it.
type claim struct {
	*hands
	ids []string
	of  [2]int
}

// wants claims the effect and a place for it, if there is one.
func (c *claim) wants(e Effect) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.free(e) {
		return false
	}
	c.busy[e.ID] = false
	c.ids = append(c.ids, e.ID)
	c.hands.of[c.side(e)]++
	c.of[c.side(e)]++
	return true
}

// drop gives up what was claimed: the transaction has failed, or runs again.
func (c *claim) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.ids {
		delete(c.busy, id)
	}
	for side, n := range c.of {
		c.hands.of[side] -= n
	}
	c.ids, c.of = nil, [2]int{}
}
