package chattest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFaults bounds what a refusal lists.
const maxFaults = 20

// A checker collects what is wrong with a surface.
type checker struct {
	faults []string
	excess bool // a list is over its limit; what is in it was not looked at
}

// full reports whether nothing more would be added to the faults.
func (c *checker) full() bool { return len(c.faults) >= maxFaults }

func (c *checker) fault(at, format string, a ...any) {
	if !c.full() {
		c.faults = append(c.faults, fmt.Sprintf(format, a...)+" [json-pointer:"+at+"]")
	}
}

// check applies the rules of a kind to an object that stands at a JSON pointer.
func (c *checker) check(kind string, o object, at string) {
	for _, rules := range [][]rule{anyKind, kinds[kind]} {
		for _, r := range rules {
			c.apply(r, o, at)
		}
	}
}

func (c *checker) apply(r rule, o object, at string) {
	found := resolve(o, strings.Split(r.path, "."), at)
	if len(found) == 0 && r.must {
		c.fault(at, "missing required field: %s", r.path)
	}
	for _, f := range found {
		if r.rows {
			c.lists(r, f)
		} else {
			c.value(r, f)
		}
	}
}

// lists applies a rule to each list in a list.
func (c *checker) lists(r rule, f place) {
	rows, _ := f.value.([]any)
	for i, row := range rows {
		c.value(r, place{fmt.Sprintf("%s/%d", f.at, i), row})
	}
}

// value checks what stands in one field. A rule with kinds means a list when it
// also has a maximum, and one object otherwise.
func (c *checker) value(r rule, f place) {
	objects := r.kinds != nil || r.as != ""
	switch v := f.value.(type) {
	case string:
		if objects || r.number {
			c.fault(f.at, "must not be a string")
			return
		}
		c.length(r, utf8.RuneCountInString(v), f.at)
		if r.like != nil && !r.like(v) {
			c.fault(f.at, "invalid %s", r.form)
		}
		if r.oneOf != nil && !slices.Contains(r.oneOf, v) {
			c.fault(f.at, "must be one of %s", strings.Join(r.oneOf, ", "))
		}
	case json.Number:
		n, err := strconv.Atoi(v.String())
		if !r.number || err != nil || n < r.min || n > r.max {
			c.fault(f.at, "must not be the number %s", v)
		}
	case []any:
		if r.kinds != nil && r.max == 0 {
			c.fault(f.at, "must provide an object")
			return
		}
		if !c.items(r, len(v), f.at) || !objects {
			return
		}
		for i, item := range v {
			if !c.full() {
				c.item(r, item, fmt.Sprintf("%s/%d", f.at, i))
			}
		}
	default:
		switch {
		case r.kinds != nil && r.max > 0:
			c.fault(f.at, "must provide an array")
		case objects:
			c.item(r, v, f.at)
		case r.max > 0 || r.oneOf != nil:
			c.fault(f.at, "must provide a string")
		}
	}
}

func (c *checker) length(r rule, n int, at string) {
	if r.max > 0 && n > r.max {
		c.fault(at, "must be less than %d characters", r.max+1)
	}
	if n < r.min {
		c.fault(at, "must be more than %d characters", r.min-1)
	}
}

// items holds the number of items against the limits, and reports whether the
// items themselves are worth a look: what is over its limit may be of any size.
func (c *checker) items(r rule, n int, at string) bool {
	if r.max > 0 && n > r.max {
		c.fault(at, "no more than %d items allowed", r.max)
		c.excess = true
		return false
	}
	if n < r.min {
		c.fault(at, "no fewer than %d items allowed", r.min)
	}
	return true
}

// item checks an object in a place that is meant for certain kinds.
func (c *checker) item(r rule, v any, at string) {
	o, ok := v.(object)
	if !ok {
		c.fault(at, "must provide an object")
		return
	}
	if r.as != "" {
		c.check(r.as, o, at)
		return
	}
	kind := str(o, "type")
	if !slices.Contains(r.kinds, kind) {
		c.fault(at, "unsupported type: %s", kind)
		return
	}
	c.check(kind, o, at)
}

type place struct {
	at    string
	value any
}

// resolve returns the values that a path leads to. Absent and null fields lead
// nowhere; the last list on the path is returned whole.
func resolve(v any, path []string, at string) []place {
	if len(path) == 0 {
		return []place{{at, v}}
	}
	switch v := v.(type) {
	case object:
		if field := v[path[0]]; field != nil {
			return resolve(field, path[1:], at+"/"+path[0])
		}
	case []any:
		var found []place
		for i, item := range v {
			found = append(found, resolve(item, path, fmt.Sprintf("%s/%d", at, i))...)
		}
		return found
	}
	return nil
}

// elements returns the interactive elements and images of a block.
func elements(block object) []object {
	list := objects(block, "elements")
	for _, field := range []string{"accessory", "element"} {
		if el := obj(block, field); el != nil {
			list = append(list, el)
		}
	}
	return list
}

// parseBlocks checks the blocks of a message and fills in what Slack fills in.
// An empty list is no blocks. The lock is held.
func (s *Server) parseBlocks(raw []byte) (json.RawMessage, error) {
	var list []any
	if err := decode(raw, &list); err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	if len(list) == 0 {
		return nil, nil
	}
	surface := object{"blocks": list}
	blocks := objects(surface, "blocks")
	if faults := inspect("message", surface, ""); len(faults) > 0 {
		return nil, refuse("invalid_blocks", faults...)
	}
	if tables(blocks) > 1 {
		return nil, refuse("invalid_attachments", "only_one_table_allowed")
	}
	if textIn(list) > maxBlockText {
		return nil, refuse("msg_blocks_too_long")
	}
	s.complete(blocks)
	return encode(list), nil
}

// parseView checks a view and fills in what Slack fills in. The lock is held.
func (s *Server) parseView(kind, raw string) (object, error) {
	const maxView = 250_000
	if raw == "" {
		return nil, refuse("invalid_arguments", "missing required field: view")
	}
	if len(raw) > maxView {
		return nil, refuse("view_too_large")
	}
	var view object
	if err := decode([]byte(raw), &view); err != nil || view == nil {
		return nil, refuse("invalid_arguments", "view is no JSON object")
	}
	if faults := inspect(kind, view, "/view"); len(faults) > 0 {
		return nil, refuse("invalid_arguments", faults...)
	}
	s.complete(objects(view, "blocks"))
	return view, nil
}

// complete gives an id to what has none, and spells out defaults as Slack does
// in what it sends back.
func (s *Server) complete(blocks []object) {
	for _, b := range blocks {
		if str(b, "block_id") == "" {
			b["block_id"] = "b" + strconv.FormatUint(s.next(), 36)
		}
		for _, el := range elements(b) {
			switch str(el, "type") {
			case "plain_text", "mrkdwn", "image", "":
				continue
			}
			if str(el, "action_id") == "" && str(b, "type") != "rich_text" {
				el["action_id"] = "a" + strconv.FormatUint(s.next(), 36)
			}
		}
		spellOut(b)
	}
}

func spellOut(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			spellOut(item)
		}
	case object:
		switch {
		case v["type"] == "plain_text" && v["emoji"] == nil:
			v["emoji"] = true
		case v["type"] == "mrkdwn" && v["verbatim"] == nil:
			v["verbatim"] = false
		}
		for _, field := range v {
			spellOut(field)
		}
	}
}

// textIn counts the characters of all "text" fields.
func textIn(v any) int {
	n := 0
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += textIn(item)
		}
	case object:
		for key, field := range v {
			if text, ok := field.(string); ok && key == "text" {
				n += utf8.RuneCountInString(text)
			}
			n += textIn(field)
		}
	}
	return n
}
