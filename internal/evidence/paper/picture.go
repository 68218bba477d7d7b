package paper

const (
	lane      = 4.7
	axis      = 6.0
	nameRoom  = 68.0
	countRoom = 14.0
	barsRoom  = inner - nameRoom - countRoom
)

func (s *sheet) pictureHeight(t *Timeline) float64 {
	return min(axis+lane*float64(len(t.Lanes))+10, bottom-top-14)
}

// picture draws the lanes; those that do not fit go on on the next page, below the same
// days.
func (s *sheet) picture(t *Timeline) {
	for lanes := t.Lanes; len(lanes) > 0; {
		fit := int((bottom - s.y - axis - 8) / lane)
		if fit < 2 {
			s.page()
			continue
		}
		if fit >= len(lanes) {
			s.lanes(t, lanes)
			break
		}
		if lanes[fit-1].Head {
			fit--
		}
		s.lanes(t, lanes[:fit])
		lanes = lanes[fit:]
		s.page()
	}
	s.legend(t)
}

func (s *sheet) lanes(t *Timeline, lanes []Lane) {
	begin, end := s.y+axis, s.y+axis+lane*float64(len(lanes))
	x := func(at float64) float64 { return margin + nameRoom + barsRoom*at }
	small := face{"", 6.5, soft, 3}
	for _, l := range lanes {
		y := begin
		begin += lane
		name := face{"", 7.5, ink, 3}
		if l.Head {
			name = face{"B", 8, accent, 3}
		}
		s.text(margin, y+3.5, s.cut(l.Name, name, nameRoom-2), name)
		if len(l.Bars) > 0 {
			s.fill(x(0), y+1, barsRoom, lane-2, bed)
		}
		for _, b := range l.Bars {
			s.fill(x(b.From), y+1, max(0.35, barsRoom*(b.To-b.From)), lane-2, kinds[b.Kind])
		}
		s.text(pageWidth-margin-s.width(l.Count, small), y+3.5, l.Count, small)
	}
	s.pdf.SetLineWidth(0.15)
	s.pdf.SetDrawColor(line[0], line[1], line[2])
	for _, k := range t.Ticks {
		s.pdf.Line(x(k.At), s.y+1, x(k.At), end)
		s.text(x(k.At)+0.8, s.y+3, k.Name, small)
	}
	if t.Now > 0 {
		s.pdf.SetDrawColor(ink[0], ink[1], ink[2])
		s.pdf.SetDashPattern([]float64{0.8, 0.8}, 0)
		s.pdf.Line(x(t.Now), s.y+axis-1, x(t.Now), end)
		s.pdf.SetDashPattern(nil, 0)
	}
	s.y = end + 2
}

func (s *sheet) legend(t *Timeline) {
	f := face{"", 7.5, soft, 3.4}
	x := margin
	for _, k := range t.Legend {
		s.fill(x, s.y+0.8, 6, 2.4, kinds[k.Kind])
		s.text(x+7.5, s.y+2.9, k.Name, f)
		x += 7.5 + s.width(k.Name, f) + 8
	}
	s.y += 7
}

// cut is as much of a text as fits on a line.
func (s *sheet) cut(text string, f face, width float64) string {
	if s.width(text, f) <= width {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && s.width(string(runes)+"…", f) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}
