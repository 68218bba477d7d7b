package page_test

import (
	"encoding/json"
	"strings"
	"testing"

	"latchkey/internal/sandbox/page"
)

func choices() []object {
	return []object{{"text": text("One"), "value": "1"}, {"text": text("Two"), "value": "2"}}
}

func element(kind string, more object) object {
	e := object{"type": kind, "action_id": kind}
	for k, v := range more {
		e[k] = v
	}
	return e
}

// elementsOf are the elements of messages that take a choice.
func elementsOf() []object {
	return []object{
		element("static_select", object{"options": choices(), "placeholder": text("Pick one")}),
		element("overflow", object{"options": choices()}),
		element("radio_buttons", object{"options": choices(), "initial_option": choices()[1]}),
		element("checkboxes", object{"options": choices()}),
		element("datepicker", object{"initial_date": "2026-11-24"}),
		element("timepicker", nil),
		element("datetimepicker", nil),
		element("users_select", nil),
		element("conversations_select", nil),
		element("multi_users_select", nil),
		element("external_select", object{"min_query_length": 0}),
	}
}

// board posts a message with all elements and returns its timestamp.
func board(w *world) string {
	w.t.Helper()
	blocks := []object{}
	for _, e := range elementsOf() {
		kind := e["type"].(string)
		if strings.HasPrefix(kind, "multi_") {
			blocks = append(blocks, object{"type": "section", "block_id": "b-" + kind, "text": mrkdwn(kind), "accessory": e})
			continue
		}
		blocks = append(blocks, object{"type": "actions", "block_id": "b-" + kind, "elements": []object{e}})
	}
	w.api("chat.postMessage", object{"channel": shared, "text": "t", "blocks": blocks})
	return w.last(ana).TS
}

func TestElementsOfMessagesAreDrawn(t *testing.T) {
	w := newWorld(t, nil)
	board(w)
	_, body := w.get("/?as=" + ana + "&in=" + shared)
	mustContain(t, body, `<option value="">Pick one</option>`, `aria-label="Pick one"`, `<details class="menu"`, `type="radio"`, `value="2" checked`,
		`type="checkbox"`, `type="date" value="2026-11-24"`, `type="time"`, `type="datetime-local"`, `<option value="U-CARLA">Carla Weiss</option>`,
		`<option value="C-SHARED"># contoso</option>`, `type="search"`, `hx-trigger="change"`, `hx-vals="{&#34;press&#34;:&#34;b-datepicker/datepicker&#34;}"`)
	mustNotContain(t, body, "does not work this kind")
}

func TestElementsOfMessagesAreUsed(t *testing.T) {
	w := newWorld(t, nil)
	ts := board(w)
	for _, test := range []struct{ kind, field, value, want string }{
		{"static_select", "", "2", "2"},
		{"overflow", "pick", `{"p":"b-overflow/overflow","v":"1"}`, "1"},
		{"radio_buttons", "", "1", "1"},
		{"checkboxes", "", "2", "2"},
		{"datepicker", "", "2026-12-01", "2026-12-01"},
		{"timepicker", "", "10:30", "10:30"},
		{"datetimepicker", "", "2026-12-01T10:30", "1796121000"},
		{"users_select", "", carla, carla},
		{"conversations_select", "", shared, shared},
		{"multi_users_select", "", ana, ana},
	} {
		t.Run(test.kind, func(t *testing.T) {
			field, press := "v/b-"+test.kind+"/"+test.kind, "b-"+test.kind+"/"+test.kind
			if test.field != "" {
				field, press = test.field, ""
			}
			_, body := w.post("/click", "as", ana, "in", shared, "ts", ts, "press", press, field, test.value)
			mustContain(t, body, "used "+test.kind+": "+test.want)
		})
	}
	for _, bad := range [][2]string{{"press", "b-static_select/static_select"}, {"pick", "{"}, {"pick", `{"p":"b-overflow/overflow","v":"9"}`}, {"press", "b-timepicker/timepicker"}} {
		before := w.last(ana).TS
		_, body := w.post("/click", "as", ana, "in", shared, "ts", ts, bad[0], bad[1])
		if !strings.Contains(body, "Choose something first.") && !strings.Contains(body, "no longer there") || w.last(ana).TS != before {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestSearchInAMessage(t *testing.T) {
	w := newWorld(t, nil)
	ts := board(w)
	_, body := w.post("/suggest", "as", ana, "in", shared, "ts", ts, "suggest", "v/b-external_select/external_select", "q/b-external_select/external_select", "b")
	mustContain(t, body, "Bo &amp; b")
	_, body = w.post("/click", "as", ana, "in", shared, "ts", ts, "press", "b-external_select/external_select", "v/b-external_select/external_select", `{"v":"bo","t":"Bo &amp; b"}`)
	mustContain(t, body, "used external_select: bo")
}

func TestEveryBlockIsDrawn(t *testing.T) {
	rich := func(parts ...object) object { return object{"type": "rich_text_section", "elements": parts} }
	for _, test := range []struct {
		name  string
		block object
		want  []string
	}{
		{"picture", object{"type": "image", "image_url": "https://example.com/y.png", "alt_text": "a chart"}, []string{"Picture", "a chart"}},
		{"context", object{"type": "context", "elements": []object{{"type": "image", "image_url": "https://example.com/x.png", "alt_text": "a key"}}}, []string{"a key"}},
		{"video", object{"type": "video", "alt_text": "how to", "title": text("How"), "title_url": "https://example.com/"}, []string{"Video", "how to", `href="https://example.com/"`}},
		{"link button", object{"type": "actions", "elements": []object{element("button", object{"text": text("Docs"), "url": "https://example.com/"})}},
			[]string{`href="https://example.com/" target="_blank"`, `data-press="/button"`}},
		{"rich text", object{"type": "rich_text", "elements": []object{
			rich(object{"type": "text", "text": "a <b> &amp;", "style": object{"bold": true, "code": true}}, object{"type": "user", "user_id": "U1"},
				object{"type": "link", "url": "javascript:x", "text": "no"}, object{"type": "emoji", "name": "lock"}, object{"type": "date", "timestamp": 1, "format": "{time}", "fallback": "then"}),
			{"type": "rich_text_list", "style": "ordered", "indent": 9, "elements": []object{rich(object{"type": "text", "text": "first"})}},
			{"type": "rich_text_quote", "elements": []object{{"type": "text", "text": "said"}}},
			{"type": "rich_text_preformatted", "elements": []object{{"type": "text", "text": "code"}}},
		}}, []string{"<strong><code>a &lt;b&gt; &amp;amp;</code></strong>", "@Ana &lt;b&gt;", "no", "🔒", "then</time>", `<ol class="rich indent4"><li>first</li></ol>`, "<blockquote>said</blockquote>", "<pre>code</pre>"}},
		{"markdown", object{"type": "markdown", "text": "# Head\n**bold** *it* <b>\n- item\n[here](https://example.com/) [no](javascript:x)"},
			[]string{"<strong>Head</strong>", "<strong>bold</strong> <em>it</em> &lt;b&gt;", "• item", `<a href="https://example.com/"`, "&lt;javascript:x|no&gt;"}},
		{"table", object{"type": "table", "rows": [][]object{{{"type": "raw_text", "text": "<h>"}}, {{"type": "raw_text", "text": "cell"}}}}, []string{`<th scope="col">&lt;h&gt;</th>`, "<td>cell</td>"}},
		{"alert", object{"type": "alert", "level": "warning", "text": mrkdwn("*mind*")}, []string{`class="b-alert warning"`, "<strong>mind</strong>"}},
		{"card", object{"type": "card", "title": mrkdwn("T"), "body": mrkdwn("B"), "actions": []object{element("button", object{"text": text("Go")})}}, []string{"<b>T</b>", "B", ">Go</button>"}},
		{"carousel", object{"type": "carousel", "elements": []object{{"type": "card", "title": mrkdwn("Inner")}}}, []string{"<b>Inner</b>"}},
		{"container", object{"type": "container", "title": text("Fold"), "default_collapsed": true, "child_blocks": []object{{"type": "divider"}}}, []string{"<summary>Fold</summary>", "<hr>"}},
		{"plan", object{"type": "plan", "title": "Plan", "tasks": []object{{"type": "task_card", "title": "Step", "status": "complete"}}}, []string{"<summary>Plan</summary>", "<b>Step</b>", "complete"}},
		{"feedback", object{"type": "context_actions", "block_id": "f", "elements": []object{{"type": "feedback_buttons", "action_id": "x", "positive_button": object{"text": text("Good"), "value": "y"}, "negative_button": object{"text": text("Bad"), "value": "n"}}}},
			[]string{`value="{&#34;p&#34;:&#34;f/x&#34;,&#34;v&#34;:&#34;y&#34;}"`, ">Good</button>", ">Bad</button>"}},
		{"unknown", object{"type": "hologram"}, []string{"blocks of the kind “hologram”"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw, err := json.Marshal([]object{test.block})
			if err != nil {
				t.Fatal(err)
			}
			out := page.Blocks(raw)
			mustContain(t, out, test.want...)
			mustNotContain(t, out, "<img", ".png", `href="javascript`)
		})
	}
}

func TestFieldsOfAModalAreDrawn(t *testing.T) {
	w := newWorld(t, nil)
	input := func(e object) object {
		return object{"type": "input", "block_id": "b-" + e["type"].(string), "label": text("L"), "element": e}
	}
	groups := []object{{"label": text("Group"), "options": choices()}}
	openModal(t, w)
	open, _ := w.slack.View(carla)
	w.api("views.update", object{"view_id": open.ID, "view": object{"type": "modal", "title": text("All"), "submit": text("Go"), "blocks": []object{
		input(element("radio_buttons", object{"options": choices(), "initial_option": choices()[1]})),
		input(element("multi_static_select", object{"option_groups": groups, "initial_options": choices()[:1]})),
		input(element("external_select", nil)),
		input(element("datepicker", nil)),
		input(element("url_text_input", nil)),
	}}})
	_, body := w.get("/?as=" + carla)
	mustContain(t, body, `type="radio" name="v/b-radio_buttons/radio_buttons" value="2" checked`, `<li class="group">Group</li>`,
		`type="checkbox" name="v/b-multi_static_select/multi_static_select" value="1" checked`, `type="date"`, `type="url"`, "autofocus")
	if n := strings.Count(body, "autofocus"); n != 1 {
		t.Errorf("%d fields want the focus", n)
	}
}

func FuzzBlocks(f *testing.F) {
	f.Add([]byte(`[{"type":"section","text":{"type":"mrkdwn","text":"<script>"}},{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"<b>"}]}]}]`))
	f.Add([]byte(`[{"type":"actions","elements":[{"type":"overflow","options":[{"text":{"text":"a"},"value":"<"}]}]},{"type":"table","rows":[[{"type":"raw_text","text":"<"}]]}]`))
	f.Add([]byte(`[{"type":"markdown","text":"**a** [b](https://c) <d>"},{"type":"container","child_blocks":[{"type":"container","child_blocks":[{"type":"container"}]}]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if out := page.Blocks(raw); strings.Contains(strings.ToLower(out), "<script") {
			t.Errorf("a script came out of %q", raw)
		}
	})
}
