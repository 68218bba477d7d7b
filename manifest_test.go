package latchkey_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/slack-go/slack"

	"latchkey/internal/chat"
	"latchkey/internal/commands"
	"latchkey/internal/doctor"
	"latchkey/internal/messages"
)

// methods are the calls on the Slack client that the code makes, with the
// scopes that each needs in the kinds of conversations that the bot uses.
// Source: the pages of the methods in Slack's documentation.
var methods = map[string][]string{
	"AuthTestContext":               nil,
	"PostMessageContext":            {"chat:write"},
	"UpdateMessageContext":          {"chat:write"},
	"OpenConversationContext":       {"im:write"},
	"GetConversationRepliesContext": {"channels:history", "groups:history", "im:history"},
	"GetUploadURLExternalContext":   {"files:write"},
	"CompleteUploadExternalContext": {"files:write"},
	"UploadToURL":                   nil, // to the address that the first of these gives
	"GetConversationHistoryContext": {"channels:history", "groups:history", "im:history"},
	"GetConversationInfoContext":    {"channels:read", "groups:read"},
	"GetUsersInConversationContext": {"channels:read", "groups:read"},
	"GetUserInfoContext":            {"users:read"},
	"GetUserGroupMembersContext":    {"usergroups:read"},
	"OpenViewContext":               nil,
	"UpdateViewContext":             nil,
	"PublishViewContext":            nil,
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
	for name, text := range map[string]string{"HTTP": string(raw), "SocketMode": socketMode(t, string(raw))} {
		t.Run(name, func(t *testing.T) {
			asJSON, err := yaml.YAMLToJSON([]byte(text))
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
		})
	}
}

// socketMode changes the manifest as the note at its top says.
func socketMode(t *testing.T, text string) string {
	t.Helper()
	addresses := regexp.MustCompile(`(?m)^\s*\w+: https://YOUR-HOST/.*\n`)
	if n := len(addresses.FindAllString(text, -1)); n != 4 {
		t.Errorf("%d lines have YOUR-HOST, the note says four", n)
	}
	text = addresses.ReplaceAllString(text, "")
	return strings.Replace(text, "socket_mode_enabled: false", "socket_mode_enabled: true", 1)
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
}

// TestManifestSubscribesToWhatIsHandled goes both ways: an event that nothing
// handles is noise, and one that is not subscribed to never comes.
func TestManifestSubscribesToWhatIsHandled(t *testing.T) {
	m := manifest(t)
	e := m.Settings.EventSubscriptions
	if e == nil {
		t.Fatal("the manifest subscribes to no events")
	}
	if got, want := e.BotEvents, chat.EventTypes(); !sameSet(got, want) || len(got) != len(want) {
		t.Errorf("subscribed to %v, the code handles %v", got, want)
	}
	if len(e.UserEvents) > 0 {
		t.Errorf("subscribed to %v on behalf of users, whose tokens the bot does not have", e.UserEvents)
	}
	if !strings.HasPrefix(e.RequestUrl, "https://") || !strings.HasSuffix(e.RequestUrl, chat.PathEvents) {
		t.Errorf("events go to %q, want an address that ends in %s", e.RequestUrl, chat.PathEvents)
	}
	if home, opened := m.Features.AppHome.HomeTabEnabled, slices.Contains(chat.EventTypes(), "app_home_opened"); home != opened {
		t.Errorf("the Home tab is enabled %v, its opening is handled %v", home, opened)
	}
	if !m.Features.AppHome.MessagesTabEnabled || !m.Features.AppHome.MessagesTabReadOnlyEnabled {
		t.Error("people read their cards in the Messages tab, and nothing reads what they would write there")
	}
}

func TestManifestScopesAreThoseOfTheCalls(t *testing.T) {
	want := []string{"commands"}
	calls := slackCalls(t)
	for _, call := range calls {
		scopes, known := methods[call]
		if !known {
			t.Errorf("the code calls %s, whose scopes are not in the table of this test", call)
		}
		want = append(want, scopes...)
	}
	for m := range methods {
		if !slices.Contains(calls, m) {
			t.Errorf("the table of this test has %s, which the code does not call", m)
		}
	}
	got := manifest(t).OAuthConfig.Scopes.Bot
	if !sameSet(got, want) {
		t.Errorf("scopes %v, the calls need %v", got, want)
	}
}

// TestButtonsAndModalsAreHandled holds the ids that messages carry against those
// that the commands answer. No manifest lists them, so nothing else would tell.
func TestButtonsAndModalsAreHandled(t *testing.T) {
	sent := map[string][]string{}
	for name, value := range constants(t, filepath.Join("internal", "messages", "buttons.go")) {
		for _, kind := range []string{"Action", "View", "Options"} {
			if strings.HasPrefix(name, kind) && value != messages.ViewNote { // which has nothing to submit
				sent[kind] = append(sent[kind], value)
			}
		}
	}
	for kind, handled := range map[string][]string{
		"Action": commands.ActionIDs(), "View": commands.ViewIDs(), "Options": commands.OptionIDs(),
	} {
		if !sameSet(sent[kind], handled) {
			t.Errorf("%s: messages carry %v, commands answer %v", kind, sent[kind], handled)
		}
	}
}

// constants reads the string constants of a file.
func constants(t *testing.T, path string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
			for i, name := range v.Names {
				if text, ok := v.Values[i].(*ast.BasicLit); ok && text.Kind == token.STRING {
					out[name.Name], _ = strconv.Unquote(text.Value)
				}
			}
		}
		return true
	})
	return out
}

// TestSandboxGivesNoMore has the sandbox grant the scopes that the manifest asks
// for and the permissions that the README does, so that what works there works
// after an installation.
func TestSandboxGivesNoMore(t *testing.T) {
	lists := stringLists(t, filepath.Join("internal", "sandbox", "people.go"))
	if got, want := lists["scopes"], manifest(t).OAuthConfig.Scopes.Bot; !sameSet(got, want) {
		t.Errorf("the sandbox gives the scopes %v, the manifest asks for %v", got, want)
	}
	for _, e := range lists["events"] {
		if !slices.Contains(manifest(t).Settings.EventSubscriptions.BotEvents, e) {
			t.Errorf("the sandbox tells of %s, to which the manifest does not subscribe", e)
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range lists["scopes"] {
		if !strings.Contains(string(readme), scope) {
			t.Errorf("the README does not say why the bot needs %s", scope)
		}
	}
	if got, want := lists["permissions"], doctor.PermissionsFor(doctor.Elsewhere); !sameSet(got, want) {
		t.Errorf("the sandbox gives the permissions %v, the README asks for %v", got, want)
	}
}

// TestDoctorKnowsWhatIsAskedFor has the doctor look for exactly what an installer is told
// to give, whatever the bot is for.
func TestDoctorKnowsWhatIsAskedFor(t *testing.T) {
	var known []string
	for _, s := range doctor.Scopes() {
		known = append(known, s.Name)
	}
	if want := manifest(t).OAuthConfig.Scopes.Bot; !sameSet(known, want) {
		t.Errorf("the doctor looks for the scopes %v, the manifest asks for %v", known, want)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^ *\| ([A-Z]\w+\.[\w.]+) \| (\w*) ?\| (\w*) ?\| (\w*) ?\|`).FindAllStringSubmatch(string(readme), -1)
	var told []string
	for _, row := range rows {
		told = append(told, strings.Join(row[1:], " "))
	}
	known = nil
	for _, p := range doctor.Permissions() {
		row := p.Name
		for _, u := range []doctor.Use{doctor.Looks, doctor.InUnit, doctor.Elsewhere} {
			row += " "
			if slices.Contains(p.In, u) {
				row += map[bool]string{true: "optional", false: "yes"}[p.Optional]
			}
		}
		known = append(known, row)
	}
	if !sameSet(known, told) {
		t.Errorf("the doctor looks for the permissions %q, the README asks for %q", known, told)
	}
}

// stringLists reads the variables of a file that are lists of strings.
func stringLists(t *testing.T, path string) map[string][]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if list, ok := v.Values[0].(*ast.CompositeLit); ok {
			for _, e := range list.Elts {
				if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
					s, _ := strconv.Unquote(text.Value)
					out[v.Names[0].Name] = append(out[v.Names[0].Name], s)
				}
			}
		}
		return true
	})
	return out
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
