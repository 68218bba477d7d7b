package browser_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestVendored holds axe-core to the sum that its README names.
func TestVendored(t *testing.T) {
	readme, err := os.ReadFile("testdata/axe/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x  axe.min.js", sha256.Sum256([]byte(axe))); !strings.Contains(string(readme), sum) {
		t.Errorf("testdata/axe/README.md does not have the sum %s", sum)
	}
}
