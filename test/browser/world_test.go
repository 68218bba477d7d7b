package browser_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"latchkey/internal/app"
	"latchkey/internal/sandbox"
)

// newWorld starts a world, a bot in it and the page beside it, as "bot sandbox"
// does, and returns the page's address.
func newWorld(t *testing.T) (*sandbox.World, string) {
	t.Helper()
	return newWorldBehind(t, func(page http.Handler) http.Handler { return page })
}

// newWorldBehind is newWorld with something between the page and the browser.
func newWorldBehind(t *testing.T, wrap func(page http.Handler) http.Handler) (*sandbox.World, string) {
	t.Helper()
	w, err := sandbox.New(sandbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	o, err := w.App()
	if err != nil {
		t.Fatal(err)
	}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	bot, err := app.New(ctx, o)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- bot.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the bot ended with %v", err)
		}
	})
	up, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := errors.Join(w.BotUp(up), w.SetUp(up)); err != nil {
		t.Fatal(err)
	}
	page := httptest.NewServer(wrap(w.Page(bot)))
	t.Cleanup(func() {
		page.CloseClientConnections() // the page's stream of changes never ends by itself
		page.Close()
	})
	return w, page.URL
}
