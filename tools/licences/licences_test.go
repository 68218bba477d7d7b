package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/licences.md")

const root, pageFile = "../..", "../../docs/licences.md"

// TestPage holds docs/licences.md to what is compiled into a release, each of which has a
// licence that lets the bot be given away.
func TestPage(t *testing.T) {
	t.Parallel()
	modules, err := linked(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(modules) < 20 {
		t.Fatalf("%d modules: the test looks in the wrong place", len(modules))
	}
	want := page(modules)
	if *update {
		if err := os.WriteFile(pageFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(pageFile); err != nil || string(got) != want {
		t.Errorf("docs/licences.md is out of date (%v): go test ./tools/licences -update", err)
	}
	told := notices(modules)
	for _, m := range modules {
		if !strings.Contains(told, "\n"+m.path+" ") {
			t.Errorf("the notices hold nothing of %s", m.path)
		}
	}
}

const (
	mit = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`
	gpl = `This program is free software: you can redistribute it and/or modify it under the terms of the GNU General Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE. See the GNU General Public License for more details.

You should have received a copy of the GNU General Public License along with this program. If not, see <https://www.gnu.org/licenses/>.
`
)

func TestRead(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, file, text, want string
	}{
		{"MIT", "LICENSE", mit, ""},
		{"BesideAPackage", "fonts/LICENSE.md", mit, ""},
		{"GPL", "COPYING", gpl, "GPL"},
		{"GPLOfAPart", "fonts/COPYING", gpl, "GPL"},
		{"OwnWords", "LICENSE", strings.Repeat("Do what I say. ", 40), "is only to 0 %"},
		{"HalfOwnWords", "LICENSE", mit + strings.Repeat("But never on a Monday, and not for money. ", 30), "% the text"},
		{"None", "README", mit, "no licence is known"},
		{"OnlyANotice", "NOTICE", mit, "no licence is known"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, row.file)
			fonts := filepath.Join(dir, "fonts")
			if err := os.MkdirAll(fonts, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(row.text), 0o600); err != nil {
				t.Fatal(err)
			}
			m := module{path: "example.com/m"}
			err := m.read(dir, []string{fonts})
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want %q", err, row.want)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	if err := run(nil, nil); err == nil {
		t.Error("nothing is asked for, and all is well")
	}
}
