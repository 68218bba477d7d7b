package telemetry_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"latchkey/internal/telemetry"
)

type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func TestCalls(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, method, url string
		status            int
		body              string
		err               error
		want              []string
	}{
		{"Slack", "POST", "https://slack.com/api/chat.postMessage", 200, `{"ok":true,"ts":"1"}`, nil, []string{`latchkey_calls_total{method="chat.postMessage",outcome="ok",system="slack"} 1`}},
		{"SlackSaysNo", "POST", "https://slack.com/api/chat.postMessage", 200, `{"ok": false,"error":"x"}`, nil, []string{`latchkey_calls_total{method="chat.postMessage",outcome="refused",system="slack"} 1`}},
		{"SlackShort", "POST", "https://hooks.slack.com/actions/T1/2/secret", 200, `ok`, nil, []string{`latchkey_calls_total{method="other",outcome="ok",system="slack"} 1`}},
		{"Throttled", "POST", "https://slack.com/api/views.publish", 429, ``, nil, []string{
			`latchkey_calls_total{method="views.publish",outcome="throttled",system="slack"} 1`, `latchkey_throttled_total{system="slack"} 1`,
		}},
		{"Graph", "GET", "https://graph.microsoft.com/v1.0/groups/8a1e/members/$ref", 204, ``, nil, []string{
			`latchkey_calls_total{method="GET /groups/{}/members/$ref",outcome="ok",system="graph"} 1`,
		}},
		{"Name", "GET", "https://graph.microsoft.com/v1.0/users/ana%40fabrikam.example", 404, ``, nil, []string{
			`latchkey_calls_total{method="GET /users/{}",outcome="refused",system="graph"} 1`,
		}},
		{"PartnerCenter", "PATCH", "https://api.partnercenter.microsoft.com/v1/customers/1b7a", 503, ``, nil, []string{
			`latchkey_calls_total{method="PATCH /v1/customers/{}",outcome="fault",system="partnercenter"} 1`,
		}},
		{"Entra", "POST", "https://login.microsoftonline.com/1b7a/oauth2/v2.0/token", 200, ``, errors.New("connection reset"), []string{
			`latchkey_calls_total{method="POST other",outcome="no answer",system="entra"} 1`, `latchkey_call_seconds_count{system="entra"} 1`,
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := telemetry.New("test")
			of := telemetry.SlackCalls
			if !strings.Contains(row.url, "slack.com") {
				of = telemetry.MicrosoftCalls("https://graph.microsoft.com/v1.0", "https://api.partnercenter.microsoft.com")
			}
			client := &http.Client{Transport: m.Transport(nil, of, answers(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: row.status, Body: io.NopCloser(strings.NewReader(row.body))}, row.err
			}))}
			u, err := url.Parse(row.url)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(&http.Request{Method: row.method, URL: u})
			if err == nil {
				body, err := io.ReadAll(resp.Body)
				if err != nil || string(body) != row.body {
					t.Errorf("the caller reads %q, %v, want %q", body, err, row.body)
				}
			}
			has(t, m, row.want...)
		})
	}
}
