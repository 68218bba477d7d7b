package outbox_test

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey/internal/outbox"
	"latchkey/internal/state/statetest"
)

// model is what must be true of a random run: who was enqueued in which lane,
// and what became of them.
type model struct {
	*world
	rt     *rapid.T
	lanes  map[string][]string // ids in the order in which they were owed
	owners []string
	script []string // what the next tries do, before all goes well again
	depth  int      // tries under way inside each other
}

// act is what one try does, by its name in the script.
func (m *model) act(e outbox.Effect, act string) (goOn bool, err error) {
	switch act {
	case "fail":
		return false, errNet
	case "apply and fail":
		m.apply(e)
		return false, errNet
	case "crash":
		runtime.Goexit()
	case "apply and crash":
		m.apply(e)
		runtime.Goexit()
	case "retry after":
		return false, outbox.RetryAfter(errNet, lease*2)
	case "not yet":
		m.apply(e)
		return false, outbox.NotYet(time.Second)
	case "permanent":
		return false, outbox.Permanent(errNet)
	case "overtaken":
		m.apply(e)
		if m.depth < 3 {
			m.depth++
			m.advance(lease + time.Second)
			m.once(m.runner(m.owners[m.depth%len(m.owners)]))
			m.depth--
		}
		return false, nil
	case "interleaved":
		began := m.Now()
		if m.depth < 3 {
			m.depth++
			m.once(m.runner(m.owners[m.depth%len(m.owners)]))
			m.depth--
		}
		if m.Now().Sub(began) > lease/2 { // the other was slow: our own time is over too
			return false, context.DeadlineExceeded
		}
	}
	return true, nil
}

// apply does the work as a handler that looks first would.
func (m *model) apply(e outbox.Effect) {
	if !e.Repeated() || !m.has(e.ID) {
		m.post(e)
	}
}

var acts = []string{
	"go", "fail", "apply and fail", "crash", "apply and crash", "retry after", "not yet",
	"permanent", "overtaken", "interleaved",
}

// check compares the world with the model.
func (m *model) check() {
	posted, pending, dead := m.list(), m.pending(), m.dead()
	for lane, ids := range m.lanes {
		last := -1
		waiting := false
		for i, id := range ids {
			n := 0
			for j, p := range posted {
				if p == id {
					n++
					if j < last {
						m.rt.Fatalf("%s of lane %s came out of turn: %v", id, lane, posted)
					}
					last = j
				}
			}
			_, isPending := pending[id]
			_, isDead := dead[id]
			done := m.told("done", id)
			states := 0
			for _, is := range []bool{isPending, isDead, done > 0} {
				if is {
					states++
				}
			}
			if n > 1 || done > 1 || states != 1 || m.told("failed", id) > 1 {
				m.rt.Fatalf("%s was posted %d times, is pending %t, dead %t, done %d times", id, n, isPending, isDead, done)
			}
			if done == 1 && n != 1 {
				m.rt.Fatalf("%s is done but was not posted", id)
			}
			if waiting && (n > 0 || !isPending) {
				m.rt.Fatalf("%s, number %d of lane %s, did not wait for the one before it", id, i, lane)
			}
			waiting = waiting || isPending
		}
	}
}

// TestModel runs random effects through random faults, with two runners that
// overtake each other, and checks after every step and at the end.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{world: newWorld(t, statetest.Memory()), rt: rt, lanes: map[string][]string{}}
		// Two names, or one that two runners share.
		m.owners = rapid.SampledFrom([][]string{{"one", "two"}, {"one", "one"}}).Draw(rt, "owners")
		m.try = func(e outbox.Effect, _ int) (bool, error) {
			if len(m.script) == 0 {
				return true, nil
			}
			act := m.script[0]
			m.script = m.script[1:]
			return m.act(e, act)
		}
		n := 0
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { m.check() },
			"enqueue": func(rt *rapid.T) {
				lane := rapid.SampledFrom([]string{"a", "a/b", "c"}).Draw(rt, "lane")
				n++
				id := fmt.Sprint("e", n)
				m.lanes[lane] = append(m.lanes[lane], id)
				m.enqueue(lane + ":" + id)
			},
			"enqueue again": func(rt *rapid.T) {
				lanes := slices.Sorted(maps.Keys(m.lanes))
				if len(lanes) == 0 {
					return
				}
				lane := rapid.SampledFrom(lanes).Draw(rt, "lane")
				id := rapid.SampledFrom(m.lanes[lane]).Draw(rt, "id")
				if m.told("done", id) == 0 { // one that is done is not known any more
					m.enqueue(lane + ":" + id)
				}
			},
			"run": func(rt *rapid.T) {
				m.script = rapid.SliceOfN(rapid.SampledFrom(acts), 0, 5).Draw(rt, "script")
				m.once(m.runner(rapid.SampledFrom(m.owners).Draw(rt, "owner")))
				m.script = nil
			},
			"wait": func(rt *rapid.T) {
				m.advance(time.Duration(rapid.IntRange(1, 150).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(*rapid.T) { m.release() },
		})
		m.drain(m.runner("one"), m.runner("two"))
		m.check()
		var dead []string
		for id := range m.dead() {
			dead = append(dead, id)
		}
		m.wantNothingLeft(dead...)
		if len(m.list())+len(dead) < n {
			rt.Fatalf("of %d effects %d were posted and %d are dead", n, len(m.list()), len(dead))
		}
	})
}
