package messages

import (
	"github.com/slack-go/slack"

	"latchkey/internal/access"
)

// partnerCenterCustomers is where Partner Center lists the customers.
const partnerCenterCustomers = "https://partner.microsoft.com/dashboard/v2/customers/list"

// customerHeadline is the newest change of what Partner Center says of a customer in
// a few words.
func customerHeadline(c ChangeView) string {
	switch c.Kind {
	case access.ChangeDAPGone:
		return "legacy administration (DAP) removed"
	case access.ChangeDAPHeld:
		return "legacy administration (DAP) given"
	case access.ChangeLeft:
		return "customer left"
	case access.ChangeReseller:
		return "reseller relationship begun"
	}
	return "something changed in Partner Center"
}

// customerChanged tells of a change in a sentence or two.
func customerChanged(a access.Alert, c ChangeView) string {
	customer := "*" + name(a.CustomerName) + "*"
	switch c.Kind {
	case access.ChangeDAPGone:
		return "Legacy administration (DAP) of " + customer + " is gone, as read from Partner Center. It cannot be given back."
	case access.ChangeDAPHeld:
		return "Partner Center shows legacy administration (DAP) of " + customer + ", which was not there before."
	case access.ChangeLeft:
		return customer + " is not our reseller customer any more: Partner Center has the relationship as " + code(c.To) + ". It was " + code(c.From) + "."
	case access.ChangeReseller:
		return customer + " is our reseller customer: Partner Center has the relationship as " + code(c.To) + ". It was " + code(c.From) + "."
	}
	return "Partner Center shows something else about " + customer + "."
}

// customerMeaning says what follows of what is wrong.
func (p *page) customerMeaning(v AlertView) {
	a := v.Alert
	typed := line(a.CustomerName, 60)
	if wrong, is := a.WrongAt(access.AspectDAP); is {
		switch {
		case wrong.Was == "off":
			p.both(dapMeans + " What is needed can be had by a relationship (GDAP).")
		case len(v.Left) == 0:
			p.lostAll()
			p.contextBoth("There is no relationship (GDAP) either. Ask for one: " + code("/access relationship request "+typed+" <bundle> for 1y"))
		default:
			p.both("Work goes on through " + leftOf(v) + ". What stops is what only AdminAgents and HelpdeskAgents could do there.")
		}
	}
	if _, is := a.WrongAt(access.AspectReseller); is {
		p.section("⛔ *What stops*: orders, and changes of licences and subscriptions in the customer's name.",
			"✅ *What goes on*: relationships (GDAP) and legacy administration, until each is ended by itself: "+code("/access list "+typed))
		p.say("What stops: orders, and changes of licences and subscriptions in the customer's name. What goes on: relationships (GDAP) and legacy administration, until each is ended by itself.")
		if len(v.Left) > 0 {
			p.contextBoth("Still active: " + leftOf(v) + ". End what nobody needs any more.")
		}
	}
	if len(v.Grants) > 0 {
		p.grantList("*Access that is open there*", "Access that is open there:", v.Grants, forWhat)
	}
}

func leftOf(v AlertView) string {
	names := make([]string, len(v.Left))
	for i, n := range v.Left {
		names[i] = name(n)
	}
	return fold(names, 3, "", "more")
}

// lostAll says what nobody can do any more without delegated administration.
func (p *page) lostAll() {
	p.section("⛔ *What stops*: admin centers, support tickets and seeing users in the customer's name.",
		"✅ *What goes on*: the reseller relationship, licences, subscriptions and orders.")
	p.say("What stops: admin centers, support tickets and seeing users in the customer's name. What goes on: the reseller relationship, licences, subscriptions and orders.")
}

// removeLegacy begins to remove legacy administration that has appeared.
func removeLegacy(a access.Alert) *slack.ButtonBlockElement {
	if wrong, is := a.WrongAt(access.AspectDAP); !is || wrong.Was != "off" {
		return nil
	}
	return button(ActionDAPRemove, string(a.Customer), "Remove DAP …", "Remove DAP of "+line(a.CustomerName, 40)).WithStyle(slack.StyleDanger)
}
