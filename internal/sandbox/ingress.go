package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
)

// mostForwarded is far above what anybody sends to the bot.
const mostForwarded = 4 << 20

// ingress is what a proxy before the bot is: browsers reach the bot under one
// address, whichever of its lives, or of its replicas, is up.
func (w *World) ingress() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.Out.Host = "" },
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(rw, "The bot is not up.", http.StatusBadGateway)
		},
		Transport: &w.bots,
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		// It is read first: while a server begins to answer it closes what of a request was
		// not read to its end, and the transport takes that for a fault of the connection on
		// which the answer is still coming in.
		raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, mostForwarded))
		if err != nil {
			http.Error(rw, "That is too much.", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(raw)), int64(len(raw)), nil
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
		proxy.ServeHTTP(rw, r)
	})
}

// bots are the bots behind the ingress, in turns.
type bots struct {
	mu   sync.Mutex
	all  []*url.URL
	turn int
}

// add puts a bot behind the ingress: beside the others, or in their place.
func (b *bots) add(u *url.URL, beside bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !beside {
		b.all = nil
	}
	b.all = append(b.all, u)
}

// next returns the bot whose turn it is, whatever is asked of it.
func (b *bots) next() (*url.URL, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 0 {
		return nil, errors.New("no bot is up")
	}
	b.turn++
	return b.all[b.turn%len(b.all)], nil
}

// gone takes a bot out that does not take connections. It reports false if that is the
// last one.
func (b *bots) gone(u *url.URL) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 1 && b.all[0] == u {
		return false
	}
	b.all = slices.DeleteFunc(b.all, func(x *url.URL) bool { return x == u })
	return true
}

// RoundTrip sends a request to one of them. As any balancer does, it turns to another one
// only if the first did not even take the connection.
func (b *bots) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		u, err := b.next()
		if err != nil {
			return nil, err
		}
		one := r.Clone(r.Context())
		one.URL.Scheme, one.URL.Host = u.Scheme, u.Host
		if r.GetBody != nil {
			if one.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		resp, err := http.DefaultTransport.RoundTrip(one)
		if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" {
			return resp, err
		}
		if !b.gone(u) {
			return nil, err
		}
	}
}

// Front is the address under which the ingress is reached.
func (w *World) Front() string { return w.front }

// KeepStateAt has bots that start from now on keep their state where a STATE_URL says.
func (w *World) KeepStateAt(stateURL string) { w.env["STATE_URL"] = stateURL }

// face points the ingress at a bot.
func (w *World) face(address string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		w.bots.add(u, w.replicas)
	}
}

// connectPartnerCenter has the bot ask Partner Center, and its page known where
// people sign in.
func (w *World) connectPartnerCenter() error {
	w.env["PARTNER_CENTER"], w.env["PUBLIC_URL"] = "on", w.front
	return w.Graph.AddRedirect(w.front + "/signin/callback")
}
