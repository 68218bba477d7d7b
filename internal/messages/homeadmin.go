package messages

import (
	"fmt"
	"time"

	"latchkey/internal/access"
)

// HomeHealth is how the bot stands, for those who run it.
type HomeHealth struct {
	At       time.Time     // when it was looked at
	ReadAt   time.Time     // when the relationships were read; zero: never
	GroupsAt time.Time     // when the members of groups were read; zero: never
	Problem  string        // why the last read failed; empty when it did not
	Owed     int           // steps at Slack and Microsoft that are not done yet
	Waiting  time.Duration // for how long the oldest of them is owed
	SetAside []SetAsideView
	Damaged  int          // steps that cannot be read
	Unread   []UnreadView // staff groups of which it is not known who is in them
	Unlinked []string     // customers of policy.yml without a contact
}

// SetAsideView is a step that could not be done.
type SetAsideView struct {
	Effect string // its id
	Step   string // what it is, as the beginning of a sentence
	Why    string // as the log has it
}

// UnreadView is a staff group that cannot be read.
type UnreadView struct {
	Name    string
	Problem string // a sentence
	Since   time.Time
}

const (
	mostSetAside = 100
	mostUnlinked = 30
)

// homeHealth has one line for each thing that can go wrong, and a row with a button for
// each step that was set aside.
func (p *page) homeHealth(v HomeHealth) {
	p.mayBreak()
	p.header("Health")
	lines := []string{v.read("Relationships", v.ReadAt)}
	if v.Problem != "" {
		lines[0] = "⚠️ " + lines[0] + " The last read failed: " + escape(v.Problem, 300)
	}
	lines = append(lines, v.read("Members of groups", v.GroupsAt))
	switch {
	case v.Owed == 0:
		lines = append(lines, "Nothing is owed to Slack or Microsoft.")
	default:
		lines = append(lines, fmt.Sprintf("%s owed to Slack or Microsoft, the oldest for %s.", count(v.Owed, "step is", "steps are"), access.FormatDuration(v.Waiting)))
	}
	for _, g := range v.Unread {
		lines = append(lines, "⚠️ Who is in the staff group “"+escape(g.Name, 60)+"” cannot be read, since "+when(g.Since)+". "+escape(g.Problem, 300))
	}
	if v.Damaged > 0 {
		lines = append(lines, "⚠️ "+count(v.Damaged, "step", "steps")+" cannot be read from the store; the log says which.")
	}
	if len(v.SetAside) == 0 {
		lines = append(lines, "Nothing was set aside.")
	}
	p.section(lines...)
	p.setAside(v.SetAside)
	p.unlinkedCustomers(v.Unlinked)
}

func (v HomeHealth) read(what string, at time.Time) string {
	if at.IsZero() {
		return what + " were never read yet."
	}
	return fmt.Sprintf("%s were read %s ago.", what, access.FormatDuration(max(0, v.At.Sub(at))))
}

func (p *page) setAside(all []SetAsideView) {
	if len(all) == 0 {
		return
	}
	p.mayBreak()
	p.header("Set aside")
	p.section("These steps could not be done. Mend the cause, then have them tried again.")
	for i, v := range all {
		if i == mostSetAside && len(all) > mostSetAside+1 {
			p.context(fmt.Sprintf("… and %d more: the operations channel has each.", len(all)-i))
			return
		}
		text := "⚠️ *" + escape(v.Step, 80) + "*\n" + code(v.Effect)
		if v.Why != "" {
			text += "\n" + escape(v.Why, 200)
		}
		if i > 0 {
			p.mayBreak()
		}
		p.row(text, button(ActionRevive, v.Effect, "Try again", "Try again: "+v.Step))
	}
}

func (p *page) unlinkedCustomers(names []string) {
	if len(names) == 0 {
		return
	}
	p.mayBreak()
	p.header("Customers without a contact")
	lines := make([]string, len(names))
	for i, n := range names {
		lines[i] = "• " + name(n)
	}
	p.section(append([]string{"Nobody there can decide, so nothing can be asked for:"}, shortened(lines, mostUnlinked)...)...)
	p.context(code("/access customer link customer @contact") + " links one, in the channel that is shared with the customer.")
}
