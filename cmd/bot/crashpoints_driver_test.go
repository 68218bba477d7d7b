package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScheduledCrashPoints kills the bot at every call that it makes during the main
// job while access is a schedule of PIM for Groups, as [TestCrashPoints] does.
func TestScheduledCrashPoints(t *testing.T) {
	killAt(t, some, 20, (*ambush).playScheduled)
}

func (a *ambush) playScheduled(t *testing.T) {
	t.Helper()
	a.set(t)
	path := filepath.Join(a.dir, "policy.yml")
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".new", append([]byte("driver: pim\n"), raw...), 0o600))
	must(t, os.Rename(path+".new", path))
	must(t, a.wait("the policy to be in force", func() bool {
		return strings.Contains(a.view("dee"), "policy.yml has changed and is in force")
	}))
	a.armed.Store(true)
	a.job(t)
	if said := a.view("carol"); strings.Contains(said, "does not enforce the end") {
		t.Errorf("it fell back:\n%s", said)
	}
}
