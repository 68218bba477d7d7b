package graph

import (
	"net/http"
	"sync"
)

// missed remembers for each effect what this process knows of the making of its
// group. A new process knows nothing, which only makes it wait.
type missed struct {
	mu    sync.Mutex
	looks map[string]int  // in a row that found no group
	none  map[string]bool // surely nobody has made one
}

// first notes the first lease of an effect: nobody was there before.
func (m *missed) first(effect string) { m.sure(effect, true) }

// making notes that a group is being made: from now on there may be one.
func (m *missed) making(effect string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.looks, effect)
	delete(m.none, effect)
}

// refused notes how the making failed. Graph has made nothing when it says that
// the request was wrong or came too early.
func (m *missed) refused(effect string, err error) {
	code := status(err)
	m.sure(effect, code >= http.StatusBadRequest && code < http.StatusInternalServerError)
}

func (m *missed) sure(effect string, none bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.none == nil {
		m.looks, m.none = map[string]int{}, map[string]bool{}
	}
	if none {
		m.none[effect] = true
	}
}

// again counts a look that found nothing and returns how many there were in a
// row; zero when there is surely nothing to find. Leases would not do: those that
// waited for something else count among them.
func (m *missed) again(effect string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.none[effect] {
		return 0
	}
	if m.looks == nil {
		m.looks, m.none = map[string]int{}, map[string]bool{}
	}
	m.looks[effect]++
	return m.looks[effect]
}

// found forgets the effect.
func (m *missed) found(effect string) { m.making(effect) }
