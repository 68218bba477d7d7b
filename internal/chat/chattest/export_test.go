package chattest

import "time"

// RetryWaits returns how long a server waits before each repeat of an event.
func (s *Server) RetryWaits() []time.Duration { return s.opt.RetryWaits }

// Pieces returns how many items of lists each piece of a surface holds.
func Pieces(o map[string]any) []int {
	var sizes []int
	for p := range pieces(o) {
		sizes = append(sizes, measure(p.object).n)
	}
	return sizes
}
