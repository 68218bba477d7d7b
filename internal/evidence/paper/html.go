package paper

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

//go:embed report.html
var page string

var pageTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"class": func(s Style) string {
		return [...]string{"plain", "strong", "small", "code", "good", "warn", "absent"}[s]
	},
	"svg":   func(t *Timeline) template.HTML { return template.HTML(drawn(t)) }, //nolint:gosec // every text in it is escaped below
	"width": func(c Column, all []Column) template.CSS { return template.CSS(share(c, all)) },
}).Parse(page))

// HTML writes the document as one page that loads nothing and runs nothing.
func HTML(d Document) ([]byte, error) {
	var out bytes.Buffer
	err := pageTemplate.Execute(&out, d)
	return out.Bytes(), err
}

// share is how wide a column is.
func share(c Column, all []Column) string {
	sum := 0.0
	for _, one := range all {
		sum += one.Weight
	}
	return fmt.Sprintf("width:%.1f%%", 100*c.Weight/sum)
}

// Measures of the picture, in its own units.
const (
	laneHeight = 18.0
	nameWidth  = 250.0
	barsWidth  = 690.0
	axisHeight = 22.0
)

// colours of the kinds of bars; each can be told from the others by who sees few.
var colours = [...]string{ByRelationship: "#009e73", ByRequest: "#0072b2", ByBreakGlass: "#d55e00"}

// drawn is the picture as SVG.
func drawn(t *Timeline) string {
	var b strings.Builder
	height := axisHeight + laneHeight*float64(len(t.Lanes)) + 4
	fmt.Fprintf(&b, `<svg viewBox="0 0 1000 %.0f" role="img" aria-label="%s">`, height, template.HTMLEscapeString(t.Alt))
	bottom := height - 4
	x := func(at float64) float64 { return nameWidth + barsWidth*at }
	for _, k := range t.Ticks {
		fmt.Fprintf(&b, `<path d="M%.1f %.0fV%.0f" class="tick"/><text x="%.1f" y="12" class="axis">%s</text>`, x(k.At), axisHeight-6, bottom, x(k.At)+3, template.HTMLEscapeString(k.Name))
	}
	for i, l := range t.Lanes {
		y := axisHeight + laneHeight*float64(i)
		class := "lane"
		if l.Head {
			class = "head"
		}
		fmt.Fprintf(&b, `<text x="0" y="%.1f" class="%s">%s</text>`, y+12.5, class, template.HTMLEscapeString(short(l.Name, 40)))
		if len(l.Bars) > 0 {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="11" class="bed"/>`, nameWidth, y+3, barsWidth)
		}
		for _, bar := range l.Bars {
			fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="11" rx="1" fill="%s"/>`, x(bar.From), y+3, max(1.4, barsWidth*(bar.To-bar.From)), colours[bar.Kind])
		}
		if l.Count != "" {
			fmt.Fprintf(&b, `<text x="1000" y="%.1f" class="count">%s</text>`, y+12.5, template.HTMLEscapeString(l.Count))
		}
	}
	if t.Now > 0 {
		fmt.Fprintf(&b, `<path d="M%.1f %.0fV%.0f" class="now"/>`, x(t.Now), axisHeight-4, bottom)
	}
	b.WriteString("</svg>")
	return b.String()
}

// short is a text of at most so many letters.
func short(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
