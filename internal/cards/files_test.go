package cards_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"latchkey/internal/outbox"
	"latchkey/internal/policy"
)

// TestFile holds what files show, that each has a name of its own, and that they go to
// the operators and no other.
func TestFile(t *testing.T) {
	t.Parallel()
	r := alarmed()
	table, err := r.File(t.Context(), outbox.FilePayload{Storm: "S-0000000001"})
	if err != nil || table.Channel != "C0OPS" || table.Name != "latchkey-S-0000000001.csv" || !strings.HasPrefix(table.Title, "All 3 changes, seen at ") {
		t.Errorf("the table is %+v, %v", table, err)
	}
	if lines := strings.Split(strings.TrimSpace(string(table.Content)), "\r\n"); len(lines) != 4 || !strings.HasPrefix(lines[3], "Contoso,roles of the relationship changed,Care plan,Open,") {
		t.Errorf("it holds %q", lines)
	}
	busy := r.Approvals.(entries)
	busy.asked = 3
	r.Approvals = busy
	picture, err := r.File(t.Context(), outbox.FilePayload{Day: "2026-11-30"})
	if err != nil || picture.Channel != "C0OPS" || picture.Name != "latchkey-week-2026-11-30.png" ||
		picture.Title != "Requests and access, Mon 23 Nov to Sun 29 Nov" || !strings.Contains(picture.Alt, "Sat 28 5 and 2; Sun 29 6 and 3.") {
		t.Errorf("the picture is %q, %q, %q in %s, %v", picture.Name, picture.Title, picture.Alt, picture.Channel, err)
	}
	if _, err := png.Decode(bytes.NewReader(picture.Content)); err != nil {
		t.Error(err)
	}
	busy.asked = 0
	r.Approvals = busy
	if quiet, err := r.File(t.Context(), outbox.FilePayload{Day: "2026-11-30"}); err != nil || len(quiet.Content) > 0 {
		t.Errorf("of a quiet day is drawn %+v, %v", quiet, err)
	}
	busy.asked = 3
	r.Approvals = busy
	for _, p := range []outbox.FilePayload{{}, {Day: "x"}, {Storm: "S-0000000009"}} {
		if f, err := r.File(t.Context(), p); !outbox.IsPermanent(err) || len(f.Content) > 0 {
			t.Errorf("of %+v is drawn %+v, %v", p, f, err)
		}
	}
	r.Policy = func() *policy.Policy { return &policy.Policy{} }
	for _, p := range []outbox.FilePayload{{Day: "2026-11-30"}, {Storm: "S-0000000001"}} {
		if _, err := r.File(t.Context(), p); !outbox.IsPermanent(err) {
			t.Errorf("without operators, of %+v: %v", p, err)
		}
	}
}
