package etcdtest

import (
	"net"
	"sync"
)

// wire carries connections to an address. While it is cut, it carries nothing and says
// nothing.
type wire struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	joined *sync.Cond
	isCut  bool
	isOff  bool
	closed bool
	conns  map[net.Conn]bool
}

func newWire() (*wire, error) {
	to, err := free()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &wire{listener: l, to: to, conns: map[net.Conn]bool{}}
	w.joined = sync.NewCond(&w.mu)
	go w.serve()
	return w, nil
}

func (w *wire) url() string { return "http://" + w.listener.Addr().String() }

func (w *wire) cut(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = on
	w.joined.Broadcast()
}

// off breaks the connections and takes no more.
func (w *wire) off(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isOff = on
	if on {
		w.breakAll()
	}
}

func (w *wire) breakAll() {
	for c := range w.conns {
		c.Close() //nolint:errcheck // nobody waits for it
	}
	w.joined.Broadcast()
}

func (w *wire) close() {
	w.listener.Close() //nolint:errcheck // nobody waits for it
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.breakAll()
}

func (w *wire) serve() {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.join(in)
	}
}

func (w *wire) join(in net.Conn) {
	if !w.keep(in) {
		return
	}
	defer w.drop(in)
	w.pass()
	out, err := net.Dial("tcp", w.to)
	if err != nil || !w.keep(out) {
		return
	}
	defer w.drop(out)
	back := make(chan struct{})
	go func() {
		defer close(back)
		w.carry(in, out)
	}()
	w.carry(out, in)
	<-back
}

// carry copies until one end closes.
func (w *wire) carry(to, from net.Conn) {
	defer to.Close()   //nolint:errcheck // it may be closed already
	defer from.Close() //nolint:errcheck // it may be closed already
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		w.pass()
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits while the wire is cut.
func (w *wire) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.isCut && !w.closed {
		w.joined.Wait()
	}
}

func (w *wire) keep(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.isOff {
		c.Close() //nolint:errcheck // nobody has it
		return false
	}
	w.conns[c] = true
	return true
}

func (w *wire) drop(c net.Conn) {
	c.Close() //nolint:errcheck // it may be closed already
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c)
}
