package messages

import (
	"fmt"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// HomeView is what one person sees when they open the bot's Home tab. Who they
// are decides which parts are shown.
type HomeView struct {
	Language  lang.Tag        // of people of customers; empty for the partner's own staff
	External  bool            // of another workspace than the one that installed the bot
	Linked    bool            // to a user in Entra, so that they may ask for access
	Admin     bool            // one of the bot admins
	Admins    []access.UserID // whom to ask to be linked
	ContactOf []string        // the customers that the person decides for

	Access   []CardView // of the person, given and not over
	Waiting  []CardView // requests of the person that nobody has decided yet
	ToDecide []CardView // requests that the person can decide, the most urgent first

	Reviews       []CardView        // for bot admins: taken by break-glass, and not signed off
	Relationships HomeRelationships // for bot admins
}

// HomeTab is the view of a Home tab.
type HomeTab struct{ slack.HomeTabViewRequest }

const (
	// mostHomeBlocks is how many blocks a Home tab takes.
	mostHomeBlocks = 100
	// mostToDecide leaves room for two lists of mostRows, the relationships, and
	// what is around them.
	mostToDecide = 45 - homeOfferBlocks
	mostContacts = 10
)

// Home draws the Home tab: what waits for the person first, then what they
// have, and at the end how to go on. What does not fit is counted.
func Home(v HomeView) HomeTab {
	p := &page{prefix: "home", in: tongue{v.Language}}
	p.header("Latchkey")
	if v.External {
		p.section(p.in.Say("With Latchkey a partner gets into your Microsoft 365 tenant only after somebody of yours has agreed, and only for a time."))
		p.homeOfOthers(v)
	} else {
		p.section("Latchkey asks your customers for access to their Microsoft 365 tenants, and takes it away again when its time is over.")
		p.homeOfStaff(v)
	}
	return HomeTab{slack.HomeTabViewRequest{
		Type:   slack.VTHomeTab,
		Blocks: slack.Blocks{BlockSet: p.blocks[:min(len(p.blocks), mostHomeBlocks)]},
	}}
}

// homeOfOthers is for people of customers, and of nobody that is known.
func (p *page) homeOfOthers(v HomeView) {
	if len(v.ContactOf) == 0 {
		p.section(p.in.Say("You belong to another organisation than the one that runs this bot, and you are not linked as a contact of a customer, so there is nothing for you to do here."))
		p.context(p.in.Say("If you should decide on requests for your organisation, ask your partner to link you as its contact."))
		return
	}
	p.section(p.in.Say("You decide on access to %s.", p.in.contactOf(v.ContactOf)))
	p.toDecide(v.ToDecide, mostToDecide)
	p.context(p.in.Say("Each request also has a card in the channel that you share with your partner, and so does access that was given: its button ends it at once."))
}

func (p *page) homeOfStaff(v HomeView) {
	if !v.Linked {
		p.unlinked(v)
	} else {
		p.buttons(button(ActionRequest, "", "Request access", "Request access to a customer").WithStyle(slack.StylePrimary))
	}
	if len(v.ContactOf) > 0 {
		p.toDecide(v.ToDecide, mostToDecide-reviewBlocks(v.Reviews))
	}
	if v.Linked || len(v.Access)+len(v.Waiting) > 0 {
		p.header("Your access")
		p.homeRows(v.Access, "You have no access to any customer right now. Press *Request access* to ask for some.", endHere)
		p.header("Your waiting requests")
		p.homeRows(v.Waiting, "No request of yours waits for a decision. What you ask for shows here until a contact of the customer has decided.", withdrawHere)
	}
	if v.Admin {
		p.homeReviews(v.Reviews)
		p.homeRelationships(v.Relationships)
	}
	how := code("/access help") + " lists all that you can type, in any channel"
	if v.Linked || v.Admin {
		how += "; " + code("/access list") + " shows how we can get into a customer's tenant, and who is in it now"
	}
	p.context(how + ".")
}

// unlinked tells a member of the workspace what is missing and who mends it.
func (p *page) unlinked(v HomeView) {
	if v.Admin {
		p.section("You are a bot admin. To ask for access yourself, link yourself to your user in Microsoft Entra with " +
			code("/access staff link @you you@your-domain") + ".")
		return
	}
	who := "a bot admin"
	var admins []string
	for _, id := range v.Admins[:min(len(v.Admins), mostContacts)] {
		if userID.MatchString(string(id)) {
			admins = append(admins, "<@"+string(id)+">")
		}
	}
	if len(admins) > 0 {
		who += " (" + list(admins) + ")"
	}
	p.section("You cannot ask for access yet, because you are not linked to your user in Microsoft Entra. Ask " + who + " to type " +
		code("/access staff link @you you@your-domain") + ".")
}

func (in tongue) contactOf(customers []string) string {
	names := make([]string, len(customers))
	for i, c := range customers {
		names[i] = "*" + name(c) + "*"
	}
	return in.fold(names, mostContacts, in.Say("none"))
}

// homeRows lists requests, each with its button.
func (p *page) homeRows(entries []CardView, none string, press func(CardView) *slack.ButtonBlockElement) {
	if len(entries) == 0 {
		p.section(none)
		return
	}
	for i, v := range entries {
		if i == mostRows && len(entries) > mostRows+1 {
			p.context(fmt.Sprintf("… and %d more: %s", len(entries)-i, code("/access mine")))
			return
		}
		r := v.Request
		how, _ := grantLine(v)
		p.row(standing(v).emoji+" *"+name(r.CustomerName)+"*: "+rolesIn(v.Roles, 3)+"\n"+string(r.ID)+", "+how, press(v))
	}
}

func endHere(v CardView) *slack.ButtonBlockElement {
	if v.Grant == nil || !v.Grant.Live() {
		return nil
	}
	return end(v, "End access", "End access of "+string(v.Request.ID), "End your access to "+line(v.Request.CustomerName, 60)+" now? To get it back you have to ask again.")
}

func withdrawHere(v CardView) *slack.ButtonBlockElement {
	if v.Request.State != access.Pending {
		return nil
	}
	return withdraw(v)
}

// toDecide shows requests with all that whoever decides must see. A request is
// shown whole or not at all.
func (p *page) toDecide(entries []CardView, most int) {
	p.header(p.in.Say("Waiting for you"))
	if len(entries) == 0 {
		p.section(p.in.Say("No request waits for your decision. New ones show here and in the channel that is shared with the customer."))
		return
	}
	room := len(p.blocks) + most
	for i, v := range entries {
		was := len(p.blocks)
		p.decision(v)
		if len(p.blocks) > room {
			p.blocks = p.blocks[:was]
			p.context(p.in.Say("… and %d more requests: see the cards in the channel that is shared with the customer.", len(entries)-i))
			return
		}
	}
}

func (p *page) decision(v CardView) {
	r := v.Request
	p.section("⏳ *" + string(r.ID) + "*: " + p.in.asks(r).shown)
	p.terms(v)
	p.approvals(v)
	p.context(p.in.saying("To be decided by %s; after that the request lapses and nothing is given.", r.DecideBy).shown)
	p.buttons(approve(v), deny(v))
}
