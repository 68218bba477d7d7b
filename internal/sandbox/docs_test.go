package sandbox_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
	"latchkey/internal/graph/graphtest"
)

var update = flag.Bool("update", false, "write the lists in docs/sandbox.md")

// TestDocumentedCalls keeps the lists of docs/sandbox.md true.
func TestDocumentedCalls(t *testing.T) {
	t.Parallel()
	const path = "../../docs/sandbox.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for mark, calls := range map[string][]string{"methods": chattest.Methods(), "paths": graphtest.Paths()} {
		begin := "<!-- " + mark + " -->\n"
		before, rest, ok := strings.Cut(text, begin)
		_, after, closed := strings.Cut(rest, "<!-- end -->")
		if !ok || !closed {
			t.Fatalf("%s has no place for the %s", path, mark)
		}
		text = before + begin + "\n- `" + strings.Join(calls, "`\n- `") + "`\n\n<!-- end -->" + after
	}
	if text == string(raw) {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the calls that there are; run make golden", path)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
