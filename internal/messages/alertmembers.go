package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// person names the member that an alert is about.
func person(a access.Alert) string {
	return escape(orElse(orElse(a.Member.Name, a.Member.UPN), string(a.Member.ID)), maxName)
}

// memberHeadline is the newest change about somebody in a group in a few words.
func memberHeadline(a access.Alert, c ChangeView) string {
	who := person(a)
	switch c.Kind {
	case access.ChangeStranger:
		if a.Agents != "" {
			return who + " was added to " + name(string(a.Agents))
		}
		return who + " has access that nobody approved"
	case access.ChangeGone:
		return who + " is out of the group"
	case access.ChangeAllowed:
		return who + " has access that was approved by now"
	case access.ChangeLost:
		return who + " lost access before its end"
	case access.ChangeBack:
		return who + " has the access again"
	case access.ChangeStuck:
		return "the access of " + who + " could not be removed"
	case access.ChangeRemoved:
		return "the access of " + who + " is removed"
	}
	return "something changed about " + who
}

// memberChanged tells of a change in a sentence or two.
func memberChanged(a access.Alert, c ChangeView) string {
	who := "*" + person(a) + "*"
	if a.Member.UPN != "" && a.Member.UPN != a.Member.Name {
		who += " (" + escape(a.Member.UPN, maxName) + ")"
	}
	group := "Latchkey's group"
	if a.GroupName != "" {
		group += " " + name(a.GroupName)
	}
	at := " for *" + name(a.CustomerName) + "*"
	if a.Agents != "" {
		group, at = "*"+name(string(a.Agents))+"*", ""
	}
	switch c.Kind {
	case access.ChangeStranger:
		if a.Agents != "" {
			return who + " was added to " + group + ". That gives " + orElse(agentsReach[a.Agents], "what is not known here") +
				". Nobody has to agree to that."
		}
		return who + " is in " + group + at + ", and no request put them there: they have its roles in that tenant now."
	case access.ChangeGone:
		return who + " is out of " + group + at + "."
	case access.ChangeAllowed:
		return who + " is in " + group + at + " as a request says by now."
	case access.ChangeLost:
		return who + " is not in " + group + at + " any more, although their request is in force: somebody took them out, or the account is gone."
	case access.ChangeBack:
		return who + " is in " + group + at + " again, as the request says."
	case access.ChangeStuck:
		return "The access of " + who + at + " should be gone but could not be removed " + sentence(c.To)
	case access.ChangeRemoved:
		return "The access of " + who + at + " is gone, read back from Microsoft Entra."
	}
	return "Something changed about " + who + " in " + group + at + "."
}

// memberMeaning says what follows of what is wrong.
func (p *page) memberMeaning(v AlertView) {
	a := v.Alert
	if _, stuck := a.WrongAt(access.AspectRemoval); stuck {
		p.contextBoth("The bot keeps trying. If the access must be gone now, remove the member from the group in Microsoft Entra by hand.")
	}
	if _, lost := a.WrongAt(access.AspectLost); lost {
		p.contextBoth("Nothing else was changed: the request stays in force until its end. Find out who took them out before anybody asks again.")
		if len(v.Grants) > 0 {
			p.grantList("*Access that is hit*", "Access that is hit:", v.Grants, forWhat)
		}
	}
	if _, stranger := a.WrongAt(access.AspectStranger); !stranger {
		return
	}
	if a.Agents != "" {
		p.contextBoth("If that was not meant to be, remove them in Microsoft Entra or in Partner Center; the bot has no right to change this group. " +
			"For work at one customer, access can be asked for: " + code("/access request"))
		return
	}
	p.contextBoth("“Remove now” takes them out of the group. What they have open can last for up to an hour after that; what they did meanwhile is in the customer's audit log.")
}

// removeNow is the button that takes somebody out of the bot's group whom no request
// put there.
func removeNow(a access.Alert) *slack.ButtonBlockElement {
	if _, stranger := a.WrongAt(access.AspectStranger); !stranger || a.Agents != "" {
		return nil
	}
	who := aboutAloud(a)
	return button(ActionOust, OustTarget(a.Group, a.Member.ID), "Remove now", "Remove now "+who+" from the group").
		WithStyle(slack.StyleDanger).
		WithConfirm(dialog("Remove from the group?", who+" loses what the group gives. "+tokensLast, "Remove", slack.StyleDanger))
}

// inEntra leads to the group's members.
func inEntra(g access.GroupID, what string) *slack.ButtonBlockElement {
	b := button(ActionEntra, string(g), "Open in Entra", "Open in Entra the group "+what)
	b.URL = "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Members/groupId/" + string(g)
	return b
}
