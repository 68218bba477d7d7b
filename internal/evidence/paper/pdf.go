package paper

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-fonts/liberation/liberationmonoregular"
	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansitalic"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"
)

// Measures of a page, in millimetres: A4, turned, for the tables are wide.
const (
	pageWidth, pageHeight = 297.0, 210.0
	margin                = 14.0
	top, bottom           = 22.0, pageHeight - 17
	inner                 = pageWidth - 2*margin
)

// rgb is a colour.
type rgb [3]int

var (
	ink    = rgb{0x1b, 0x24, 0x30}
	soft   = rgb{0x5b, 0x67, 0x76}
	line   = rgb{0xd9, 0xdf, 0xe6}
	bed    = rgb{0xf3, 0xf5, 0xf8}
	accent = rgb{0x0b, 0x4f, 0x7d}
	warn   = rgb{0xa6, 0x3d, 0x00}
	alarm  = rgb{0xfd, 0xf1, 0xe9}
	good   = rgb{0x00, 0x68, 0x4c}
	white  = rgb{0xff, 0xff, 0xff}
	kinds  = [...]rgb{ByRelationship: {0x00, 0x9e, 0x73}, ByRequest: {0x00, 0x72, 0xb2}, ByBreakGlass: {0xd5, 0x5e, 0x00}}
)

// face is how letters look.
type face struct {
	font   string // "", "B", "I" of the sans, or "M" for the one whose letters are equally wide
	size   float64
	colour rgb
	height float64 // of a line, in millimetres
}

// faces are those of the styles of lines.
var faces = [...]face{
	Plain:  {"", 8, ink, 3.7},
	Strong: {"B", 8, ink, 3.7},
	Small:  {"", 6.8, soft, 3.1},
	Code:   {"M", 7.2, ink, 3.4},
	Good:   {"B", 8, good, 3.7},
	Warn:   {"B", 8, warn, 3.7},
	Absent: {"I", 7.5, soft, 3.5},
}

// sheet is a PDF under way: y is where the next thing goes.
type sheet struct {
	pdf    *fpdf.Fpdf
	y      float64
	widths map[string][]float64 // of each letter at size 1, by font; 0: not known yet
}

// PDF draws the document as a PDF/1.x with its letters in it. Made is when the report was
// made: nothing in the file is of another time.
func PDF(d Document, made time.Time) ([]byte, error) {
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: pageWidth, Ht: pageHeight}})
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCreationDate(made.UTC())
	pdf.SetModificationDate(made.UTC())
	pdf.SetCatalogSort(true)
	pdf.SetTitle(d.Head, true)
	pdf.SetLang(d.Language.HTML())
	pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	pdf.AddUTF8FontFromBytes("sans", "I", liberationsansitalic.TTF)
	pdf.AddUTF8FontFromBytes("mono", "", liberationmonoregular.TTF)
	s := &sheet{pdf: pdf, widths: map[string][]float64{}}
	s.page()
	s.front(d)
	for _, section := range d.Sections {
		s.section(section)
	}
	s.frames(d)
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		return nil, fmt.Errorf("write the PDF: %w", err)
	}
	return out.Bytes(), nil
}

func (s *sheet) page() {
	s.pdf.AddPage()
	s.y = top
}

// room begins a new page unless so much fits on this one.
func (s *sheet) room(height float64) {
	if s.y+height > bottom && s.y > top {
		s.page()
	}
}

// frames writes at the edge of each page which one it is, once it is known how many there
// are.
func (s *sheet) frames(d Document) {
	total := s.pdf.PageCount()
	edge := face{"", 7, soft, 3.2}
	for n := 1; n <= total; n++ {
		s.pdf.SetPage(n)
		if n > 1 {
			s.text(margin, 12, d.Head, edge)
			s.rule(14.5, line, 0.2)
		}
		s.rule(pageHeight-12.5, line, 0.2)
		s.text(margin, pageHeight-8.5, d.Foot, edge)
		words := d.PageWords(n, total)
		s.text(pageWidth-margin-s.width(words, edge), pageHeight-8.5, words, edge)
	}
}

// front is the beginning of the first page.
func (s *sheet) front(d Document) {
	s.fill(0, 0, pageWidth, 3, accent)
	s.text(margin, 19, d.Title, face{"B", 9, soft, 4})
	s.y = 25
	for _, l := range s.wrap(d.Customer, face{"B", 25, ink, 11}, inner) {
		s.text(margin, s.y+6.5, l, face{"B", 25, ink, 11})
		s.y += 11
	}
	s.text(margin, s.y+4, d.Period, face{"", 14, accent, 6})
	s.y += 10
	s.warning(d.Warning)
	s.figures(d.Figures)
	s.facts(d.Facts)
}

// warning is a box over the whole width.
func (s *sheet) warning(text string) {
	if text == "" {
		return
	}
	f := face{"B", 9, warn, 4.5}
	lines := s.wrap(text, f, inner-10)
	height := f.height*float64(len(lines)) + 4
	s.fill(margin, s.y, inner, height, alarm)
	s.fill(margin, s.y, 1.2, height, kinds[ByBreakGlass])
	for n, l := range lines {
		s.text(margin+4, s.y+5.2+f.height*float64(n), l, f)
	}
	s.y += height + 4
}

// figures are boxes side by side.
func (s *sheet) figures(all []Figure) {
	const gap, height = 4.0, 19.0
	width := (inner - gap*float64(len(all)-1)) / float64(len(all))
	for i, f := range all {
		x := margin + float64(i)*(width+gap)
		s.fill(x, s.y, width, height, bed)
		edge := accent
		if f.Warn {
			edge = kinds[ByBreakGlass]
		}
		s.fill(x, s.y, 1.2, height, edge)
		value := face{"B", 15, ink, 6}
		for value.size > 7 && s.width(f.Value, value) > width-6 {
			value.size--
		}
		s.text(x+4, s.y+8, f.Value, value)
		for n, l := range s.wrap(f.Name, face{"", 7.5, soft, 3.4}, width-6) {
			s.text(x+4, s.y+12.6+3.4*float64(n), l, face{"", 7.5, soft, 3.4})
		}
	}
	s.y += height + 6
}

// facts are names with what they are.
func (s *sheet) facts(all []Fact) {
	const gap = 6.0
	name := face{"", 8.5, soft, 4.4}
	wide := 0.0
	for _, f := range all {
		wide = max(wide, s.width(f.Name, name))
	}
	wide = min(wide, inner/3)
	for _, f := range all {
		value := face{"", 8.5, ink, 4.4}
		if f.Code {
			value = face{"M", 8, ink, 4.4}
		}
		names, lines := s.wrap(f.Name, name, wide), s.wrap(f.Value, value, inner-wide-gap)
		s.room(4.4 * float64(max(len(names), len(lines))))
		for n, l := range names {
			s.text(margin, s.y+3.3+4.4*float64(n), l, name)
		}
		for n, l := range lines {
			s.text(margin+wide+gap, s.y+3.3+4.4*float64(n), l, value)
		}
		s.y += 4.4 * float64(max(len(names), len(lines)))
	}
	if len(all) > 0 {
		s.y += 3
	}
}

// section draws a part. Its title stays with what comes first below it.
func (s *sheet) section(p Section) {
	lead := face{"", 9, ink, 4.5}
	need := 14.0
	for _, text := range p.Lead {
		need += lead.height * float64(len(s.wrap(text, lead, inner*0.82)))
	}
	switch {
	case p.Picture != nil:
		need += s.pictureHeight(p.Picture)
	case len(p.Facts) > 0:
		need += 12
	case len(p.Tables) > 0:
		need += s.firstOf(p.Tables[0])
	case p.Code != "":
		need += 16
	}
	if s.y > top {
		s.y += 7
	}
	s.room(min(need, bottom-top))
	s.text(margin, s.y+5, p.Title, face{"B", 13, ink, 6})
	s.rule(s.y+7.2, accent, 0.5)
	s.pdf.Bookmark(p.Title, 0, s.y)
	s.y += 10
	s.paragraphs(p.Lead, lead)
	if p.Picture != nil {
		s.picture(p.Picture)
	}
	s.facts(p.Facts)
	for _, t := range p.Tables {
		s.table(t)
	}
	s.paragraphs(p.After, face{"", 8.5, soft, 4.3})
	if p.Code != "" {
		s.code(p.Code)
	}
}

func (s *sheet) paragraphs(all []string, f face) {
	for _, text := range all {
		for _, l := range s.wrap(text, f, inner*0.82) {
			s.room(f.height)
			s.text(margin, s.y+3.4, l, f)
			s.y += f.height
		}
		s.y += 1.2
	}
}

func (s *sheet) code(text string) {
	f := face{"M", 8.5, ink, 4.4}
	lines := s.wrap(text, f, inner-8)
	height := f.height*float64(len(lines)) + 4
	s.room(height)
	s.fill(margin, s.y, inner, height, bed)
	for n, l := range lines {
		s.text(margin+4, s.y+5.2+f.height*float64(n), l, f)
	}
	s.y += height + 2
}
