package web_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/internal/web"
)

// FuzzPages asks for any page with any words, among them the ways back from Microsoft with
// any state, code or error: nobody who has not signed in does anything, nothing panics, and
// no page says what it was sent as anything but text.
func FuzzPages(f *testing.F) {
	for _, seed := range [][4]string{
		{"GET", "/signin/callback", "state=x&code=y", ""},
		{"GET", "/signin/callback", "state=x&error=access_denied&error_description=<script>x</script>", "latchkey=x"},
		{"GET", "/contacts/callback", "state=&code=", "a=b; c"},
		{"GET", "/contacts/callback", "error=consent_required&error_subcode=cancel&admin_consent=True", ""},
		{"GET", "/signin/" + secret, "", ""}, {"POST", "/signin/" + secret, "confirm=1", ""}, {"GET", "/contacts/" + secret, "", ""},
		{"GET", "/requests/R-7K3M2", "", "x=y"}, {"POST", "/requests/R-7K3M2", "verdict=approve&terms=3&csrf=x", "x=y"},
		{"POST", "/reviews/V-7K3M2", "row=1&answer=keep&csrf=", ""}, {"POST", "/contacts/sign-out", "", ""}, {"GET", "/requests/%2e%2e/x", "%zz", "\x00"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	did, room := &acts{}, &office{bound: true}
	proof := func(context.Context, string) (url.Values, error) { return url.Values{"client_secret": {"pr00f"}}, nil }
	o := web.Options{
		PublicURL: "https://bot.test", Tenant: tenant, ClientID: client, Authority: "http://127.0.0.1:1", Acts: did, Proof: proof,
		Log: slog.New(slog.DiscardHandler), Now: slowly(), Browsers: newMemory(),
	}
	mux := http.NewServeMux()
	mux.Handle(web.PathSignIn, web.New(o).Handler())
	desk := web.NewDesk(o, room, room, room).Handler()
	for _, path := range []string{web.PathRequests, web.PathReviews, web.PathContacts, web.PathEvidence} {
		mux.Handle(path, desk)
	}
	f.Fuzz(func(t *testing.T, method, path, words, cookie string) {
		target, err := url.Parse("https://bot.test")
		if err != nil || strings.ContainsAny(method, " \r\n\x00") || method == "" {
			return
		}
		target.Path, target.RawQuery = "/"+strings.TrimLeft(path, "/"), words
		r := (&http.Request{
			Method: method, URL: target, Host: "bot.test", Header: http.Header{"Cookie": {cookie}, "Content-Type": {"application/x-www-form-urlencoded"}},
			Body: http.NoBody, RequestURI: target.RequestURI(), RemoteAddr: "192.0.2.1:1",
		}).WithContext(t.Context())
		if method == http.MethodPost {
			r.Body, r.ContentLength = http.MaxBytesReader(nil, readCloser{strings.NewReader(words)}, 1<<20), int64(len(words))
		}
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, r)
		if rec.Code == http.StatusInternalServerError {
			t.Errorf("%s %s?%s: %d %s", method, path, words, rec.Code, rec.Body)
		}
		if strings.Contains(rec.Body.String(), "<script>") {
			t.Errorf("%s %s?%s: a script in %s", method, path, words, rec.Body)
		}
		if len(did.did)+len(room.decided)+len(room.came) > 0 {
			t.Fatalf("%s %s?%s did something", method, path, words)
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// slowly is a clock that goes on far enough with each look that nothing comes too often.
func slowly() func() time.Time {
	var looks atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(looks.Add(1)) * time.Second) }
}
