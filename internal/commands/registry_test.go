package commands_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/commands"
	"latchkey/internal/messages"
)

var update = flag.Bool("update", false, "write docs/commands.md and the golden files")

// usage is a name, then words, <needed>, [optional] or a|b parts.
var usage = regexp.MustCompile(`^[a-z]+( ([a-z|]+|@?<[a-z ]+>|\[(because )?<?@?[a-z -]+>?\]))*$`)

func TestEveryCommand(t *testing.T) {
	t.Parallel()
	all := commands.Commands()
	common := 0
	for _, c := range all {
		if !c.Rare {
			common++
		}
	}
	if common == 0 || common > 12 {
		t.Errorf("%d common commands, want some, and few enough for a screen", common)
	}
	for _, c := range all {
		t.Run(c.Name, func(t *testing.T) {
			if !usage.MatchString(c.Usage) || !strings.HasPrefix(c.Usage+" ", c.Name+" ") {
				t.Errorf("usage %q cannot be read", c.Usage)
			}
			if !regexp.MustCompile(`^[A-Z].{10,90}\.$`).MatchString(c.Short) {
				t.Errorf("%q is no short sentence", c.Short)
			}
			for _, l := range c.Long {
				if !strings.HasSuffix(l, ".") {
					t.Errorf("%q is no sentence", l)
				}
			}
			if c.Who == "" || strings.HasSuffix(c.Who, ".") {
				t.Errorf("who may is %q, want words that go on from “Who may:”", c.Who)
			}
			if len(c.Examples) == 0 || c.Run == nil {
				t.Error("a command needs an example and something to run")
			}
			for _, e := range c.Examples {
				if !strings.HasPrefix(e+" ", c.Name+" ") {
					t.Errorf("the example %q does not begin with the command", e)
				}
			}
			compare(t, filepath.Join("testdata", "help-"+c.Name+".txt"), messages.HelpTopic(c.Help()).Text+"\n")
		})
	}
}

func TestHelpFitsOneScreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := w.slash(t.Context(), "help").Message.Text
	if len(text) > 1600 {
		t.Errorf("help has %d characters: %s", len(text), text)
	}
	compare(t, filepath.Join("testdata", "help.txt"), text+"\n")
}

func TestDocs(t *testing.T) {
	t.Parallel()
	compare(t, filepath.Join("..", "..", "docs", "commands.md"), commands.Docs())
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at what it says now, then run with -update.\ngot:\n%s", file, got)
	}
}

// Every id that a message carries has somebody who answers, and none is
// answered that no message carries.
func TestIDs(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name string
		got  []string
		want []string
	}{
		{"buttons", commands.ActionIDs(), []string{messages.ActionApprove, messages.ActionDeny, messages.ActionWithdraw, messages.ActionEnd, messages.ActionCustomer, messages.ActionRequest,
			messages.ActionReview, messages.ActionDecline, messages.ActionMail, messages.ActionTerminate, messages.ActionReduce, messages.ActionConsent, messages.ActionReject, messages.ActionFilled, messages.ActionRepeat, messages.ActionChange, messages.ActionNarrow, messages.ActionAway, messages.ActionBack,
			messages.ActionHomeBack, messages.ActionHomeNext, messages.ActionQuick1, messages.ActionQuick2, messages.ActionQuick3,
			messages.ActionStanding, messages.ActionOust, messages.ActionUnassign, messages.ActionRenew, messages.ActionSmaller, messages.ActionEntra, messages.ActionRevive,
			messages.ActionAskAgain, messages.ActionAcknowledge, messages.ActionMute, messages.ActionPartnerCenter, messages.ActionShowAlerts,
			messages.ActionDAPRemove, messages.ActionDAPCheck, messages.ActionReseller, messages.ActionSignIn,
			messages.ActionReviewKeep, messages.ActionReviewRemove, messages.ActionReviewRest,
			messages.ActionAskLetIn, messages.ActionLetIn, messages.ActionSigned, messages.ActionVerify,
			messages.ActionBreakGlass, messages.ActionSignOff, messages.ActionObject,
			messages.ActionProlong, messages.ActionStop, messages.ActionEvidence, messages.ActionActivity}},
		{"modals", commands.ViewIDs(), []string{messages.ViewRequest, messages.ViewChange, messages.ViewNarrow, messages.ViewAway, messages.ViewDeny, messages.ViewDecline, messages.ViewTerminate, messages.ViewReduce, messages.ViewReplace, messages.ViewDAPRemove, messages.ViewSignOff, messages.ViewObject, messages.ViewReviewRemove, messages.ViewProlong, messages.ViewEvidence}},
		{"option lists", commands.OptionIDs(), []string{messages.OptionsCustomer, messages.OptionsRoles}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			slices.Sort(row.want)
			if !slices.Equal(row.got, row.want) {
				t.Errorf("registered are %v, want %v", row.got, row.want)
			}
		})
	}
}
