package chattest

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A crossRule is a limit that more than one field takes part in. Its check
// reports each violation through c. Blocks and elements stand where at says.
type crossRule struct {
	name  string
	check func(c *checker, surface string, blocks []block)
}

// A block with where it stands.
type block struct {
	at string
	object
}

// crossRules are the limits that hold between fields; see [Checks].
var crossRules = []crossRule{
	{"block ids differ on a surface", uniqueBlocks},
	{"action ids differ in a block", uniqueActions},
	{"a section says something", sayingSections},
	{"an image has one source", oneImage},
	{"a select has either options or groups", oneKindOfOptions},
	{"what is chosen at first is among the options", initialAmongOptions},
	{"lengths and values fit each other", fittingBounds},
	{"only one element takes the focus", oneFocus},
	{"all markdown together is not too long", allMarkdown},
	{"a modal with inputs can be submitted", nil}, // see cross
}

// cross checks what holds between the fields of a surface.
func (c *checker) cross(surface string, o object, at string) {
	list, _ := o["blocks"].([]any)
	var blocks []block
	asks := false
	for i, v := range list {
		if b, ok := v.(object); ok {
			blocks = append(blocks, block{fmt.Sprintf("%s/blocks/%d", at, i), b})
			asks = asks || str(b, "type") == "input"
		}
	}
	for _, r := range crossRules {
		if r.check != nil {
			r.check(c, surface, blocks)
		}
	}
	if surface == "modal" && asks && o["submit"] == nil {
		c.fault(at, "missing required field: submit")
	}
}

// each calls do for every element of a block that is an object.
func (b block) each(do func(el object, at string)) {
	list, _ := b.object["elements"].([]any)
	for i, v := range list {
		if el, ok := v.(object); ok {
			do(el, fmt.Sprintf("%s/elements/%d", b.at, i))
		}
	}
	for _, field := range []string{"accessory", "element"} {
		if el := obj(b.object, field); el != nil {
			do(el, b.at+"/"+field)
		}
	}
}

func uniqueBlocks(c *checker, _ string, blocks []block) {
	seen := make(map[string]bool)
	for _, b := range blocks {
		id := str(b.object, "block_id")
		if id != "" && seen[id] {
			c.fault(b.at+"/block_id", "`block_id` %q already exists for another block", short(id))
		}
		seen[id] = true
	}
}

func uniqueActions(c *checker, _ string, blocks []block) {
	for _, b := range blocks {
		seen := make(map[string]bool)
		b.each(func(el object, at string) {
			id := str(el, "action_id")
			if id != "" && seen[id] {
				c.fault(at+"/action_id", "`action_id` %q already exists for another element", short(id))
			}
			seen[id] = true
		})
	}
}

func sayingSections(c *checker, _ string, blocks []block) {
	for _, b := range blocks {
		if str(b.object, "type") == "section" && b.object["text"] == nil && b.object["fields"] == nil {
			c.fault(b.at, "missing required field: text")
		}
	}
}

func oneImage(c *checker, _ string, blocks []block) {
	one := func(o object, at string) {
		if str(o, "type") == "image" && (o["image_url"] == nil) == (o["slack_file"] == nil) {
			c.fault(at, "must provide either image_url or slack_file")
		}
	}
	for _, b := range blocks {
		one(b.object, b.at)
		b.each(one)
	}
}

func oneKindOfOptions(c *checker, _ string, blocks []block) {
	for _, b := range blocks {
		b.each(func(el object, at string) {
			static := slices.Contains([]string{"static_select", "multi_static_select"}, str(el, "type"))
			if static && (el["options"] == nil) == (el["option_groups"] == nil) {
				c.fault(at, "must provide either options or option_groups")
			}
		})
	}
}

// choices returns every option of an element, and the groups flattened.
func choices(el object) []object {
	all := objects(el, "options")
	for _, group := range objects(el, "option_groups") {
		all = append(all, objects(group, "options")...)
	}
	return all
}

// initialAmongOptions holds for elements that say their options. The chosen one
// must match an option exactly, and not only by value.
func initialAmongOptions(c *checker, _ string, blocks []block) {
	for _, b := range blocks {
		b.each(func(el object, at string) {
			if el["options"] == nil && el["option_groups"] == nil {
				return
			}
			offered := make(map[string]bool) // there may be thousands, and as many chosen
			for _, o := range choices(el) {
				offered[bare(o)] = true
			}
			if one := obj(el, "initial_option"); one != nil && !offered[bare(one)] {
				c.fault(at+"/initial_option", "`initial_option` must match an option in the options list")
			}
			for i, one := range objects(el, "initial_options") {
				if !offered[bare(one)] {
					c.fault(at+"/initial_options/"+strconv.Itoa(i), "`initial_options` must match options in the options list")
				}
			}
		})
	}
}

// bare is an option without the defaults that Slack spells out, as text.
func bare(o object) string {
	text := obj(o, "text")
	return string(encode([]any{o["value"], text["text"], text["type"]}))
}

// fittingBounds holds the smallest against the greatest, and what is entered at
// first against both.
func fittingBounds(c *checker, _ string, blocks []block) {
	for _, b := range blocks {
		b.each(func(el object, at string) {
			switch str(el, "type") {
			case "plain_text_input":
				least, hasLeast := number(el["min_length"])
				most, hasMost := number(el["max_length"])
				if hasLeast && hasMost && least > most {
					c.fault(at+"/min_length", "must not be more than max_length")
				}
				if n := utf8.RuneCountInString(str(el, "initial_value")); hasMost && n > most {
					c.fault(at+"/initial_value", "must be less than %d characters", most+1)
				}
			case "number_input":
				least, err1 := strconv.ParseFloat(str(el, "min_value"), 64)
				most, err2 := strconv.ParseFloat(str(el, "max_value"), 64)
				if err1 == nil && err2 == nil && least > most {
					c.fault(at+"/min_value", "must not be more than max_value")
				}
			}
			if most, ok := number(el["max_selected_items"]); ok && len(objects(el, "initial_options")) > most {
				c.fault(at+"/initial_options", "no more than %d items allowed", most)
			}
		})
	}
}

func oneFocus(c *checker, _ string, blocks []block) {
	n := 0
	for _, b := range blocks {
		b.each(func(el object, at string) {
			if !truth(el["focus_on_load"]) {
				return
			}
			if n++; n > 1 {
				c.fault(at+"/focus_on_load", "only one element may have focus_on_load")
			}
		})
	}
}

// allMarkdown holds for the sum, where each block alone may be within its limit.
func allMarkdown(c *checker, _ string, blocks []block) {
	n, last := 0, ""
	for _, b := range blocks {
		if str(b.object, "type") == "markdown" {
			n += utf8.RuneCountInString(str(b.object, "text"))
			last = b.at
		}
	}
	if n > maxMarkdown {
		c.fault(last+"/text", "markdown blocks must be less than %d characters in all", maxMarkdown+1)
	}
}

// tables counts the tables of a message, which may have one.
func tables(blocks []object) int {
	n := 0
	for _, b := range blocks {
		if str(b, "type") == "table" {
			n++
		}
	}
	return n
}
