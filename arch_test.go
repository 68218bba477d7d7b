// Package latchkey_test holds what is true of the whole repository: who imports
// whom, and that what is declared and documented is what the code does.
package latchkey_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers says which packages of ours each package may import. A package that is
// not here fails the test: decide where it belongs first.
var layers = map[string][]string{
	"internal/access":          {},
	"internal/roles":           {"access"},
	"internal/config":          {},
	"internal/policy":          {"access", "roles"},
	"internal/state":           {"access"},
	"internal/state/boltstore": {"state"},
	"internal/state/statetest": {"state"},
	"internal/outbox":          {"access", "state"},
	"internal/audit":           {"access", "state"},
	"internal/approvals":       {"access", "audit", "outbox", "policy", "roles", "state"},
	"internal/messages":        {"access"},
	"internal/cards":           {"access", "approvals", "messages", "outbox", "policy", "roles", "state"},
	"internal/commands":        {"access", "approvals", "cards", "messages", "policy", "roles"},
	"internal/chat":            {"access", "approvals", "cards", "commands", "messages", "outbox", "state"},
	"internal/graph":           {"access", "outbox", "state"},
	"internal/schedule":        {"access", "state"},
	"internal/chat/chattest":   {},
	"internal/graph/graphtest": {},
	"internal/sandbox/page":    {"chat/chattest", "graph/graphtest"},
	"internal/app": {
		"access", "approvals", "audit", "cards", "chat", "commands", "config", "graph", "outbox", "policy",
		"schedule", "state", "state/boltstore",
	},
	"internal/sandbox": {"access", "app", "chat/chattest", "config", "graph/graphtest", "roles", "sandbox/page"},
	"cmd/bot":          {"access", "app", "audit", "config", "policy", "sandbox", "state", "state/boltstore"},
}

// homes says where a vendor's packages may be imported.
var homes = map[string][]string{
	"github.com/slack-go/":       {"internal/chat", "internal/messages"},
	"github.com/gorilla/":        {"internal/chat"},
	"github.com/microsoft":       {"internal/graph"},
	"github.com/Azure/":          {"internal/graph"},
	"go.etcd.io/bbolt":           {"internal/state/boltstore"},
	"github.com/goccy/":          {"internal/policy"},
	"github.com/sethvargo/":      {"internal/config", "internal/sandbox", "cmd/bot"},
	"github.com/agnivade/":       {"internal/roles", "internal/policy", "internal/approvals", "internal/commands"},
	"pgregory.net/":              {},
	"github.com/rogpeppe/":       {},
	"github.com/santhosh-tekuri": {},
}

type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", "./internal/...", "./cmd/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsKeepTheLayers(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "latchkey/")
		allowed, known := layers[name]
		if !known {
			t.Errorf("%s is not in the table of layers", name)
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", name)
		}
		for _, imp := range p.Imports {
			if ours, ok := strings.CutPrefix(imp, "latchkey/internal/"); ok {
				if !slices.Contains(allowed, ours) {
					t.Errorf("%s imports %s, which its layer may not", name, ours)
				}
				continue
			}
			if name == "internal/access" && strings.Contains(imp, ".") {
				t.Errorf("internal/access imports %s; it is built on the standard library alone", imp)
			}
			for vendor, at := range homes {
				if strings.HasPrefix(imp, vendor) && !slices.Contains(at, name) {
					t.Errorf("%s imports %s, which belongs in %v", name, imp, at)
				}
			}
		}
	}
}

// TestFilesStaySmall holds every file to one idea's worth of lines.
func TestFilesStaySmall(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "*.go").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for _, f := range strings.Fields(string(out)) {
		raw, err := os.ReadFile(f)
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), "\n"); n > 600 {
			t.Errorf("%s has %d lines: it is two ideas in one", f, n)
		}
	}
}
