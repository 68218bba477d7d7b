package chattest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema/surfaces.schema.json
var surfacesSchema []byte

// surfaces are the compiled schemas of what a message, a modal and a Home tab
// may hold, by the name of the surface. See schema/README.md.
var surfaces = sync.OnceValue(func() map[string]*jsonschema.Schema {
	const name = "surfaces.schema.json"
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(surfacesSchema))
	if err != nil {
		panic(err) // unreachable: the file is part of the program
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		panic(err) // unreachable, likewise
	}
	compiled := make(map[string]*jsonschema.Schema)
	for _, surface := range []string{"message", "modal", "home"} {
		compiled[surface] = c.MustCompile(name + "#/definitions/Surfaces/properties/" + surface)
	}
	return compiled
})

// Checks returns how many definitions the schema has and how many limits the
// rules hold beside it.
func Checks() (schemaDefs, rules int) {
	var doc struct{ Definitions map[string]json.RawMessage }
	if err := json.Unmarshal(surfacesSchema, &doc); err != nil {
		panic(err) // unreachable: the file is part of the program
	}
	for _, list := range kinds {
		for _, r := range list {
			rules += r.count()
		}
	}
	for _, r := range anyKind {
		rules += r.count()
	}
	return len(doc.Definitions), rules + len(crossRules)
}

// Check returns what Slack would find wrong with the JSON of a surface:
// "message" (a list of blocks), or "modal" or "home" (a view). The faults name
// the place as Slack does. An unknown surface or JSON of another shape is a
// fault too.
func Check(surface string, data []byte) []string {
	var v any
	if err := decode(data, &v); err != nil {
		return []string{"not one JSON value"}
	}
	var o object
	at := "/view"
	switch list, isList := v.([]any); {
	case surfaces()[surface] == nil:
		return []string{"unknown surface: " + surface}
	case surface == "message" && isList:
		o, at = object{"blocks": list}, ""
	case surface != "message":
		o, _ = v.(object)
	}
	if o == nil {
		return []string{"must be a list of blocks or a view"}
	}
	return inspect(surface, o, at)
}

// inspect runs every check on a surface that stands at a JSON pointer: the
// rules, what holds between fields, and the schema. Where the rules found
// something the schema does not repeat it. Where there is too much of something
// the rules say so and nothing else is checked, and no check goes on once the
// faults fill a refusal: so no body that a request may have takes long, which
// matters because the lock is held.
func inspect(surface string, o object, at string) []string {
	var c checker
	if c.check(surface, o, at); c.excess {
		return c.faults
	}
	c.cross(surface, o, at)
	c.form(surface, o, at)
	return c.faults
}

// form holds a surface against the schema, piece by piece.
func (c *checker) form(surface string, o object, at string) {
	known := make(map[string]bool)
	for _, f := range c.faults {
		_, place, _ := strings.Cut(f, "[json-pointer:")
		known[place] = true
	}
	said := make(map[string]bool) // what an object itself lacks shows in every piece it is in
	for p := range pieces(o) {
		if c.full() {
			return
		}
		var wrong *jsonschema.ValidationError
		if !errors.As(surfaces()[surface].Validate(p.object), &wrong) {
			continue
		}
		for _, leaf := range leaves(wrong) {
			here := at + pointer(p.location(leaf.InstanceLocation))
			text := explain(leaf, p.object)
			if known[here+"]"] || said[text+here] {
				continue
			}
			said[text+here] = true
			c.fault(here, "%s", text)
		}
	}
}

// leaves returns the failures that say what is wrong. Of alternatives only the
// one that the value was meant to be is followed: the one whose type matches,
// or else the one with the fewest failures.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	if _, ok := e.ErrorKind.(*kind.AnyOf); !ok {
		var all []*jsonschema.ValidationError
		for _, cause := range e.Causes {
			all = append(all, leaves(cause)...)
		}
		return all
	}
	var best []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		if otherType(cause, e.InstanceLocation) {
			continue
		}
		if found := leaves(cause); best == nil || len(found) < len(best) {
			best = found
		}
	}
	if best == nil {
		return []*jsonschema.ValidationError{e}
	}
	return best
}

// otherType reports whether an alternative fails because the value at the
// location has another type than it is for.
func otherType(e *jsonschema.ValidationError, at []string) bool {
	switch e.ErrorKind.(type) {
	case *kind.Const:
		return len(e.InstanceLocation) == len(at)+1 && e.InstanceLocation[len(at)] == "type"
	case *kind.AnyOf:
		if len(e.InstanceLocation) != len(at) {
			return false
		}
		for _, cause := range e.Causes {
			if !otherType(cause, at) {
				return false
			}
		}
		return true
	}
	for _, cause := range e.Causes {
		if otherType(cause, at) {
			return true
		}
	}
	return false
}

// explain words a failure as Slack does.
func explain(e *jsonschema.ValidationError, surface object) string {
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		return "invalid additional property: " + short(strings.Join(k.Properties, ", "))
	case *kind.Required:
		return "missing required field: " + strings.Join(k.Missing, ", ")
	case *kind.Type:
		return "must provide " + article(k.Want)
	case *kind.Const:
		return fmt.Sprintf("must be %v", k.Want)
	case *kind.Enum:
		return "must be a valid enum value"
	case *kind.AnyOf:
		if o, ok := follow(surface, e.InstanceLocation).(object); ok && str(o, "type") != "" {
			return "unsupported type: " + short(str(o, "type"))
		}
	}
	return "failed to match all allowed schemas"
}

func article(want []string) string {
	name := strings.Join(want, " or ")
	if strings.IndexAny(name, "aeio") == 0 {
		return "an " + name
	}
	return "a " + name
}

// short keeps what somebody sent from filling the answer.
func short(text string) string {
	const most = 100
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// follow returns what stands at a location, or nil.
func follow(v any, location []string) any {
	for _, step := range location {
		switch at := v.(type) {
		case object:
			v = at[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

// pointer writes a location as a JSON pointer.
func pointer(location []string) string {
	var b strings.Builder
	for _, step := range location {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(step))
	}
	return b.String()
}
