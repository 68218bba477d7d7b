package chattest

import (
	"context"
	"slices"
)

// farewell is the frame that announces the end of a socket.
func farewell(reason string) []byte {
	return encode(object{"type": "disconnect", "reason": reason, "debug_info": object{"host": "chattest"}})
}

// Connected waits until at least n sockets are open and greeted. Sockets that
// were told to go do not count.
func (s *Server) Connected(ctx context.Context, n int) error {
	return s.until(ctx, func() bool { return s.courier.open() >= n })
}

// open counts the sockets that were not told to go.
func (c *courier) open() int {
	n := 0
	for _, l := range c.links {
		if !l.retired {
			n++
		}
	}
	return n
}

// WarnSockets tells every socket that its end is near. It is served on, beside those
// that the app opens meanwhile, until it is refreshed or the app closes it.
func (s *Server) WarnSockets() {
	for _, l := range s.openLinks() {
		s.warn(l)
	}
}

// warn warns a socket. Warning it again changes nothing.
func (s *Server) warn(l *link) {
	s.mu.Lock()
	already := l.retired || l.told
	l.told = true
	s.mu.Unlock()
	if already {
		return
	}
	l.send(farewell("warning")) //nolint:errcheck // a broken socket ends by itself
	close(l.warned)
}

// RefreshSockets asks the app to open new sockets for all that are open now.
// These get no more deliveries, still take acknowledgements, and are closed
// after ten seconds where the app does not close them first.
func (s *Server) RefreshSockets() { s.retire(s.openLinks(), "refresh_requested") }

// CutSockets ends every socket without a word, as a broken network does, and
// returns when they are gone. What is in flight on them is not answered.
func (s *Server) CutSockets() { s.cut(s.openLinks()) }

// DisableLink turns Socket Mode off in the app's settings: every socket is told
// so and no other can be opened until [Server.EnableLink].
func (s *Server) DisableLink() {
	s.mu.Lock()
	s.courier.disabled, s.courier.tickets = true, nil
	s.mu.Unlock()
	s.retire(s.openLinks(), "link_disabled")
}

// EnableLink turns Socket Mode on again.
func (s *Server) EnableLink() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.courier.disabled = false
}

func (s *Server) openLinks() []*link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.courier.links)
}

// retire tells sockets to go. Telling one again changes nothing.
func (s *Server) retire(links []*link, reason string) {
	for _, l := range links {
		s.mu.Lock()
		already := l.retired
		l.retired = true
		s.mu.Unlock()
		if already {
			continue
		}
		l.send(farewell(reason)) //nolint:errcheck // a broken socket ends by itself
		close(l.leave)
	}
}

// cut ends sockets and waits until nothing is read from them any more.
func (s *Server) cut(links []*link) {
	for _, l := range links {
		l.conn.Close() //nolint:errcheck // its reader ends either way
		<-l.gone
	}
}
