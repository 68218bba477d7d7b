package messages_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/messages"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares a message with its golden files and checks it against all
// that Slack demands.
func golden(t *testing.T, name string, m messages.Message) {
	t.Helper()
	if m.Text == "" {
		t.Error("the message has no text for notifications and screen readers")
	}
	if len(m.Text) > 4000 {
		t.Errorf("the text has %d bytes, an update takes 4000", len(m.Text))
	}
	blocks := decode(t, m.Blocks)
	checkBlocks(t, blocks, 50)
	checkSurface(t, "message", blocks)
	compare(t, name+".json", pretty(t, map[string]any{"text": m.Text, "blocks": m.Blocks}))
	compare(t, name+".txt", []byte("TEXT "+m.Text+"\n\n"+drawn(blocks)))
}

// goldenModal does the same for a modal.
func goldenModal(t *testing.T, name string, m messages.Modal) {
	t.Helper()
	view, ok := decode(t, m.ModalViewRequest).(map[string]any)
	if !ok {
		t.Fatal("a view is an object")
	}
	blocks := view["blocks"]
	checkView(t, view)
	checkBlocks(t, blocks, 100)
	checkSurface(t, "modal", view)
	compare(t, name+".json", pretty(t, m.ModalViewRequest))
	compare(t, name+".txt", []byte("MODAL "+textOf(view["title"])+"\n\n"+drawn(blocks)))
}

// pretty writes JSON as people read it: indented, and with < and > as they are.
func pretty(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(decode(t, v)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t *testing.T, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at what it says now, then run with -update.\ngot:\n%s", file, got)
	}
}

// drawn writes blocks as a person sees them, one line for each part.
func drawn(blocks any) string {
	var b strings.Builder
	list, _ := blocks.([]any)
	for _, x := range list {
		block, _ := x.(map[string]any)
		switch block["type"] {
		case "header":
			fmt.Fprintf(&b, "# %s\n", textOf(block["text"]))
		case "divider":
			b.WriteString("----\n")
		case "section":
			b.WriteString(textOf(block["text"]))
			b.WriteString(element(block["accessory"]))
			b.WriteString("\n")
		case "context":
			for _, e := range items(block["elements"]) {
				fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(textOf(e), "\n", "\n  "))
			}
		case "actions":
			for _, e := range items(block["elements"]) {
				b.WriteString(strings.TrimSpace(element(e)) + "\n")
			}
		case "input":
			fmt.Fprintf(&b, "%s:%s", textOf(block["label"]), element(block["element"]))
			if hint := textOf(block["hint"]); hint != "" {
				fmt.Fprintf(&b, " (%s)", hint)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func element(x any) string {
	e, _ := x.(map[string]any)
	if e == nil {
		return ""
	}
	switch e["type"] {
	case "button":
		s := fmt.Sprintf("  [%s] → %v %v", textOf(e["text"]), e["action_id"], e["value"])
		if c, ok := e["confirm"].(map[string]any); ok {
			s += fmt.Sprintf("\n    ? %s / %s [%s] [%s]", textOf(c["title"]), textOf(c["text"]), textOf(c["confirm"]), textOf(c["deny"]))
		}
		return s
	case "plain_text_input":
		return fmt.Sprintf(" <%v %v>", e["action_id"], e["initial_value"])
	}
	return fmt.Sprintf(" <%v %v>", e["type"], e["action_id"])
}

func textOf(x any) string {
	o, _ := x.(map[string]any)
	s, _ := o["text"].(string)
	return s
}

func items(x any) []any {
	l, _ := x.([]any)
	return l
}
