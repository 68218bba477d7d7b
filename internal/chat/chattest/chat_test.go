package chattest_test

import "testing"

// TestMessageErrors has a row for each documented error of the chat methods
// that this world can cause.
func TestMessageErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t")["ts"].(string)
	hers, err := w.Say("U-ANA", "C-SHARED", "hello")
	if err != nil {
		t.Fatal(err)
	}
	psst := w.must("chat.postEphemeral", "channel", "C-SHARED", "user", "U-ANA", "text", "psst")["message_ts"].(string)
	gone := w.must("chat.postMessage", "channel", "C-SHARED", "text", "t")["ts"].(string)
	w.must("chat.delete", "channel", "C-SHARED", "ts", gone)
	post := []string{"channel", "C-SHARED", "text", "t"}
	to := func(ts string, more ...string) []string {
		return append([]string{"channel", "C-SHARED", "ts", ts}, more...)
	}
	with := func(more ...string) []string { return append(post[:len(post):len(post)], more...) }
	for _, row := range []struct {
		name, want, method string
		pairs              []string
	}{
		{"NoChannel", "channel_not_found", "chat.postMessage", []string{"channel", "C-NONE", "text", "t"}},
		{"PrivateElsewhere", "channel_not_found", "chat.postMessage", []string{"channel", "C-SECRET", "text", "t"}},
		{"NotIn", "not_in_channel", "chat.postMessage", []string{"channel", "C-QUIET", "text", "t"}},
		{"NoText", "no_text", "chat.postMessage", []string{"channel", "C-SHARED"}},
		{"NoBlocks", "no_text", "chat.postMessage", []string{"channel", "C-SHARED", "blocks", "[]"}},
		{"BlocksFormat", "invalid_blocks_format", "chat.postMessage", with("blocks", "{}")},
		{"Markdown", "markdown_text_conflict", "chat.postMessage", with("markdown_text", "m")},
		{"LongMarkdown", "msg_too_long", "chat.postMessage", []string{"channel", "C-SHARED", "markdown_text", letters(12001)}},
		{"Attachments", "invalid_attachments", "chat.postMessage", with("attachments", "{}")},
		{"AnAttachment", "invalid_attachments", "chat.postMessage", with("attachments", `[{"text":"x"}]`)},
		{"ManyAttachments", "too_many_attachments", "chat.postMessage", with("attachments", copies(`{"text":"x"}`, 101))},
		{"MetadataForm", "invalid_metadata_format", "chat.postMessage", with("metadata", "[]")},
		{"NullMetadata", "invalid_metadata_format", "chat.postMessage", with("metadata", "null")},
		{"MetadataWithoutType", "invalid_metadata_schema", "chat.postMessage", with("metadata", `{"event_payload":{}}`)},
		{"MetadataPayload", "invalid_metadata_schema", "chat.postMessage", with("metadata", `{"event_type":"e","event_payload":[]}`)},
		{"MetadataSize", "metadata_too_large", "chat.postMessage", with("metadata", `{"event_type":"e","event_payload":{"x":"`+letters(4000)+`"}}`)},
		{"ThreadForm", "invalid_thread_ts", "chat.postMessage", with("thread_ts", "yesterday")},
		{"NoThread", "thread_not_found", "chat.postMessage", with("thread_ts", "1.000001")},
		{"GoneThread", "thread_not_found", "chat.postMessage", with("thread_ts", gone)},
		{"EphemeralThread", "cannot_reply_to_message", "chat.postMessage", with("thread_ts", psst)},

		{"EphemeralStranger", "user_not_in_channel", "chat.postEphemeral", with("user", "U-BO")},
		{"EphemeralTooLong", "msg_too_long", "chat.postEphemeral", []string{"channel", "C-SHARED", "user", "U-ANA", "text", letters(2001)}},
		{"EphemeralNotIn", "not_in_channel", "chat.postEphemeral", []string{"channel", "C-QUIET", "user", "U-ANA", "text", "t"}},
		{"EphemeralNoText", "no_text", "chat.postEphemeral", []string{"channel", "C-SHARED", "user", "U-ANA"}},
		{"EphemeralNoThread", "thread_not_found", "chat.postEphemeral", with("user", "U-ANA", "thread_ts", "1.000001")},

		{"UpdateNothing", "message_not_found", "chat.update", to("1.000001", "text", "x")},
		{"UpdateGone", "message_not_found", "chat.update", to(gone, "text", "x")},
		{"UpdateEphemeral", "message_not_found", "chat.update", to(psst, "text", "x")},
		{"UpdateHers", "cant_update_message", "chat.update", to(hers.TS, "text", "x")},
		{"UpdateTooLong", "msg_too_long", "chat.update", to(ts, "text", letters(4001))},
		{"UpdateNoText", "no_text", "chat.update", to(ts)},
		{"UpdateByUser", "channel_not_found", "chat.update", []string{"channel", "U-ANA", "ts", ts, "text", "x"}},
		{"BroadcastNoReply", "cant_broadcast_message", "chat.update", to(ts, "reply_broadcast", "true")},
		{"DeleteNothing", "message_not_found", "chat.delete", to("1.000001")},
		{"DeleteHers", "cant_delete_message", "chat.delete", to(hers.TS)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := w.call(row.method, row.pairs...); got["error"] != row.want {
				t.Errorf("%s = %v, want %s", row.method, got, row.want)
			}
		})
	}
}

func TestLongestTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ts := w.must("chat.postMessage", "channel", "C-SHARED", "text", letters(40000))["ts"].(string)
	cut := w.must("chat.postMessage", "channel", "C-SHARED", "text", letters(40001))
	same(t, "warning", cut["warning"], "message_truncated")
	same(t, "text", at(cut, "message", "text"), letters(40000))
	w.must("chat.update", "channel", "C-SHARED", "ts", ts, "text", letters(4000))
	w.must("chat.postEphemeral", "channel", "C-SHARED", "user", "U-ANA", "text", letters(2000))
	w.must("chat.postMessage", "channel", "C-SHARED", "markdown_text", letters(12000), "unfurl_links", "false", "unfurl_media", "false")
}

func TestThreads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	post := func(more ...string) map[string]any {
		return w.must("chat.postMessage", append([]string{"channel", "C-SHARED", "text", "t"}, more...)...)
	}
	root := post()["ts"].(string)
	reply := post("thread_ts", root)
	same(t, "thread", at(reply, "message", "thread_ts"), root)
	second := post("thread_ts", reply["ts"].(string), "reply_broadcast", "true")
	same(t, "a reply to a reply", at(second, "message", "thread_ts"), root)
	same(t, "subtype", at(second, "message", "subtype"), "thread_broadcast")
	alone := post("reply_broadcast", "true")
	same(t, "broadcast without a thread", at(alone, "message", "subtype"), nil)
	in := []string{"channel", "C-SHARED", "ts", reply["ts"].(string), "reply_broadcast", "true"}
	w.refused("no_dual_broadcast_content_update", "chat.update", append(in, "text", "x")...)
	same(t, "broadcast afterwards", at(w.must("chat.update", in...), "message", "subtype"), "thread_broadcast")

	parent := w.must("chat.update", "channel", "C-SHARED", "ts", root, "text", "u")
	same(t, "replies", []any{at(parent, "message", "reply_count"), at(parent, "message", "latest_reply")}, []any{2, second["ts"]})
	w.must("chat.delete", "channel", "C-SHARED", "ts", second["ts"].(string))
	parent = w.must("chat.update", "channel", "C-SHARED", "ts", root, "text", "u")
	same(t, "replies left", at(parent, "message", "reply_count"), 1)
}

func TestUpdateInAnArchivedChannel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ts := w.must("chat.postMessage", "channel", "C-OPEN", "text", "t")["ts"].(string)
	if err := w.Archive("U-ANA", "C-OPEN"); err != nil {
		t.Fatal(err)
	}
	w.refused("is_inactive", "chat.update", "channel", "C-OPEN", "ts", ts, "text", "x")
}
