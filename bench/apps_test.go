package bench_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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

// start starts an app and returns where it answers, once it does, and how it is ended: it
// says then what else it has to say.
func start(b *testing.B, cmd *exec.Cmd) (at string, end func() string) {
	b.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(out)
	end = sync.OnceValue(func() string {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
		rest, err := lines.ReadString('\n')
		if err != nil {
			rest = ""
		}
		cmd.Wait() //nolint:errcheck // ended on purpose
		return strings.TrimSpace(rest)
	})
	b.Cleanup(func() { end() })
	line, err := lines.ReadString('\n')
	if err != nil {
		b.Fatalf("the app did not start: %v", err)
	}
	return strings.TrimSpace(line), end
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

// tick is the unit in which the kernel counts what a process has used of the processors.
const tick = 10 * time.Millisecond

// spent is how long the app has kept a processor busy; 0 where the system does not tell.
func spent(cmd *exec.Cmd) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest) // from the third on: those of the processors are the 14th and 15th
	if len(fields) < 13 {
		return 0
	}
	var all time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0
		}
		all += time.Duration(n) * tick
	}
	return all
}
