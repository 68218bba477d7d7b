package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
	"latchkey/internal/telemetry/collectortest"
)

// TestTraceOverCrash follows one click by its trace and by its reference: the bot is
// killed between the commit and the first call to Microsoft, and another process goes
// on.
func TestTraceOverCrash(t *testing.T) {
	t.Parallel()
	var c collectortest.Collector
	collector := httptest.NewServer(&c)
	defer collector.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var s *stage
	var once sync.Once
	killed := make(chan struct{})
	die := func(call graphtest.Call) {
		if call.Method != http.MethodPost || !strings.HasSuffix(call.Path, "/groups") {
			return
		}
		once.Do(func() {
			// What was drawn before is sent about every second.
			if err := c.Until(ctx, func(spans []collectortest.Span) bool { return clickOf(spans, s.log.String()) != nil }); err != nil {
				t.Error("the click was not drawn")
			}
			s.kill()
			close(killed)
			panic(http.ErrAbortHandler)
		})
	}
	s, err := newLinkedStage(t.TempDir(), sandbox.Options{Traces: collector.URL, ObserveGraph: die})
	must(t, err)
	s.closes(t)
	must(t, s.start())
	must(t, s.SetUp(t.Context()))
	_, err = s.say("ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mail`)
	must(t, err)
	id := requestID.FindString(s.seen("ana"))
	must(t, s.wait("the request to be shown", func() bool { id = requestID.FindString(s.seen("carol")); return id != "" }))
	must(t, s.click("carol", "request.approve", id))
	select {
	case <-killed:
	case <-ctx.Done():
		t.Fatal("no group is made")
	}
	must(t, s.start())
	must(t, s.sees("ana", "is in place until"))
	s.stopBot()

	click := s.clicked(t)
	spans := c.Spans()
	delivery := clickOf(spans, s.log.String())
	if delivery == nil {
		t.Fatalf("the click with the reference %s was not drawn: %+v", click, spans)
	}
	at := map[string]string{}
	for _, s := range spans {
		at[s.ID] = s.Parent
	}
	for _, name := range []string{
		"store transaction", "effect graph.container", "graph POST /groups", "effect graph.join",
		"graph POST /groups/{}/members/$ref", "effect slack.card", "slack chat.update",
	} {
		span := spanOf(spans, name, delivery.Trace)
		if span == nil {
			t.Errorf("the trace lacks %s", name)
			continue
		}
		up := span.ID
		for at[up] != "" {
			up = at[up]
		}
		if up != delivery.ID || span.Attributes["latchkey.ref"] != click {
			t.Errorf("%s hangs below %q with %s, want the click", name, up, span.Attributes["latchkey.ref"])
		}
	}
	s.referred(t, id, click)
}

// spanOf finds a span, in the trace unless that is empty.
func spanOf(spans []collectortest.Span, name, trace string) *collectortest.Span {
	for _, s := range spans {
		if s.Name == name && (trace == "" || s.Trace == trace) {
			return &s
		}
	}
	return nil
}

var clickLine = regexp.MustCompile(`msg="command done".* name=request\.approve .*ref=([0-9a-f]{8})`)

// clickOf is the span of the one approval.
func clickOf(spans []collectortest.Span, log string) *collectortest.Span {
	m := clickLine.FindStringSubmatch(log)
	for _, s := range spans {
		if m != nil && s.Name == "delivery interaction" && s.Attributes["latchkey.ref"] == m[1] {
			return &s
		}
	}
	return nil
}

// clicked is the reference of the one approval.
func (s *stage) clicked(t *testing.T) string {
	t.Helper()
	m := clickLine.FindStringSubmatch(s.log.String())
	if m == nil {
		t.Fatal("the click is not in the log with a reference")
	}
	return m[1]
}

// referred checks that all that came of the click has its reference, in the log of both
// processes and in the audit log.
func (s *stage) referred(t *testing.T, id, ref string) {
	t.Helper()
	for _, kind := range []string{"graph.container", "graph.join"} {
		found := false
		for line := range strings.Lines(s.log.String()) {
			found = found || strings.Contains(line, `msg="effect done"`) && strings.Contains(line, "kind="+kind+" ") && strings.Contains(line, "ref="+ref)
		}
		if !found {
			t.Errorf("no line says with ref=%s that %s is done", ref, kind)
		}
	}
	events, err := s.events()
	must(t, err)
	for _, e := range events {
		if string(e.Request) == id && (e.Kind == access.EventApproved || e.Kind == access.EventActive) && e.Ref != ref {
			t.Errorf("%s has the reference %q, want %s", e.Kind, e.Ref, ref)
		}
	}
}
