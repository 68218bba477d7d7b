package sandbox

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sethvargo/go-envconfig"

	"latchkey/internal/app"
	"latchkey/internal/config"
)

// file is what a bot in another process must know of the world.
type file struct {
	Slack, Graph, Browser, Control, Token, CA string
	Notifier                                  string // the root of who signs Partner Center's notifications
	Env                                       map[string]string
	Unpaced                                   bool // see [Options.SlackPostRate]
}

// Write describes the world in a file that only its owner may read, for [Join].
func (w *World) Write(path string) error {
	raw, err := json.MarshalIndent(file{w.slack, w.graph, w.browser, w.control, w.token, string(w.ca), string(w.notifier()), w.env, w.unpaced}, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := f.Chmod(0o600); err != nil { // a file that was there has its own mode
		return errors.Join(err, f.Close())
	}
	_, err = f.Write(raw)
	return errors.Join(err, f.Close())
}

// Join returns what a bot in this process is built from that is to live in a
// world of another process. It refuses a world that is not on loopback. The bot
// follows the world's clock until ctx ends.
func Join(ctx context.Context, path string) (app.Options, error) {
	f, err := readWorld(path)
	if err != nil {
		return app.Options{}, err
	}
	for _, u := range []string{f.Slack, f.Graph, f.Browser, f.Control} {
		if err := loopback(u); err != nil {
			return app.Options{}, err
		}
	}
	o, err := options(ctx, f.Env, f.Slack, f.Graph, f.Browser, []byte(f.CA), []byte(f.Notifier))
	if err != nil {
		return o, err
	}
	far := &farClock{file: f, moved: make(chan struct{}, 1)}
	if err := far.read(ctx, false); err != nil {
		return o, err
	}
	go far.follow(ctx)
	o.Now, o.Moved, o.SlackUnpaced = far.now, far.moved, f.Unpaced
	o.Listening = func(url string) { far.announce(ctx, url) }
	return o, nil
}

// Settings are those that the file of a world gives a bot now.
func Settings(ctx context.Context, path string) (config.Config, error) {
	f, err := readWorld(path)
	if err != nil {
		return config.Config{}, err
	}
	return config.Load(ctx, envconfig.MapLookuper(f.Env))
}

func readWorld(path string) (file, error) {
	var f file
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		return file{}, fmt.Errorf("read the world: %w", err)
	}
	return f, nil
}

func loopback(address string) error {
	u, err := url.Parse(address)
	if err == nil {
		if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
			return nil
		}
	}
	return errors.New("a world must be on this machine's loopback addresses")
}

// controls serves what a bot in another process asks of the world.
func (w *World) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /clock", func(rw http.ResponseWriter, r *http.Request) {
		if after, err := strconv.ParseUint(r.FormValue("after"), 10, 64); err == nil {
			w.followed.Store(after)
			select {
			case w.follows <- struct{}{}:
			default:
			}
			w.Clock.Wait(r.Context(), after) //nolint:errcheck // the client has gone
		}
		offset, rev := w.Clock.Offset()
		offset += time.Duration(w.wrong.Load())
		json.NewEncoder(rw).Encode(clockState{offset, rev}) //nolint:errcheck // the client has gone
	})
	mux.HandleFunc("POST /app", func(rw http.ResponseWriter, r *http.Request) {
		at := r.FormValue("url")
		if err := loopback(at); err != nil && (at != "" || !w.socket) {
			http.Error(rw, err.Error(), http.StatusBadRequest)
			return
		}
		w.met(at)
	})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+w.token)) != 1 {
			http.Error(rw, "not yours", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// Followed reports whether the bot in another process has seen the clock's last
// move. A move takes a moment to get there.
func (w *World) Followed() bool {
	_, rev := w.Clock.Offset()
	return w.followed.Load() == rev
}

// Mislead has the clock of a bot in another process be wrong by so much; that of the
// world is not.
func (w *World) Mislead(by time.Duration) {
	w.wrong.Store(int64(by))
	w.Clock.touch()
}

// Follow returns when the bot in another process has seen the clock's last move.
func (w *World) Follow(ctx context.Context) error {
	for !w.Followed() {
		select {
		case <-w.follows:
		case <-ctx.Done():
			return fmt.Errorf("the bot has not seen the clock: %w", ctx.Err())
		}
	}
	return nil
}

type clockState struct {
	Offset time.Duration
	Rev    uint64
}

// farClock follows the clock of a world in another process.
type farClock struct {
	file
	offset atomic.Int64
	rev    atomic.Uint64
	moved  chan struct{}
}

func (c *farClock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func (c *farClock) read(ctx context.Context, wait bool) error {
	u := c.Control + "/clock"
	if wait {
		u += "?after=" + strconv.FormatUint(c.rev.Load(), 10)
	}
	res, err := c.call(ctx, http.MethodGet, u, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var s clockState
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return fmt.Errorf("read the world's clock: %w", err)
	}
	c.offset.Store(int64(s.Offset))
	c.rev.Store(s.Rev)
	return nil
}

// follow tells of each move of the clock. A world that is gone stops the clock
// from jumping, nothing else.
func (c *farClock) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.read(ctx, true); err != nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		select {
		case c.moved <- struct{}{}:
		default:
		}
	}
}

// announce tells the world where the bot is.
func (c *farClock) announce(ctx context.Context, address string) {
	res, err := c.call(ctx, http.MethodPost, c.Control+"/app?url="+url.QueryEscape(address), bytes.NewReader(nil))
	if err == nil {
		res.Body.Close()
	}
}

func (c *farClock) call(ctx context.Context, method, u string, body *bytes.Reader) (*http.Response, error) {
	if body == nil {
		body = bytes.NewReader(nil)
	}
	req, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call the world: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("call the world: %s", res.Status)
	}
	return res, nil
}
