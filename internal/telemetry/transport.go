package telemetry

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// System tells to which system a call goes, and what it does there, of few kinds.
type System func(*url.URL) (system, method string)

// Transport measures the calls that go through next, nil for the default one, and draws
// them into the trace that they are of.
func (m *Metrics) Transport(t *Tracer, of System, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{metrics: m, tracer: t, of: of, next: next}
}

type transport struct {
	metrics *Metrics
	tracer  *Tracer
	of      System
	next    http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	system, method := t.of(r.URL)
	if system != Slack {
		method = r.Method + " " + method
	}
	ctx, end := t.tracer.Within(r.Context(), system, method)
	if ctx != r.Context() {
		r = r.WithContext(ctx)
	}
	began := time.Now()
	resp, err := t.next.RoundTrip(r)
	outcome := t.outcome(system, resp, err)
	end(outcome)
	t.metrics.called(system, method, outcome, time.Since(began))
	return resp, err
}

// CloseIdleConnections has those of the next transport closed.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (m *Metrics) called(system, method, outcome string, took time.Duration) {
	m.calls.WithLabelValues(system, method, outcome).Inc()
	m.calling.WithLabelValues(system).Observe(took.Seconds())
	if outcome == "throttled" {
		m.throttled.WithLabelValues(system).Inc()
	}
}

// outcome says in a word what became of a call.
func (t *transport) outcome(system string, resp *http.Response, err error) string {
	switch {
	case err != nil:
		return "no answer"
	case resp.StatusCode == http.StatusTooManyRequests:
		return "throttled"
	case resp.StatusCode >= 500:
		return "fault"
	case resp.StatusCode >= 400:
		return "refused"
	case system == Slack && refusedBySlack(resp):
		return "refused"
	}
	return "ok"
}

// refusedBySlack looks at the beginning of an answer, which is 200 even when Slack says
// no. The body can be read as before.
func refusedBySlack(resp *http.Response) bool {
	body := bufio.NewReaderSize(resp.Body, 64)
	resp.Body = struct {
		io.Reader
		io.Closer
	}{body, resp.Body}
	start, _ := body.Peek(16) // a shorter one says nothing
	return bytes.Contains(bytes.ReplaceAll(start, []byte(" "), nil), []byte(`"ok":false`))
}

// The systems that are called.
const (
	Slack         = "slack"
	Graph         = "graph"
	PartnerCenter = "partnercenter"
	Entra         = "entra"
)

// SlackCalls tells the methods of Slack's Web API apart. What is no method of it is a
// file that is sent, or an answer to a click.
func SlackCalls(u *url.URL) (system, method string) {
	_, method, ok := strings.Cut(u.Path, "/api/")
	if !ok || strings.Contains(method, "/") {
		return Slack, "other"
	}
	return Slack, method
}

// MicrosoftCalls tells the services of Microsoft apart by where they are.
func MicrosoftCalls(graph, partner string) System {
	return func(u *url.URL) (system, method string) {
		at := u.Scheme + "://" + u.Host + u.Path
		if rest, ok := strings.CutPrefix(at, graph); ok {
			return Graph, template(rest)
		}
		if rest, ok := strings.CutPrefix(at, partner); ok {
			return PartnerCenter, template(rest)
		}
		return Entra, "other"
	}
}

// template is a path with what is no word of the services replaced: ids, names,
// addresses.
func template(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		if !words[strings.ToLower(p)] {
			parts[i] = "{}"
		}
	}
	if len(parts) > longestPath {
		parts = append(parts[:longestPath], "{}")
	}
	return "/" + strings.Join(parts, "/")
}

// longestPath bounds how many parts of a path are told apart.
const longestPath = 8

// words are the parts of paths of Graph and Partner Center that name a kind of thing.
var words = func() map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(`
		$batch $count $ref v1 auditlogs directoryaudits groups users members owners transitivemembers contracts
		tenantrelationships delegatedadminrelationships delegatedadmincustomers accessassignments requests operations
		identitygovernance privilegedaccess group assignmentschedules assignmentschedulerequests
		policies crosstenantaccesspolicy partners serviceprincipals sendmail messages mailfolders sentitems
		findtenantinformationbytenantid customers auditrecords webhooks registration relationshiprequests
		tenantrelationshipsfindtenantinformation directoryobjects me organization checkmembergroups
		resourceroleassignments profiles validationevents relationships`) {
		out[w] = true
	}
	return out
}()
