package audit_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey/internal/audit"
)

// TestSplitCheckpoints finds the checkpoints in a file, however it was put together, and
// counts what is none.
func TestSplitCheckpoints(t *testing.T) {
	t.Parallel()
	private, _ := aKey(t, "latchkey.test/log")
	s := signedLog(t, private, 6, 3)
	one := lastNote(t, s)
	sign(t, s, private)
	two := lastNote(t, s)
	for name, row := range map[string]struct {
		file  string
		want  []string
		parts int
	}{
		"Nothing":        {"", nil, 0},
		"Blank":          {"\n\n", nil, 0},
		"Two":            {one + two, []string{one, two}, 0},
		"LinesBetween":   {"\n" + one + "\n\n" + two + "\n", []string{one, two}, 0},
		"OfWindows":      {strings.ReplaceAll(one+two, "\n", "\r\n"), []string{one, two}, 0},
		"NoLastLineFeed": {one + strings.TrimSpace(two), []string{one, two}, 0},
		"HalfAtTheEnd":   {one + two[:40], []string{one}, 1},
		"InTheSignature": {one + two[:len(two)-20], []string{one}, 1},
		"CutOff":         {one + two[:40] + "\n" + audit.CutMark + two, []string{one, two}, 1},
		"CutInSignature": {one[:len(one)-9] + "\n" + audit.CutMark + two, []string{two}, 1},
		"CutAfterWhole":  {one + audit.CutMark + two, []string{one, two}, 0},
		"Prose":          {"Dear customer\n", nil, 1},
	} {
		got, parts := audit.SplitCheckpoints(row.file)
		if !slices.Equal(got, row.want) || parts != row.parts {
			t.Errorf("%s: %d parts, and %q", name, parts, got)
		}
	}
}
