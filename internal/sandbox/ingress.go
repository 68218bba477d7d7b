package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// mostForwarded is far above what anybody sends to the bot.
const mostForwarded = 4 << 20

// ingress is what a proxy before the bot is: browsers reach the bot under one
// address, whichever of its lives is up.
func (w *World) ingress() http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(w.bot.Load()) },
		ErrorHandler: func(rw http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(rw, "The bot is not up.", http.StatusBadGateway)
		},
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.bot.Load() == nil {
			http.Error(rw, "The bot is not up.", http.StatusBadGateway)
			return
		}
		// It is read first: while a server begins to answer it closes what of a request was
		// not read to its end, and the transport takes that for a fault of the connection on
		// which the answer is still coming in.
		raw, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, mostForwarded))
		if err != nil {
			http.Error(rw, "That is too much.", http.StatusRequestEntityTooLarge)
			return
		}
		r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(raw)), int64(len(raw)), nil
		proxy.ServeHTTP(rw, r)
	})
}

// Front is the address under which the ingress is reached.
func (w *World) Front() string { return w.front }

// face points the ingress at a bot.
func (w *World) face(address string) {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		w.bot.Store(u)
	}
}

// connectPartnerCenter has the bot ask Partner Center, and its page known where
// people sign in.
func (w *World) connectPartnerCenter() error {
	w.env["PARTNER_CENTER"], w.env["PUBLIC_URL"] = "on", w.front
	return w.Graph.AddRedirect(w.front + "/signin/callback")
}
