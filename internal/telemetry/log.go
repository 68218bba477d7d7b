package telemetry

import (
	"context"
	"log/slog"
	"strings"
)

// Log returns a handler that counts the lines that h writes.
func (m *Metrics) Log(h slog.Handler) slog.Handler { return counting{h, m} }

type counting struct {
	slog.Handler
	m *Metrics
}

// Handle implements [slog.Handler].
func (c counting) Handle(ctx context.Context, r slog.Record) error {
	c.m.lines.WithLabelValues(strings.ToLower(level(r.Level).String())).Inc()
	return c.Handler.Handle(ctx, r)
}

// level is the named one at or below l.
func level(l slog.Level) slog.Level {
	for _, named := range []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo} {
		if l >= named {
			return named
		}
	}
	return slog.LevelDebug
}

// WithAttrs implements [slog.Handler].
func (c counting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return counting{c.Handler.WithAttrs(attrs), c.m}
}

// WithGroup implements [slog.Handler].
func (c counting) WithGroup(name string) slog.Handler {
	return counting{c.Handler.WithGroup(name), c.m}
}
