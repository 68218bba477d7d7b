package approvals_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/approvals"
)

// TestOnlyLooks holds that what a bot without the permissions could not carry through is
// refused at the asking and logged, and that taking back and looking go on.
func TestOnlyLooks(t *testing.T) {
	w := newWorld(t)
	w.Lacks = func(p approvals.Power) []string {
		if p == approvals.ToGive {
			return []string{"Group.Create"}
		}
		return nil
	}
	_, err := w.Submit(t.Context(), w.by(ana, contosoChannel), anAsk())
	if access.CodeOf(err) != access.Unavailable || !strings.Contains(err.Error(), "does not have Group.Create") {
		t.Errorf("Submit: %v", err)
	}
	if _, err := w.Mine(t.Context(), w.by(ana, contosoChannel)); err != nil {
		t.Errorf("Mine: %v", err)
	}
	w.Lacks = func(approvals.Power) []string { return nil }
	if _, err := w.Submit(t.Context(), w.by(ana, contosoChannel), anAsk()); err != nil {
		t.Errorf("with all permissions: %v", err)
	}
}

// TestPowersAreOfActs keeps the table of powers true: each names an act that there is.
func TestPowersAreOfActs(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".go") && !strings.HasSuffix(f.Name(), "_test.go") && f.Name() != "powers.go" {
			raw, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			source.Write(raw)
		}
	}
	made := []string{"relationship approve", "relationship reject"} // of two words, in consent.go
	for _, act := range approvals.ActsWithPowers() {
		if !slices.Contains(made, act) && !strings.Contains(source.String(), `act: "`+act+`"`) {
			t.Errorf("there is no act %q", act)
		}
	}
}
