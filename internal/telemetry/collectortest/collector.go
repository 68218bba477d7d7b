// Package collectortest is a stand-in for an OpenTelemetry collector: it takes what is
// sent over OTLP/HTTP, and keeps it. It imports nothing of ours.
package collectortest

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is a span that was sent.
type Span struct {
	Name              string
	Trace, ID, Parent string
	Service           string
	Attributes        map[string]string
}

// Collector keeps spans. Its zero value is ready.
type Collector struct {
	mu      sync.Mutex
	spans   []Span
	changed chan struct{} // closed at the next change; nil when nobody waits
}

// ServeHTTP implements [http.Handler].
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &sent) != nil {
		http.Error(w, "this is no export of traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range sent.GetResourceSpans() {
		service := ""
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				one := Span{
					Name: s.GetName(), Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()),
					Parent: hex.EncodeToString(s.GetParentSpanId()), Service: service, Attributes: map[string]string{},
				}
				for _, a := range s.GetAttributes() {
					one.Attributes[a.GetKey()] = a.GetValue().GetStringValue()
				}
				c.spans = append(c.spans, one)
			}
		}
	}
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Until waits until what was sent satisfies the condition.
func (c *Collector) Until(ctx context.Context, holds func([]Span) bool) error {
	for {
		c.mu.Lock()
		if holds(c.spans) {
			c.mu.Unlock()
			return nil
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Spans returns what was sent so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Span(nil), c.spans...)
}
