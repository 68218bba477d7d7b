package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// rewrites puts something else in the place of policy.yml, and returns what the bot's
// admins are told of it. The file is as it was afterwards.
func rewrites(change func(was string) string) func(*siege) (string, error) {
	return func(s *siege) (string, error) {
		path := filepath.Join(s.dir, "policy.yml")
		was, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		refusals := func() []string {
			var out []string
			for _, m := range s.Slack.Messages(people["dee"], channels["#ops"]) {
				if strings.Contains(m.Text, stays) || strings.Contains(m.Text, "is in force") {
					out = append(out, m.Text)
				}
			}
			return out
		}
		before := len(refusals())
		if err := s.replaces(path, change(string(was))); err != nil {
			return "", err
		}
		err = s.wait("the admins to be told of policy.yml", func() bool { return len(refusals()) > before })
		if err != nil {
			return "", err
		}
		told := refusals()[before]
		return told, s.replaces(path, string(was))
	}
}

// replaces writes the file, and has the bot look at it.
func (s *siege) replaces(path, text string) error {
	if err := errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bot.Process.Signal(syscall.SIGHUP)
}

// bomb is a list of a few lines that stands for billions of entries.
func bomb() string {
	var b strings.Builder
	b.WriteString("admins:\n  - &a0 [U0ANA00001, U0ANA00001]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "  - &a%d [*a%d, *a%[2]d]\n", i, i-1)
	}
	return b.String()
}

const stays = "policy.yml was changed and is not right, so the one before"

var fileAttacks = []attack{
	{"BombOfAliases", rewrites(func(was string) string { return strings.Replace(was, "admins: [U0DEE00001]\n", bomb(), 1) }), stays + ".*uses a YAML anchor, alias or tag", "", ""},
	{"AdminsByAlias", rewrites(func(was string) string {
		return strings.Replace(was, "admins: [U0DEE00001]", "admins: &a [U0ANA00001, *a]", 1)
	}), stays + ".*uses a YAML anchor, alias or tag", "", ""},
	{"AdminsTwice", rewrites(func(was string) string { return was + "admins: [U0ANA00001]\n" }), stays + ".*admins is given twice", "", ""},
	{"AdminsInCyrillic", rewrites(func(was string) string { return was + "аdmins: [U0ANA00001]\n" }), stays + ".*is not a key of the policy; did you mean admins", "", ""},
	{"CustomerTwice", rewrites(func(was string) string { return strings.Replace(was, "name: Adatum", "name: Contoso", 1) }), stays + ".*is already on line", "", ""},
	{"TenantTwice", rewrites(func(was string) string { return strings.ReplaceAll(was, tenantOfAdatum, tenantOfContoso) }), stays + ".*is already on line", "", ""},
	{"ChannelTwice", rewrites(func(was string) string { return strings.ReplaceAll(was, channels["#adatum"], channels["#contoso"]) }), stays + ".*is already on line", "", ""},
	{"TwoDocuments", rewrites(func(was string) string { return was + "---\nadmins: [U0ANA00001]\n" }), stays + ".*several YAML documents", "", ""},
	{"DeepBrackets", rewrites(func(was string) string { return was + "rules: " + strings.Repeat("[\n", 100) }), stays + ".*Brackets are nested too deeply", "", ""},
	{"NotUTF8", rewrites(func(was string) string { return was + "# \xff\xfe\n" }), stays + ".*not UTF-8", "", ""},
	{"OversizeFile", rewrites(func(was string) string { return was + strings.Repeat("# x\n", 300000) }), stays + ".*is larger than 1024 KiB", "", ""},
	{"NoApprovals", rewrites(func(was string) string { return strings.Replace(was, "approvals: 1", "approvals: 0", 1) }), stays + ".*means nobody, not everybody", "", ""},
	{"Emptied", rewrites(func(string) string { return "" }), stays + ".*The file is empty", "", ""},
}
