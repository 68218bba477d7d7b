package chattest_test

import (
	"fmt"
	"slices"
	"testing"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var stamps []string
	for i := range 5 {
		stamps = append(stamps, w.must("chat.postMessage", "channel", "C-OPEN", "text", fmt.Sprint(i),
			"metadata", fmt.Sprintf(`{"event_type":"card","event_payload":{"effect":"e%d"}}`, i))["ts"].(string))
	}
	w.must("chat.postMessage", "channel", "C-OPEN", "text", "reply", "thread_ts", stamps[0])
	w.must("chat.postEphemeral", "channel", "C-OPEN", "user", "U-ANA", "text", "psst")
	if !slices.IsSorted(stamps) || len(slices.Compact(slices.Clone(stamps))) != 5 {
		t.Errorf("timestamps = %v, want them to grow", stamps)
	}
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"All", nil, []string{"4", "3", "2", "1", "0"}},
		{"Limit", []string{"limit", "2"}, []string{"4", "3"}},
		{"Oldest", []string{"oldest", stamps[2]}, []string{"4", "3"}},
		{"Latest", []string{"latest", stamps[2]}, []string{"1", "0"}},
		{"Inclusive", []string{"oldest", stamps[1], "latest", stamps[2], "inclusive", "true"}, []string{"2", "1"}},
		{"Single", []string{"latest", stamps[3], "inclusive", "1", "limit", "1"}, []string{"3"}},
		{"WholeSeconds", []string{"oldest", "1"}, []string{"4", "3", "2", "1", "0"}},
	}
	for _, tt := range tests {
		answer := w.must("conversations.history", append([]string{"channel", "C-OPEN"}, tt.args...)...)
		same(t, tt.name, wireTexts(answer), tt.want)
		if at(answer, "messages", 0, "metadata") != nil {
			t.Errorf("%s: metadata came unasked", tt.name)
		}
	}
	answer := w.must("conversations.history", "channel", "C-OPEN", "limit", "1", "include_all_metadata", "true")
	same(t, "metadata", at(answer, "messages", 0, "metadata"), map[string]any{"event_type": "card", "event_payload": map[string]any{"effect": "e4"}})

	var paged []string
	for cursor := ""; ; {
		answer := w.must("conversations.history", "channel", "C-OPEN", "limit", "2", "cursor", cursor)
		paged = append(paged, wireTexts(answer)...)
		cursor, _ = at(answer, "response_metadata", "next_cursor").(string)
		if more := answer["has_more"] == true; more != (cursor != "") {
			t.Errorf("has_more = %v with cursor %q", more, cursor)
		}
		if cursor == "" {
			break
		}
	}
	same(t, "pages", paged, []string{"4", "3", "2", "1", "0"})
	w.refused("invalid_cursor", "conversations.history", "channel", "C-OPEN", "cursor", "?")
	w.refused("invalid_ts_latest", "conversations.history", "channel", "C-OPEN", "latest", "now")
	w.refused("invalid_ts_oldest", "conversations.history", "channel", "C-OPEN", "oldest", "-1")
	w.refused("invalid_limit", "conversations.history", "channel", "C-OPEN", "limit", "1000")
	w.refused("not_in_channel", "conversations.history", "channel", "C-QUIET")
	w.refused("channel_not_found", "conversations.history", "channel", "C-SECRET")
}

func wireTexts(answer map[string]any) []string {
	var list []string
	messages, _ := answer["messages"].([]any)
	for _, m := range messages {
		list = append(list, at(m, "text").(string))
	}
	return list
}

func TestConversationsInfoAndMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	shared := w.must("conversations.info", "channel", "C-SHARED", "include_num_members", "true")
	for field, want := range map[string]any{
		"is_ext_shared": true, "is_shared": true, "is_org_shared": false, "is_private": true, "is_member": true,
		"num_members": 3, "conversation_host_id": "T-OWN", "context_team_id": "T-OWN",
		"connected_team_ids": []string{"T-OWN", "T-CUST"}, "internal_team_ids": []string{},
	} {
		same(t, field, at(shared, "channel", field), want)
	}
	open := w.must("conversations.info", "channel", "C-OPEN")
	same(t, "is_ext_shared", at(open, "channel", "is_ext_shared"), false)
	same(t, "num_members", at(open, "channel", "num_members"), nil)
	same(t, "is_member of a public channel", at(w.must("conversations.info", "channel", "C-QUIET"), "channel", "is_member"), false)
	w.refused("channel_not_found", "conversations.info", "channel", "C-SECRET")

	page := w.must("conversations.members", "channel", "C-SHARED", "limit", "2")
	same(t, "first page", page["members"], []string{"U-BOT", "U-ANA"})
	cursor := at(page, "response_metadata", "next_cursor").(string)
	page = w.must("conversations.members", "channel", "C-SHARED", "limit", "2", "cursor", cursor)
	same(t, "second page", page["members"], []string{"U-CARLA"})
	same(t, "end", at(page, "response_metadata", "next_cursor"), "")
	w.refused("invalid_cursor", "conversations.members", "channel", "C-SHARED", "cursor", "abc")
}
