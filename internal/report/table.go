package report

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// Table writes rows as CSV that spreadsheets open as text: it begins with the mark by
// which they know its encoding, and no cell is taken for a formula.
func Table(header []string, rows [][]string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	if err := w.Write(header); err != nil {
		return nil, err
	}
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = plain(cell)
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// plain puts an apostrophe before what a spreadsheet would take for a formula.
func plain(cell string) string {
	if cell != "" && strings.Contains("=+-@\t\r", cell[:1]) {
		return "'" + cell
	}
	return cell
}
