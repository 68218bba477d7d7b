package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"latchkey/internal/cause"
)

// Tracer draws traces: from a delivery over the transaction that it causes and the tries
// of the effects that are owed by it, to each call to Slack and Microsoft. Between the
// transaction and the effects there may be a crash, and another process: the place in
// the trace is stored with the effect.
//
// A nil Tracer draws nothing and costs nothing.
type Tracer struct {
	tracer   trace.Tracer
	provider *sdk.TracerProvider
}

// TraceOptions says where traces go.
type TraceOptions struct {
	// Endpoint is the address of a collector that speaks OTLP over HTTP, such as
	// http://127.0.0.1:4318.
	Endpoint string
	Version  string
	Log      *slog.Logger
}

// NewTracer returns a tracer that sends to a collector; nil where there is no endpoint.
// It makes no call. The further settings of OpenTelemetry (OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER and so on) are read by its SDK.
func NewTracer(ctx context.Context, o TraceOptions) (*Tracer, error) {
	if o.Endpoint == "" {
		return nil, nil
	}
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", "latchkey"), attribute.String("service.version", o.Version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(reported{out, o.Log}, sdk.WithBatchTimeout(time.Second)), sdk.WithResource(about))
	return &Tracer{tracer: provider.Tracer("latchkey"), provider: provider}, nil
}

// Close sends what is drawn and not sent yet.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// End ends a span with what became of it.
type End func(outcome string)

func ended(string) {}

// Start begins a span below the one of ctx, or, where there is none, below the place
// that the cause of ctx names, or else a new trace. The context that it returns has
// the new place as its cause.
// What it is of, such as "effect", and its name are told apart so that nothing is joined
// while nothing is drawn.
func (t *Tracer) Start(ctx context.Context, what, name string) (context.Context, End) {
	if t == nil {
		return ctx, ended
	}
	return t.start(ctx, what+" "+name, trace.SpanKindServer)
}

// Within is Start where something is being traced; otherwise it does nothing.
func (t *Tracer) Within(ctx context.Context, what, name string) (context.Context, End) {
	if t == nil || !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, ended
	}
	return t.start(ctx, what+" "+name, trace.SpanKindClient)
}

func (t *Tracer) start(ctx context.Context, name string, kind trace.SpanKind) (context.Context, End) {
	c := cause.Of(ctx)
	if c.Trace != "" && !trace.SpanContextFromContext(ctx).IsValid() {
		ctx = w3c.Extract(ctx, propagation.MapCarrier{parentKey: c.Trace})
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attribute.String("latchkey.ref", c.Ref)))
	here := propagation.MapCarrier{}
	w3c.Inject(ctx, here)
	c.Trace = here[parentKey]
	return cause.With(ctx, c), func(outcome string) {
		span.SetAttributes(attribute.String("latchkey.outcome", outcome))
		if bad[outcome] {
			span.SetStatus(codes.Error, outcome)
		}
		span.End()
	}
}

const parentKey = "traceparent"

var w3c propagation.TraceContext

// bad are the outcomes that are an error of somebody's.
var bad = map[string]bool{
	"failed": true, "set aside": true, "lost": true, "not written": true, "fault": true, "no answer": true, "not recorded": true, "not readable": true, "not acknowledged": true,
}

// reported logs what could not be sent. Spans that are lost are no reason for more.
type reported struct {
	sdk.SpanExporter
	log *slog.Logger
}

// ExportSpans implements [sdk.SpanExporter].
func (r reported) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	if err := r.SpanExporter.ExportSpans(ctx, spans); err != nil {
		r.log.WarnContext(ctx, "traces not sent", "spans", len(spans), "err", err)
	}
	return nil
}
