package page

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// beat keeps an idle connection from being closed on the way, and has the page
// drawn again for what time alone changes.
const beat = 20 * time.Second

// A bell counts how often it rang and wakes who waits for the next time.
type bell struct {
	mu    sync.Mutex
	rings uint64
	next  chan struct{}
}

func newBell() *bell { return &bell{next: make(chan struct{})} }

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rings++
	close(b.next)
	b.next = make(chan struct{})
}

func (b *bell) count() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rings
}

// Wait returns the count as soon as it is greater than after, or the context's
// error.
func (b *bell) Wait(ctx context.Context, after uint64) (uint64, error) {
	for {
		b.mu.Lock()
		rings, next := b.rings, b.next
		b.mu.Unlock()
		if rings > after {
			return rings, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return rings, ctx.Err()
		}
	}
}

// events tells the browser that something changed, and nothing of what. The
// first event comes at once, so a browser that lost the connection catches up.
func (h *handler) events(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	out.SetWriteDeadline(time.Time{}) // where there is none to lift, there is none to fear
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")

	ctx, cancel := context.WithCancel(r.Context())
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	var watchers sync.WaitGroup
	defer watchers.Wait()
	defer cancel()
	watch := func(wait func(context.Context, uint64) (uint64, error), seen uint64) {
		for {
			version, err := wait(ctx, seen)
			if err != nil {
				return
			}
			seen = version
			select {
			case changed <- struct{}{}:
			default: // the browser has not taken the last one yet
			}
		}
	}
	watchers.Go(func() { watch(h.Slack.Wait, h.Slack.Version()) })
	watchers.Go(func() { watch(h.Graph.Wait, h.Graph.Version()) })
	watchers.Go(func() { watch(h.moved.Wait, h.moved.count()) })

	alive := time.NewTicker(beat)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-alive.C:
		}
		if _, err := io.WriteString(w, "event: change\ndata: \n\n"); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}
