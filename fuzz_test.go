package latchkey_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFuzzTargets checks that the Makefile fuzzes every target there is, and that what is
// committed for them stays small.
func TestFuzzTargets(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "*_test.go").Output()
	if err != nil {
		t.Skip("no repository")
	}
	var have []string
	declared := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(f \*testing\.F\)`)
	for name := range strings.FieldsSeq(string(out)) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(raw, -1) {
			have = append(have, "./"+filepath.ToSlash(filepath.Dir(name))+":"+string(m[1]))
		}
	}
	raw, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`\./[\w/]+:Fuzz\w+`).FindAllString(string(raw), -1)
	slices.Sort(have)
	slices.Sort(listed)
	if !slices.Equal(have, listed) {
		t.Errorf("the Makefile fuzzes\n%s\nthere are\n%s", strings.Join(listed, "\n"), strings.Join(have, "\n"))
	}
	var size int64
	err = filepath.WalkDir("internal", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.ToSlash(path), "testdata/fuzz/") {
			return err
		}
		info, err := d.Info()
		size += info.Size()
		return err
	})
	if err != nil || size > 500<<10 {
		t.Errorf("the corpora have %d bytes, want at most %d (%v)", size, 500<<10, err)
	}
}
