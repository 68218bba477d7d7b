//go:build release

package deploy_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// TestReleased runs the image that "make release" made, the folder of which it is told in
// RELEASED, by root: as the user of the image, with its files as the whole root, of which nothing
// but the state's folder can be written to. The bot comes up in a world that the same
// binary serves outside, links its people, and stops in order.
func TestReleased(t *testing.T) {
	dist := os.Getenv("RELEASED")
	if dist == "" {
		t.Fatal("RELEASED names no release; make release does")
	}
	r := unpack(t, dist)
	out, code := r.run(t, "version")
	if code != 0 || !regexp.MustCompile(`^latchkey v\S+ [0-9a-f]{40} go1\.`).MatchString(out) || strings.Contains(out, "dirty") {
		t.Errorf("version: %q, code %d", out, code)
	}
	if out, code := r.run(t, "serve"); code != 2 || !strings.Contains(out, "SLACK_BOT_TOKEN: is missing") {
		t.Errorf("without settings: %q, code %d", out, code)
	}
	r.lives(t, filepath.Join(dist, "bot-linux-"+runtime.GOARCH))
}

// rooted is an image, unpacked.
type rooted struct {
	root, state string
	config      v1.Config
}

// inside starts a program in a root that cannot be written to, with the state's folder
// laid over it, as the user who is named.
const inside = `set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount --bind "$2" "$1/var/lib/latchkey"
root=$1 user=$3
shift 3
exec chroot --userspec="$user" "$root" "$@"`

func (r rooted) command(args ...string) *exec.Cmd {
	line := append([]string{"--mount", "sh", "-c", inside, "sh", r.root, r.state, r.config.User}, r.config.Entrypoint...)
	cmd := exec.Command("unshare", append(line, args...)...)
	cmd.Env = r.config.Env
	return cmd
}

func (r rooted) run(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	raw, err := r.command(args...).CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return string(raw), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(raw), 0
}

// lives has the bot come up, work and stop.
func (r rooted) lives(t *testing.T, binary string) {
	t.Helper()
	world := exec.CommandContext(t.Context(), binary, "sandbox", "-addr", "127.0.0.1:0", "-keep", t.TempDir(), "-world-only", filepath.Join(t.TempDir(), "world.json"))
	var told, log lines
	world.Stdout, world.Stderr = &told, &told
	if err := world.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, world) })
	told.await(t, `Start the bot with`)
	r.moves(t, world.Args[len(world.Args)-1])
	bot := r.command("serve", "-world", "/var/lib/latchkey/world.json")
	bot.Stdout, bot.Stderr = &log, &log
	if err := bot.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(t, bot) })
	log.await(t, `ready`)
	log.await(t, `contact\.verify user=U0AMIR0001`) // with whom the world's people are all linked
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", bot.Process.Pid))
	t.Logf("memory: %s, %v", regexp.MustCompile(`VmRSS:\s+\d+ kB`).Find(status), err)
	if err := bot.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := bot.Wait(); err != nil {
		text, _ := log.look()
		t.Errorf("the bot ends with %v:\n%s", err, text)
	}
}

// moves puts what the world says into the image's state, with the paths that hold there.
func (r rooted) moves(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var world map[string]any
	if err := json.Unmarshal(raw, &world); err != nil {
		t.Fatal(err)
	}
	env := world["Env"].(map[string]any)
	policy, err := os.ReadFile(env["POLICY_FILE"].(string))
	if err != nil {
		t.Fatal(err)
	}
	env["POLICY_FILE"], env["STATE_URL"] = "/var/lib/latchkey/policy.yml", standard(t, "STATE_URL")
	if raw, err = json.Marshal(world); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"world.json": raw, "policy.yml": policy} {
		if err := os.WriteFile(filepath.Join(r.state, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func end(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.Process.Kill() //nolint:errcheck // it may have ended
	cmd.Wait()         //nolint:errcheck // it is killed, or waited for already
}

// lines is what a process wrote, for others to wait for.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by the next write
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(p)
}

// look returns what there is, and what tells of more.
func (l *lines) look() (string, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return l.text.String(), l.more
}

func (l *lines) await(t *testing.T, pattern string) {
	t.Helper()
	for late := time.After(time.Minute); ; {
		text, more := l.look()
		if regexp.MustCompile(pattern).MatchString(text) {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("waited in vain for %s in\n%s", pattern, text)
		}
	}
}

// unpack lays the files of the image for this machine out as a root.
func unpack(t *testing.T, dist string) rooted {
	t.Helper()
	base := t.TempDir()
	r := rooted{root: filepath.Join(base, "root"), state: filepath.Join(base, "state")}
	f, err := os.Open(filepath.Join(dist, "latchkey-image.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	untar(t, f, filepath.Join(base, "layout"))
	index, err := layout.ImageIndexFromPath(filepath.Join(base, "layout"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	// At the top of the layout is the one image of all platforms.
	if index, err = index.ImageIndex(manifest.Manifests[0].Digest); err != nil {
		t.Fatal(err)
	}
	if manifest, err = index.IndexManifest(); err != nil {
		t.Fatal(err)
	}
	for _, m := range manifest.Manifests {
		if m.Platform.Architecture != runtime.GOARCH {
			continue
		}
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		r.config = config.Config
		untar(t, mutate.Extract(image), r.root)
	}
	var uid, gid int
	if _, err := fmt.Sscanf(r.config.User, "%d:%d", &uid, &gid); err != nil || uid == 0 || gid == 0 {
		t.Fatalf("the image has the user %q: %v", r.config.User, err)
	}
	if err := errors.Join(os.Mkdir(r.state, 0o700), os.Chown(r.state, uid, gid)); err != nil {
		t.Fatal(err)
	}
	return r
}

// untar unpacks folders and files, with whose they are.
func untar(t *testing.T, from io.Reader, into string) {
	t.Helper()
	if err := os.Mkdir(into, 0o755); err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(into, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			err = os.MkdirAll(at, 0o755)
		} else {
			var body []byte
			if body, err = io.ReadAll(r); err == nil {
				err = os.WriteFile(at, body, os.FileMode(h.Mode))
			}
		}
		if err := errors.Join(err, os.Lchown(at, h.Uid, h.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}
