package paper

import (
	"strings"
	"unicode"
)

// use takes a font for what is written next.
func (s *sheet) use(f face) {
	if f.font == "M" {
		s.pdf.SetFont("mono", "", f.size)
		return
	}
	s.pdf.SetFont("sans", f.font, f.size)
}

// text writes a line at its foot.
func (s *sheet) text(x, y float64, text string, f face) {
	s.use(f)
	s.pdf.SetTextColor(f.colour[0], f.colour[1], f.colour[2])
	s.pdf.Text(x, y, written(text))
}

func (s *sheet) fill(x, y, w, h float64, c rgb) {
	s.pdf.SetFillColor(c[0], c[1], c[2])
	s.pdf.Rect(x, y, w, h, "F")
}

func (s *sheet) rule(y float64, c rgb, width float64) {
	s.pdf.SetDrawColor(c[0], c[1], c[2])
	s.pdf.SetLineWidth(width)
	s.pdf.Line(margin, y, pageWidth-margin, y)
}

// unknown stands for a letter that no font of ours has a place for.
const unknown = '?'

// written is a text as the fonts can write it: without what cannot be seen, and without
// what lies beyond the letters that they number.
func written(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f':
			return '\u00a0'
		case unicode.IsSpace(r):
			return ' '
		case r > 0xfffd:
			return unknown
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
}

// width is how wide a text is, in millimetres.
func (s *sheet) width(text string, f face) float64 {
	sum := 0.0
	for _, r := range text {
		sum += s.letter(r, f)
	}
	return sum
}

// letter is how wide one letter is. Each is measured once.
func (s *sheet) letter(r rune, f face) float64 {
	if r > 0xfffd {
		r = unknown
	}
	known := s.widths[f.font]
	if known == nil {
		known = make([]float64, 1<<16)
		s.widths[f.font] = known
	}
	if known[r] == 0 {
		s.use(face{font: f.font, size: 1000})
		known[r] = s.pdf.GetStringWidth(string(r))/1000 + 1e-9
	}
	return known[r] * f.size
}

// wrap breaks a text into lines of at most that width: at spaces, and within what is
// longer than a line.
func (s *sheet) wrap(text string, f face, width float64) []string {
	var out []string
	for _, paragraph := range strings.Split(strings.TrimRight(text, "\n "), "\n") {
		out = append(out, s.lines([]rune(written(paragraph)), f, width)...)
	}
	return out
}

func (s *sheet) lines(text []rune, f face, width float64) []string {
	var out []string
	begin, space, sum := 0, -1, 0.0
	for i := 0; i < len(text); i++ {
		w := s.letter(text[i], f)
		if text[i] == ' ' {
			space = i
		}
		if sum+w <= width || i == begin {
			sum += w
			continue
		}
		end, next := i, i
		switch {
		case text[i] == ' ':
			next = i + 1
		case space > begin:
			end, next = space, space+1
		default:
			if k := breakable(text[begin:i]); k > 0 {
				end, next = begin+k, begin+k
			}
		}
		out = append(out, strings.TrimRight(string(text[begin:end]), " "))
		begin, space, sum = next, -1, 0
		i = next - 1
	}
	return append(out, string(text[begin:]))
}

// breakable is after which sign a long word is broken best; 0: anywhere.
func breakable(word []rune) int {
	for i := len(word) - 1; i > len(word)/3; i-- {
		if strings.ContainsRune("-/@._,;:", word[i]) {
			return i + 1
		}
	}
	return 0
}
