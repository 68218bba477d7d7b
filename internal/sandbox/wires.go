package sandbox

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// wires are the connections that bots have open to Slack and to Microsoft.
type wires struct {
	mu      sync.Mutex
	open    int
	changed chan struct{} // closed when one of them ends; nil while nobody waits
}

// state is told what becomes of a connection.
func (l *wires) state(_ net.Conn, to http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch to {
	case http.StateNew:
		l.open++
	case http.StateClosed, http.StateHijacked: // a socket is Slack's to end
		l.open--
		if l.changed != nil {
			close(l.changed)
			l.changed = nil
		}
	case http.StateActive, http.StateIdle:
	}
}

// HungUp returns when no connection of a bot is open. What a bot had sent when it was
// killed has been worked off then, and nothing of it can come after what its successor
// does.
func (w *World) HungUp(ctx context.Context) error {
	for {
		l := &w.wires
		l.mu.Lock()
		if l.open == 0 {
			l.mu.Unlock()
			return nil
		}
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
