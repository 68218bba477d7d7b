package messages

import (
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// OthersView is what is known of the other organisations that administer a
// customer's tenant.
type OthersView struct {
	Readable bool // there is an application that customers can let in
	InPolicy bool
	Admin    bool // the reader is a bot admin
	Tenant   access.TenantID

	LetIn   bool
	Others  []OtherView
	ReadAt  time.Time // zero: never
	Problem string    // why the last read failed
	Asked   time.Time // when the customer was asked; zero: not
	MayAsk  bool      // it has not been asked, or not for a while
}

// OtherView is one of them.
type OtherView struct {
	ProviderView
	Ours bool // the indirect provider of one of our own relationships
}

const (
	seesAll = "A Global Administrator of the customer sees all its partners in the Microsoft 365 admin center, under Settings, Partner relationships."
	hidden  = "Not visible here: guest or local accounts in its tenant."
)

// others tells who else administers the tenant, as far as that is known.
func (p *page) others(customer string, v OthersView) {
	const title = "*Other partners with delegated administration*"
	switch {
	case !v.Readable:
		p.contextBoth("Not visible here: relationships of the customer with other partners, and guest or local accounts in its tenant. " + seesAll)
		return
	case !v.LetIn:
		p.notLetIn(title, customer, v)
		return
	case len(v.Others) == 0:
		p.section(title, "None.")
		p.say("There is no other partner with delegated administration.")
	default:
		lines := []string{title}
		p.say("Other partners with delegated administration:")
		for i, o := range v.Others {
			if i == mostAssignments && len(v.Others) > mostAssignments+1 {
				more := "… and " + count(len(v.Others)-i, "more", "more")
				lines = append(lines, more)
				p.say("%s.", more)
				break
			}
			who := otherName(o)
			lines = append(lines, "• "+who)
			p.say("%s.", who)
		}
		p.section(lines...)
	}
	read, aloud := "As read from the customer's own policy on "+when(v.ReadAt)+"; which roles they have is not told there. ", "As read from the customer's own policy at "+access.FormatTime(v.ReadAt)+"; which roles they have is not told there. "
	if v.Problem != "" {
		read, aloud = read+"The last read failed: "+sentence(v.Problem)+" ", aloud+"The last read failed: "+sentence(v.Problem)+" "
	}
	p.context(read + hidden)
	p.say("%s%s", aloud, hidden)
}

func (p *page) notLetIn(title, customer string, v OthersView) {
	what := "Not known: " + name(customer) + " has not let this bot read them."
	p.section(title, what)
	p.say("Other partners with delegated administration: %s", what)
	asked, aloud := "", ""
	if !v.Asked.IsZero() {
		asked, aloud = "It was asked on "+when(v.Asked)+". ", "It was asked at "+access.FormatTime(v.Asked)+". "
	}
	switch {
	case v.Admin && v.InPolicy && v.MayAsk:
		label := "Ask the customer"
		if asked != "" {
			label = "Ask again"
		}
		p.buttons(button(ActionAskLetIn, string(v.Tenant), label, label+": to let the bot read other partners of "+customer))
	case asked == "" && v.InPolicy:
		asked, aloud = "A bot admin can ask it to. ", "A bot admin can ask it to. "
	}
	p.context(asked + seesAll + " " + hidden)
	p.say("%s%s %s", aloud, seesAll, hidden)
}

func otherName(o OtherView) string {
	who := "the tenant " + code(string(o.Tenant)) + ", whose name could not be read"
	switch {
	case o.Name != "" && o.Domain != "":
		who = name(o.Name) + " (" + escape(o.Domain, maxName) + ")"
	case o.Name != "":
		who = name(o.Name)
	}
	if o.Ours {
		who += ", your indirect provider"
	}
	return who
}

// LetInAsked is the answer to who has asked a customer.
func LetInAsked(customer, link string) Message {
	p := &page{}
	p.section(name(customer)+" is asked in its channel. You hear from me when it has let the bot in.",
		"For admins who are not there, this is the link:", code(link))
	p.say("%s is asked in its channel. You hear from me when it has let the bot in. For admins who are not there, this is the link: %s", name(customer), link)
	return p.message()
}

// LetIn asks a customer's people, in their channel and their language.
func LetIn(language lang.Tag, customer, link string) Message {
	in := tongue{language}
	p := &page{in: in}
	p.header(in.Say("May we see who else administers your tenant?"))
	p.tell(in.saying("Your partner asks to read the list of organisations that have delegated administration of %s, so that forgotten ones are found. "+
		"Nothing else is read, and nothing can be changed by it.", name(customer)))
	p.tell(in.saying("An administrator of yours who may consent to applications (such as a Global Administrator) opens the page below, signs in, and is shown the one permission: Policy.Read.All, read your organisation's policies."))
	p.buttons(leads(button(ActionLetIn, "letin", in.Say("Review at Microsoft"), in.Say("Review at Microsoft what the bot may read")), link))
	p.mutter(in.saying("You can take it back at any time: in the Microsoft Entra admin center, under Enterprise applications, delete the application."))
	return p.message()
}

// leads makes a button a link.
func leads(b *slack.ButtonBlockElement, address string) *slack.ButtonBlockElement {
	b.URL = address
	return b
}
