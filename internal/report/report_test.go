package report_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"latchkey/internal/report"
)

var update = flag.Bool("update", false, "write the pictures that tests compare with")

// TestDays compares the pictures with those that somebody has looked at.
func TestDays(t *testing.T) {
	t.Parallel()
	busy := []report.Day{
		{"Mon 23", 25, 21}, {"Tue 24", 0, 0}, {"Wed 25", 14, 13}, {"Thu 26", 2, 2}, {"Fri 27", 4, 4}, {"Sat 28", 1, 1}, {"Sun 29", 0, 1},
	}
	for name, days := range map[string][]report.Day{
		"busy": busy, "empty": {{"Mon 23", 0, 0}, {"Tue 24", 0, 0}}, "one": {{"Mon 23", 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := report.Days(days)
			if err != nil {
				t.Fatal(err)
			}
			path := "testdata/days-" + name + ".png"
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := differing(t, decode(t, got), decode(t, want)); n > 0 {
				t.Errorf("%d points differ from %s; look at the picture, then run with -update", n, path)
			}
		})
	}
	want := "Bars for each day: requests, and access given. Mon 23 25 and 21; Tue 24 0 and 0."
	if got := report.DaysAlt(busy[:2]); got != want {
		t.Errorf("it is said to show %q, want %q", got, want)
	}
}

func decode(t *testing.T, raw []byte) image.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// differing counts the points whose difference shows. Machines round differently.
func differing(t *testing.T, a, b image.Image) int {
	t.Helper()
	if a.Bounds() != b.Bounds() {
		t.Fatalf("it is %v, want %v", a.Bounds(), b.Bounds())
	}
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p, q := color.GrayModel.Convert(a.At(x, y)).(color.Gray).Y, color.GrayModel.Convert(b.At(x, y)).(color.Gray).Y
			if d := int(p) - int(q); d > 32 || d < -32 {
				n++
			}
		}
	}
	return n
}

func TestTable(t *testing.T) {
	t.Parallel()
	got, err := report.Table([]string{"customer", "what"}, [][]string{
		{"Contoso, Ltd.", "=HYPERLINK(\"x\")"}, {"", "+1"}, {"-2", "@a"}, {"Ä \"x\"", "two\nlines"}, {"\tx", "1-2"},
	})
	want := "\ufeffcustomer,what\r\n\"Contoso, Ltd.\",\"'=HYPERLINK(\"\"x\"\")\"\r\n,'+1\r\n'-2,'@a\r\n\"Ä \"\"x\"\"\",\"two\r\nlines\"\r\n'\tx,1-2\r\n"
	if err != nil || string(got) != want {
		t.Errorf("written is %q, %v, want %q", got, err, want)
	}
}
