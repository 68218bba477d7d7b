package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestRelease has tools/release.sh make a release of a small tree with a compiler that only
// says what it was called for: for both platforms, and for each by itself.
func TestRelease(t *testing.T) {
	t.Parallel()
	for _, platforms := range []string{"amd64 arm64", "amd64", "arm64"} {
		t.Run(platforms, func(t *testing.T) {
			t.Parallel()
			tree, calls := releaseTree(t), filepath.Join(t.TempDir(), "calls")
			script, err := filepath.Abs(root + "/tools/release.sh")
			if err != nil {
				t.Fatal(err)
			}
			compiler, err := filepath.Abs("testdata/compiler.sh")
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), script)
			cmd.Dir = tree
			cmd.Env = append(os.Environ(), "GO="+compiler, "CALLS="+calls, "PLATFORMS="+platforms,
				"RELEASE_GO=go1.27.3", "VULNDB=vulndb@v1", "SBOM_TOOL=sbom@v1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			each := strings.Fields(platforms)
			want := []string{"NOTICES.txt", "SHA256SUMS", "Dockerfile", "deploy.tar", "latchkey-image.tar", "manifest.yml", "policy.example.yml"}
			for _, arch := range each {
				want = append(want, "bot-linux-"+arch, "bot-linux-"+arch+".cdx.json")
			}
			if got := names(t, filepath.Join(tree, "dist")); !slices.Equal(got, sorted(want)) {
				t.Errorf("dist/ holds %q, want %q", got, sorted(want))
			}
			said, err := os.ReadFile(calls)
			if err != nil {
				t.Fatal(err)
			}
			for _, arch := range each {
				if n := strings.Count(string(said), "check "+arch+"\n"); n != 1 {
					t.Errorf("%s was looked at for vulnerabilities %d times", arch, n)
				}
			}
			image := "image " + strings.Join(each, ",") + " v1.2.3\n"
			if n := strings.Count(string(said), image); n != 2 {
				t.Errorf("%q is said %d times, want 2:\n%s", image, n, said)
			}
			own := slices.Contains(each, runtime.GOARCH)
			if got := strings.Contains(string(said), "run the image\n"); got != own {
				t.Errorf("the image was run: %v, want %v:\n%s", got, own, said)
			}
		})
	}
}

// releaseTree returns a repository with one commit of what a release copies.
func releaseTree(t *testing.T) string {
	t.Helper()
	tree := t.TempDir()
	for _, name := range []string{"deploy/Dockerfile", "policy.example.yml", "manifest.yml", ".gitignore"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tree, name), []byte("dist/\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "-q", "-m", "all"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = tree
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	return tree
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return sorted(all)
}

func sorted(all []string) []string { slices.Sort(all); return all }
