package deploy_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/config"
)

const (
	root   = "../.."
	folder = root + "/deploy"
)

// held says which test holds each file of deploy/, but for those whose names another
// package's tests say. A file that nobody holds fails the test: write its test first.
var held = map[string]string{
	"Dockerfile":                "TestDockerfile",
	"kubernetes/namespace.yml":  "TestManifests",
	"kubernetes/account.yml":    "TestManifests",
	"kubernetes/state.yml":      "TestManifests",
	"kubernetes/settings.yml":   "TestPodSettings",
	"kubernetes/policy.yml":     "TestDeliveredPolicy",
	"kubernetes/deployment.yml": "TestPodSettings",
	"kubernetes/service.yml":    "TestIngress",
	"kubernetes/ingress.yml":    "TestIngress",
	"kubernetes/network.yml":    "TestManifests",
	"systemd/latchkey.service":  "TestUnit",
	"systemd/latchkey.sysusers": "TestUser",
	"systemd/latchkey.env":      "TestEnvironment",
}

func TestEveryFileIsHeld(t *testing.T) {
	tests := tests(t)
	found := map[string]bool{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found[path] = true
		if by, here := held[path]; here && !strings.Contains(tests, "func "+by+"(t *testing.T)") || !here && !strings.Contains(tests, "deploy/"+path+`"`) {
			t.Errorf("no test parses or runs deploy/%s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range held {
		if !found[path] {
			t.Errorf("deploy/%s is held by a test and is not there", path)
		}
	}
}

// tests is the text of the tests of the repository.
func tests(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".cache", "node_modules"}, d.Name()):
			return fs.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			raw, err := os.ReadFile(filepath.Join(root, path))
			all.Write(raw)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// guide is docs/deploy.md.
func guide(t *testing.T) string {
	t.Helper()
	return read(t, "../docs/deploy.md")
}

func read(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// runs has a program succeed, and returns what it says beside its output: of most
// programs, nothing where all is well.
func runs(t *testing.T, stdin, name string, args ...string) (complaints string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v; run: make tools", err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said.String())
	}
	return said.String()
}

// values are the settings of a file as systemd and shells read it, each KEY=VALUE.
func values(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if _, twice := out[key]; !ok || twice {
			t.Errorf("%q is no setting, or there twice", line)
		}
		out[key] = value
	}
	return out
}

// known wants a name to be a setting of the bot, or a file for one.
func known(t *testing.T, name string) {
	t.Helper()
	if !slices.ContainsFunc(config.Settings(), func(s config.Setting) bool {
		return name == s.Name || s.Secret && name == s.Name+"_FILE"
	}) {
		t.Errorf("%s is no setting of the bot", name)
	}
}

// standard is what holds for a setting that nobody sets.
func standard(t *testing.T, name string) string {
	t.Helper()
	for _, s := range config.Settings() {
		if s.Name == name {
			return s.Default
		}
	}
	t.Fatalf("%s is no setting of the bot", name)
	return ""
}
