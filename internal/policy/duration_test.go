package policy_test

import (
	"testing"
	"time"

	"latchkey/internal/access"
	"latchkey/internal/policy"
)

func TestParseDuration(t *testing.T) {
	const day = 24 * time.Hour
	for _, tt := range []struct {
		text string
		want time.Duration // 0: refused
	}{
		{"4h", 4 * time.Hour}, {"90m", 90 * time.Minute}, {"2d", 2 * day}, {"1h30m", 90 * time.Minute},
		{"1 d 12 h", 36 * time.Hour}, {" 2 Hours ", 2 * time.Hour}, {"1day 1hr 1min", 25*time.Hour + time.Minute},
		{"0d4h", 4 * time.Hour},
		{"", 0}, {"4", 0}, {"h", 0}, {"0h", 0}, {"-4h", 0}, {"4h4h", 0}, {"30m1h", 0}, {"1.5h", 0}, {"4h!", 0}, {"4s", 0},
		{"99999999999d", 0}, {"4294967295d", 0}, {"10001d", 0}, {"٤h", 0}, {"4 hours later", 0},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, ok := policy.ParseDuration(tt.text)
			if ok != (tt.want != 0) || ok && got != tt.want {
				t.Errorf("ParseDuration(%q) = %v, %v, want %v", tt.text, got, ok, tt.want)
			}
		})
	}
}

// FuzzParseDuration: what is read is positive and is read again from how it is
// written.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"4h", "1 d 12 h", "90m", "9999999999d9h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := policy.ParseDuration(text)
		if !ok {
			return
		}
		if d <= 0 || d%time.Minute != 0 {
			t.Fatalf("ParseDuration(%q) = %v", text, d)
		}
		if again, ok := policy.ParseDuration(access.FormatDuration(d)); !ok || again != d {
			t.Errorf("ParseDuration(%q) = %v, but of %q %v, %v", text, d, access.FormatDuration(d), again, ok)
		}
	})
}
