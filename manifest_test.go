package latchkey_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/slack-go/slack"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
)

// methods are the calls on the Slack client that the code makes, with the
// scopes that each needs in the kinds of conversations that the bot uses.
// Source: the pages of the methods in Slack's documentation.
var methods = map[string][]string{
	"AuthTestContext":               nil,
	"PostMessageContext":            {"chat:write"},
	"UpdateMessageContext":          {"chat:write"},
	"OpenConversationContext":       {"im:write"},
	"GetConversationHistoryContext": {"channels:history", "groups:history", "im:history"},
	"GetConversationInfoContext":    {"channels:read", "groups:read"},
	"GetUsersInConversationContext": {"channels:read", "groups:read"},
	"GetUserInfoContext":            {"users:read"},
	"OpenViewContext":               nil,
	"StartSocketModeContext":        nil, // the app-level token's connections:write
}

func manifest(t *testing.T) slack.Manifest {
	t.Helper()
	raw, err := os.ReadFile("manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	var m slack.Manifest
	d := json.NewDecoder(bytes.NewReader(asJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatalf("manifest.yml: %v", err)
	}
	return m
}

func TestManifestFitsSlacksSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
		re, err := regexp2.Compile(s, regexp2.ECMAScript)
		return lookaround{re}, err
	})
	schema, err := c.Compile(filepath.Join("testdata", "slack-manifest.schema.2.0.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Error(err)
	}
}

// lookaround is a regular expression as the schema needs them.
type lookaround struct{ *regexp2.Regexp }

func (l lookaround) MatchString(s string) bool {
	ok, err := l.Regexp.MatchString(s)
	return err == nil && ok
}

func TestManifestDeclaresWhatTheCodeUses(t *testing.T) {
	m := manifest(t)
	if n := len(m.Features.SlashCommands); n != 1 {
		t.Fatalf("%d slash commands, want /access alone", n)
	}
	access := m.Features.SlashCommands[0]
	var verbs []string
	for _, c := range commands.Commands() {
		verbs = append(verbs, c.Name)
	}
	if got := strings.Split(access.UsageHint, " | "); !sameSet(got, verbs) {
		t.Errorf("usage_hint offers %v, the code has %v", got, verbs)
	}
	if access.Command != "/access" || !access.ShouldEscape {
		t.Errorf("command %q escaped %v: people of other organisations are told apart by escaped ids", access.Command, access.ShouldEscape)
	}
	in := m.Settings.Interactivity
	for got, want := range map[string]string{
		access.Url:               chat.PathCommands,
		in.RequestUrl:            chat.PathInteractions,
		in.MessageMenuOptionsUrl: chat.PathOptions,
	} {
		if !strings.HasPrefix(got, "https://") || !strings.HasSuffix(got, want) {
			t.Errorf("address %q, want one that ends in %s", got, want)
		}
	}
	if !in.IsEnabled && len(commands.ActionIDs())+len(commands.ViewIDs()) > 0 {
		t.Error("interactivity is off, but the code has buttons and modals")
	}
	if (in.MessageMenuOptionsUrl != "") != (len(commands.OptionIDs()) > 0) {
		t.Error("the options address must be there exactly when the code offers options")
	}
	if m.Settings.EventSubscriptions != nil && len(m.Settings.EventSubscriptions.BotEvents) > 0 {
		t.Error("events are subscribed to that nothing handles")
	}
}

func TestManifestScopesAreThoseOfTheCalls(t *testing.T) {
	want := []string{"commands"}
	for _, call := range slackCalls(t) {
		scopes, known := methods[call]
		if !known {
			t.Errorf("the code calls %s, whose scopes are not in the table of this test", call)
		}
		want = append(want, scopes...)
	}
	got := manifest(t).OAuthConfig.Scopes.Bot
	if !sameSet(got, want) {
		t.Errorf("scopes %v, the calls need %v", got, want)
	}
}

// slackCalls lists the methods that internal/chat calls on the Slack client.
func slackCalls(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("internal", "chat", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if on, ok := fun.X.(*ast.SelectorExpr); (ok && on.Sel.Name == "API") || isIdent(fun.X, "api") {
				out = append(out, fun.Sel.Name)
			}
			return true
		})
	}
	if len(out) == 0 {
		t.Fatal("no call of Slack was found: the test looks in the wrong place")
	}
	return out
}

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
