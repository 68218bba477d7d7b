package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"latchkey/internal/report"
)

// TestCharts draws what there may be, and looks at what must be in it.
func TestCharts(t *testing.T) {
	t.Parallel()
	series := func(figures ...int) report.Series {
		return report.Series{Name: "n", Colour: report.Blue, Figures: figures}
	}
	many := report.Chart{Places: make([]string, 60), Series: []report.Series{series(make([]int, 60)...)}}
	for i := range many.Places {
		many.Places[i] = "31 Dec"
	}
	for _, row := range []struct {
		name, svg string
		has       map[string]int
	}{
		{"Columns", report.Columns(report.Chart{Places: []string{"a", "b"}, Series: []report.Series{series(0, 7)}, Alt: "a 0; b 7"}), map[string]int{"<rect": 1, ">7</text>": 1, ">8</text>": 1, `aria-label="a 0; b 7"`: 1, `class="axis">b<`: 1}},
		{"ColumnsOfNothing", report.Columns(report.Chart{}), map[string]int{"<rect": 0, `class="base"`: 1}},
		{"Escaped", report.Columns(report.Chart{Places: []string{`<b>"`}, Series: []report.Series{series(1)}, Alt: `"><script>`}), map[string]int{"<b>": 0, "<script": 0}},
		{"Lines", report.Lines(report.Chart{Places: []string{"a", "b", "c"}, Series: []report.Series{series(3, 2, 1), series(1, 1, 1)}}), map[string]int{"<circle": 2, `class="value"`: 2, "M40.0 ": 2}},
		{"LineOfOne", report.Lines(report.Chart{Places: []string{"a"}, Series: []report.Series{series(5)}}), map[string]int{"<circle": 1, "NaN": 0}},
		{"LinesOfNothing", report.Lines(report.Chart{Series: []report.Series{series()}}), map[string]int{"<circle": 0}},
		{"NotEveryNameFits", report.Columns(many), map[string]int{">31 Dec<": 9}},
		{"Whole", report.Whole([]report.Part{{Figure: 3, Colour: report.Blue}, {}, {Figure: 1, Colour: report.Orange}}, "parts"), map[string]int{"<rect": 3, `width="748.0"`: 1, `x="750.0"`: 1}},
		{"WholeOfNothing", report.Whole([]report.Part{{}}, ""), map[string]int{"<rect": 1, "NaN": 0}},
		{"Meter", report.Meter(0.5, report.Green), map[string]int{`width="50.0"`: 1, `aria-hidden="true"`: 1}},
		{"MeterOfLittle", report.Meter(0.0001, report.Green), map[string]int{`width="0.6"`: 1}},
		{"MeterOfNothing", report.Meter(0, report.Green), map[string]int{`width="0.0"`: 1}},
		{"MeterOfTooMuch", report.Meter(7, report.Green), map[string]int{`width="100.0"`: 1}},
	} {
		for text, n := range row.has {
			if got := strings.Count(row.svg, text); got != n {
				t.Errorf("%s has %q %d times, want %d:\n%s", row.name, text, got, n, row.svg)
			}
		}
		for d := xml.NewDecoder(strings.NewReader(row.svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", row.name, err)
				break
			}
		}
	}
}
