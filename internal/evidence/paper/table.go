package paper

const (
	padX, padY = 1.8, 1.5
	headHeight = 3.7
)

// wrapped is a line of a cell that fits into its column.
type wrapped struct {
	text string
	face face
}

// grid is a table with its columns measured.
type grid struct {
	Table
	x, width []float64
}

func (s *sheet) grid(t Table) grid {
	g := grid{Table: t, x: make([]float64, len(t.Columns)), width: make([]float64, len(t.Columns))}
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Weight
	}
	x := margin
	for i, c := range t.Columns {
		g.x[i], g.width[i] = x, inner*c.Weight/sum
		x += g.width[i]
	}
	return g
}

// head has the titles of the columns, which every page of the table repeats.
func (s *sheet) heads(g grid) (lines [][]string, height float64) {
	most := 1
	for i, c := range g.Columns {
		l := s.wrap(c.Title, headFace, g.width[i]-2*padX)
		lines, most = append(lines, l), max(most, len(l))
	}
	return lines, headHeight*float64(most) + 2*padY
}

var headFace = face{"B", 8, white, headHeight}

// cells are the lines of a row, by column, and how high it is.
func (s *sheet) cells(g grid, row []Cell) (out [][]wrapped, height float64) {
	out = make([][]wrapped, len(g.Columns))
	for i, c := range row {
		high := 0.0
		for _, l := range c {
			f := faces[l.Style]
			for _, text := range s.wrap(l.Text, f, g.width[i]-2*padX) {
				out[i] = append(out[i], wrapped{text, f})
				high += f.height
			}
		}
		height = max(height, high)
	}
	return out, height + 2*padY
}

// firstOf is how much of a table must be on the page of its title: the heads, and the
// first row, or the beginning of a long one.
func (s *sheet) firstOf(t Table) float64 {
	g := s.grid(t)
	_, height := s.heads(g)
	if t.Title != "" {
		height += 8
	}
	if len(t.Rows) > 0 {
		_, row := s.cells(g, t.Rows[0])
		height += min(row, 60)
	}
	return height
}

func (s *sheet) table(t Table) {
	g := s.grid(t)
	s.room(min(s.firstOf(t), bottom-top))
	if t.Title != "" {
		s.text(margin, s.y+5, t.Title, face{"B", 9.5, ink, 4.5})
		s.y += 7.5
	}
	s.header(g)
	for n, row := range t.Rows {
		s.row(g, row, n)
	}
	s.y += 3
}

func (s *sheet) header(g grid) {
	lines, height := s.heads(g)
	s.fill(margin, s.y, inner, height, accent)
	for i, all := range lines {
		for n, l := range all {
			s.text(g.x[i]+padX, s.y+padY+2.8+headHeight*float64(n), l, headFace)
		}
	}
	s.y += height
}

// row draws a row; one that does not fit goes to the next page, and one that is longer
// than half a page is broken.
func (s *sheet) row(g grid, cells []Cell, n int) {
	left, height := s.cells(g, cells)
	if s.y+height > bottom && (height < (bottom-top)/2 || s.y+25 > bottom) {
		s.page()
		s.header(g)
	}
	for {
		var now [][]wrapped
		now, left, height = fitting(left, bottom-s.y-2*padY)
		s.stripe(g, now, height+2*padY, n)
		if rest(left) == 0 {
			return
		}
		s.page()
		s.header(g)
	}
}

// fitting takes so many lines of each column as fit.
func fitting(all [][]wrapped, room float64) (now, left [][]wrapped, height float64) {
	now, left = make([][]wrapped, len(all)), make([][]wrapped, len(all))
	for i, lines := range all {
		high, n := 0.0, 0
		for n < len(lines) && (high+lines[n].face.height <= room || n == 0) {
			high += lines[n].face.height
			n++
		}
		now[i], left[i] = lines[:n], lines[n:]
		height = max(height, high)
	}
	return now, left, height
}

func rest(all [][]wrapped) int {
	n := 0
	for _, lines := range all {
		n += len(lines)
	}
	return n
}

func (s *sheet) stripe(g grid, cells [][]wrapped, height float64, n int) {
	if n%2 == 1 {
		s.fill(margin, s.y, inner, height, rgb{0xfa, 0xfb, 0xfc})
	}
	for i, lines := range cells {
		y := s.y + padY
		for _, l := range lines {
			s.text(g.x[i]+padX, y+l.face.height*0.76, l.text, l.face)
			y += l.face.height
		}
	}
	s.y += height
	s.rule(s.y, line, 0.15)
}
