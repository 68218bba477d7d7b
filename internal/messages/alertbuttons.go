package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

func alertButtons(v AlertView) []*slack.ButtonBlockElement {
	a := v.Alert
	id := string(a.ID)
	var out []*slack.ButtonBlockElement
	if b := firstHelp(a); b != nil && a.State != access.AlertResolved {
		out = append(out, b)
	}
	if a.State != access.AlertResolved && a.About() == access.AboutRelationship && v.Askable && len(a.Roles) > 0 && asksAgain(a) {
		out = append(out, button(ActionAskAgain, id, "Ask again", "Ask again "+line(a.CustomerName, 40)+" for a relationship").
			WithStyle(slack.StylePrimary).
			WithConfirm(dialog("Ask for a new relationship?", line(a.CustomerName, 60)+"'s channel is asked to approve a new relationship with the roles that it had, for as long.",
				"Ask again", slack.StylePrimary)))
	}
	if a.State == access.AlertOpen {
		out = append(out, button(ActionAcknowledge, id, "Acknowledge", "Acknowledge the alert about "+aboutAloud(a)))
	}
	if a.State != access.AlertResolved && a.MutedUntil.IsZero() {
		out = append(out, button(ActionMute, id, "Mute 7 days", "Mute 7 days the alert about "+aboutAloud(a)))
	}
	return append(out, openAt(a))
}

// firstHelp is the button that mends what is wrong about a person or a customer.
func firstHelp(a access.Alert) *slack.ButtonBlockElement {
	switch a.About() {
	case access.AboutMember:
		return removeNow(a)
	case access.AboutCustomer:
		return removeLegacy(a)
	case access.AboutRelationship, access.AboutAssignment:
	}
	return nil
}

// openAt leads to where Microsoft shows what the alert is about.
func openAt(a access.Alert) *slack.ButtonBlockElement {
	if a.About() == access.AboutMember {
		return inEntra(a.Group, line(orElse(string(a.Agents), a.GroupName), 40))
	}
	open := button(ActionPartnerCenter, string(a.ID), "Open in Partner Center", "Open in Partner Center "+aboutAloud(a))
	if open.URL = PartnerCenter(a.Customer, a.Relationship); a.About() == access.AboutCustomer {
		open.URL = partnerCenterCustomers
	}
	return open
}

// aboutAloud names what an alert is about, where a button is read aloud.
func aboutAloud(a access.Alert) string {
	switch a.About() {
	case access.AboutMember:
		return line(orElse(orElse(a.Member.Name, a.Member.UPN), string(a.Member.ID)), 40)
	case access.AboutCustomer:
		return line(a.CustomerName, 40)
	case access.AboutRelationship, access.AboutAssignment:
	}
	return line(a.Name, 40)
}

// asksAgain reports whether a new relationship would mend what is wrong.
func asksAgain(a access.Alert) bool {
	for _, f := range a.Wrong {
		switch f.Aspect {
		case access.AspectStatus, access.AspectTime, access.AspectRoles:
			return true
		case access.AspectListed, access.AspectRenewal, access.AspectEnd, access.AspectOrigin,
			access.AspectStranger, access.AspectLost, access.AspectRemoval, access.AspectDAP, access.AspectReseller:
		}
	}
	return false
}
