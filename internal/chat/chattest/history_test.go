package chattest_test

import (
	"fmt"
	"testing"
	"time"
)

func TestConversationsList(t *testing.T) {
	t.Parallel()
	w := newFullWorld(t, nil)
	if _, err := w.OpenDM("U-ANA"); err != nil {
		t.Fatal(err)
	}
	ids := func(args ...string) []string {
		var list []string
		for cursor := ""; ; {
			page := w.must("conversations.list", append([]string{"cursor", cursor}, args...)...)
			channels, _ := page["channels"].([]any)
			for _, c := range channels {
				list = append(list, at(c, "id").(string))
			}
			if cursor = at(page, "response_metadata", "next_cursor").(string); cursor == "" {
				return list
			}
		}
	}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"Public", nil, []string{"C-OPEN", "C-QUIET", "C-OLD"}},
		{"NotArchived", []string{"exclude_archived", "true"}, []string{"C-OPEN", "C-QUIET"}},
		{"Private", []string{"types", "private_channel"}, []string{"C-SHARED", "G-PLAN"}},
		{"Mixed", []string{"types", "private_channel, im,public_channel", "limit", "2"}, []string{"C-OPEN", "C-SHARED", "C-QUIET", "C-OLD", "G-PLAN", "D-ANA"}},
		{"Pages", []string{"limit", "1", "exclude_archived", "1"}, []string{"C-OPEN", "C-QUIET"}},
	}
	for _, tt := range tests {
		same(t, tt.name, ids(tt.args...), tt.want)
	}
	list := w.must("conversations.list", "types", "private_channel,im")
	same(t, "is_ext_shared", at(list, "channels", 0, "is_ext_shared"), true)
	same(t, "connected_team_ids", at(list, "channels", 0, "connected_team_ids"), nil)
	same(t, "num_members", at(list, "channels", 0, "num_members"), 3)
	same(t, "user of the direct message", at(list, "channels", 2, "user"), "U-ANA")
	w.refused("missing_scope", "conversations.list", "types", "mpim")
}

func TestReplies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	post := func(args ...string) string {
		return w.must("chat.postMessage", append([]string{"channel", "C-OPEN"}, args...)...)["ts"].(string)
	}
	parent := post("text", "parent", "metadata", `{"event_type":"card","event_payload":{}}`)
	var replies []string
	for i := range 5 {
		replies = append(replies, post("text", fmt.Sprint(i), "thread_ts", parent))
	}
	post("text", "shown to all", "thread_ts", parent, "reply_broadcast", "true")
	alone := post("text", "alone")

	get := func(ts string, args ...string) map[string]any {
		return w.must("conversations.replies", append([]string{"channel", "C-OPEN", "ts", ts}, args...)...)
	}
	same(t, "thread", wireTexts(get(parent)), []string{"parent", "0", "1", "2", "3", "4", "shown to all"})
	same(t, "thread of a reply", wireTexts(get(replies[2])), []string{"parent", "0", "1", "2", "3", "4", "shown to all"})
	same(t, "no thread", wireTexts(get(alone)), []string{"alone"})
	same(t, "oldest", wireTexts(get(parent, "oldest", replies[3])), []string{"parent", "4", "shown to all"})
	same(t, "inclusive", wireTexts(get(parent, "oldest", replies[1], "latest", replies[2], "inclusive", "true")), []string{"parent", "1", "2"})
	same(t, "parent_user_id", at(get(parent), "messages", 1, "parent_user_id"), "U-BOT")
	same(t, "metadata", at(get(parent, "include_all_metadata", "true"), "messages", 0, "metadata", "event_type"), "card")
	same(t, "one type of metadata", at(get(parent, "metadata_keys_to_include", `["card"]`), "messages", 0, "metadata", "event_type"), "card")
	same(t, "another type", at(get(parent, "metadata_keys_to_include", `["other"]`), "messages", 0, "metadata"), nil)

	page := get(parent, "limit", "4")
	same(t, "first page", wireTexts(page), []string{"parent", "0", "1", "2", "3"})
	page = get(parent, "limit", "4", "cursor", at(page, "response_metadata", "next_cursor").(string))
	same(t, "second page", wireTexts(page), []string{"parent", "4", "shown to all"})
	same(t, "end", page["has_more"], false)
	w.refused("invalid_cursor", "conversations.replies", "channel", "C-OPEN", "ts", parent, "cursor", "x")

	history := w.must("conversations.history", "channel", "C-OPEN")
	same(t, "history", wireTexts(history), []string{"alone", "shown to all", "parent"})
	same(t, "reply_count", at(history, "messages", 2, "reply_count"), 6)
	same(t, "reply_users", at(history, "messages", 2, "reply_users"), []string{"U-BOT"})

	link := w.must("chat.getPermalink", "channel", "C-OPEN", "message_ts", alone)["permalink"]
	same(t, "link", link, "https://northwind.slack.com/archives/C-OPEN/p"+digits(alone))
	link = w.must("chat.getPermalink", "channel", "C-OPEN", "message_ts", replies[0])["permalink"]
	same(t, "link of a reply", link, "https://northwind.slack.com/archives/C-OPEN/p"+digits(replies[0])+"?thread_ts="+parent+"&cid=C-OPEN")
}

func digits(ts string) string { return ts[:10] + ts[11:] }

func TestDeleteOriginalStandsAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	payload, _ := open(w, "U-CARLA", modal)
	to := payload["response_url"].(string)
	if status, answer := w.respond(to, `{"delete_original":true,"text":"x"}`); status != 400 || answer["error"] != "invalid_payload" {
		t.Errorf("deleting with a text = %d %v, want it refused", status, answer)
	}
	if status, _ := w.respond(to, `{"delete_original":true}`); status != 200 || len(w.Messages("U-CARLA", "C-SHARED")) != 0 {
		t.Errorf("deleting = %d, leaves %v", status, texts(w.Messages("U-CARLA", "C-SHARED")))
	}
	if status, answer := w.respond(to, `{"delete_original":true}`); status != 400 || answer["error"] != "message_not_found" {
		t.Errorf("deleting again = %d %v", status, answer)
	}
}

func TestOldResponseURLsAreForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for range 300 {
		if _, err := w.Slash(t.Context(), "U-ANA", "C-OPEN", "/access", ""); err != nil {
			t.Fatal(err)
		}
		w.advance(time.Minute)
	}
	if n := w.Holdings().Hooks; n > 61 {
		t.Errorf("%d response URLs are held, want those of an hour", n)
	}
}
