package messages

import (
	"strings"

	"latchkey/internal/access"
)

// Receipt tells the requester that the request is on its way.
func Receipt(v CardView) Message {
	r := v.Request
	p := &page{}
	what := access.FormatDuration(r.Duration) + " of " + rolesIn(v.Roles, 6) + "."
	shown := what
	switch {
	case r.Recurring():
		what = access.FormatWindows(len(r.Windows), r.Duration) + ", of " + rolesIn(v.Roles, 6) + ". It begins first on "
		shown = what + when(r.StartAt) + ": " + escape(r.Recurs.String(), 120) + "."
		what += access.FormatTime(r.StartAt) + ": " + escape(r.Recurs.String(), 120) + "."
	case r.Scheduled():
		shown = what + " It begins on " + when(r.StartAt) + "."
		what += " It begins at " + access.FormatTime(r.StartAt) + "."
	}
	if r.State == access.Approved {
		p.section("🔄 *"+string(r.ID)+"* is given without a question, by the rule “"+escape(r.Rule.Name, maxName)+"”: "+shown,
			"*"+name(r.CustomerName)+"* is told. You hear here when it is in place.")
		p.say("%s is given without a question, by the rule “%s”: %s %s is told. You hear here when it is in place.",
			r.ID, escape(r.Rule.Name, maxName), what, name(r.CustomerName))
		return p.message()
	}
	to := "the contacts of *" + name(r.CustomerName) + "*"
	switch {
	case r.Stage() == access.ByPeers && r.Rule.Approvals == 0:
		to = "your colleagues, who must agree before anything is given"
	case r.Stage() == access.ByPeers:
		to = "your colleagues, who must agree before *" + name(r.CustomerName) + "* is asked"
	}
	p.section("⏳ *"+string(r.ID)+"* was sent to "+to+": "+shown,
		"They can decide until "+when(r.DecideBy)+". You hear here when they do.")
	p.say("%s was sent to %s: %s They can decide until %s. You hear here when they do.",
		r.ID, strings.ReplaceAll(to, "*", ""), what, access.FormatTime(r.DecideBy))
	back := "Take it back with " + code("/access withdraw "+string(r.ID)) + "."
	p.context(back)
	p.say("%s", back)
	if urgent := breakGlass(v); urgent != nil {
		p.buttons(urgent)
	}
	return p.message()
}

// ChoiceView asks which customer was meant.
type ChoiceView struct {
	Text      string // what was typed; empty when nothing was
	Customers []CustomerOption
	More      bool // there are others that are not listed
}

// CustomerOption is a customer to choose.
type CustomerOption struct {
	Tenant access.TenantID
	Name   string
	Domain string // optional
}

// Choice asks which customer was meant, with a button for each.
func Choice(v ChoiceView) Message {
	p := &page{}
	switch {
	case len(v.Customers) == 0:
		p.both("There is no customer in policy.yml that you could look at.")
		return p.message()
	case v.Text == "":
		p.both("Which customer?")
	default:
		p.both("More than one customer could be “" + name(v.Text) + "”. Which one?")
	}
	more := v.More
	if len(v.Customers) > mostRows {
		v.Customers, more = v.Customers[:mostRows], true
	}
	for _, c := range v.Customers {
		label := name(c.Name)
		if c.Domain != "" {
			label += " (" + escape(c.Domain, maxName) + ")"
		}
		p.row(label, button(ActionCustomer, string(c.Tenant), "Show", "Show "+c.Name))
		p.say("%s.", label)
	}
	if more {
		p.contextBoth("There are more: type the name, a domain or the tenant id, as in `/access list contoso.com`.")
	}
	return p.message()
}

// contextBoth is both in small print.
func (p *page) contextBoth(s string) {
	p.context(s)
	p.say("%s", s)
}

// CommandView is a command as help shows it.
type CommandView struct {
	Name     string
	Usage    string
	Short    string // a sentence
	Long     []string
	Who      string
	Examples []string
}

// Help lists the commands, so that they fit one screen.
func Help(commands, rare []CommandView) Message {
	p := &page{}
	p.header("Access to customers, asked for and approved here")
	p.say("Access to customers, asked for and approved here.")
	lines := make([]string, len(commands))
	for i, c := range commands {
		lines[i] = code("/access "+c.Usage) + "\n" + escape(c.Short, 200)
		p.say("%s: %s", code("/access "+c.Usage), escape(c.Short, 200))
	}
	p.section(lines...)
	more := "Names may be several words, with or without quotes. " + code("/access help request") + " tells more about one command."
	if len(rare) > 0 {
		names := make([]string, len(rare))
		for i, c := range rare {
			names[i] = code(c.Name)
		}
		more += " There is also " + list(names) + "."
	}
	p.contextBoth(more)
	return p.message()
}

// HelpTopic tells all about one command.
func HelpTopic(c CommandView) Message {
	p := &page{}
	p.section("*"+code("/access "+c.Usage)+"*", escape(c.Short, 300))
	p.say("%s: %s", code("/access "+c.Usage), escape(c.Short, 300))
	for _, l := range c.Long {
		p.both(sentence(l))
	}
	if len(c.Examples) > 0 {
		lines := []string{"*For example*"}
		p.say("For example:")
		for _, e := range c.Examples {
			lines = append(lines, code("/access "+e))
			p.say("%s.", code("/access "+e))
		}
		p.section(lines...)
	}
	p.contextBoth("Who may: " + sentence(c.Who) + ".")
	return p.message()
}
