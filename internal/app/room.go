package app

import "sync"

// room is how much memory is set aside and never touched, so that the system never gives
// it to the process. The collector counts it all the same, and waits with its next pass
// until as much again is in use: what the bot holds is so little that it would else collect
// after every few deliveries, at a quarter of what they cost. docs/performance.md has
// figures.
const room = 32 << 20

var aside = sync.OnceValue(func() []byte { return make([]byte, room) })

// Room sets that memory aside, once in a process. [New] does so itself.
func Room() { aside() }
