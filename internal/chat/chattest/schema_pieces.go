package chattest

import (
	"iter"
	"maps"
	"slices"
	"strconv"
)

// maxPiece is how many items of lists the schema sees at once. What it says of
// a wrong item is far longer than the item, and it says all of it before it
// returns; so a large surface is shown to it in pieces, and no further than to
// the faults that fill a refusal.
const maxPiece = 1000

// A piece is a surface of which some items of lists are left out. The schema
// says nothing of how many items a list has or of one item beside another, so a
// surface is right when all of its pieces are.
type piece struct {
	object
	left map[string]int // by the pointer of a list in the piece: how many items before its first are left out
}

// pieces cuts a surface so that each item of each list is in one piece, under
// the objects and items that it stands in. A surface of no more than maxPiece
// items is one piece.
func pieces(o object) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		whole := measure(o)
		if whole.n <= maxPiece {
			yield(piece{o, nil})
			return
		}
		for from := 0; from < whole.n; from += maxPiece {
			c := cutter{from: from, to: from + maxPiece, left: make(map[string]int)}
			part, _ := c.cut(whole, 0, "").(object)
			if !yield(piece{part, c.left}) {
				return
			}
		}
	}
}

// location returns where in the surface stands what stands in the piece at a
// location.
func (p piece) location(in []string) []string {
	out := slices.Clone(in)
	for i, step := range in {
		if n, err := strconv.Atoi(step); err == nil {
			out[i] = strconv.Itoa(n + p.left[pointer(in[:i])]) // only lists have something left out
		}
	}
	return out
}

// A measured value knows how many items its lists hold, with all that is in
// them.
type measured struct {
	value any
	n     int
	names []string   // of an object's fields, in order
	parts []measured // fields or items
}

func measure(v any) measured {
	m := measured{value: v}
	switch v := v.(type) {
	case object:
		m.names = slices.Sorted(maps.Keys(v))
		for _, name := range m.names {
			part := measure(v[name])
			m.n += part.n
			m.parts = append(m.parts, part)
		}
	case []any:
		for _, item := range v {
			part := measure(item)
			m.n += 1 + part.n
			m.parts = append(m.parts, part)
		}
	}
	return m
}

// A cutter keeps the items from one number up to another, counted in the order
// in which they stand, an item before what is in it.
type cutter struct {
	from, to int
	left     map[string]int
}

// cut returns what is kept of a value whose first item has the number n, and
// which stands in the piece at a pointer.
func (c *cutter) cut(m measured, n int, at string) any {
	if m.n == 0 {
		return m.value
	}
	if m.names != nil {
		kept := make(object, len(m.names))
		for i, name := range m.names {
			kept[name] = c.cut(m.parts[i], n, at+pointer([]string{name}))
			n += m.parts[i].n
		}
		return kept
	}
	kept := []any{}
	for i, part := range m.parts {
		if n >= c.to {
			break
		}
		end := n + 1 + part.n
		if end > c.from {
			if len(kept) == 0 {
				c.left[at] = i
			}
			kept = append(kept, c.cut(part, n+1, at+"/"+strconv.Itoa(len(kept))))
		}
		n = end
	}
	return kept
}
