package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The picture has three panels beside each other.
const (
	panel  = 330 // wide
	inner  = 230
	top    = 60
	bottom = 290
	height = 350
)

var (
	ours, theirs = "#2f6f8f", "#c9a227"
	lines        = []string{"#2f6f8f", "#c9a227", "#8f2f4f", "#3f8f4f", "#6f4f8f", "#555555", "#b0602f", "#2f8f8f"}
)

// errNothing means that there was nothing to draw.
var errNothing = errors.New("there is no line of BenchmarkAck or BenchmarkGrowth")

func draw(w io.Writer, r runs) error {
	acks, growth := r.acks(), r.growth()
	if len(acks) == 0 && len(growth) == 0 {
		return errNothing
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", 3*panel+40, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	bars(&b, 0, "Acknowledged in a second, 32 senders", acks, "acks/s")
	bars(&b, panel, "p99 until the acknowledgement, in ms", acks, "p99-ms")
	curves(&b, 2*panel, "Time by requests in the history", growth)
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// ack is what one kind of delivery took, by unit, at our app and at the other.
type ack struct {
	kind         string
	ours, theirs map[string]float64
}

func (r runs) acks() (out []ack) {
	for _, kind := range []string{"command", "click", "submission"} {
		a := ack{kind, r["Ack/"+kind+"/senders=32/app=latchkey"], r["Ack/"+kind+"/senders=32/app=bolt"]}
		if a.ours != nil && a.theirs != nil {
			out = append(out, a)
		}
	}
	return out
}

func text(b *strings.Builder, x, y float64, anchor, s string) {
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(s)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, s)
}

func bars(b *strings.Builder, left float64, title string, all []ack, unit string) {
	text(b, left+panel/2, 25, "middle", title)
	most := 0.0
	for _, a := range all {
		most = max(most, a.ours[unit], a.theirs[unit])
	}
	if most == 0 {
		return
	}
	wide := float64(inner) / float64(len(all))
	for i, a := range all {
		x := left + (panel-inner)/2 + float64(i)*wide
		for j, one := range []struct {
			v     float64
			color string
		}{{a.ours[unit], ours}, {a.theirs[unit], theirs}} {
			high := one.v / most * (bottom - top)
			at := x + wide*(0.1+0.4*float64(j))
			fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", at, bottom-high, wide*0.36, high, one.color)
			text(b, at+wide*0.18, bottom-high-5, "middle", strconv.FormatFloat(one.v, 'f', 0, 64))
		}
		text(b, x+wide/2, bottom+17, "middle", a.kind)
	}
	legend(b, left+60, bottom+40, ours, "Latchkey")
	legend(b, left+170, bottom+40, theirs, "@slack/bolt")
}

func legend(b *strings.Builder, x, y float64, color, name string) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="10" height="10" fill="%s"/>`+"\n", x, y-9, color)
	text(b, x+15, y, "start", name)
}

// point is how long something took, in milliseconds, with so many requests that ended.
type point struct{ ended, ms float64 }

// shown are the benchmarks of the third panel, and what they are called there.
var shown = map[string]string{
	"List": "/access list", "Show": "/access show", "HomeStaff": "Home, staff", "HomeContact": "Home, contact",
	"HomeAdmin": "Home, admin", "DueNothing": "nothing due", "Submit": "a request", "Open": "opening",
}

// growth are the points of each, of the size of access in force of which there are most.
func (r runs) growth() map[string][]point {
	byActive := map[string]map[string][]point{}
	most := ""
	for _, name := range slices.Sorted(maps.Keys(r)) {
		parts := strings.Split(name, "/")
		if len(parts) != 4 || parts[0] != "Growth" || shown[parts[3]] == "" {
			continue
		}
		ended, err := strconv.ParseFloat(strings.TrimPrefix(parts[1], "ended="), 64)
		if err != nil {
			continue
		}
		of := byActive[parts[2]]
		if of == nil {
			of = map[string][]point{}
			byActive[parts[2]] = of
		}
		of[shown[parts[3]]] = append(of[shown[parts[3]]], point{ended, r[name]["ns/op"] / 1e6})
		if most == "" || len(of[shown[parts[3]]]) > len(byActive[most][shown[parts[3]]]) {
			most = parts[2]
		}
	}
	for _, points := range byActive[most] {
		slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.ended, b.ended) })
	}
	return byActive[most]
}

// curves draws both axes by powers of ten.
func curves(b *strings.Builder, left float64, title string, all map[string][]point) {
	text(b, left+panel/2, 25, "middle", title)
	lo, hi := point{math.Inf(1), math.Inf(1)}, point{}
	for _, points := range all {
		for _, p := range points {
			lo = point{min(lo.ended, p.ended), min(lo.ms, p.ms)}
			hi = point{max(hi.ended, p.ended), max(hi.ms, p.ms)}
		}
	}
	if len(all) == 0 || lo.ms <= 0 || lo.ended <= 0 {
		return
	}
	from, to := point{floor10(lo.ended), floor10(lo.ms)}, point{ceil10(hi.ended), ceil10(hi.ms)}
	x := func(v float64) float64 { return left + 50 + part(v, from.ended, to.ended)*(inner-70) }
	y := func(v float64) float64 { return bottom - part(v, from.ms, to.ms)*(bottom-top) }
	for v := from.ms; v <= to.ms*1.01; v *= 10 {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", x(from.ended), y(v), x(to.ended), y(v))
		text(b, x(from.ended)-5, y(v)+4, "end", strconv.FormatFloat(v, 'g', -1, 64)+" ms")
	}
	for v := from.ended; v <= to.ended*1.01; v *= 10 {
		text(b, x(v), bottom+17, "middle", strconv.FormatFloat(v, 'f', 0, 64))
	}
	for i, name := range slices.Sorted(maps.Keys(all)) {
		color := lines[i%len(lines)]
		var at []string
		for _, p := range all[name] {
			at = append(at, fmt.Sprintf("%.1f,%.1f", x(p.ended), y(p.ms)))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`+"\n", x(p.ended), y(p.ms), color)
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n", strings.Join(at, " "), color)
		legend(b, left+inner, top+float64(18*i), color, name)
	}
}

func floor10(v float64) float64 { return math.Pow(10, math.Floor(math.Log10(v))) }
func ceil10(v float64) float64  { return math.Pow(10, math.Ceil(math.Log10(v))) }

// part is where v lies between two powers of ten, which may be one.
func part(v, from, to float64) float64 {
	if from == to {
		return 0.5
	}
	return (math.Log10(v) - math.Log10(from)) / (math.Log10(to) - math.Log10(from))
}
