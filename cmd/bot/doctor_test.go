package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"latchkey/internal/doctor"
	"latchkey/internal/graph/graphtest"
	"latchkey/internal/sandbox"
)

// TestDoctor has the doctor look at an installation while its bot runs and holds the
// store, in which all is right, and then at one in which much is wrong.
func TestDoctor(t *testing.T) {
	t.Parallel()
	s, err := newStage(t.TempDir(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	world := filepath.Join(s.dir, "world.json")
	out, code := examine(t, "-world", world)
	if code != exitOK {
		t.Errorf("all is right, and the code is %d", code)
	}
	for _, want := range []string{
		`(?m)^ok +policy.yml: 2 customers`, `(?m)^ok +customers' channels: 2 channels are right`, `(?m)^ok +permissions: `, `(?m)^warning +administrative unit: ENTRA_ADMINISTRATIVE_UNIT is not set`, `(?m)^warning +microsoft credential: .*until it ends: \d+ \w+ 20\d\d`, `(?m)^ok +mail of others: `,
		`(?m)^ok +public address: The bot's pages answer at http://127`, `(?m)^not known +redirect addresses: .*/contacts/callback`, `\n0 failed, `,
	} {
		tells(t, out, want)
	}
	if !s.running() {
		t.Error("the bot does not run any more")
	}

	if err := s.Slack.Leave("U0LATCHKEY", sandbox.ChannelAdatum); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Slack.Share(sandbox.ChannelContoso, "T0NORTHWND"); err != nil {
		t.Fatal(err)
	}
	if err := s.Slack.Accept(sandbox.ChannelContoso, "T0NORTHWND"); err != nil {
		t.Fatal(err)
	}
	s.Slack.Grant("admin")
	s.Graph.SetPIM(false)
	s.Graph.SetPermissions(append(doctor.PermissionsFor(doctor.InUnit), "GroupMember.ReadWrite.All", "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup")...)
	s.Graph.AddUnit(graphtest.Unit{ID: unitID, DisplayName: "Latchkey"})
	broken := otherwise(t, world, map[string]string{"MAIL_FROM": "dee@fabrikam.example", "READER_CLIENT_ID": "", "READER_CLIENT_SECRET": "", "PUBLIC_URL": "https://127.0.0.1:1", "ENTRA_ADMINISTRATIVE_UNIT": unitID})
	out, code = examine(t, "-world", broken)
	if code != exitFailed {
		t.Errorf("much is wrong, and the code is %d", code)
	}
	for _, want := range []string{
		`failed +customers' channels: Adatum: the channel C0ADATUM01 is not there, or the bot is not in it\.\n +→ Open it in Slack and write /invite @Latchkey`,
		`failed +customers' channels: Contoso: the channel C0CONTOSO1 is shared with another organisation as well \(T0NORTHWND\)`,
		`warning +slack scopes: The token has more scopes than the bot needs: admin`, `failed +PIM for Groups: Your tenant has no licence`,
		`failed +mailbox: The app may not send from MAIL_FROM \(403 ErrorAccessDenied\)`, `not known +mail of others: `,
		`warning +public address: https://127.0.0.1:1/signin/doctor could not be reached`, `warning +signed-in decisions: .*the bundle Helpdesk`,
		`failed +administrative unit: The app may change who is in AdminAgents, outside of the administrative unit \(404 Request_ResourceNotFound\)`,
		`warning +permissions: The app has GroupMember.ReadWrite.All, which reaches every group`, `\n5 failed, `,
	} {
		tells(t, out, want)
	}
}

// TestDoctorOfAUnit has it look at the preferred set-up, in which the app reaches its own
// groups alone.
func TestDoctorOfAUnit(t *testing.T) {
	t.Parallel()
	s, err := newStage(t.TempDir(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.Graph.SetPermissions(doctor.PermissionsFor(doctor.InUnit)...)
	s.Graph.SetGroupsAdministrator(unitID)
	s.Graph.AddUnit(graphtest.Unit{ID: unitID, DisplayName: "Latchkey"})
	policy := filepath.Join(s.dir, "policy.yml")
	raw, err := os.ReadFile(policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policy, bytes.ReplaceAll(raw, []byte("driver: pim"), []byte("driver: membership")), 0o600); err != nil {
		t.Fatal(err)
	}
	before := len(s.Graph.Audit())
	out, code := examine(t, "-world", otherwise(t, filepath.Join(s.dir, "world.json"), map[string]string{"ENTRA_ADMINISTRATIVE_UNIT": unitID, "PUBLIC_URL": ""}))
	tells(t, out, `ok +administrative unit: The app was refused when it tried to change who is in AdminAgents, outside of the administrative unit`)
	tells(t, out, `(?m)^ok +permissions: `)
	if code != exitOK || len(s.Graph.Audit()) != before {
		t.Errorf("code %d, and %d writes", code, len(s.Graph.Audit())-before)
	}
}

// TestDoctorJSON holds that the report can be read by programs, and that settings that
// are not there are a finding.
func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	s, err := newStage(t.TempDir(), sandbox.Options{SocketMode: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	broken := otherwise(t, filepath.Join(s.dir, "world.json"), map[string]string{"ENTRA_TENANT_ID": "planted", "SLACK_BOT_TOKEN": ""})
	for _, row := range []struct {
		world  string
		code   int
		failed []string
	}{
		{filepath.Join(s.dir, "world.json"), exitOK, nil},
		{broken, exitFailed, []string{"SLACK_BOT_TOKEN: is missing", "ENTRA_TENANT_ID: is not an id"}},
	} {
		out, code := examine(t, "-json", "-world", row.world)
		var r doctor.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if code != row.code || r.Good != (code == exitOK) || strings.Contains(out, "planted") {
			t.Errorf("code %d of %s", code, out)
		}
		for _, want := range row.failed {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in %s", want, out)
			}
		}
		if code == exitOK {
			tells(t, out, `SLACK_APP_TOKEN`)
		}
	}
	if _, code := examine(t, "-nonsense"); code != exitUsage {
		t.Errorf("nonsense ends with %d", code)
	}
}

func tells(t *testing.T, out, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(out) {
		t.Errorf("nothing like %q in\n%s", pattern, out)
	}
}

// examine runs the doctor in a process of its own.
func examine(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bot", append([]string{"doctor"}, args...)...)
	var text bytes.Buffer
	cmd.Stdout = &text
	err := cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return text.String(), cmd.ProcessState.ExitCode()
}

// otherwise is the world with other settings for the bot.
func otherwise(t *testing.T, path string, env map[string]string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var world map[string]any
	if err := json.Unmarshal(raw, &world); err != nil {
		t.Fatal(err)
	}
	for name, value := range env {
		world["Env"].(map[string]any)[name] = value
	}
	if raw, err = json.Marshal(world); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
