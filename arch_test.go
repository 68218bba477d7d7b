// Package latchkey_test holds what is true of the whole repository: who imports
// whom, and that what is declared and documented is what the code does.
package latchkey_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"internal/signin":          {},
	"internal/flood":           {},
	"internal/config":          {},
	"internal/lang":            {"access"},
	"internal/policy":          {"access", "lang", "roles"},
	"internal/cause":           {},
	"internal/health":          {},
	"internal/state":           {"access", "cause"},
	"internal/state/boltstore": {"state", "state/turns"},
	"internal/state/turns":     {"state"},
	"internal/state/etcdstore": {"state", "state/turns"},
	"internal/state/seal":      {"state"},
	"internal/state/statetest": {"access", "state"},
	"internal/outbox":          {"access", "cause", "state"},
	"internal/audit":           {"access", "state"},
	"internal/hygiene":         {"access", "roles", "state"},
	"internal/stream":          {"access", "audit", "state"},
	"internal/checkup":         {"audit", "outbox", "state"},
	"internal/local":           {},
	"internal/archive":         {"access", "audit", "state"},
	"internal/approvals":       {"access", "archive", "audit", "evidence", "hygiene", "lang", "outbox", "policy", "roles", "state"},
	"internal/messages":        {"access", "lang"},
	"internal/report":          {},
	"internal/evidence":        {"access", "audit", "lang", "policy", "roles", "state"},
	"internal/evidence/paper":  {"access", "evidence", "lang", "policy", "report", "roles"},
	"internal/cards":           {"access", "approvals", "evidence", "evidence/paper", "lang", "messages", "outbox", "policy", "report", "roles", "state"},
	"internal/commands":        {"access", "approvals", "cards", "hygiene", "lang", "messages", "policy", "roles", "signin"},
	"internal/chat":            {"access", "approvals", "cards", "commands", "flood", "messages", "outbox", "state"},
	"internal/graph":           {"access", "outbox", "state"},
	"internal/partnercenter":   {"access", "flood"},
	"internal/web":             {"access", "lang"},
	"internal/schedule":        {"access", "cause", "state"},
	"internal/doctor":          {"access", "config", "policy", "roles", "signin"},
	"internal/watch":           {"access", "audit", "outbox", "state"},
	"internal/telemetry":       {"access", "audit", "cause", "outbox", "state"},
	"internal/chat/chattest":   {},
	"internal/graph/graphtest": {},
	"internal/sandbox/page":    {"chat/chattest", "graph/graphtest"},
	"internal/app": {
		"access", "approvals", "archive", "audit", "cards", "cause", "chat", "checkup", "commands", "config", "doctor", "flood", "graph", "health", "lang", "local", "outbox", "policy",
		"partnercenter", "roles", "schedule", "state", "state/boltstore", "state/etcdstore", "state/seal", "stream", "telemetry", "watch", "web",
	},
	"internal/sandbox": {"access", "app", "chat/chattest", "config", "graph/graphtest", "roles", "sandbox/page"},
	"cmd/bot":          {"access", "app", "approvals", "archive", "audit", "checkup", "config", "doctor", "evidence", "evidence/overview", "evidence/paper", "lang", "local", "partnercenter", "policy", "sandbox", "state", "state/boltstore"},
	"test/outside":     {},
	"test/deploy":      {},
	"tools/licences":   {},
	"tools/image":      {},
	"test/browser":     {},
	"bench":            {},
	"bench/growth":     {"access", "audit", "state", "state/boltstore"},
	"bench/plot":       {},

	"internal/evidence/overview":        {"access", "evidence", "report", "roles"},
	"internal/evidence/evidencetest":    {"access", "audit", "state"},
	"internal/state/etcdstore/etcdtest": {},
	"internal/telemetry/collectortest":  {},
}

// homes says where a vendor's packages may be imported; those without a home
// are for tests.
var homes = map[string][]string{
	"github.com/slack-go/":       {"internal/chat", "internal/messages"},
	"github.com/gorilla/":        {"internal/chat", "internal/chat/chattest"},
	"github.com/microsoft":       {"internal/graph"},
	"github.com/Azure/":          {"internal/graph"},
	"go.etcd.io/bbolt":           {"internal/state/boltstore"},
	"go.etcd.io/etcd/client/":    {"internal/state/etcdstore", "internal/state/etcdstore/etcdtest"},
	"go.etcd.io/etcd/api/":       {"internal/state/etcdstore"},
	"go.etcd.io/etcd/server/":    {"internal/state/etcdstore/etcdtest"},
	"google.golang.org/grpc":     {"internal/state/etcdstore"},
	"go.uber.org/zap":            {"internal/state/etcdstore", "internal/state/etcdstore/etcdtest"},
	"github.com/goccy/":          {"internal/policy"},
	"github.com/sethvargo/":      {"internal/config", "internal/sandbox", "cmd/bot", "test/deploy"},
	"github.com/agnivade/":       {"internal/roles", "internal/policy", "internal/approvals", "internal/commands"},
	"github.com/dlclark/":        {},
	"pgregory.net/":              {},
	"github.com/rogpeppe/":       {},
	"github.com/coreos/":         {"internal/web", "internal/graph/graphtest"},
	"golang.org/x/oauth2":        {"internal/web", "internal/graph/graphtest"},
	"github.com/santhosh-tekuri": {"internal/chat/chattest"},
	"github.com/chromedp/":       {"test/browser"},
	"golang.org/x/text":          {"internal/lang"},
	"golang.org/x/mod":           {"internal/audit"},
	"gonum.org/":                 {"internal/report"},
	"codeberg.org/":              {"internal/evidence/paper"},
	"k8s.io/":                    {"test/deploy"},
	"sigs.k8s.io/":               {"test/deploy"},
	"github.com/google/license":  {"tools/licences"},
	"github.com/google/go-cont":  {"tools/image", "test/deploy"},
	"github.com/prometheus/":     {"internal/telemetry"},
	"go.opentelemetry.io/":       {"internal/telemetry", "internal/telemetry/collectortest"},
	"google.golang.org/protobuf": {"internal/telemetry/collectortest"},
}

// standIns says whose tests may import the stand-ins.
var standIns = map[string][]string{
	"latchkey/internal/chat/chattest":   {"internal/chat", "internal/doctor", "internal/messages", "internal/sandbox", "internal/sandbox/page", "cmd/bot", "bench", "test/outside", "test/browser"},
	"latchkey/internal/graph/graphtest": {"internal/doctor", "internal/graph", "internal/sandbox", "internal/sandbox/page", "cmd/bot", "bench", "test/outside", "test/browser"},
}

// withSDK are the packages that compile Microsoft's SDK, which takes minutes.
// The others, and their tests, must do without.
var withSDK = []string{"internal/graph", "internal/app", "internal/sandbox", "cmd/bot", "test/browser", "bench"}

type pkg struct {
	ImportPath, ForTest, Doc           string
	Imports, TestImports, XTestImports []string
	Deps                               []string
}

// list asks the go tool about the packages of the repository.
func list(t *testing.T, flags ...string) []pkg {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append(append([]string{"list"}, flags...), "./...")...).Output()
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
	for _, p := range list(t, "-json=ImportPath,Doc,Imports,TestImports,XTestImports") {
		name := strings.TrimPrefix(p.ImportPath, "latchkey/")
		if name == "latchkey" {
			continue // these tests
		}
		allowed, known := layers[name]
		if !known {
			t.Errorf("%s is not in the table of layers", name)
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s has no package comment", name)
		}
		for _, imp := range p.Imports {
			if fault := misplaced(name, imp, allowed); fault != "" {
				t.Error(fault)
			}
		}
		for _, imp := range append(p.TestImports, p.XTestImports...) {
			if fault := misplacedInTest(name, imp); fault != "" {
				t.Error(fault)
			}
		}
	}
}

// misplaced says what is wrong with an import, if anything is.
func misplaced(name, imp string, allowed []string) string {
	if ours, ok := strings.CutPrefix(imp, "latchkey/internal/"); ok {
		if !slices.Contains(allowed, ours) {
			return fmt.Sprintf("%s imports %s, which its layer may not", name, ours)
		}
		return ""
	}
	if name == "internal/access" && strings.Contains(imp, ".") {
		return fmt.Sprintf("internal/access imports %s; it is built on the standard library alone", imp)
	}
	for vendor, at := range homes {
		if strings.HasPrefix(imp, vendor) && !slices.Contains(at, name) {
			return fmt.Sprintf("%s imports %s, which belongs in %v", name, imp, at)
		}
	}
	return ""
}

// misplacedInTest is more lenient: a test may build what it needs, but a
// stand-in shares nothing with the code that it tests.
func misplacedInTest(name, imp string) string {
	if imp == "latchkey/"+name {
		return ""
	}
	if strings.HasSuffix(name, "/chattest") || strings.HasSuffix(name, "/graphtest") {
		if strings.HasPrefix(imp, "latchkey/") || strings.Contains(imp, "slack-go") || strings.Contains(imp, "microsoft") {
			return fmt.Sprintf("the tests of %s import %s: its mistakes would agree with ours", name, imp)
		}
	}
	if at, ok := standIns[imp]; ok && !slices.Contains(at, name) {
		return fmt.Sprintf("the tests of %s import %s, which those of %v may", name, imp, at)
	}
	for vendor, at := range homes {
		if len(at) > 0 && strings.HasPrefix(imp, vendor) && !slices.Contains(at, name) {
			return fmt.Sprintf("the tests of %s import %s, which belongs in %v", name, imp, at)
		}
	}
	return ""
}

// TestFewCompileTheSDK keeps most packages quick to work on.
func TestFewCompileTheSDK(t *testing.T) {
	for _, p := range list(t, "-test", "-json=ImportPath,ForTest,Deps") {
		name, _, _ := strings.Cut(strings.TrimSuffix(p.ImportPath, ".test"), " ")
		name = strings.TrimSuffix(strings.TrimPrefix(name, "latchkey/"), "_test")
		if slices.Contains(withSDK, name) {
			continue
		}
		if i := slices.IndexFunc(p.Deps, func(d string) bool { return strings.HasPrefix(d, "github.com/microsoftgraph/") }); i >= 0 {
			t.Errorf("%s compiles %s", p.ImportPath, p.Deps[i])
		}
	}
}
