package app

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// Discreet returns a handler that keeps mail addresses, and names to sign in, out of the
// log. What we write ourselves has none; what Slack and Microsoft say of an error may.
func Discreet(h slog.Handler) slog.Handler { return discreet{h} }

type discreet struct{ slog.Handler }

// Handle passes the record on without addresses.
func (d discreet) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, without(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(discreetly(a))
		return true
	})
	return d.Handler.Handle(ctx, out)
}

// WithAttrs keeps addresses out of what is logged with each record.
func (d discreet) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = discreetly(a)
	}
	return discreet{d.Handler.WithAttrs(out)}
}

// WithGroup is that of the handler below.
func (d discreet) WithGroup(name string) slog.Handler { return discreet{d.Handler.WithGroup(name)} }

func discreetly(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(without(v.String()))
	case slog.KindGroup:
		of := v.Group()
		out := make([]slog.Attr, len(of))
		for i := range of {
			out[i] = discreetly(of[i])
		}
		a.Value = slog.GroupValue(out...)
	case slog.KindAny:
		if text := fmt.Sprint(v.Any()); holdsAddress(text) {
			v = slog.StringValue(without(text))
		}
		a.Value = v
	default: // numbers and times
		a.Value = v
	}
	return a
}

// address is a mail address, or a name to sign in, also as it is in an URL.
var address = regexp.MustCompile(`(?i)[\p{L}\p{N}._%+'#&*/=?^{|}~!-]+(@|%40)[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+`)

func holdsAddress(text string) bool {
	return strings.Contains(text, "@") || strings.Contains(text, "%40")
}

func without(text string) string {
	if !holdsAddress(text) {
		return text
	}
	return address.ReplaceAllStringFunc(text, func(found string) string {
		// What is before it in a path or a query is no part of it.
		if i := strings.LastIndexAny(found, "/=?&'"); i >= 0 {
			return found[:i+1] + "[address]"
		}
		return "[address]"
	})
}
