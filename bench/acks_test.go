package bench_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// deliveries are what Slack sends.
var deliveries = []struct {
	name, path string
	waiting    bool // it is about a request that waits
	body       func(b *testing.B) func(i int) string
}{
	{"command", "/slack/commands", false, func(*testing.B) func(int) string { return command }},
	{"click", "/slack/interactions", true, click},
	{"submission", "/slack/interactions", true, func(*testing.B) func(int) string { return submission }},
}

// BenchmarkAck measures what a person waits for: from the sending of a signed delivery
// until its acknowledgement, which comes when what it asked for is on the disk.
func BenchmarkAck(b *testing.B) {
	for _, d := range deliveries {
		for _, senders := range []int{1, 32, 256} {
			for _, app := range apps {
				b.Run(fmt.Sprintf("%s/senders=%d/app=%s", d.name, senders, app.name), func(b *testing.B) {
					n := 0
					if d.waiting {
						n = b.N
					}
					cmd := app.cmd(b, b.TempDir(), n)
					at, end := start(b, cmd)
					before := spent(cmd)
					send(b, senders, at+d.path, d.body(b))
					b.ReportMetric(float64((spent(cmd)-before).Microseconds())/float64(b.N), "cpu-µs/ack")
					b.ReportMetric(resident(cmd), "MiB")
					if commits, err := strconv.Atoi(end()); err == nil {
						b.ReportMetric(float64(commits)/float64(b.N), "commits/ack")
					}
				})
			}
		}
	}
}

// send makes b.N requests, so many at a time, and reports how long the answers took.
func send(b *testing.B, senders int, url string, body func(i int) string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var all sync.WaitGroup
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for range senders {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				var err error
				if took[i], err = one(b.Context(), client, url, body(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	for name, share := range map[string]float64{"p50-ms": 0.50, "p99-ms": 0.99, "p99.9-ms": 0.999} {
		b.ReportMetric(float64(took[min(int(share*float64(b.N)), b.N-1)])/float64(time.Millisecond), name)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
}

// one makes one request and returns how long its answer took. A refusal is told in the
// answer, so an answer that is longer than it should be is an error.
func one(ctx context.Context, client *http.Client, url, body string) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	took := time.Since(began)
	if err == nil && (res.StatusCode != http.StatusOK || len(answer) > 0 && !strings.Contains(string(answer), "sent to the contacts")) {
		err = fmt.Errorf("answer %s %s", res.Status, answer)
	}
	return took, err
}

// command is a request for access, by one of many people.
func command(i int) string {
	return url.Values{
		"team_id": {"T1"}, "team_domain": {"fabrikam"}, "user_id": {string(staff(i % benchStaff))}, "user_name": {"somebody"}, "channel_id": {"C0OWN"},
		"channel_name": {"service-desk"}, "command": {"/access"}, "api_app_id": {"A0LATCHKEY"}, "is_enterprise_install": {"false"},
		"text":         {fmt.Sprintf("request contoso %s for 4h because mailbox migration, INC-%d", wanted(i), i)},
		"trigger_id":   {fmt.Sprint("1.2.", i)},
		"response_url": {"https://hooks.slack.test/commands/1/2"},
	}.Encode()
}

// click is the press of Approve on the card of a request, with the whole card in it, as
// Slack sends it.
func click(b *testing.B) func(i int) string {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "internal", "messages", "testdata", "card-customer-pending.json"))
	if err != nil {
		b.Fatal(err)
	}
	var card struct{ Blocks json.RawMessage }
	if err := json.Unmarshal(raw, &card); err != nil {
		b.Fatal(err)
	}
	return func(i int) string {
		return payload(map[string]any{
			"type": "block_actions", "api_app_id": "A0LATCHKEY", "token": "legacy", "is_enterprise_install": false,
			"trigger_id": fmt.Sprint("3.4.", i), "response_url": "https://hooks.slack.test/actions/1/2",
			"team":      map[string]any{"id": "T1", "domain": "fabrikam"},
			"user":      map[string]any{"id": "U0CARLA", "username": "carla", "name": "carla", "team_id": "T2CONTOSO"},
			"channel":   map[string]any{"id": "C0CONTOSO", "name": "contoso-fabrikam"},
			"container": map[string]any{"type": "message", "message_ts": "1790000000.000100", "channel_id": "C0CONTOSO", "is_ephemeral": false},
			"message":   map[string]any{"type": "message", "bot_id": "B0LATCHKEY", "user": "U0BOT", "ts": "1790000000.000100", "text": "An access request", "blocks": card.Blocks},
			"state":     map[string]any{"values": map[string]any{}},
			"actions": []any{map[string]any{
				"type": "button", "action_id": "request.approve", "block_id": "decide", "value": string(waitingID(i)) + "/1", "action_ts": "1790000001.000000",
				"text": map[string]any{"type": "plain_text", "text": "Approve", "emoji": true},
			}},
		})
	}
}

// submission is the form in which somebody says why they deny a request.
func submission(i int) string {
	return payload(map[string]any{
		"type": "view_submission", "api_app_id": "A0LATCHKEY", "token": "legacy", "trigger_id": fmt.Sprint("5.6.", i), "response_urls": []any{},
		"team": map[string]any{"id": "T2CONTOSO", "domain": "contoso"},
		"user": map[string]any{"id": "U0CARLA", "username": "carla", "name": "carla", "team_id": "T2CONTOSO"},
		"view": map[string]any{
			"id": "V0DENY", "team_id": "T2CONTOSO", "app_installed_team_id": "T1", "type": "modal", "callback_id": "request.deny",
			"private_metadata": string(waitingID(i)) + "/1", "hash": "1.abc", "root_view_id": "V0DENY", "app_id": "A0LATCHKEY", "bot_id": "B0LATCHKEY",
			"title": map[string]any{"type": "plain_text", "text": "Deny"}, "submit": map[string]any{"type": "plain_text", "text": "Deny"},
			"blocks": []any{map[string]any{
				"type": "input", "block_id": "reason", "label": map[string]any{"type": "plain_text", "text": "Why"},
				"element": map[string]any{"type": "plain_text_input", "action_id": "reason", "multiline": true},
			}},
			"state": map[string]any{"values": map[string]any{"reason": map[string]any{"reason": map[string]any{"type": "plain_text_input", "value": "Not during the audit."}}}},
		},
	})
}

func payload(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made here
	}
	return url.Values{"payload": {string(raw)}}.Encode()
}
