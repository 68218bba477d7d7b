package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey/internal/cause"
	"latchkey/internal/telemetry"
	"latchkey/internal/telemetry/collectortest"
)

// TestTrace draws a click, kills what drew it, and goes on from what was stored.
func TestTrace(t *testing.T) {
	t.Parallel()
	var c collectortest.Collector
	srv := httptest.NewServer(&c)
	defer srv.Close()
	start := func() *telemetry.Tracer {
		tracer, err := telemetry.NewTracer(t.Context(), telemetry.TraceOptions{Endpoint: srv.URL + "/", Version: "1", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return tracer
	}
	stop := func(tracer *telemetry.Tracer) {
		if err := tracer.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	tracer := start()
	ctx, from := cause.Begin(t.Context())
	if same, end := tracer.Within(ctx, "slack", "chat.postMessage"); same != ctx {
		t.Error("a call outside of any trace is drawn")
	} else {
		end("ok")
	}
	ctx, delivered := tracer.Start(ctx, "delivery", "interaction")
	inner, committed := tracer.Within(ctx, "store", "transaction")
	stored := cause.Of(inner)
	committed("committed")
	delivered("acknowledged")
	stop(tracer)

	tracer = start()
	m := telemetry.New("1")
	ctx, tried := tracer.Start(cause.With(t.Context(), stored), "effect", "graph.join")
	client := &http.Client{Transport: m.Transport(tracer, telemetry.MicrosoftCalls("https://graph.test/v1.0", "https://partner.test"),
		answers(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Traceparent") != "" {
				t.Error("the place in the trace is told to others")
			}
			return &http.Response{StatusCode: 503, Body: io.NopCloser(strings.NewReader(""))}, nil
		}))}
	r, err := http.NewRequestWithContext(ctx, "GET", "https://graph.test/v1.0/groups/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(r); err != nil {
		t.Fatal(err)
	}
	tried("failed")
	stop(tracer)

	spans := map[string]collectortest.Span{}
	for _, s := range c.Spans() {
		spans[s.Name] = s
		if s.Attributes["latchkey.ref"] != from.Ref || s.Service != "latchkey" || s.Trace != cause.TraceID(stored.Trace) {
			t.Errorf("%+v is not of %+v", s, stored)
		}
	}
	parent := ""
	for _, name := range []string{"delivery interaction", "store transaction", "effect graph.join", "graph GET /groups/{}"} {
		if s, ok := spans[name]; !ok || s.Parent != parent {
			t.Errorf("%s is %+v, want it below %q", name, s, parent)
		}
		parent = spans[name].ID
	}
	if len(spans) != 4 || spans["graph GET /groups/{}"].Attributes["latchkey.outcome"] != "fault" {
		t.Errorf("drawn are %+v", spans)
	}
}

// TestTracesNotSent holds that a collector that is gone costs nothing but a line.
func TestTracesNotSent(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	var log strings.Builder
	tracer, err := telemetry.NewTracer(t.Context(), telemetry.TraceOptions{Endpoint: srv.URL, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, end := tracer.Start(t.Context(), "due", "expire")
	end("over")
	if err := tracer.Close(context.WithoutCancel(t.Context())); err != nil || !strings.Contains(log.String(), "traces not sent") {
		t.Errorf("Close = %v, logged %s", err, log.String())
	}
}

// TestTracingOff holds that what is not drawn allocates nothing.
func TestTracingOff(t *testing.T) {
	off, err := telemetry.NewTracer(t.Context(), telemetry.TraceOptions{})
	if off != nil || err != nil {
		t.Fatalf("NewTracer = %v, %v", off, err)
	}
	ctx, kind := t.Context(), string([]byte("interaction"))
	if n := testing.AllocsPerRun(1000, func() { untraced(ctx, off, kind) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
	if err := off.Close(ctx); err != nil {
		t.Error(err)
	}
}

// untraced is what the way of one click calls of the tracer: the delivery, its
// transaction, a try, and a call.
func untraced(ctx context.Context, off *telemetry.Tracer, kind string) {
	ctx, delivered := off.Start(ctx, "delivery", kind)
	_, committed := off.Within(ctx, "store", "transaction")
	committed("committed")
	delivered("acknowledged")
	ctx, tried := off.Start(ctx, "effect", kind)
	_, called := off.Within(ctx, "graph", kind)
	called("ok")
	tried("done")
}

// BenchmarkTracingOff measures it.
func BenchmarkTracingOff(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		untraced(b.Context(), nil, "interaction")
	}
}
