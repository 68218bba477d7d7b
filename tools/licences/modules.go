package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// A module is one that is compiled into a release, and what its licence files say.
type module struct {
	path, version string
	licences      []string // as SPDX names them, sorted
	texts         []text
}

type text struct{ name, body string }

// free are the licences under which something may be a part of a binary that is given
// away, with no more to do than to hand their texts on.
var free = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "FTL", "ISC", "MIT", "OFL-1.1", "Unlicense", "Zlib",
}

// chosen is where a module leaves the choice, or says it in words of its own.
var chosen = map[string]string{
	"github.com/golang/freetype": "FTL",       // "at your option": that, or the GPL
	"github.com/ajstarks/svgo":   "CC-BY-4.0", // by a link to it
}

// platforms are those of a release.
var platforms = []string{"amd64", "arm64"}

// How the files are called that hold a licence, and those that go with it.
var (
	licence     = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense|notice|copyright|patents)`)
)

// mostly is how much of a licence file must be the text of a licence, in percent.
const mostly = 75

// linked returns the modules from which cmd/bot is built, and Go itself, by path. The
// folder is that of the module latchkey.
func linked(root string) ([]module, error) {
	folders := map[string][]string{} // of a module: those of its packages that are compiled
	known := map[string]listed{}
	for _, arch := range platforms {
		packages, err := list(root, arch)
		if err != nil {
			return nil, err
		}
		for _, p := range packages {
			if p.Module == nil || p.Module.Main {
				continue
			}
			known[p.Module.Path] = *p.Module
			folders[p.Module.Path] = append(folders[p.Module.Path], p.Dir)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	known["Go"] = listed{Path: "Go", Version: "the standard library", Dir: strings.TrimSpace(string(goroot))}
	var all []module
	var wrong []error
	for path, l := range known {
		m := module{path: path, version: l.Version}
		if err := m.read(l.Dir, folders[path]); err != nil {
			wrong = append(wrong, err)
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b module) int { return cmp.Compare(a.path, b.path) })
	return all, errors.Join(wrong...)
}

type listed struct {
	Path, Version, Dir string
	Main               bool
}

type listedPackage struct {
	Dir    string
	Module *listed
}

func list(root, arch string) ([]listedPackage, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Module", "./cmd/bot")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []listedPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// read reads the licence files at the module's root and on the way to each of its
// packages, and says what is wrong with them.
func (m *module) read(dir string, packages []string) error {
	folders := []string{dir}
	for _, p := range packages {
		for ; len(p) > len(dir); p = filepath.Dir(p) {
			folders = append(folders, p)
		}
	}
	slices.Sort(folders)
	for _, f := range slices.Compact(folders) {
		entries, err := os.ReadDir(f)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.IsDir() || !licenceFile.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(f, e.Name()))
			if err != nil {
				return err
			}
			name, err := filepath.Rel(dir, filepath.Join(f, e.Name()))
			if err != nil {
				return err
			}
			m.texts = append(m.texts, text{filepath.ToSlash(name), string(raw)})
			if licence.MatchString(e.Name()) {
				if err := m.classify(name, raw); err != nil {
					return err
				}
			}
		}
	}
	if c, ok := chosen[m.path]; ok {
		m.licences = []string{c}
	}
	slices.Sort(m.licences)
	m.licences = slices.Compact(m.licences)
	return m.judge()
}

// classify names the licences of a file. One that is, for the most part, none that is
// known is not guessed at.
func (m *module) classify(name string, raw []byte) error {
	found := licensecheck.Scan(raw)
	if _, ok := chosen[m.path]; !ok && found.Percent < mostly {
		return fmt.Errorf("%s: %s is only to %.0f %% the text of a licence that is known", m.path, name, found.Percent)
	}
	for _, match := range found.Match {
		if !match.IsURL {
			m.licences = append(m.licences, match.ID)
		}
	}
	return nil
}

func (m *module) judge() error {
	if len(m.licences) == 0 {
		return fmt.Errorf("%s: no licence is known of it (files %d)", m.path, len(m.texts))
	}
	for _, l := range m.licences {
		if !slices.Contains(free, l) {
			return fmt.Errorf("%s: %s is not a licence that may be part of a release", m.path, l)
		}
	}
	return nil
}
