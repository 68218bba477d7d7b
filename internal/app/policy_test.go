package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const minimal = `admins: [U0DEE00001]
operations_channel: C0OPERATIO
rule: {max_duration: 8h, approvals: 1, other_roles: true}
customers:
  - {name: Contoso, tenant: 1b7a3f52-0c4e-4d0a-9a51-7f6c2e8d4b10, slack: {team: T0CONTOSO1, channel: C0CONTOSO1}}
`

// TestRulebook holds that a file is read when it has changed and rests, or when somebody
// asks; that one which is not right leaves what was there; and that one which is gone
// does, too.
func TestRulebook(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yml")
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Second) // clocks of files are coarse
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := openRulebook(file); err == nil {
		t.Error("a file that is not there is opened")
	}
	write("admins: x")
	if _, err := openRulebook(file); err == nil {
		t.Error("a file that is not right is opened")
	}
	write(minimal)
	r, err := openRulebook(file)
	if err != nil {
		t.Fatal(err)
	}
	first := r.get().Version
	for range 2 {
		if r.look(false) {
			t.Error("a file that did not change is read")
		}
	}
	write(minimal[:len(minimal)/2])
	if r.look(false) {
		t.Error("a file is read while it is written")
	}
	write(strings.Replace(minimal, "8h", "4h", 1))
	if r.look(false) || !r.look(false) {
		t.Error("a file is read too soon, or not at all")
	}
	if changed, err := r.read(); !changed || err != nil || r.get().Rule.MaxDuration != 4*time.Hour || r.get().Version == first {
		t.Errorf("read is %+v, %t, %v", r.get(), changed, err)
	}
	if r.look(false) {
		t.Error("a file that was read is read again")
	}
	second := r.get().Version
	write(strings.Replace(minimal, "admins", "admin", 1))
	r.look(false)
	if !r.look(false) {
		t.Error("a file that is not right is not read")
	}
	if changed, err := r.read(); changed || err == nil || r.get().Version != second {
		t.Errorf("a file that is not right is in force: %s, %t, %v", r.get().Version, changed, err)
	}
	if r.look(false) || !r.look(true) {
		t.Error("a file that is not right is read over and over, or not when somebody asks")
	}
	write(strings.Replace(minimal, "8h", "4h", 1))
	if changed, err := r.read(); changed || err != nil {
		t.Errorf("what is in force is taken over again: %t, %v", changed, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if r.look(false) || !r.look(true) {
		t.Error("a file that is gone is read")
	}
	if _, err := r.read(); err == nil || r.get().Version != second {
		t.Errorf("without a file in force is %s, %v", r.get().Version, err)
	}
}
