package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is where docs/deploy.md puts files into place.
var block = regexp.MustCompile(`(?s)<!-- install -->\n(.*?)<!-- /install -->`)

// guided are the commands of docs/deploy.md, in their order.
func guided(t *testing.T) []string {
	t.Helper()
	var out []string
	for line := range strings.Lines(guide(t)) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			out = append(out, strings.TrimSpace(command))
		}
	}
	if len(out) < 20 {
		t.Fatalf("%d commands: the test looks in the wrong place", len(out))
	}
	return out
}

// TestGuide holds the commands of docs/deploy.md to what there is: files of deploy/,
// subcommands, settings and addresses of the bot. They are what a shell takes.
func TestGuide(t *testing.T) {
	raw, err := os.ReadFile(root + "/cmd/bot/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(standard(t, "LISTEN_ADDR"), ":")
	for _, command := range guided(t) {
		if err := exec.CommandContext(t.Context(), "sh", "-n", "-c", command).Run(); err != nil {
			t.Errorf("no shell takes %q: %v", command, err)
		}
		for _, file := range regexp.MustCompile(`\bdeploy/\S+`).FindAllString(command, -1) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil && !strings.HasPrefix(file, "deploy/latchkey") {
				t.Errorf("%q: %v", command, err)
			}
		}
		for _, m := range regexp.MustCompile(`(?:^|/|latchkey )bot (\w+)`).FindAllStringSubmatch(command, -1) {
			if !strings.Contains(string(raw), `{"`+m[1]+`",`) {
				t.Errorf("%q: the bot has no subcommand %s", command, m[1])
			}
		}
		for _, m := range regexp.MustCompile(` -e ([A-Z_]+)=(\S*)`).FindAllStringSubmatch(command, -1) {
			known(t, m[1])
		}
		if m := regexp.MustCompile(` -p 127\.0\.0\.1:\d+:(\d+) `).FindStringSubmatch(command); m != nil && m[1] != port {
			t.Errorf("%q leads to the port %s, and the bot listens on %s", command, m[1], port)
		}
		if m := regexp.MustCompile(`http://([0-9.:]+)/`).FindStringSubmatch(command); m != nil && m[1] != standard(t, "METRICS_ADDR") {
			t.Errorf("%q asks %s, and the bot answers at %s", command, m[1], standard(t, "METRICS_ADDR"))
		}
	}
}

// TestGuideInstalls puts the files into place by the commands of docs/deploy.md, in a root
// of its own, and wants there what the unit reads.
func TestGuideInstalls(t *testing.T) {
	m := block.FindStringSubmatch(guide(t))
	if m == nil {
		t.Fatal("docs/deploy.md has lost the marks of its first commands")
	}
	from, into := t.TempDir(), t.TempDir()
	if err := os.CopyFS(filepath.Join(from, "deploy"), os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bot-linux-amd64", "policy.example.yml", "entra.pem"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Everything goes into the root; the group is made by systemd, elsewhere.
	script := regexp.MustCompile(`(?m) (/\S+)$`).ReplaceAllString(m[1], " "+into+"$1")
	script = strings.NewReplacer(" -g latchkey", "", "systemd-sysusers\n", "\n").Replace(script)
	sh := exec.CommandContext(t.Context(), "sh", "-eu")
	sh.Dir, sh.Stdin = from, strings.NewReader(strings.ReplaceAll(script, "/dev/stdin", "/dev/null"))
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := map[string]fs.FileMode{
		"usr/local/bin/bot": 0o755, "etc/systemd/system/latchkey.service": 0o644, "usr/lib/sysusers.d/latchkey.conf": 0o644,
		"etc/latchkey/policy.yml": 0o640, "etc/latchkey/latchkey.env": 0o640,
	}
	for _, value := range values(t, read(t, "systemd/latchkey.env")) {
		if file, ok := strings.CutPrefix(value, "/etc/"); ok {
			want["etc/"+file] = 0o640
		}
	}
	for file, mode := range want {
		info, err := os.Stat(filepath.Join(into, file))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("/%s: mode %v, %v; want %v", file, info, err, mode)
		}
	}
}
