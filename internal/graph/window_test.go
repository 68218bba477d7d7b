package graph

import (
	"testing"
	"time"

	"latchkey/internal/access"
)

// TestUntil holds until when a grant needs its relationship: that of a window no longer
// than the window lasts, however late it is given.
func TestUntil(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 8, 20, 30, 0, 0, time.UTC)
	f := &Effects{Now: func() time.Time { return now }}
	for name, row := range map[string]struct {
		grant access.Grant
		want  time.Time
	}{
		"OnceApproved": {access.Grant{Duration: 3 * time.Hour}, now.Add(3 * time.Hour)},
		"Window":       {access.Grant{Duration: 3 * time.Hour, Window: 1, Until: now.Add(150 * time.Minute)}, now.Add(150 * time.Minute)},
	} {
		if got := f.until(job{grant: row.grant}); !got.Equal(row.want) {
			t.Errorf("%s: %v, want %v", name, got, row.want)
		}
	}
}
