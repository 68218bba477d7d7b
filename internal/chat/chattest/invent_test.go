package chattest_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"latchkey/internal/chat/chattest"
)

// TestInvented holds that what no client sends comes signed and in Slack's form, and
// that the answer finds whoever it came from.
func TestInvented(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload := heard(w)
	d, err := w.ClickInvented(t.Context(), "U-CARLA", "C-SHARED", "approve", "R-OTHER/1")
	if err != nil || d.Err != nil {
		t.Fatalf("ClickInvented = %v, %v, want a delivery", d.Err, err)
	}
	same(t, "type", at(*payload, "type"), "block_actions")
	same(t, "action", at(*payload, "actions", 0, "action_id"), "approve")
	same(t, "value", at(*payload, "actions", 0, "value"), "R-OTHER/1")
	same(t, "team", at(*payload, "user", "team_id"), "T-CUST")
	same(t, "channel", at(*payload, "channel", "id"), "C-SHARED")
	same(t, "trigger", at(*payload, "trigger_id"), d.ID)
	if _, err := w.ClickInvented(t.Context(), "U-ANA", "", "end", "x"); err != nil {
		t.Error(err)
	}
	same(t, "view", at(*payload, "view", "type"), "home")
	same(t, "response_url", at(*payload, "response_url"), nil)
	if _, err := w.ClickInvented(t.Context(), "U-NONE", "C-SHARED", "end", "x"); !errors.Is(err, chattest.ErrNoSuchUser) {
		t.Errorf("of nobody: %v", err)
	}
	if _, err := w.ClickInvented(t.Context(), "U-ANA", "C-NONE", "end", "x"); !errors.Is(err, chattest.ErrNoSuchChannel) {
		t.Errorf("nowhere: %v", err)
	}

	state := map[string]map[string]any{"why": {"e": map[string]any{"type": "plain_text_input", "value": "x"}}}
	d, err = w.SubmitInvented(t.Context(), "U-CARLA", "deny", "R-OTHER/1", state)
	if err != nil || d.Err != nil {
		t.Fatalf("SubmitInvented = %v, %v, want a delivery", d.Err, err)
	}
	same(t, "type", at(*payload, "type"), "view_submission")
	same(t, "callback", at(*payload, "view", "callback_id"), "deny")
	same(t, "private", at(*payload, "view", "private_metadata"), "R-OTHER/1")
	same(t, "state", at(*payload, "view", "state", "values", "why", "e", "value"), "x")
	if _, err := w.SubmitInvented(t.Context(), "U-NONE", "deny", "", nil); !errors.Is(err, chattest.ErrNoSuchUser) {
		t.Errorf("of nobody: %v", err)
	}
	w.answer(func(rw http.ResponseWriter, _ *http.Request, _ url.Values) {
		rw.Header().Set("Content-Type", "application/json")
		rw.Write([]byte(`{"response_action":"clear"}`)) //nolint:errcheck // a test's
	})
	if d, err := w.SubmitInvented(t.Context(), "U-CARLA", "deny", "", nil); err != nil || string(d.Response) != `{"response_action":"clear"}` {
		t.Errorf("the answer is %q, %v", d.Response, err)
	}
}
