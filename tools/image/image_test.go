package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const dockerfile = "../../deploy/Dockerfile"

// TestDockerfile reads deploy/Dockerfile as a release does: from nothing, one file that
// root owns, started by a user who is not root and has a folder for the state.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := parse(string(text), "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.files) != 1 || r.files["/bot"] != "bot-linux-arm64" || !slices.Equal(r.entry, []string{"/bot"}) || !slices.Equal(r.cmd, []string{"serve"}) {
		t.Errorf("the files are %v, and %v %v is started", r.files, r.entry, r.cmd)
	}
	if r.user != "65532:65532" || r.folders["/var/lib/latchkey"] != r.user || !slices.Equal(r.ports, []string{"8080"}) {
		t.Errorf("user %q, folders %v, ports %v", r.user, r.folders, r.ports)
	}
}

func TestDockerfileRefused(t *testing.T) {
	t.Parallel()
	const good = "FROM scratch\nCOPY bot /bot\nUSER 1:1\nENTRYPOINT [\"/bot\"]\n"
	if _, err := parse(good, "amd64"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, text, want string }{
		{"Run", good + "RUN rm -rf /\n", "line 5 is nothing that is known"},
		{"FromOthers", strings.Replace(good, "scratch", "alpine", 1), "somebody else's"},
		{"FromAbove", strings.Replace(good, "COPY bot", "COPY ../../etc/shadow", 1), "a file of the context"},
		{"FolderAbove", strings.Replace(good, "COPY bot", "COPY ..", 1), "a file of the context"},
		{"NoEntry", strings.Replace(good, "ENTRYPOINT", "CMD", 1), "the entry point is []"},
		{"ShellForm", strings.Replace(good, `["/bot"]`, "/bot", 1), "invalid character"},
		{"Root", strings.Replace(good, "USER 1:1\n", "", 1), `the user ""`},
		{"Continued", strings.Replace(good, "COPY bot /bot", "COPY \\\nbot /bot", 1), "a file of the context"},
		{"Empty", "", "0 files"},
	} {
		if _, err := parse(row.text, "amd64"); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: the error is %v, want %q", row.name, err, row.want)
		}
	}
}

// TestImage makes the image twice, the second time from files of another age, and wants
// it whole and the same.
func TestImage(t *testing.T) {
	t.Parallel()
	make := func(binary string) []byte {
		t.Helper()
		dir := t.TempDir()
		for _, arch := range []string{"amd64", "arm64"} {
			if err := os.WriteFile(filepath.Join(dir, "bot-linux-"+arch), []byte(binary+arch), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		out := filepath.Join(dir, "image.tar")
		err := run([]string{"-dockerfile", dockerfile, "-context", dir, "-out", out, "-version", "v1.2.3", "-created", "2026-11-30T20:00:00Z"})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".image-*")); err != nil || len(left) > 0 {
			t.Errorf("there is %v left, %v", left, err)
		}
		return raw
	}
	first := make("the bot for ")
	if !bytes.Equal(first, make("the bot for ")) {
		t.Error("made twice, the image is not the same")
	}
	if bytes.Equal(first, make("another bot for ")) {
		t.Error("of another bot, the image is the same")
	}
}

// TestLayout has the layout be what the library that others read it with calls whole.
func TestLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bot-linux-amd64"), []byte("the bot"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	index, err := order{context: dir, platforms: []string{"amd64"}, version: "v1.2.3"}.index(string(text))
	if err != nil {
		t.Fatal(err)
	}
	at, err := layout.Write(filepath.Join(dir, "layout"), index)
	if err != nil {
		t.Fatal(err)
	}
	read, err := at.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(read); err != nil {
		t.Error(err)
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-nonsense"}, {"file"}, {"-created", "yesterday"}, {"-created", "2026-11-30T20:00:00Z", "-dockerfile", "none"},
		{"-created", "2026-11-30T20:00:00Z", "-dockerfile", dockerfile, "-context", t.TempDir()}} {
		if err := run(args); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
