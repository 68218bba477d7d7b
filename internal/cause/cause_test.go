package cause_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"latchkey/internal/cause"
)

func TestCause(t *testing.T) {
	t.Parallel()
	if c := cause.Of(t.Context()); c != (cause.Cause{}) {
		t.Errorf("of nothing: %+v", c)
	}
	ctx, c := cause.Begin(t.Context())
	if cause.Of(ctx) != c || len(c.Ref) != 8 {
		t.Errorf("begun: %+v, and %+v", c, cause.Of(ctx))
	}
	if due := cause.Of(cause.Due(ctx)); !due.Timed || due.Ref == c.Ref || len(due.Ref) != 8 {
		t.Errorf("made due: %+v", due)
	}
	if _, other := cause.Begin(ctx); other.Ref == c.Ref {
		t.Errorf("two have the reference %s", c.Ref)
	}
}

func TestHandler(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	log := slog.New(cause.Handler(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	log.Info("no context")
	log.With("component", "chat").InfoContext(cause.With(context.Background(), cause.Cause{Ref: "4f2c91ab"}), "done", "n", 1)
	log.WithGroup("g").InfoContext(cause.With(context.Background(), cause.Cause{Ref: "4f2c91ab", Trace: parent}), "traced")
	want := "level=INFO msg=\"no context\"\n" +
		"level=INFO msg=done component=chat n=1 ref=4f2c91ab\n" +
		"level=INFO msg=traced g.ref=4f2c91ab g.trace=0af7651916cd43dd8448eb211c80319c\n"
	if b.String() != want {
		t.Errorf("logged\n%s, want\n%s", b.String(), want)
	}
	for _, bad := range []string{"", "00", strings.Repeat("0", 60)} {
		if id := cause.TraceID(bad); id != "" {
			t.Errorf("TraceID(%q) = %q", bad, id)
		}
	}
}
