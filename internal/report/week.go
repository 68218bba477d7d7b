package report

import (
	"bytes"
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Day is what happened on a day.
type Day struct {
	Name         string // short: "Mon 23"
	Asked, Given int
}

const (
	askedName = "Requests"
	givenName = "Access given"

	weekWidth, weekHeight = 480, 200 // in points; at 144 dots per inch twice as many pixels
	weekDPI               = 144
	barWidth              = 16
)

// Two colours that also those tell apart who see few, each dark enough on white.
var (
	askedColor = color.NRGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff}
	givenColor = color.NRGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff}
	inkColor   = color.NRGBA{R: 0x33, G: 0x33, B: 0x33, A: 0xff}
	gridColor  = color.NRGBA{R: 0xdd, G: 0xdd, B: 0xdd, A: 0xff}
)

// Days draws two bars for each of some days, with their figures, as a PNG.
func Days(days []Day) ([]byte, error) {
	p := plot.New()
	asked, given, most := make(plotter.Values, len(days)), make(plotter.Values, len(days)), 0
	names := make([]string, len(days))
	for i, d := range days {
		asked[i], given[i], names[i] = float64(d.Asked), float64(d.Given), d.Name
		most = max(most, d.Asked, d.Given)
	}
	grid := plotter.NewGrid()
	grid.Vertical.Width, grid.Horizontal.Color = 0, gridColor
	p.Add(grid)
	for _, row := range []struct {
		name   string
		values plotter.Values
		color  color.Color
		offset vg.Length
	}{{askedName, asked, askedColor, -barWidth / 2}, {givenName, given, givenColor, barWidth / 2}} {
		if err := bars(p, row.name, row.values, row.color, row.offset); err != nil {
			return nil, fmt.Errorf("draw %s: %w", row.name, err)
		}
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.6, float64(len(days))-0.4
	p.Y.Min, p.Y.Max = 0, float64(max(most, 1))*1.35 // room for what stands above the highest
	p.Y.Tick.Marker = plot.TickerFunc(func(_, _ float64) []plot.Tick { return whole(most) })
	p.Y.LineStyle.Width, p.Y.Tick.LineStyle.Width, p.X.Tick.LineStyle.Width = 0, 0, 0
	p.X.LineStyle.Color = inkColor
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.YOffs, p.Legend.XOffs = vg.Points(4), vg.Points(4)
	p.Legend.ThumbnailWidth, p.Legend.Padding = vg.Points(10), vg.Points(3)
	for _, style := range []*text.Style{&p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		*style = sans(*style)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(weekWidth, weekHeight), vgimg.UseDPI(weekDPI))
	p.Draw(draw.Crop(draw.New(canvas), vg.Points(8), -vg.Points(8), vg.Points(6), -vg.Points(8)))
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write the picture: %w", err)
	}
	return out.Bytes(), nil
}

// bars adds one bar for each value, with the figure above it.
func bars(p *plot.Plot, name string, values plotter.Values, c color.Color, offset vg.Length) error {
	chart, err := plotter.NewBarChart(values, barWidth)
	if err != nil {
		return err
	}
	chart.Color, chart.Offset, chart.LineStyle.Width = c, offset, 0
	var at plotter.XYLabels
	for i, v := range values {
		if v > 0 {
			at.XYs = append(at.XYs, plotter.XY{X: float64(i), Y: v})
			at.Labels = append(at.Labels, strconv.Itoa(int(v)))
		}
	}
	p.Add(chart)
	p.Legend.Add(name, chart)
	if len(at.Labels) == 0 {
		return nil
	}
	figures, err := plotter.NewLabels(at)
	if err != nil {
		return err
	}
	figures.Offset = vg.Point{X: offset, Y: vg.Points(2)}
	for i := range figures.TextStyle {
		figures.TextStyle[i] = sans(figures.TextStyle[i])
		figures.TextStyle[i].XAlign = text.XCenter
	}
	p.Add(figures)
	return nil
}

func sans(s text.Style) text.Style {
	s.Color, s.Font.Variant, s.Font.Size = inkColor, "Sans", font.Length(vg.Points(10))
	return s
}

// whole marks whole numbers.
func whole(most int) []plot.Tick {
	var out []plot.Tick
	for _, n := range marks(most) {
		out = append(out, plot.Tick{Value: float64(n), Label: strconv.Itoa(n)})
	}
	return out
}

// marks are whole numbers from 0 on, at most five of them, in steps of 1, 2 or 5 and so
// many zeros.
func marks(most int) []int {
	step := 1
	for i := 0; most/step > 4; i++ {
		step = []int{1, 2, 5}[i%3]
		for range i / 3 {
			step *= 10
		}
	}
	var out []int
	for n := 0; n <= max(most, 1); n += step {
		out = append(out, n)
	}
	return out
}

// DaysAlt says what the picture of the days shows, for who does not see it.
func DaysAlt(days []Day) string {
	parts := make([]string, len(days))
	for i, d := range days {
		parts[i] = fmt.Sprintf("%s %d and %d", d.Name, d.Asked, d.Given)
	}
	return "Bars for each day: requests, and access given. " + strings.Join(parts, "; ") + "."
}
