// Package cause carries through contexts what a piece of work comes from: the
// delivery of Slack, the request of a browser, or the thing that time made due.
//
// A cause has a short reference, which whoever asks for help can read out. It is in
// every line of the log, in the events of the audit log, and on the effects that are
// owed to the outside, whose own work carries it on: so one reference finds all that
// came of one click, over crashes and restarts. It says nothing about anybody.
package cause

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
)

// Cause is what work comes from. The zero value is unknown.
type Cause struct {
	Ref string
	// Trace is the place in a trace, as W3C's traceparent; empty where nothing is
	// traced.
	Trace string
	// Timed says that time made it due, often much of it at once: what somebody waits for
	// goes before it.
	Timed bool
}

type key struct{}

// With returns a context of work that comes from c.
func With(ctx context.Context, c Cause) context.Context { return context.WithValue(ctx, key{}, c) }

// Of returns what the work of ctx comes from.
func Of(ctx context.Context) Cause {
	c, _ := ctx.Value(key{}).(Cause)
	return c
}

// Begin returns a context for work that begins here, and its new reference.
func Begin(ctx context.Context) (context.Context, Cause) {
	c := Cause{Ref: draw()}
	return With(ctx, c), c
}

// Due is [Begin] for what time made due.
func Due(ctx context.Context) context.Context {
	return With(ctx, Cause{Ref: draw(), Timed: true})
}

// draw makes a reference that is short enough to be read out over the phone, and long
// enough that two of a day are hardly the same.
func draw() string {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil { // unreachable: it ends the process instead
		return ""
	}
	return hex.EncodeToString(b[:])
}

// Handler adds to each line the reference of the context that it is logged with, and
// the id of its trace.
func Handler(h slog.Handler) slog.Handler { return handler{h} }

type handler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	c := Of(ctx)
	if c.Ref != "" {
		r.AddAttrs(slog.String("ref", c.Ref))
	}
	if id := TraceID(c.Trace); id != "" {
		r.AddAttrs(slog.String("trace", id))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }

// TraceID is the id of the trace in a traceparent; empty when there is none.
func TraceID(parent string) string {
	// 00-<32 hex>-<16 hex>-<2 hex>
	if len(parent) < 55 || parent[2] != '-' || parent[35] != '-' {
		return ""
	}
	return parent[3:35]
}
