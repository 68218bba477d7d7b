package outbox

import "sync"

// hands are what a runner has in its hands: the effects of which it holds the leases.
type hands struct {
	mu     sync.Mutex
	busy   map[string]bool // by id, and whether the try is not over yet
	doing  int             // tries that are not over
	others int             // of those, and of what is being leased, kinds that are not prompt

	prompt func(kind string) bool // nil: no kind is
	most   int                    // how many others there may be, where some kinds are prompt
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

// wants reports whether the effect may be taken now. One that is in these hands may not,
// though a clock that is put forward seems to end its lease.
func (h *hands) wants(e Effect) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.free(e)
}

func (h *hands) free(e Effect) bool {
	_, busy := h.busy[e.ID]
	return !busy && (!h.other(e) || h.others < h.most)
}

// other reports whether the effect counts among those that leave one worker to the prompt.
func (h *hands) other(e Effect) bool { return h.prompt != nil && !h.prompt(e.Kind) }

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
	if h.other(e) {
		h.others--
	}
}

// claim keeps places for the effects that one transaction leases.
type claim struct {
	*hands
	others int
}

// wants claims a place for the effect, if there is one.
func (c *claim) wants(e Effect) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.free(e) {
		return false
	}
	if c.other(e) {
		c.hands.others++
		c.others++
	}
	return true
}

// drop gives up what was claimed: the transaction has failed, or runs again.
func (c *claim) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hands.others -= c.others
	c.others = 0
}
