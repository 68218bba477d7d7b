package policy_test

import (
	"strings"
	"testing"
	"time"

	"latchkey/internal/policy"
)

// TestCheckpoints reads how often a customer has a checkpoint of the log.
func TestCheckpoints(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]time.Duration{"": 30 * 24 * time.Hour, "month": 30 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "never": 0} {
		text := ruled
		if word != "" {
			text = "checkpoints: " + word + "\n" + ruled
		}
		if got := parse(t, text).Checkpoints; got != want {
			t.Errorf("checkpoints: %s is %v, want %v", word, got, want)
		}
	}
	for _, wrong := range []string{"daily", "7d", "[week]", "false", "1"} {
		_, err := policy.Parse("policy.yml", []byte("checkpoints: "+wrong+"\n"+ruled))
		if err == nil || !strings.Contains(err.Error(), "checkpoints") {
			t.Errorf("checkpoints: %s is taken, or refused with %v", wrong, err)
		}
	}
}
