package roles_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/access"
	"latchkey/internal/roles"
)

// sentence is one line of ours, without what would format in Slack.
var sentence = regexp.MustCompile("^[A-Z][^*_~`<>&]{5,}$")

func TestTasks(t *testing.T) {
	t.Parallel()
	all := roles.Tasks()
	if got, want := len(all), 188; got != want {
		t.Errorf("the table holds %d tasks, want %d", got, want)
	}
	partner := 0
	seen := map[string]bool{}
	for _, task := range all {
		if task.Partner {
			partner++
		}
		if !sentence.MatchString(task.What) || strings.HasSuffix(task.What, ".") || len(task.What) > 90 || task.Area == "" {
			t.Errorf("%q of %q is no short wording", task.What, task.Area)
		}
		if seen[task.What] {
			t.Errorf("%q is there twice", task.What)
		}
		seen[task.What] = true
		if len(task.Least) == 0 && task.LeastHolders == 0 {
			t.Errorf("%q has nobody who is the least for it", task.What)
		}
		for _, id := range append(slices.Clone(task.Least), task.Others...) {
			if _, ok := roles.ByID(id); !ok || !roles.Requestable(id) {
				t.Errorf("%q names %s, which cannot be asked for", task.What, id)
			}
		}
		for _, h := range task.Holders {
			if h.Name == "" || !strings.HasSuffix(h.Why, ".") {
				t.Errorf("%q names a holder that says nothing: %+v", task.What, h)
			}
		}
		if ask := task.Ask(); len(ask) > 0 && !task.Suffices(ask) {
			t.Errorf("%q says to ask for %v, which does not suffice", task.What, ask)
		}
		if task.Workload.Name == "" {
			t.Errorf("%q has no workload", task.What)
		}
	}
	if want := 37; partner != want {
		t.Errorf("%d tasks are of the list for partners, want %d", partner, want)
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range roles.All() {
		what, w := roles.About(r.ID)
		if !sentence.MatchString(what) || !strings.HasSuffix(what, ".") || len(what) > 130 {
			t.Errorf("%s is described as %q", r.Name, what)
		}
		if seen[what] && roles.Requestable(r.ID) {
			t.Errorf("%s is described as another role is: %q", r.Name, what)
		}
		seen[what] = true
		if w.Name == "" || w.Limits != "" && !strings.HasSuffix(w.Limits, ".") || w.Reach == roles.Closed && w.Limits == "" {
			t.Errorf("%s has the workload %+v", r.Name, w)
		}
	}
	if what, w := roles.About("nothing"); what != "" || w != (roles.Workload{}) {
		t.Errorf("About an unknown role = %q, %+v", what, w)
	}
}

func TestTaskRoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, task string
		ask        string
		have       string
		suffices   bool
	}{
		{"Least", "Reset the password of a user", "Password Administrator", "Password Administrator", true},
		{"Other", "Reset the password of a user", "Password Administrator", "User Administrator", true},
		{"GlobalAdministrator", "Reset the password of a user", "Password Administrator", "Global Administrator", true},
		{"TooLittle", "Reset the password of a user", "Password Administrator", "Guest Inviter", false},
		{"OwnerIsTheLeast", "Change who is a member of a group", "User Administrator", "User Administrator", true},
		{"OnlyWithAnAzureRole", "Create a managed domain with Entra Domain Services", "", "Application Administrator, Groups Administrator", false},
		{"NoRole", "See users and their basic data", "", "Directory Readers", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := slices.IndexFunc(roles.Tasks(), func(x roles.Task) bool { return x.What == tt.task })
			if i < 0 {
				t.Fatalf("there is no task %q", tt.task)
			}
			task := roles.Tasks()[i]
			if got := list(task.Ask()); got != tt.ask {
				t.Errorf("Ask() = %q, want %q", got, tt.ask)
			}
			var have []access.RoleID
			for name := range strings.SplitSeq(tt.have, ", ") {
				found, _ := roles.Find(name)
				have = append(have, found[0].ID)
			}
			if got := task.Suffices(have); got != tt.suffices {
				t.Errorf("Suffices(%s) = %v, want %v", tt.have, got, tt.suffices)
			}
		})
	}
}

func TestLeastFor(t *testing.T) {
	t.Parallel()
	found, _ := roles.Find("License Administrator")
	for _, task := range roles.LeastFor(found[0].ID) {
		if got := list(task.Ask()); got != "License Administrator" {
			t.Errorf("%q is to be asked for as %s", task.What, got)
		}
	}
	if got := len(roles.LeastFor(found[0].ID)); got != 5 {
		t.Errorf("License Administrator is the least for %d tasks, want 5", got)
	}
	if got := roles.LeastFor("nothing"); got != nil {
		t.Errorf("an unknown role is the least for %v", got)
	}
}

func list(ids []access.RoleID) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = roles.Name(id)
	}
	return strings.Join(out, ", ")
}
