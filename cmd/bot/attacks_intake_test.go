package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A letter is a delivery that is written here, as Slack writes them, with what is wrong
// about it.
type letter struct {
	method, path, body string
	age                time.Duration // of its time stamp
	secret             string        // with which it is signed; empty: Slack's own
	header             map[string]string
	after              func(body string) string // done to the body after it was signed
}

// sent delivers it and returns the status, and what else is said.
func (l letter) sent(s *siege) (string, error) {
	body, secret := s.fill(l.body), l.secret
	if secret == "" {
		secret = s.secret
	}
	at := strconv.FormatInt(time.Now().Add(-l.age).Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", at, body)
	header := map[string]string{
		"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": at, "X-Slack-Signature": "v0=" + hex.EncodeToString(mac.Sum(nil)),
	}
	maps.Copy(header, l.header)
	if l.after != nil {
		body = l.after(body)
	}
	method := l.method
	if method == "" {
		method = http.MethodPost
	}
	return s.posted(method, l.path, []byte(body), header)
}

// posted makes a call of the bot as anybody can.
func (s *siege) posted(method, path string, body []byte, header map[string]string) (string, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.Front()+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	for name, value := range header {
		if value == "" {
			r.Header.Del(name)
			continue
		}
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it was read
	raw, err := io.ReadAll(resp.Body)
	return resp.Status + " " + string(raw), err
}

// slash is a command that is signed as Slack would, from whomever it says.
func slash(team, user, text string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		told, err := letter{path: "/slack/commands", body: url.Values{
			"team_id": {team}, "user_id": {user}, "user_name": {user}, "channel_id": {channels["#contoso"]}, "command": {"/access"},
			"text": {s.fill(text)}, "trigger_id": {fmt.Sprint(time.Now().UnixNano())}, "api_app_id": {"A0LATCHKEY"},
		}.Encode()}.sent(s)
		_, said, _ := strings.Cut(told, "{")
		return responseText([]byte("{" + said)), err
	}
}

// approving is what comes when Carol presses Approve.
func approving(user string) string {
	raw, _ := json.Marshal(map[string]any{ //nolint:errcheck // texts only
		"type": "block_actions", "trigger_id": "1.2." + user,
		"user": map[string]any{"id": people[user], "team_id": "T0CONTOSO1"}, "channel": map[string]any{"id": channels["#contoso"]},
		"actions": []map[string]any{{"action_id": "request.approve", "value": "@@/1"}},
	})
	return "payload=" + strings.ReplaceAll(url.QueryEscape(string(raw)), "%40%40", "$R1")
}

// captured has Oskar press a button that is not his, which can be sent again.
func captured(s *siege) {
	_, err := clicks("oskar", "#contoso", "request.approve", "$R1/1")(s)
	must(s.t, err)
}

const interactions = "/slack/interactions"

var notSigned = map[string]string{"X-Slack-Signature": ""}

var intakeAttacks = []attack{
	{"NoSignature", letter{path: interactions, body: approving("carol"), header: notSigned}.sent, "^401", "nobody", ""},
	{"NoTimeStamp", letter{path: interactions, body: approving("carol"), header: map[string]string{"X-Slack-Request-Timestamp": ""}}.sent, "^401", "nobody", ""},
	{"WordyTimeStamp", letter{path: interactions, body: approving("carol"), header: map[string]string{"X-Slack-Request-Timestamp": "now"}}.sent, "^401", "nobody", ""},
	{"OtherSecret", letter{path: interactions, body: approving("carol"), secret: "guessed"}.sent, "^401", "nobody", ""},
	{"OtherVersionOfSignature", letter{path: interactions, body: approving("carol"), header: map[string]string{"X-Slack-Signature": "v1=" + strings.Repeat("0", 64)}}.sent, "^401", "nobody", ""},
	{"SixMinutesOld", letter{path: interactions, body: approving("carol"), age: 6 * time.Minute}.sent, "^401", "nobody", ""},
	{"OfTheFuture", letter{path: interactions, body: approving("carol"), age: -6 * time.Minute}.sent, "^401", "nobody", ""},
	{"BodyChangedAfterSigning", letter{path: interactions, body: approving("oskar"), after: func(b string) string {
		return strings.Replace(b, people["oskar"], people["carol"], 1)
	}}.sent, "^401", "nobody", ""},
	{"PayloadAddedAfterSigning", letter{path: interactions, body: approving("oskar"), after: func(b string) string {
		return b + "&" + approving("carol")
	}}.sent, "^401", "nobody", ""},
	{"FormTwice", letter{path: interactions, body: approving("oskar") + "&" + approving("carol")}.sent, "^200", "oskar", ""},
	{"Oversize", letter{path: interactions, body: approving("carol") + "&x=" + strings.Repeat("x", 1<<20)}.sent, "^413", "", ""},
	{"Get", letter{method: http.MethodGet, path: interactions + "?" + approving("carol")}.sent, "^405", "", ""},
	{"Put", letter{method: http.MethodPut, path: interactions, body: approving("carol")}.sent, "^405", "", ""},
	{"PathBeside", letter{path: interactions + "/../interactions/x", body: approving("carol")}.sent, "^404", "", ""},
	{"NoJSON", letter{path: interactions, body: "payload=%7B%22type%22"}.sent, "^400", "", ""},
	{"NoForm", letter{path: interactions, body: "payload=%zz"}.sent, "^400", "", ""},
	{"TwoActionsInOne", letter{path: interactions, body: strings.Replace(approving("carol"), "%5D", url.QueryEscape(`,{"action_id":"request.approve","value":"$R2/1"}]`), 1)}.sent, "^200", "", ""},
	{"NobodyActs", letter{path: interactions, body: approving("")}.sent, "^200", "", ""},
	{"UserOfAnotherTeam", letter{path: interactions, body: strings.Replace(approving("carol"), "T0CONTOSO1", "T0EVILCORP", 1)}.sent, "^200", "carol", ""},
	{"ForgedEvent", letter{path: "/slack/events", header: notSigned, body: `{"type":"event_callback","event_id":"Ev1","event":{"type":"user_change","user":{"id":"U0BO000001","team_id":"T0FABRIKAM","deleted":true}}}`}.sent, "^401", "nobody", ""},
	{"ForgedUninstall", letter{path: "/slack/events", secret: "guessed", body: `{"type":"event_callback","event_id":"Ev2","event":{"type":"app_uninstalled"}}`}.sent, "^401", "nobody", ""},
	{"CapturedClick", func(s *siege) (string, error) {
		d, err := s.Slack.Replay(s.t.Context(), s.last)
		return fmt.Sprint(d.Status), err
	}, "^200", "oskar", ""},
	{"CapturedClickSignedByAnother", func(s *siege) (string, error) {
		d, err := s.Slack.Forge(s.t.Context(), s.last)
		return fmt.Sprint(d.Status), err
	}, "^401", "nobody", ""},
}

// notified has Partner Center register the bot, and test that a notification arrives.
func notified(s *siege) {
	out, err := exec.CommandContext(s.t.Context(), "bot", "partnercenter", "register", "-world", filepath.Join(s.dir, "world.json")).CombinedOutput()
	if err != nil {
		s.t.Fatalf("bot partnercenter register: %v\n%s", err, out)
	}
}

// notification is one of Partner Center's, with what is wrong about it.
func notification(method string, change func(body []byte) []byte, header map[string]string, after func(body []byte) []byte) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		all := s.Graph.Deliveries()
		body := all[len(all)-1].Body
		if change != nil {
			body = change(body)
		}
		h := map[string]string{}
		for name := range s.Graph.NotificationHeaders(body) {
			h[name] = s.Graph.NotificationHeaders(body).Get(name)
		}
		for name, value := range header {
			h[http.CanonicalHeaderKey(name)] = value
		}
		if after != nil {
			body = after(body)
		}
		return s.posted(method, "/partnercenter/notifications", body, h)
	}
}

// dated is the body with another time of the change.
func dated(by time.Duration) func([]byte) []byte {
	return func(body []byte) []byte {
		var n map[string]any
		if json.Unmarshal(body, &n) != nil {
			return nil
		}
		n["ResourceChangeUtcDate"] = time.Now().Add(by).UTC().Format(time.RFC3339Nano)
		out, _ := json.Marshal(n) //nolint:errcheck // it was read from JSON
		return out
	}
}

var notificationAttacks = []attack{
	{"NotificationUnsigned", notification("POST", nil, map[string]string{"Authorization": ""}, nil), "^401", "nobody", ""},
	{"NotificationForged", notification("POST", nil, map[string]string{"Authorization": "Signature " + base64.StdEncoding.EncodeToString([]byte("by nobody"))}, nil), "^401", "nobody", ""},
	{"NotificationChanged", notification("POST", nil, nil, func(b []byte) []byte { return bytes.Replace(b, []byte("EventName"), []byte("eventName"), 1) }), "^401", "nobody", ""},
	{"NotificationOfForeignCertificate", notification("POST", nil, map[string]string{"X-MS-Certificate-Url": "https://evil.example/cert/pc.cer"}, nil), "^401", "nobody", ""},
	{"NotificationOfCertificateBeside", notification("POST", nil, map[string]string{"X-MS-Certificate-Url": "https://3psostorageacct.blob.core.windows.net/cert/../evil/pc.cer"}, nil), "^401", "nobody", ""},
	{"NotificationOfOtherAlgorithm", notification("POST", nil, map[string]string{"X-MS-Signature-Algorithm": "none"}, nil), "^401", "nobody", ""},
	{"NotificationOld", notification("POST", dated(-25*time.Hour), nil, nil), "^401", "nobody", ""},
	{"NotificationOfTheFuture", notification("POST", dated(2*time.Hour), nil, nil), "^401", "nobody", ""},
	{"NotificationOversize", notification("POST", func([]byte) []byte { return bytes.Repeat([]byte(" "), 65<<10) }, nil, nil), "^413", "", ""},
	{"NotificationThatIsNone", notification("POST", func([]byte) []byte { return []byte(`{"EventName":"<!channel>"}`) }, nil, nil), "^400", "", ""},
	{"NotificationByGet", notification("GET", nil, nil, nil), "^405", "", ""},
}
