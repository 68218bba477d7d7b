// Package telemetry tells whoever runs the bot how it does: metrics for Prometheus,
// and traces for OpenTelemetry. It is the only package that knows either.
//
// The parts of the bot that are measured know nothing of it: they have a function or
// an interface of their own, which app joins to this, and which may be missing. Every
// metric is in a registry of the bot's own, and each label has few values that are
// fixed in code: never a name, an id or anything that somebody typed.
//
// What is counted begins anew with each process. What stands in the store (grants,
// effects that are owed) is read once at the start and then followed by what each
// commit changed, so a scrape costs nothing that grows with the store.
package telemetry

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"latchkey/internal/access"
)

// PathMetrics is where Prometheus reads.
const PathMetrics = "/metrics"

// Definition is what a metric is.
type Definition struct {
	Name   string
	Kind   string // counter, gauge or histogram
	Labels []string
	Help   string // a sentence
}

// Metrics is everything that is measured. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	defined  []Definition

	build      *prometheus.GaugeVec
	ready      *prometheus.GaugeVec
	alive      *prometheus.GaugeVec
	acks       *prometheus.HistogramVec
	deliveries *prometheus.CounterVec
	decisions  *prometheus.CounterVec
	events     *prometheus.CounterVec
	tries      *prometheus.CounterVec
	trying     *prometheus.HistogramVec
	calls      *prometheus.CounterVec
	calling    *prometheus.HistogramVec
	throttled  *prometheus.CounterVec
	commits    *prometheus.HistogramVec
	lines      *prometheus.CounterVec

	grants  *prometheus.GaugeVec
	overdue prometheus.Gauge
	owed    *prometheus.GaugeVec
	oldest  *prometheus.GaugeVec
	aside   *prometheus.GaugeVec
	read    prometheus.Gauge
	behind  *prometheus.GaugeVec

	mu     sync.Mutex
	before []func() // what brings the gauges up to date when they are read
}

// New returns the metrics of a bot of this version.
func New(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	quick := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3}
	slow := []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 45, 60}
	m.build = m.gauge("latchkey_build_info", "One, with the version that runs.", "version")
	m.ready = m.gauge("latchkey_ready", "Whether a condition of /readyz holds.", "condition")
	m.alive = m.gauge("latchkey_alive", "Whether what /livez looks at turns.", "part")
	m.acks = m.histogram("latchkey_ack_seconds", "How long Slack waited for an acknowledgement, which means that the decision is on the disk.", quick, "mode", "kind")
	m.deliveries = m.counter("latchkey_deliveries_total", "Deliveries of Slack, by what became of them.", "mode", "kind", "outcome")
	m.decisions = m.counter("latchkey_decisions_total", "Words on requests: each approval, and each denial, withdrawal, lapse, break-glass and refusal.", "outcome")
	m.events = m.counter("latchkey_audit_events_total", "Events that were written to the audit log, by kind.", "kind")
	m.tries = m.counter("latchkey_effect_tries_total", "Tries of effects that are owed to Slack or Microsoft, by what became of them.", "kind", "outcome")
	m.trying = m.histogram("latchkey_effect_try_seconds", "How long such a try took.", slow, "kind")
	m.calls = m.counter("latchkey_calls_total", "Calls to Slack and Microsoft, by what became of them.", "system", "method", "outcome")
	m.calling = m.histogram("latchkey_call_seconds", "How long such a call took.", slow, "system")
	m.throttled = m.counter("latchkey_throttled_total", "Calls that were told to wait.", "system")
	m.commits = m.histogram("latchkey_commit_seconds", "How long a transaction that wrote something took, with its wait for its turn and for the disk.", quick)
	m.lines = m.counter("latchkey_log_lines_total", "Lines of the log, by level.", "level")
	m.grants = m.gauge("latchkey_grants", "Grants by where they stand: activating, active or ending.", "state")
	m.overdue = m.gauge("latchkey_access_overdue_seconds", "How long ago the access should have been gone that is longest past its end; 0 when there is none.").WithLabelValues()
	m.owed = m.gauge("latchkey_effects_owed", "Effects that are owed to the outside and not done yet.", "kind")
	m.oldest = m.gauge("latchkey_effects_oldest_seconds", "How long the oldest effect that is owed has been waiting, by the system it concerns; 0 when none is.", "system")
	m.aside = m.gauge("latchkey_effects_set_aside", "Effects that could not be done and wait for a bot admin to try them again.", "kind")
	m.read = m.gauge("latchkey_reconcile_age_seconds", "How long ago the relationships were last read whole from Microsoft Graph; since the start, when they were not yet.").WithLabelValues()
	m.behind = m.gauge("latchkey_audit_behind_seconds", "How old the oldest event or checkpoint is that has not been sent where the settings say; 0 when there is none.", "what")
	m.build.WithLabelValues(version).Set(1)
	m.begin()
	return m
}

// begin has what alerts look at be there from the start, with nothing counted: what
// appears with its first count does not look like an increase.
func (m *Metrics) begin() {
	for _, level := range []string{"debug", "info", "warn", "error"} {
		m.lines.WithLabelValues(level)
	}
	for _, outcome := range outcomes {
		m.decisions.WithLabelValues(outcome)
	}
	for _, system := range []string{Slack, Graph, PartnerCenter, Entra} {
		m.throttled.WithLabelValues(system)
	}
	m.events.WithLabelValues(string(access.EventForged))
	for mode, kinds := range map[string][]string{"http": {"command", "interaction", "options", "event"}, "socket": {"command", "interaction", "event"}} {
		for _, kind := range kinds {
			for _, outcome := range []string{"acknowledged", "not acknowledged", "not recorded", "not readable"} {
				m.deliveries.WithLabelValues(mode, kind, outcome)
			}
		}
	}
}

// Names lists the metrics that there are, with what the process itself tells.
func (m *Metrics) Names() []string {
	var out []string
	for _, d := range m.defined {
		out = append(out, d.Name)
	}
	described := make(chan *prometheus.Desc)
	go func() {
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}).Describe(described)
		close(described)
	}()
	for d := range described {
		_, name, _ := strings.Cut(d.String(), `fqName: "`)
		name, _, _ = strings.Cut(name, `"`)
		out = append(out, name)
	}
	return out
}

func (m *Metrics) define(kind, name, help string, labels []string) {
	m.defined = append(m.defined, Definition{Name: name, Kind: kind, Labels: labels, Help: help})
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	m.define("counter", name, help, labels)
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	m.define("gauge", name, help, labels)
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	m.define("histogram", name, help, labels)
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

// Definitions lists what is measured, in the order of the documentation. What the
// process itself tells (process_*) is not in it.
func (m *Metrics) Definitions() []Definition { return m.defined }

// Before has fn called whenever the metrics are about to be read.
func (m *Metrics) Before(fn func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = append(m.before, fn)
}

// Handler answers [PathMetrics].
func (m *Metrics) Handler() http.Handler {
	read := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		for _, fn := range m.before {
			fn()
		}
		m.mu.Unlock()
		read.ServeHTTP(w, r)
	})
}

// Ready and Alive say how one thing stands that /readyz or /livez looks at.
func (m *Metrics) Ready(condition string, holds bool) {
	m.ready.WithLabelValues(condition).Set(number(holds))
}

// Behind says how old the oldest event, or checkpoint, is that has not been sent on.
func (m *Metrics) Behind(what string, by time.Duration) {
	m.behind.WithLabelValues(what).Set(by.Seconds())
}

// Alive is Ready of what /livez looks at.
func (m *Metrics) Alive(part string, turns bool) { m.alive.WithLabelValues(part).Set(number(turns)) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Committed is told how long a commit took.
func (m *Metrics) Committed(took time.Duration) { m.commits.WithLabelValues().Observe(took.Seconds()) }

// Delivered is told what became of a delivery and how long Slack waited.
func (m *Metrics) Delivered(mode, kind, outcome string, took time.Duration) {
	m.deliveries.WithLabelValues(mode, kind, outcome).Inc()
	m.acks.WithLabelValues(mode, kind).Observe(took.Seconds())
}

// Tried is told what became of a try of an effect.
func (m *Metrics) Tried(kind, outcome string, took time.Duration) {
	m.tries.WithLabelValues(kind, outcome).Inc()
	m.trying.WithLabelValues(kind).Observe(took.Seconds())
}
