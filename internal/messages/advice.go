package messages

import (
	"strings"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// AdviceView is what the adviser found for a task that somebody named.
type AdviceView struct {
	Query  string
	Sure   bool // the first speaks of most of what was asked
	Advice []Advice
}

// Advice is the least role, or roles, for a task.
type Advice struct {
	Roles    []RoleInfo // none when no role of Entra does it
	Tasks    []string   // that fit, best first
	Least    []Holder   // who needs no role for it, and so is the least
	Workload Workload
	Ask      Ask
}

// RoleInfo is a role with what it lets its holder do.
type RoleInfo struct {
	Role
	What string // a sentence; empty when unknown
}

// Holder is somebody who may do a task without a role of Entra.
type Holder struct {
	Name string // as in "the owner of the group"
	Why  string // a sentence: why a delegated admin does not become it
}

// Reach says how far delegated admins get in a workload.
type Reach string

const (
	Reached Reach = "yes"
	Partly  Reach = "part"
	Closed  Reach = "no"
)

// Workload is a part of Microsoft's cloud, and what delegated admins cannot do in
// it. The zero value says nothing.
type Workload struct {
	Name   string
	Reach  Reach  // any other than the above: not known
	Limits string // sentences; empty when none are known
}

// Ask is what the button of an advice asks for.
type Ask struct {
	IDs []access.RoleID // none: there is no button
	// Larger are the roles that are asked for in place of the least, which
	// policy does not allow.
	Larger []Role
	Closed bool // policy lets nobody ask for any of them
}

// Advise answers which role is the least for a task.
func Advise(v AdviceView) Message {
	p := &page{}
	asked := "“" + orElse(escape(v.Query, 150), "this") + "”"
	switch {
	case len(v.Advice) == 0:
		p.both("Nothing that is known here fits " + asked + ". Say what is to be done to what, as in " + code("/access advise reset a user's password") + ".")
		return p.message()
	case !v.Sure:
		p.both("Nothing fits " + asked + " clearly. Perhaps one of these:")
	default:
		p.both("The least role for " + asked + ":")
	}
	var before Workload
	for i, a := range v.Advice {
		switch {
		case i == 1 && v.Sure:
			p.contextBoth("If you meant something else:")
		case i > 0:
			p.divider()
		}
		if i > 0 && a.Workload == before {
			a.Workload = Workload{} // said already
		}
		p.advice(a)
		before = v.Advice[i].Workload
	}
	p.contextBoth("A role reaches a customer only if the relationship with it carries that role: " + code("/access list") + " shows which do.")
	return p.message()
}

func (p *page) advice(a Advice) {
	lines, aloud := roleInfoLines(a.Roles)
	for _, t := range a.Tasks {
		lines = append(lines, "• "+escape(t, 150))
	}
	if len(a.Tasks) > 0 {
		aloud = append(aloud, "For: "+escape(strings.Join(a.Tasks, "; "), 400)+".")
	}
	for _, l := range append(holderLines(a), reachLine(a.Workload), askLine(a.Ask)) {
		if l != "" {
			lines, aloud = append(lines, l), append(aloud, l)
		}
	}
	p.row(cutText(strings.Join(lines, "\n"), maxSection), askButton(a.Ask))
	p.say("%s", strings.Join(aloud, " "))
}

func roleInfoLines(roles []RoleInfo) (formatted, aloud []string) {
	for i, r := range roles {
		l, and := "*"+name(r.Name)+"*", ""
		if i > 0 {
			and = "and "
		}
		if r.Privileged {
			l = "⚠️ " + l + " (privileged)"
		}
		formatted, aloud = append(formatted, and+l), append(aloud, and+roleName(r.Role)+":")
		if what := escape(r.What, 200); what != "" {
			formatted, aloud = append(formatted, what), append(aloud, what)
		}
	}
	if len(roles) == 0 {
		const none = "No role of Entra that a relationship carries does this."
		formatted, aloud = []string{"*" + none + "*"}, []string{none}
	}
	return formatted, aloud
}

func holderLines(a Advice) []string {
	if len(a.Least) == 0 {
		return nil
	}
	names := make([]string, len(a.Least))
	for i, h := range a.Least {
		names[i] = escape(h.Name, maxName)
	}
	who := "Who can: " + list(names) + ". "
	if len(a.Roles) > 0 {
		who = "Even less would do: " + list(names) + " needs no role for it. "
	}
	return []string{who + escape(a.Least[0].Why, 200)}
}

// reachLine says whether a delegated admin can do it, which is another question
// than which role it takes.
func reachLine(w Workload) string {
	what, limits := escape(w.Name, maxName), escape(w.Limits, 400)
	if limits != "" {
		limits = " " + limits
	}
	switch {
	case w == Workload{}:
		return ""
	case w.Reach == Reached:
		return "GDAP: reaches " + what + "." + limits
	case w.Reach == Partly:
		return "GDAP: reaches " + what + " in part." + limits
	case w.Reach == Closed:
		return "⛔ GDAP: does not reach " + what + "." + limits
	}
	return "GDAP: whether it reaches this is not known." + limits
}

func askLine(a Ask) string {
	switch {
	case a.Closed:
		return "Nobody may ask for it here: no bundle of policy.yml names it. A bot admin can add it."
	case len(a.Larger) > 0:
		return "Nobody may ask for it here: no bundle of policy.yml names it. What may be asked for is more than is needed: " + rolesIn(a.Larger, 3) + "."
	}
	return ""
}

// askButton opens the form with the roles filled in.
func askButton(a Ask) *slack.ButtonBlockElement {
	if len(a.IDs) == 0 {
		return nil
	}
	label := "Request this"
	if len(a.Larger) > 0 {
		label = "Request the larger one"
	}
	ids := make([]string, len(a.IDs))
	for i, id := range a.IDs {
		ids[i] = string(id)
	}
	return button(ActionFilled, strings.Join(ids, ","), label, label+", in a form that is filled in")
}

// ExplainView is one role, explained.
type ExplainView struct {
	Role     RoleInfo
	Tasks    []string // for which it is the least
	Workload Workload
	Withheld bool // reserved for Microsoft: it can be given to nobody
	Ask      Ask
}

const mostExplained = 12

// Explain tells what a role allows, and for what it is the least.
func Explain(v ExplainView) Message {
	p := &page{}
	p.header(orElse(line(v.Role.Name, maxName), "(no name)"))
	p.say("%s.", name(v.Role.Name))
	what := orElse(escape(v.Role.What, 300), "What it allows is not known here.")
	p.row(what, askButton(v.Ask))
	p.say("%s", what)
	switch {
	case v.Withheld:
		p.both("⛔ It is reserved for Microsoft and can be given to nobody.")
		return p.message()
	case v.Role.Privileged:
		p.both("⚠️ It is privileged: whoever holds it can raise their own rights, or reach much of the tenant.")
	default:
		p.both("It is not privileged.")
	}
	p.explained(v.Tasks)
	for _, l := range []string{reachLine(v.Workload), askLine(v.Ask)} {
		if l != "" {
			p.both(l)
		}
	}
	return p.message()
}

func (p *page) explained(tasks []string) {
	if len(tasks) == 0 {
		p.both("It is the least role for no task of Microsoft's list.")
		return
	}
	lines := make([]string, 0, len(tasks))
	for _, t := range tasks {
		lines = append(lines, "• "+escape(t, 150))
	}
	lines = shortened(lines, mostExplained)
	p.section(append([]string{"*It is the least role to*"}, lines...)...)
	p.say("It is the least role for: %s.", strings.Join(lines, " "))
}
