package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/policy"
)

// TestRetention reads how long what has ended is kept.
func TestRetention(t *testing.T) {
	t.Parallel()
	if got := parse(t, ruled).Retention; got != 730*24*time.Hour {
		t.Errorf("left out it is %v, want 730 days", got)
	}
	if got := parse(t, "retention: 92d\n"+ruled).Retention; got != 92*24*time.Hour {
		t.Errorf("retention: 92d is %v", got)
	}
	for _, wrong := range []string{"91d", "3651d", "2 years", "0", "[92d]", "-1d"} {
		_, err := policy.Parse("policy.yml", []byte("retention: "+wrong+"\n"+ruled))
		if err == nil || !strings.Contains(err.Error(), "retention") {
			t.Errorf("retention: %s is taken, or refused with %v", wrong, err)
		}
	}
}
