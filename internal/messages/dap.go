package messages

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"latchkey/internal/access"
	"latchkey/internal/lang"
)

// DAPView is what is known of a customer's legacy administration.
type DAPView struct {
	Customer  string
	Tenant    access.TenantID
	Connected bool // Partner Center is asked
	Page      bool // there is a page to sign in on
	Admin     bool // the reader is a bot admin
	InPolicy  bool
	Held      bool
	ReadAt    time.Time // zero: never
	Problem   string    // why the last read failed
	Active    int       // active relationships (GDAP)
}

const (
	dapMeans = "With legacy administration, everybody in your Partner Center group AdminAgents is Global Administrator of the customer, without an end."
	dapHand  = "By hand: in Partner Center, open the customer, then its admin relationships, and remove the delegated admin privileges; it takes an admin agent with multi-factor authentication. " +
		"The customer can do it too, in the Microsoft 365 admin center under Settings, Partner relationships."
)

// finding is one sentence that says whether there is DAP and since when that is
// known.
func (v DAPView) finding() (mark, formatted, aloud string) {
	at, said := " As read from Partner Center on "+when(v.ReadAt)+".", " As read from Partner Center at "+access.FormatTime(v.ReadAt)+"."
	if v.Problem != "" && !v.ReadAt.IsZero() {
		at, said = at+" The last read failed: "+sentence(v.Problem), said+" The last read failed: "+sentence(v.Problem)
	}
	switch {
	case !v.Connected:
		s := "Legacy admin privileges (DAP) are unknown: Partner Center is not connected."
		return "❔", s, s
	case v.ReadAt.IsZero() && v.Problem != "":
		s := "Legacy admin privileges (DAP) are unknown: " + sentence(v.Problem)
		return "⚠️", s, s
	case v.ReadAt.IsZero():
		s := "Legacy admin privileges (DAP) are unknown: Partner Center was not asked about this customer yet."
		if !v.InPolicy {
			s = "Legacy admin privileges (DAP) are unknown: Partner Center is asked about the customers of policy.yml only."
		}
		return "❔", s, s
	case v.Held:
		return "🔴", "Legacy admin privileges (DAP) are *still there*." + at, "Legacy admin privileges (DAP) are still there." + said
	}
	return "🟢", "There are no legacy admin privileges (DAP)." + at, "There are no legacy admin privileges (DAP)." + said
}

// DAP shows what is known, and the buttons for what can be done.
func DAP(v DAPView) Message {
	p := &page{}
	p.header("Legacy administration of " + orElse(line(v.Customer, maxName), "(no name)"))
	p.say("Legacy administration of %s.", name(v.Customer))
	mark, formatted, aloud := v.finding()
	p.section(mark + " " + formatted)
	p.say("%s", aloud)
	unknown := v.ReadAt.IsZero() || !v.Connected
	if v.Held || unknown {
		p.both(dapMeans)
	}
	if v.Held {
		p.both(gdapFirst(v))
	}
	if (v.Held || unknown) && (!v.Page || !v.Admin) {
		p.both(dapHand)
	}
	if !v.Connected {
		p.contextBoth("To have the bot read it, set PARTNER_CENTER to on; the README says what that needs.")
	}
	var buttons []*slack.ButtonBlockElement
	if v.Connected && v.InPolicy {
		if v.Page && v.Admin && (v.Held || v.ReadAt.IsZero()) {
			buttons = append(buttons, button(ActionDAPRemove, string(v.Tenant), "Remove DAP …", "Remove DAP of "+v.Customer).WithStyle(slack.StyleDanger))
		}
		buttons = append(buttons, button(ActionDAPCheck, string(v.Tenant), "Check again", "Check again whether "+v.Customer+" has legacy administration"))
	}
	if v.Page && v.Admin {
		buttons = append(buttons, button(ActionReseller, string(v.Tenant), "Reseller link …", "Reseller link, by which a customer accepts us as its reseller"))
	}
	p.buttons(buttons...)
	return p.message()
}

func gdapFirst(v DAPView) string {
	if v.Active == 0 {
		return "⚠️ There is no active relationship (GDAP) with this customer. Ask for one first, for what you still need: `/access relationship request`."
	}
	there, roles := "There is 1 active relationship (GDAP), which stays.", "it holds"
	if v.Active > 1 {
		there, roles = fmt.Sprintf("There are %d active relationships (GDAP), which stay.", v.Active), "they hold"
	}
	return there + " See with `/access list` whether " + roles + " the roles that you still need."
}

// DAPModal says what the removal means, and has the name of the customer typed.
func DAPModal(v DAPView) Modal {
	lines := []string{
		"You are about to remove the legacy admin privileges (DAP) from *" + name(v.Customer) + "*.",
		"• " + dapMeans + " That ends.",
		"• Without a relationship (GDAP) you can no longer administer the tenant, see its users and licences, or open support tickets on its behalf. " + gdapFirst(v),
		"• Azure subscriptions can no longer be managed through Partner Center. Azure roles (and with them earned credit) stay.",
		"• You stay the reseller: orders, subscriptions and licences are not touched.",
		"• It cannot be undone: Microsoft gives no new DAP to anybody.",
		"• Microsoft takes this from a signed-in admin agent only. You get a link to sign in with, good for 10 minutes and for you alone.",
	}
	typed := slack.NewPlainTextInputBlockElement(plainText(orElse(line(v.Customer, 100), "The customer's name")), "dap.confirm").WithMaxLength(200)
	return modal(ViewDAPRemove, string(v.Tenant), "Remove legacy DAP", "Go on", "Cancel",
		slack.NewSectionBlock(formatted(strings.Join(lines, "\n")), nil, nil),
		slack.NewInputBlock(BlockConfirm, plainText("Type the name of the customer to confirm"), nil, typed))
}

// OwnPageView is a link to the bot's own page.
type OwnPageView struct {
	What    string // what the sign-in is for, as a sentence
	Address string
	Minutes string // how long the link is good, in words
}

// VerifyView is the link of a contact who is to be verified.
type VerifyView struct {
	Language lang.Tag
	Customer string
	Address  string
	Life     time.Duration // of the link
}

// Verify gives a contact their link.
func Verify(v VerifyView) Message {
	in := tongue{v.Language}
	p := &page{in: in}
	p.tell(in.saying("To be verified as a contact of %s, sign in with your account there. The link is for you alone and good for %s; nothing is done before you have signed in.", name(v.Customer), v.Life).after("🔑"))
	b := button(ActionSignIn, "open", in.Say("Sign in with Microsoft"), in.Say("Sign in with Microsoft")).WithStyle(slack.StylePrimary)
	b.URL = v.Address
	p.buttons(b)
	return p.message()
}

// OwnPage gives somebody their link.
func OwnPage(v OwnPageView) Message {
	p := &page{}
	p.both("🔑 " + sentence(v.What) + " Sign in with your own Microsoft account. The link is for you alone and good for " + escape(v.Minutes, 40) + "; nothing is done before you have signed in.")
	b := button(ActionSignIn, "open", "Sign in with Microsoft", "Sign in with Microsoft, on a page of this bot").WithStyle(slack.StylePrimary)
	b.URL = v.Address
	p.buttons(b)
	return p.message()
}
