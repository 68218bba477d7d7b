package chattest_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"latchkey/internal/chat/chattest"
)

func TestSocketsAreToldToGo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		end    func(*world)
		reason string
		served bool // gets deliveries afterwards
	}{
		{"Warning", func(w *world) { w.WarnSockets() }, "warning", true},
		{"Refresh", func(w *world) { w.RefreshSockets(); w.RefreshSockets() }, "refresh_requested", false},
		{"Disable", func(w *world) { w.DisableLink() }, "link_disabled", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSocketWorld(t, nil)
			conn := w.connect()
			tt.end(w)
			if f := next(t, conn); f.Type != "disconnect" || f.Reason != tt.reason {
				t.Errorf("told %+v, want %s", f, tt.reason)
			}
			frames := take(conn, ack)
			d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", "")
			if err != nil || tt.served == errors.Is(d.Err, chattest.ErrDispatch) {
				t.Errorf("Slash = %v, %v", d.Err, err)
			}
			if n := len(frames()); (n == 1) != tt.served {
				t.Errorf("%d frames after the farewell", n)
			}
		})
	}
}

func TestLinkDisabled(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, nil)
	late := w.ticket()
	w.DisableLink()
	if answer := w.request("apps.connections.open", "Bearer "+appToken, "application/json", "{}"); answer["ok"] != false {
		t.Errorf("a disabled app opens a socket: %v", answer)
	}
	if _, status := w.dial(late); status != http.StatusForbidden {
		t.Errorf("a ticket of before is answered %d, want 403", status)
	}
	w.EnableLink()
	w.connect()
	if err := w.Connected(t.Context(), 1); err != nil {
		t.Error(err)
	}
}

// An acknowledgement on a socket that was told to go still counts, and one that
// never comes because the socket was cut is a timeout at once.
func TestDeliveryOnAnEndingSocket(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(*world)
		want error
	}{
		{"Refreshed", func(w *world) { w.RefreshSockets() }, nil},
		{"Cut", func(w *world) { w.CutSockets() }, chattest.ErrTimeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSocketWorld(t, func(o *chattest.Options) { o.AckWithin = time.Minute })
			take(w.connect(), func(f frame) []string {
				if f.Type == "disconnect" {
					return nil
				}
				tt.end(w)
				return ack(f)
			})
			if d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil || !errors.Is(d.Err, tt.want) {
				t.Errorf("Slash = %v, %v, want %v", d.Err, err, tt.want)
			}
		})
	}
}

// A socket is refreshed when its time is over.
func TestSocketLife(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, func(o *chattest.Options) { o.SocketLife = 50 * time.Millisecond })
	conn, _ := w.dial(w.ticket())
	next(t, conn)
	if f := next(t, conn); f.Reason != "refresh_requested" {
		t.Errorf("told %+v, want refresh_requested", f)
	}
}

// A warned socket is served beside the next one, and refreshed in the end.
func TestWarnedSocketEnds(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, func(o *chattest.Options) { o.WarnAhead = 100 * time.Millisecond })
	old := w.connect()
	w.WarnSockets()
	w.WarnSockets()
	for _, want := range []string{"warning", "refresh_requested"} {
		if f := next(t, old); f.Reason != want {
			t.Errorf("told %+v, want %s", f, want)
		}
	}
	fresh := take(w.connect(), ack)
	for range 2 {
		if d, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil || d.Err != nil {
			t.Errorf("Slash = %v, %v", d.Err, err)
		}
	}
	if n := len(fresh()); n != 2 {
		t.Errorf("the next socket has %d deliveries, want both", n)
	}
}

func TestSocketIsPinged(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, func(o *chattest.Options) { o.PingEvery = 100 * time.Millisecond })
	conn := w.connect()
	pinged := false
	conn.SetPingHandler(func(string) error { pinged = true; return conn.Close() })
	ended(t, conn)
	if !pinged {
		t.Errorf("the socket ended without a ping")
	}
}

// Who does not answer three pings is gone.
func TestSilentSocketIsCut(t *testing.T) {
	t.Parallel()
	w := newSocketWorld(t, func(o *chattest.Options) { o.PingEvery = 10 * time.Millisecond })
	conn, _ := w.dial(w.ticket())
	next(t, conn)
	conn.SetPingHandler(func(string) error { return nil })
	ended(t, conn)
}
