package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"latchkey/internal/cause"
	"latchkey/internal/graph"
	"latchkey/internal/health"
	"latchkey/internal/outbox"
	"latchkey/internal/partnercenter"
	"latchkey/internal/state"
	"latchkey/internal/telemetry"
)

// How long each loop may take for one turn before the bot counts as stuck. They are far
// above what a right one needs: a restart must not cut off what is only slow.
const (
	outboxWithin = 3 * time.Minute // a try ends within its lease, which is one minute
	dueWithin    = 3 * time.Minute // it beats with each thing that is due
	syncWithin   = 15 * time.Minute
)

// tallyWithin is how long the metrics of what stands in the store may wait for the intake,
// which waits for Slack. Who asks for them waits for neither.
const tallyWithin = 10 * time.Second

// monitor is what tells whoever runs the bot how it does.
type monitor struct {
	metrics *telemetry.Metrics
	tracer  *telemetry.Tracer // nil where nothing is traced
	board   *health.Board
	tally   *telemetry.Tally

	outbox, due, sync *health.Loop

	passed atomic.Bool   // the first pass over what is due is done
	taking atomic.Bool   // deliveries are taken, or, in Socket Mode, would be
	begun  chan struct{} // closed when they are
	socket atomic.Pointer[func() bool]
}

// watched has everything that the bot logs and calls be counted.
func watched(ctx context.Context, o Options) (Options, *monitor, error) {
	m := telemetry.New(o.Version)
	o.Log = slog.New(m.Log(cause.Handler(o.Log.Handler())))
	tracer, err := telemetry.NewTracer(ctx, telemetry.TraceOptions{
		Endpoint: o.Config.TracesEndpoint, Version: o.Version, Log: o.Log.With("component", "traces"),
	})
	if err != nil {
		return o, nil, fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	client := http.Client{}
	if o.Microsoft != nil {
		client = *o.Microsoft
	}
	calls := telemetry.MicrosoftCalls(cmp.Or(o.GraphURL, graph.DefaultBaseURL), cmp.Or(o.PartnerURL, partnercenter.BaseURL))
	client.Transport = m.Transport(tracer, calls, client.Transport)
	o.Microsoft = &client
	return o, &monitor{metrics: m, tracer: tracer, board: &health.Board{}, begun: make(chan struct{})}, nil
}

// observed is the store, of which each transaction is measured and traced.
func (s *monitor) observed(store state.Store, committed func()) state.Store {
	o := state.Observed{Store: store, Committed: committed, Changed: s.tally.Changed, Watched: telemetry.Watched(), Took: s.metrics.Committed}
	if s.tracer != nil {
		o.Begin = func(ctx context.Context) (context.Context, func(string)) {
			ctx, end := s.tracer.Within(ctx, "store", "transaction")
			return ctx, end
		}
	}
	return o
}

// delivery measures the work of a delivery of Slack, and begins its trace.
func (s *monitor) delivery(ctx context.Context, mode, kind string) (context.Context, func(outcome string)) {
	began := time.Now()
	ctx, _ = cause.Begin(ctx)
	ctx, end := s.tracer.Start(ctx, "delivery", kind)
	return ctx, func(outcome string) {
		end(outcome)
		s.metrics.Delivered(mode, kind, outcome, time.Since(began))
	}
}

// try does so with a try of an effect, whose trace goes on.
func (s *monitor) try(ctx context.Context, kind string) (context.Context, func(outcome string)) {
	began := time.Now()
	ctx, end := s.tracer.Start(ctx, "effect", kind)
	return ctx, func(outcome string) {
		end(outcome)
		s.metrics.Tried(kind, outcome, time.Since(began))
	}
}

// page does so with what browsers and Partner Center ask for.
func (s *monitor) page(name string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, _ := cause.Begin(r.Context())
		ctx, end := s.tracer.Start(ctx, "page", name)
		h.ServeHTTP(w, r.WithContext(ctx))
		end("answered")
	})
}

// sent sends what is traced and not sent yet.
func (a *App) sent(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tracesWithin)
	defer cancel()
	if err := a.monitor.tracer.Close(ctx); err != nil {
		a.o.Log.InfoContext(ctx, "some traces were not sent", "err", err)
	}
}

// follow has the store be watched, and the loops that work on it.
func (s *monitor) follow(a *App, store state.Store) {
	s.tally = &telemetry.Tally{Store: store, Metrics: s.metrics, Now: a.o.Now, Protocol: a.o.Protocol, Log: a.o.Log.With("component", "metrics")}
	s.board.Commit = func(ctx context.Context) error { return store.Update(ctx, nothing) }
	s.board.Conditions = []health.Condition{
		{Name: "due", Fault: unless(s.passed.Load, "what became due before the start is not done yet")},
		{Name: "slack", Fault: unless(func() bool { return a.slack.Team() != "" }, "Slack has not been reached yet")},
		{Name: "intake", Fault: unless(s.intake, "no deliveries are taken")},
	}
	s.metrics.Before(s.tell)
}

// nothing is a transaction that is written and changes nothing.
func nothing(tx state.Tx) error {
	const key = "health/probe"
	return errors.Join(tx.Put(key, nil), tx.Delete(key))
}

func unless(holds func() bool, fault string) func() string {
	return func() string {
		if holds() {
			return ""
		}
		return fault
	}
}

// intake reports whether deliveries are taken: over HTTP when the address is listened
// on, in Socket Mode when a socket is open.
func (s *monitor) intake() bool {
	if connected := s.socket.Load(); connected != nil {
		return (*connected)()
	}
	return s.taking.Load()
}

// tell has the metrics say what the board finds.
func (s *monitor) tell() {
	for _, f := range s.board.Ready() {
		s.metrics.Ready(f.Name, f.Fault == "")
	}
	for _, f := range s.board.Alive() {
		s.metrics.Alive(f.Name, f.Fault == "")
	}
}

// loops has the loops be watched.
func (a *App) loops() {
	s := a.monitor
	s.outbox = s.board.Loop("outbox", outboxWithin, a.runner.Wake)
	s.due = s.board.Loop("due", dueWithin, func() { ring(a.dueBell) })
	s.sync = s.board.Loop("sync", syncWithin, nil) // it goes round by itself
	a.runner.Begin = s.try
	a.runner.Turned, a.due.Turned, a.sync.Turned = s.outbox.Beat, s.due.Beat, s.sync.Beat
}

// handler answers whoever runs the bot. Nothing of it is for the internet.
func (s *monitor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+health.PathLive, s.board.Live())
	mux.Handle("GET "+health.PathReady, s.board.Readiness())
	mux.Handle("GET "+telemetry.PathMetrics, s.metrics.Handler())
	return mux
}

// observe serves it until ctx ends. That it cannot be served is no reason to leave
// access in force: the bot runs, and tries again.
func (a *App) observe(ctx context.Context) {
	backoff := outbox.Backoff(mathrand.Float64)
	for attempt := 1; ctx.Err() == nil; attempt++ {
		err := a.observed(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		a.o.Log.ErrorContext(ctx, "health and metrics not served", "attempt", attempt, "err", err)
		select {
		case <-time.After(backoff(attempt)):
		case <-ctx.Done():
		}
	}
}

func (a *App) observed(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.o.Config.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: a.monitor.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10}
	stop := context.AfterFunc(ctx, func() { srv.Close() }) //nolint:errcheck // whoever asks finds the bot gone
	defer stop()
	a.o.Log.InfoContext(ctx, "health and metrics", "component", "health", "listen", "http://"+l.Addr().String())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// watch looks after the bot and tells of it, until what it returns is called, at the very
// end of the stop.
func (a *App) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.monitor.metrics.Before(func() { a.monitor.tally.Update(ctx) })
	var parts sync.WaitGroup
	parts.Go(func() { a.monitor.board.Run(ctx) })
	parts.Go(func() {
		select { // the first look reads all access in force, and whoever waits for the start comes first
		case <-a.monitor.begun:
		case <-time.After(tallyWithin):
		case <-ctx.Done():
		}
		a.monitor.tally.Run(ctx)
	})
	parts.Go(func() { a.observe(ctx) })
	return func() {
		cancel()
		parts.Wait()
		a.sent(ctx)
	}
}
