// Package prometheus_test evaluates the alert rules of deploy/ with Prometheus' own
// engine. It is a module of its own because Prometheus brings more than all else that
// the bot needs, and would choose the versions of what the bot is made of.
package prometheus_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) map[string]rule {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `yaml:"name"`
			Rules []rule `yaml:"rules"`
		} `yaml:"groups"`
	}
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	out := map[string]rule{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if _, twice := out[r.Alert]; twice || r.Alert == "" {
				t.Errorf("the alert %q has no name, or is there twice", r.Alert)
			}
			out[r.Alert] = r
		}
	}
	return out
}

var language = parser.NewParser(parser.Options{})

// TestRules holds that every rule can be read, waits for a time that there is, and says
// how bad it is and what to do.
func TestRules(t *testing.T) {
	for name, r := range rules(t) {
		if _, err := language.ParseExpr(r.Expr); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Contains([]string{"info", "warning", "critical"}, r.Labels["severity"]) || r.Annotations["summary"] == "" ||
			r.Annotations["runbook"] != "docs/runbook.md#"+strings.ToLower(name) {
			t.Errorf("%s says not enough: %v %v", name, r.Labels, r.Annotations)
		}
	}
}

// TestDashboard holds that every query of the dashboard can be read.
func TestDashboard(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/grafana/latchkey.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &board); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			if _, err := language.ParseExpr(target.Expr); err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
			read++
		}
	}
	if read < 20 {
		t.Errorf("%d queries were found", read)
	}
}

// A scene is what is measured, each minute from an hour ago until now, and the alerts
// that are up then.
type scene struct {
	name   string
	series map[string]func(minute float64) float64 // by name and labels
	up     string                                  // names, sorted
}

func always(v float64) func(float64) float64 { return func(float64) float64 { return v } }

// late is 0 until five minutes before now, and v from then on.
func late(v float64) func(float64) float64 {
	return func(minute float64) float64 {
		if minute < 55 {
			return 0
		}
		return v
	}
}

// rising counts so many a minute.
func rising(a float64) func(float64) float64 { return func(m float64) float64 { return a * m } }

var scenes = []scene{
	{"AllIsWell", nil, ""},
	{"BotGone", map[string]func(float64) float64{`latchkey_build_info{version="1"}`: nil}, "LatchkeyDown"},
	{"AccessPastItsEnd", map[string]func(float64) float64{`latchkey_access_overdue_seconds`: always(301)}, "LatchkeyAccessPastItsEnd"},
	{"AccessJustPast", map[string]func(float64) float64{`latchkey_access_overdue_seconds`: always(299)}, ""},
	{"OneOfTwoReplicasKnowsOfIt", map[string]func(float64) float64{`latchkey_access_overdue_seconds{instance="b"}`: always(4000)}, "LatchkeyAccessPastItsEnd"},
	{"Stuck", map[string]func(float64) float64{`latchkey_alive{part="outbox"}`: always(0)}, "LatchkeyStuck"},
	{"NotReady", map[string]func(float64) float64{`latchkey_ready{condition="slack"}`: always(0)}, "LatchkeyNotReady"},
	{"OneReplicaIsNotReady", map[string]func(float64) float64{`latchkey_ready{condition="store",instance="b"}`: always(0)}, ""},
	{"SlowAnswers", map[string]func(float64) float64{
		`latchkey_ack_seconds_bucket{mode="http",kind="command",le="1"}`: rising(50), `latchkey_ack_seconds_bucket{mode="http",kind="command",le="3"}`: rising(100),
		`latchkey_ack_seconds_bucket{mode="http",kind="command",le="+Inf"}`: rising(100),
	}, "LatchkeyAckSlow"},
	{"OneDeliveryLost", map[string]func(float64) float64{`latchkey_deliveries_total{mode="http",kind="command",outcome="not recorded"}`: late(1)}, "LatchkeyDeliveriesFail"},
	{"OwedForLong", map[string]func(float64) float64{`latchkey_effects_oldest_seconds{system="graph"}`: always(1000)}, "LatchkeyEffectsLate"},
	{"SetAside", map[string]func(float64) float64{`latchkey_effects_set_aside{kind="slack.card"}`: always(1)}, "LatchkeyEffectsSetAside"},
	{"TriesFail", map[string]func(float64) float64{`latchkey_effect_tries_total{kind="graph.join",outcome="failed"}`: rising(3)}, "LatchkeyEffectsFail"},
	{"CallsFail", map[string]func(float64) float64{`latchkey_calls_total{system="graph",method="GET /groups",outcome="fault"}`: rising(30)}, "LatchkeyCallsFail"},
	{"RefusalsAreNoFaults", map[string]func(float64) float64{`latchkey_calls_total{system="graph",method="GET /groups",outcome="refused"}`: rising(30)}, ""},
	{"Throttled", map[string]func(float64) float64{`latchkey_throttled_total{system="slack"}`: rising(5)}, "LatchkeyThrottled"},
	{"NotRead", map[string]func(float64) float64{`latchkey_reconcile_age_seconds`: always(4000)}, "LatchkeyReconcileOld"},
	{"CollectorDown", map[string]func(float64) float64{`latchkey_audit_behind_seconds{what="events"}`: always(1000)}, "LatchkeyAuditBehind"},
	{"CollectorSlow", map[string]func(float64) float64{`latchkey_audit_behind_seconds{what="events"}`: always(800)}, ""},
	{"SlowDisk", map[string]func(float64) float64{
		`latchkey_commit_seconds_bucket{le="1"}`: rising(1), `latchkey_commit_seconds_bucket{le="2"}`: rising(10), `latchkey_commit_seconds_bucket{le="+Inf"}`: rising(10),
	}, "LatchkeyCommitSlow"},
	{"FirstError", map[string]func(float64) float64{`latchkey_log_lines_total{level="error"}`: late(1)}, "LatchkeyErrorsLogged"},
	{"FirstBreakGlass", map[string]func(float64) float64{`latchkey_decisions_total{outcome="break-glass"}`: late(1)}, "LatchkeyBreakGlass"},
	{"Forged", map[string]func(float64) float64{`latchkey_audit_events_total{kind="intake.forged"}`: rising(1)}, "LatchkeyForged"},
	{"FilesRunOut", map[string]func(float64) float64{`process_open_fds{instance="a"}`: always(900)}, "LatchkeyFilesRunOut"},
}

// well is what is measured of a bot that is well.
var well = map[string]func(float64) float64{
	`latchkey_build_info{version="1"}`: always(1), `latchkey_access_overdue_seconds`: always(0), `latchkey_reconcile_age_seconds`: always(120),
	`latchkey_alive{part="outbox"}`: always(1), `latchkey_ready{condition="slack"}`: always(1), `latchkey_ready{condition="store"}`: always(1),
	`latchkey_ack_seconds_bucket{mode="http",kind="command",le="1"}`: rising(100), `latchkey_ack_seconds_bucket{mode="http",kind="command",le="+Inf"}`: rising(100),
	`latchkey_deliveries_total{mode="http",kind="command",outcome="acknowledged"}`: rising(100), `latchkey_deliveries_total{mode="http",kind="command",outcome="not recorded"}`: always(0),
	`latchkey_effects_oldest_seconds{system="graph"}`: always(3), `latchkey_effects_set_aside{kind="slack.card"}`: always(0),
	`latchkey_effect_tries_total{kind="graph.join",outcome="done"}`: rising(1), `latchkey_calls_total{system="graph",method="GET /groups",outcome="ok"}`: rising(10),
	`latchkey_throttled_total{system="slack"}`: always(0), `latchkey_commit_seconds_bucket{le="1"}`: rising(100), `latchkey_commit_seconds_bucket{le="+Inf"}`: rising(100),
	`latchkey_log_lines_total{level="error"}`: always(0), `latchkey_decisions_total{outcome="break-glass"}`: always(0),
	`latchkey_audit_events_total{kind="intake.forged"}`: always(0), `process_open_fds{instance="a"}`: always(10), `process_max_fds{instance="a"}`: always(1024),
}

var series = regexp.MustCompile(`^(\w+)(?:\{(.*)\})?$`)

// TestAlerts evaluates every rule in every scene. A rule that waits must have been true
// all that time.
func TestAlerts(t *testing.T) {
	all := rules(t)
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: language})
	defer engine.Close() //nolint:errcheck // it keeps nothing
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			var up []string
			db := measured(t, s, now)
			for name, r := range all {
				wait, _ := time.ParseDuration(r.For) // TestRules has looked
				fires := true
				for at := now.Add(-wait); fires && !at.After(now); at = at.Add(time.Minute) {
					fires = firing(t, engine, db, r.Expr, at)
				}
				if fires {
					up, seen[name] = append(up, name), true
				}
			}
			slices.Sort(up)
			if got := strings.Join(up, " "); got != s.up {
				t.Errorf("up are %q, want %q", got, s.up)
			}
		})
	}
	for name := range all {
		if !seen[name] {
			t.Errorf("%s is up in no scene", name)
		}
	}
}

func firing(t *testing.T, engine *promql.Engine, db memory, expr string, at time.Time) bool {
	t.Helper()
	q, err := engine.NewInstantQuery(context.Background(), db, nil, expr, at)
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	v, err := q.Exec(context.Background()).Vector()
	if err != nil {
		t.Fatal(err)
	}
	return len(v) > 0
}

// measured is what Prometheus has read in the hour before now.
func measured(t *testing.T, s scene, now time.Time) memory {
	t.Helper()
	values := map[string]func(float64) float64{}
	for k, v := range well {
		values[k] = v
	}
	for k, v := range s.series {
		values[k] = v
	}
	var db memory
	for k, v := range values {
		if v == nil {
			continue
		}
		m := series.FindStringSubmatch(k)
		if m == nil {
			t.Fatalf("%q is no series", k)
		}
		of := []string{labels.MetricName, m[1]}
		for _, pair := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
			of = append(of, pair[1], pair[2])
		}
		one := held{labels: labels.FromStrings(of...)}
		for minute := range 61 {
			one.samples = append(one.samples, sample{now.Add(time.Duration(minute-60) * time.Minute).UnixMilli(), v(float64(minute))})
		}
		db = append(db, one)
	}
	return db
}
