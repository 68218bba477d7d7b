package chattest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	pathLink = "/link/"

	maxSockets = 10
	maxTickets = 64
	ticketLife = 30 * time.Second

	pingEvery   = 10 * time.Second
	writeWithin = 5 * time.Second
	leaveWithin = 10 * time.Second // between the last word on a socket and its end

	socketLife = time.Hour
	debugLife  = 6 * time.Minute  // with debug_reconnects=true in the address
	warnAhead  = 10 * time.Second // a warning comes about that long before the end
)

// A ticket is good for one socket.
type ticket struct {
	id string
	at time.Time
}

// connectionsOpen hands out the address of one socket.
func (s *Server) connectionsOpen(args) (object, error) {
	c := s.courier
	if !s.opt.SocketMode || c.disabled || c.closed {
		return nil, refuse("service_unavailable")
	}
	now := s.opt.Now()
	c.tickets = slices.DeleteFunc(c.tickets, func(t ticket) bool { return now.Sub(t.at) > ticketLife })
	if len(c.tickets) == maxTickets {
		c.tickets = slices.Delete(c.tickets, 0, 1)
	}
	t := ticket{id: secretID(), at: now}
	c.tickets = append(c.tickets, t)
	query := url.Values{"ticket": {t.id}, "app_id": {AppID}}
	return object{"url": "ws" + strings.TrimPrefix(s.selfURL, "http") + pathLink + "?" + query.Encode()}, nil
}

// serveLink opens a socket for a ticket, greets, and reads acknowledgements
// until either side ends it.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	if !s.redeem(r.URL.Query().Get("ticket")) {
		http.Error(w, "the ticket is unknown, used or expired", http.StatusForbidden)
		return
	}
	defer s.courier.busy.Done()
	conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	life := s.opt.SocketLife
	if truth(r.URL.Query().Get("debug_reconnects")) {
		life = debugLife
	}
	l := newLink(conn)
	var tending sync.WaitGroup
	if s.greet(l, r.Host, life) {
		tending.Go(func() { s.tend(l, life) })
		s.read(l)
	}
	conn.Close() //nolint:errcheck // nothing is lost with it
	s.unlink(l)
	tending.Wait()
}

// redeem uses up a ticket and counts its socket as work that Close waits for.
func (s *Server) redeem(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.courier
	i := slices.IndexFunc(c.tickets, func(t ticket) bool { return t.id == id })
	if i < 0 || c.closed {
		return false
	}
	fresh := s.opt.Now().Sub(c.tickets[i].at) <= ticketLife
	c.tickets = slices.Delete(c.tickets, i, i+1)
	if fresh {
		c.busy.Add(1)
	}
	return fresh
}

// greet takes a socket in and says hello, before anything else is said on it,
// or turns it away.
func (s *Server) greet(l *link, host string, life time.Duration) bool {
	l.writing.Lock()
	defer l.writing.Unlock()
	s.mu.Lock()
	c := s.courier
	refusal := ""
	switch {
	case c.closed || c.disabled:
		refusal = "link_disabled"
	case c.open() >= maxSockets:
		refusal = "too_many_websockets"
	default:
		c.links = append(c.links, l)
		c.stir()
	}
	n := c.open()
	s.mu.Unlock()
	if refusal != "" {
		l.write(farewell(refusal)) //nolint:errcheck // it is closed next
		return false
	}
	return l.write(encode(object{
		"type": "hello", "num_connections": n, "connection_info": object{"app_id": AppID},
		"debug_info": object{"host": host, "build_number": 1, "approximate_connection_time": int(life.Seconds())},
	})) == nil
}

// tend pings a socket and ends it when its time is over, or that long after it was
// warned.
func (s *Server) tend(l *link, life time.Duration) {
	ping := time.NewTicker(s.opt.PingEvery)
	defer ping.Stop()
	end := time.NewTimer(life)
	defer end.Stop()
	warn := time.NewTimer(life - s.opt.WarnAhead)
	defer warn.Stop()
	if life <= s.opt.WarnAhead {
		warn.Stop()
	}
	leave, warned := l.leave, l.warned
	var last <-chan time.Time
	for {
		select {
		case <-l.gone:
			return
		case <-ping.C:
			l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) //nolint:errcheck // the reader finds out
		case <-warn.C:
			s.warn(l)
		case <-warned:
			warned = nil
			end.Reset(s.opt.WarnAhead)
		case <-end.C:
			s.retire([]*link{l}, "refresh_requested")
		case <-leave:
			leave, last = nil, time.After(leaveWithin)
		case <-last:
			l.conn.Close() //nolint:errcheck // the reader finds out
		}
	}
}

// read takes acknowledgements until the socket ends, or was silent for three
// pings. Whatever else the app sends is passed over.
func (s *Server) read(l *link) {
	extend := func() {
		l.conn.SetReadDeadline(time.Now().Add(3 * s.opt.PingEvery)) //nolint:errcheck // the next read reports it
	}
	l.conn.SetReadLimit(maxBody)
	l.conn.SetPongHandler(func(string) error { extend(); return nil })
	extend()
	for {
		kind, frame, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		extend()
		if kind == websocket.TextMessage {
			s.answered(l, frame)
		}
	}
}

// unlink forgets a socket; whoever waits for an answer on it waits in vain.
func (s *Server) unlink(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.courier
	c.links = slices.DeleteFunc(c.links, func(other *link) bool { return other == l })
	close(l.gone)
	c.stir()
}
