package messages

import (
	"fmt"
	"time"

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
	ByMail    bool            // who is not linked is looked up by their mail address
	ContactOf []string        // the customers that the person decides for

	Access   []CardView // of the person, given and not over
	Waiting  []CardView // requests of the person that nobody has decided yet
	ToDecide []CardView // requests that the person can decide, the most urgent first

	Reviews []CardView // for bot admins: taken by break-glass, and not signed off
	Recent  []Option   // the customers for which the person asked last

	Relationships HomeRelationships // for bot admins
	Health        HomeHealth        // for bot admins

	Now  time.Time // when it is drawn; zero: time left is not told
	Page int       // which of several pages, from 0
}

// HomeTab is the view of a Home tab.
type HomeTab struct{ slack.HomeTabViewRequest }

const (
	// mostHomeRows bounds each list, however many pages there are.
	mostHomeRows = 200
	mostContacts = 10
)

// Home draws the Home tab: what waits for the person first, then what they
// have, and at the end how to go on. What does not fit is on other pages.
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
	return p.homePage(v.Page)
}

// homeOfOthers is for people of customers, and of nobody that is known.
func (p *page) homeOfOthers(v HomeView) {
	if len(v.ContactOf) == 0 {
		p.section(p.in.Say("You belong to another organisation than the one that runs this bot, and you are not linked as a contact of a customer, so there is nothing for you to do here."))
		p.context(p.in.Say("If you should decide on requests for your organisation, ask your partner to link you as its contact."))
		return
	}
	p.section(p.in.Say("You decide on access to %s.", p.in.contactOf(v.ContactOf)))
	p.toDecide(v.ToDecide)
	p.mayBreak()
	p.context(p.in.Say("Each request also has a card in the channel that you share with your partner, and so does access that was given: its button ends it at once."))
}

func (p *page) homeOfStaff(v HomeView) {
	if !v.Linked {
		p.unlinked(v)
	} else {
		p.buttons(quick(v.Recent)...)
	}
	if len(v.ContactOf)+len(v.ToDecide) > 0 {
		p.toDecide(v.ToDecide)
	}
	if v.Linked || len(v.Access)+len(v.Waiting) > 0 {
		p.mayBreak()
		p.header("Your access")
		p.homeRows(v.Access, v.Now, "You have no access to any customer right now. Press *Request access* to ask for some.", endHere)
		p.mayBreak()
		p.header("Your waiting requests")
		p.homeRows(v.Waiting, v.Now, "No request of yours waits for a decision. What you ask for shows here until a contact of the customer has decided.", withdrawHere)
	}
	if v.Admin {
		p.mayBreak()
		p.homeReviews(v.Reviews)
		p.homeHealth(v.Health)
		p.mayBreak()
		p.homeRelationships(v.Relationships)
	}
	p.mayBreak()
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
	if v.ByMail {
		p.section("You are not linked to your user in Microsoft Entra yet. Type " + code("/access request") +
			": you are then looked up by your e-mail address in Slack, and hear from me.")
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

// quick are the buttons that open the form: empty, or with a customer filled in.
func quick(recent []Option) []*slack.ButtonBlockElement {
	out := []*slack.ButtonBlockElement{
		button(ActionRequest, "", "Request access", "Request access to a customer").WithStyle(slack.StylePrimary),
	}
	for i, action := range QuickActions() {
		if i < len(recent) {
			label := orElse(line(recent[i].Text, 60), "?")
			out = append(out, button(action, recent[i].Value, label, "Request access to "+label))
		}
	}
	return out
}

// homeRows lists requests, each with its buttons.
func (p *page) homeRows(entries []CardView, now time.Time, none string, press func(CardView) []*slack.ButtonBlockElement) {
	if len(entries) == 0 {
		p.section(none)
		return
	}
	for i, v := range entries {
		if i == mostHomeRows && len(entries) > mostHomeRows+1 {
			p.context(fmt.Sprintf("… and %d more: %s", len(entries)-i, code("/access mine")))
			return
		}
		if i > 0 {
			p.mayBreak()
		}
		r := v.Request
		how, _ := grantLine(v)
		if left := timeLeft(v, now); left != "" {
			how += ", " + left
		}
		p.rowWith(standing(v).emoji+" *"+name(r.CustomerName)+"*: "+rolesIn(v.Roles, 3)+"\n"+string(r.ID)+", "+how, press(v)...)
	}
}

// timeLeft is how much of an access in force there is to come; empty when it is not in
// force, or the time is not known.
func timeLeft(v CardView, now time.Time) string {
	if now.IsZero() || v.Grant == nil || v.Grant.State != access.Active || !v.Grant.ExpiresAt.After(now) {
		return ""
	}
	return access.FormatDuration(v.Grant.ExpiresAt.Sub(now)) + " left"
}

// rowWith adds text with one button beside it, or several below.
func (p *page) rowWith(text string, buttons ...*slack.ButtonBlockElement) {
	if len(buttons) == 1 {
		p.row(text, buttons[0])
		return
	}
	p.row(text, nil)
	p.buttons(buttons...)
}

func endHere(v CardView) []*slack.ButtonBlockElement {
	if v.Grant == nil || !v.Grant.Live() {
		return aheadOwn(v) // what is to begin can be taken back
	}
	out := []*slack.ButtonBlockElement{
		end(v, "End access", "End access of "+string(v.Request.ID), "End your access to "+line(v.Request.CustomerName, 60)+" now? To get it back you have to ask again."),
	}
	return append(out, prolong(v)...)
}

func withdrawHere(v CardView) []*slack.ButtonBlockElement {
	if v.Request.State != access.Pending {
		return nil
	}
	return []*slack.ButtonBlockElement{withdraw(v)}
}

// toDecide shows requests with all that whoever decides must see. A request is
// shown whole or not at all.
func (p *page) toDecide(entries []CardView) {
	p.mayBreak()
	p.header(p.in.Say("Waiting for you"))
	if len(entries) == 0 {
		p.section(p.in.Say("No request waits for your decision. New ones show here and in the channel that is shared with the customer."))
		return
	}
	for i, v := range entries {
		if i == mostHomeRows {
			p.context(p.in.Say("… and %d more requests: see the cards in the channel that is shared with the customer.", len(entries)-i))
			return
		}
		if i > 0 {
			p.mayBreak()
		}
		p.decision(v)
	}
}

func (p *page) decision(v CardView) {
	r := v.Request
	p.section("⏳ *" + string(r.ID) + "*: " + p.in.asks(r).shown)
	p.terms(v)
	p.approvals(v)
	p.context(p.in.saying("To be decided by %s; after that the request lapses and nothing is given.", r.DecideBy).shown)
	p.buttons(deciding(v)...)
}
