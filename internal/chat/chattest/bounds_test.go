package chattest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/chat/chattest"
)

// TestTooManyIsSaidAlone has surfaces with far too many of something, all of it
// wrong. The refusal names the limit, and nothing else was looked at.
func TestTooManyIsSaidAlone(t *testing.T) {
	t.Parallel()
	const bad = `{"type":"x"}`
	for _, row := range []struct{ name, surface, json, want string }{
		{"Blocks", "message", copies(bad, 60_000), "no more than 50 items allowed [json-pointer:/blocks]"},
		{"Elements", "message", `[{"type":"actions","elements":` + copies(bad, 30_000) + `}]`, "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		{"Buttons", "message", `[{"type":"actions","elements":` + copies(goButton+`,"size":2}`, 10_000) + `}]`, "no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
		{"Options", "message", actions(`{"type":"static_select","options":` + copies(`{"no":1}`, 30_000) + `}`), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]"},
		{"Groups", "message", actions(`{"type":"static_select","option_groups":` + copies(`{"no":1}`, 30_000) + `}`), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/option_groups]"},
		{"Initial", "message", actions(`{"type":"static_select","options":[` + optionA + `],"initial_options":` + copies(optionB, 10_000) + `}`), "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/initial_options]"},
		{"Fields", "message", `[{"type":"section","fields":` + copies(bad, 30_000) + `}]`, "no more than 10 items allowed [json-pointer:/blocks/0/fields]"},
		{"Rows", "message", table + copies(block(cell), 20_000) + `}]`, "no more than 100 items allowed [json-pointer:/blocks/0/rows]"},
		{"Cells", "message", table + `[` + copies(bad, 30_000) + `]}]`, "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"},
		{"ModalBlocks", "modal", titled + `,"blocks":` + copies(bad, 60_000) + `}`, "no more than 100 items allowed [json-pointer:/view/blocks]"},
		{"HomeBlocks", "home", `{"type":"home","blocks":` + copies(bad, 60_000) + `}`, "no more than 100 items allowed [json-pointer:/view/blocks]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			same(t, "faults", chattest.Check(row.surface, []byte(row.json)), []string{row.want})
		})
	}
}

// TestTooManyReachTheApp is the same through a call.
func TestTooManyReachTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, row := range []struct{ blocks, want string }{
		{copies(`{"type":"x"}`, 60_000), "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"},
		{`[{"type":"actions","elements":` + copies(`{"type":"x"}`, 30_000) + `}]`, "[ERROR] no more than 25 items allowed [json-pointer:/blocks/0/elements]"},
	} {
		answer := w.request("chat.postMessage", "Bearer "+botToken, "application/json", `{"channel":"C-OPEN","text":"t","blocks":`+row.blocks+`}`)
		same(t, "error", answer["error"], "invalid_blocks")
		same(t, "messages", at(answer, "response_metadata", "messages"), []string{row.want})
	}
}

// TestInitialOptionsAreLookedUp has as many options and chosen ones as a body
// holds in a place where neither has a limit.
func TestInitialOptionsAreLookedUp(t *testing.T) {
	t.Parallel()
	got := chattest.Check("message", []byte(`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[],"options":`+
		copies(numberedOption, 3000)+`,"initial_options":`+copies(numberedOption, 3001)+`}]}]`))
	if !slices.Contains(got, "`initial_options` must match options in the options list [json-pointer:/blocks/0/elements/0/initial_options/3000]") {
		t.Errorf("faults = %v, want the last of the chosen among them", got)
	}
}

// TestLargeSurfaceInPieces has a wrong item anywhere in a list that has no
// limit. It is found where it stands, whichever piece it is in.
func TestLargeSurfaceInPieces(t *testing.T) {
	t.Parallel()
	const (
		text  = `{"type":"text","text":"a"}`
		wrong = `{"type":"text","text":"a","size":1}`
	)
	rich := func(elements ...string) string {
		return `[{"type":"divider"},{"type":"rich_text","elements":[` + strings.Join(elements, ",") + `]}]`
	}
	section := func(items []string) string {
		return `{"type":"rich_text_section","elements":[` + strings.Join(items, ",") + `]}`
	}
	// The items are numbered from the first block on, and a piece ends after
	// 1000: here after the 996th of the texts, and then within section 332.
	for _, n := range []int{0, 995, 996, 997, 1099} {
		items := slices.Repeat([]string{text}, 1100)
		items[n] = wrong
		want := fmt.Sprintf("invalid additional property: size [json-pointer:/blocks/1/elements/1/elements/%d]", n)
		same(t, "flat", chattest.Check("message", []byte(rich(section(nil), section(items)))), []string{want})
	}
	for _, n := range []int{0, 331, 332, 333, 399} {
		for i := range 2 {
			sections := slices.Repeat([]string{section([]string{text, text})}, 400)
			items := []string{text, text}
			items[i] = wrong
			sections[n] = section(items)
			want := fmt.Sprintf("invalid additional property: size [json-pointer:/blocks/1/elements/%d/elements/%d]", n, i)
			same(t, "deep", chattest.Check("message", []byte(rich(sections...))), []string{want})
		}
	}
	// What the object around the pieces lacks is said once.
	same(t, "around", chattest.Check("message", []byte(`[{"type":"rich_text","colour":1,"elements":[`+section(slices.Repeat([]string{text}, 1100))+`]}]`)),
		[]string{"invalid additional property: colour [json-pointer:/blocks/0]"})
	good := rich(section(slices.Repeat([]string{text}, 1100)), section([]string{text}))
	same(t, "good", chattest.Check("message", []byte(good)), nil)
	many := chattest.Check("message", []byte(rich(section(slices.Repeat([]string{`{"type":"x"}`}, 40_000)))))
	if len(many) != 20 || !strings.HasSuffix(many[19], "[json-pointer:/blocks/1/elements/0/elements/19]") {
		t.Errorf("faults = %v, want the first 20", many)
	}
	listed := `{"type":"conversations_select","filter":{"include":[` + strings.TrimSuffix(strings.Repeat(`"im",`, 50_000), ",") + `]}}`
	same(t, "scalars", chattest.Check("message", []byte(actions(listed))), nil)
}

// TestPieces counts what the schema sees at once.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		json string
		want []int
	}{
		{"Nothing", `{}`, []int{0}},
		{"OnePiece", `{"a":` + copies("1", 1000) + `}`, []int{1000}},
		{"OneMore", `{"a":` + copies("1", 1001) + `}`, []int{1000, 1}},
		{"TwoLists", `{"a":` + copies("1", 600) + `,"b":` + copies("1", 600) + `}`, []int{1000, 200}},
		{"Within", `{"a":[{"b":` + copies("1", 1500) + `}]}`, []int{1000, 502}}, // the item around them is in both
		{"Lists", `{"a":` + copies("[1]", 1000) + `}`, []int{1000, 1000}},
	} {
		same(t, row.name, chattest.Pieces(parse(t, row.json)), row.want)
	}
}
