package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"latchkey/internal/sandbox"
)

// nobodyMuch is the user as which the image runs the bot.
const nobodyMuch = 65532

// confinement starts a program as deploy/ has it: with nothing that can be written but
// one folder, as a user who is nobody else, without any capability, and with no way to
// gain one.
const confinement = `set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro /
shift
exec setpriv $user --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"`

// confined is the start of a command that confines the rest of it to a folder. Who is not
// root is already nobody else, and confines it in a name space of users of its own.
func confined(dir string) []string {
	if os.Getuid() == 0 {
		return []string{"env", "user=--reuid 65532 --regid 65532 --clear-groups", "unshare", "--mount", "sh", "-c", confinement, "sh", dir}
	}
	return []string{"env", "user=", "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", confinement, "sh", dir}
}

// TestConfined has the main job done by a bot that may write to its state's folder alone
// and is killed in the middle, and wants it refused where not even that is so.
func TestConfined(t *testing.T) {
	t.Parallel()
	s, err := newLinkedStage(reachable(t), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	bot, err := exec.LookPath("bot")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(bot), 0o755); err != nil { // of this test, and closed to others
		t.Fatal(err)
	}
	owned(t, s.dir)
	s.under = confined(s.dir)
	if err := s.start(); err != nil {
		t.Fatalf("%v\n%s", err, s.log.String())
	}
	if err := s.SetUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.say("ana", "#contoso", `request contoso "Exchange Administrator" for 4h because mailbox of Kim`); err != nil {
		t.Fatal(err)
	}
	if err := s.sees("carol", "mailbox of Kim"); err != nil {
		t.Fatal(err)
	}
	s.kill()
	if err := s.start(); err != nil {
		t.Fatalf("%v\n%s", err, s.log.String())
	}
	if err := s.sees("ana", "mailbox of Kim"); err != nil {
		t.Error(err)
	}
	s.stopBot()

	s.under[len(s.under)-1] = t.TempDir() // what it may write to is not where its state is
	if err := s.start(); err == nil {
		t.Error("a bot that may not write its state takes deliveries")
	}
}

// reachable is a folder to which every user gets.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// owned gives a folder, and all that is in it, to the user as which the bot runs.
func owned(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return // that is who runs the test
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobodyMuch, nobodyMuch)
	})
	if err != nil {
		t.Fatal(err)
	}
}
