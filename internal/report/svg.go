package report

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Colour is one of those that also they tell apart who see few. On paper without colours
// each has another grey.
type Colour string

// The colours.
const (
	Blue   Colour = "#0072b2"
	Orange Colour = "#d55e00"
	Green  Colour = "#009e73"
	Sky    Colour = "#7fb8dc"
	Grey   Colour = "#b4bdc7"
	Ink    Colour = "#33404e"
)

// Series are figures of one kind, one for each place of a [Chart].
type Series struct {
	Name    string
	Colour  Colour
	Figures []int
}

// Chart is a picture of figures along names. It is drawn as SVG for a page of HTML that has
// its legend and the same figures in a table.
type Chart struct {
	Places []string // short: "5 Oct"
	Series []Series
	Alt    string // what it shows, for who does not see it
}

// Measures, in units of the picture. It is as wide as its place, and legible from a width
// of 300 pixels on.
const (
	chartWidth, chartHeight  = 480.0, 230.0
	chartLeft, chartRight    = 34.0, 8.0
	chartTop, chartBottom    = 16.0, 26.0
	plotWidth                = chartWidth - chartLeft - chartRight
	plotHeight               = chartHeight - chartTop - chartBottom
	roomOfLetter, figureSize = 6.2, 11.0
)

// Columns draws a column for each figure, those of one place beside each other.
func Columns(c Chart) string {
	d := begun(c)
	slot := plotWidth / float64(max(1, len(c.Places)))
	wide := min(30, slot*0.72/float64(max(1, len(c.Series))))
	for i := range c.Places {
		left := chartLeft + slot*(float64(i)+0.5) - wide*float64(len(c.Series))/2
		for n, s := range c.Series {
			v := s.Figures[i]
			if v == 0 {
				continue
			}
			x, y := left+wide*float64(n), d.y(v)
			fmt.Fprintf(&d.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1.5" fill="%s"/>`, x+0.5, y, wide-1, chartTop+plotHeight-y, s.Colour)
			if text := strconv.Itoa(v); float64(len(text))*roomOfLetter < wide+2 {
				fmt.Fprintf(&d.b, `<text x="%.1f" y="%.1f" text-anchor="middle" class="value">%s</text>`, x+wide/2, y-3, text)
			}
		}
	}
	return d.done(func(i int) float64 { return chartLeft + slot*(float64(i)+0.5) })
}

// Lines draws a line along the figures of each series, and the last figure at its end.
func Lines(c Chart) string {
	d := begun(c)
	const end = 26.0 // for the last figure
	x := func(i int) float64 {
		return chartLeft + 6 + (plotWidth-end-6)*float64(i)/float64(max(1, len(c.Places)-1))
	}
	taken := []float64{}
	for _, s := range c.Series {
		if len(s.Figures) == 0 {
			continue
		}
		var path strings.Builder
		for i, v := range s.Figures {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(i), d.y(v))
		}
		fmt.Fprintf(&d.b, `<path d="%s" fill="none" stroke="%s" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round"/>`, path.String(), s.Colour)
		last := len(s.Figures) - 1
		fmt.Fprintf(&d.b, `<circle cx="%.1f" cy="%.1f" r="3.4" fill="%s"/>`, x(last), d.y(s.Figures[last]), s.Colour)
		y := apart(d.y(s.Figures[last])+4, taken)
		taken = append(taken, y)
		fmt.Fprintf(&d.b, `<text x="%.1f" y="%.1f" class="value" style="fill:%s">%d</text>`, x(last)+7, y, s.Colour, s.Figures[last])
	}
	return d.done(x)
}

// apart moves a text up until it stands on none of the others.
func apart(y float64, taken []float64) float64 {
	for moved := true; moved; {
		moved = false
		for _, t := range taken {
			if y-t < figureSize && t-y < figureSize {
				y, moved = t-figureSize, true
			}
		}
	}
	return y
}

// drawing is a chart that is being drawn.
type drawing struct {
	b   strings.Builder
	c   Chart
	top int // the mark at or above the greatest figure
}

func begun(c Chart) *drawing {
	most := 1
	for _, s := range c.Series {
		for _, v := range s.Figures {
			most = max(most, v)
		}
	}
	along := marks(most)
	if last := along[len(along)-1]; last < most {
		along = append(along, last+along[1])
	}
	d := &drawing{c: c, top: along[len(along)-1]}
	fmt.Fprintf(&d.b, `<svg viewBox="0 0 %.0f %.0f" preserveAspectRatio="xMinYMid" role="img" aria-label="%s">`, chartWidth, chartHeight, html.EscapeString(c.Alt))
	for _, n := range along {
		y := d.y(n)
		fmt.Fprintf(&d.b, `<path d="M%.0f %.1fH%.0f" class="grid"/><text x="%.0f" y="%.1f" text-anchor="end" class="axis">%d</text>`,
			chartLeft, y, chartWidth-chartRight, chartLeft-6, y+4, n)
	}
	return d
}

// y is how high a figure stands.
func (d *drawing) y(v int) float64 { return chartTop + plotHeight*(1-float64(v)/float64(d.top)) }

// done names the places, as many of them as there is room for, the last in any case.
func (d *drawing) done(x func(i int) float64) string {
	longest := 1
	for _, name := range d.c.Places {
		longest = max(longest, len([]rune(name)))
	}
	room := float64(longest)*roomOfLetter + 8
	last := len(d.c.Places) - 1
	each := 1
	if last > 0 {
		for ; float64(each)*(x(1)-x(0)) < room && each < last; each++ {
		}
	}
	for i, name := range d.c.Places {
		if (last-i)%each != 0 {
			continue
		}
		fmt.Fprintf(&d.b, `<text x="%.1f" y="%.0f" text-anchor="middle" class="axis">%s</text>`, x(i), chartHeight-9, html.EscapeString(name))
	}
	fmt.Fprintf(&d.b, `<path d="M%.0f %.1fH%.0f" class="base"/></svg>`, chartLeft, chartTop+plotHeight, chartWidth-chartRight)
	return d.b.String()
}

// Part is one of the things that a whole is made of.
type Part struct {
	Name   string
	Colour Colour
	Figure int
}

// Whole draws one bar that is divided into parts.
func Whole(parts []Part, alt string) string {
	var b strings.Builder
	sum := 0
	for _, p := range parts {
		sum += p.Figure
	}
	fmt.Fprintf(&b, `<svg viewBox="0 0 1000 24" preserveAspectRatio="none" class="whole" role="img" aria-label="%s"><rect width="1000" height="24" class="bed"/>`, html.EscapeString(alt))
	at := 0.0
	for _, p := range parts {
		if p.Figure == 0 {
			continue
		}
		wide := 1000 * float64(p.Figure) / float64(sum)
		fmt.Fprintf(&b, `<rect x="%.1f" width="%.1f" height="24" fill="%s"/>`, at, max(1, wide-2), p.Colour)
		at += wide
	}
	return b.String() + "</svg>"
}

// Meter draws a bar for the cell of a table that has the figure as a text, too; of is how
// much of the longest one it is.
func Meter(of float64, colour Colour) string {
	wide := 100 * min(1, max(0, of))
	if wide > 0 {
		wide = max(0.6, wide)
	}
	return fmt.Sprintf(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" class="meter" aria-hidden="true"><rect width="100" height="10" class="bed"/><rect width="%.1f" height="10" fill="%s"/></svg>`, wide, colour)
}
