package bench_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const secret = "8f742231b10e8888abcd99yyyzzz85a5"

// apps are what is measured.
var apps = []struct {
	name string
	cmd  func(b *testing.B, dir string, n int) *exec.Cmd
}{
	{"latchkey", ours},
	{"bolt", theirs},
}

// ours is this test binary, serving the intake on a store in a file. It knows as many
// requests that wait as there will be deliveries about one.
func ours(b *testing.B, dir string, n int) *exec.Cmd {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "BENCH_SERVE="+filepath.Join(dir, "state.db"), fmt.Sprint("BENCH_WAITING=", n))
	return cmd
}

func theirs(b *testing.B, dir string, _ int) *exec.Cmd {
	b.Helper()
	if _, err := os.Stat(filepath.Join("bolt", "node_modules")); errors.Is(err, os.ErrNotExist) {
		b.Fatal("bolt/node_modules is not there: run make bench, which installs it")
	}
	cmd := exec.Command("node", filepath.Join("bolt", "app.mjs"))
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "BENCH_SECRET="+secret, "BENCH_DB="+filepath.Join(dir, "bolt.db"))
	return cmd
}

// start starts an app and returns where it answers, once it does.
func start(b *testing.B, cmd *exec.Cmd) string {
	b.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		cmd.Wait()         //nolint:errcheck // killed on purpose
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the app did not start: %v", err)
	}
	return strings.TrimSpace(line)
}

// resident is how much memory the app holds, in MiB; 0 where the system does not tell.
func resident(cmd *exec.Cmd) float64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	var kib float64
	for line := range strings.Lines(string(raw)) {
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kib); err == nil {
			break
		}
	}
	return kib / 1024
}
