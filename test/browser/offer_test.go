package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// offerPicture is the docs' picture of what a customer sees when it is asked for
// a relationship.
const offerPicture = "../../docs/offer.png"

// offer has Dee ask Contoso for a relationship, and returns when its card is in
// Carol's channel.
func (p *tab) offer() {
	p.t.Helper()
	p.become("Dee")
	p.press(".side a", "contoso")
	p.see(".where", "contoso")
	p.write("#text", `/access relationship request contoso "Teams Administrator" for 1 year`)
	p.press("#send", "")
	p.see(".message", "is asked for a relationship of 1 year")
	p.become("Carol")
	p.press(".side a", "contoso")
	p.see(".message", "waiting for approval")
}

// TestOffer has Carol press Review on the card, approve in the stand-in for the
// Microsoft 365 admin center, and read on the card that it is active. Dee ends
// the relationship: she types the customer's name, after she typed another.
func TestOffer(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.offer()
	p.see(".message a", "Review")
	if *update {
		p.shoot(offerPicture)
	}
	p.judge("Carol is asked for a relationship")
	link := value[string](p, `(`+within(".message a", "Review")+`).at(-1).href`)
	p.press(".message a", "Review") // it opens a tab of its own, which is out of reach here
	m := visit(t, link)
	m.see("h1", "Pick an account")
	m.press("button", "Carol")
	m.see("h1", "Approve partner roles")
	m.judge("Microsoft asks whether to approve")
	m.press("button", "Approve all")
	m.miss("button", "Approve all")
	m.judge("approved")

	p.do("come back to the card", call(page.BringToFront, cdp.Empty{}))
	p.see(".message", "was approved and is active")
	p.see(".message", ": relationship active")
	p.judge("the relationship is active")

	p.become("Dee")
	p.press(".side a", "Latchkey")
	p.press(".message button", "Terminate the relationship")
	p.see("dialog", "cannot be undone")
	p.judge("Dee is asked to type the name")
	p.write("dialog input:not([type=hidden])", "Adatum")
	p.press("dialog .end button", "Terminate")
	p.see("dialog .error", "Type Contoso to confirm")
	p.judge("another name was typed")
	p.wait("what was typed is selected", `((field) => { field.focus(); field.select(); return true; })(document.querySelector('dialog input:not([type=hidden])'))`)
	p.do("type over it", chromedp.KeyEvent("Contoso"))
	p.press("dialog .end button", "Terminate")
	p.see("dialog", "Microsoft is asked to end")
	p.press("dialog button", "Close")
	p.see(".message", "relationship ended")
	p.judge("the relationship has ended")
	p.become("Carol")
	p.see(".message", "has ended. Terminated by")
}

// TestOfferDeclined has Carol say no and why, on a card that Oskar cannot decide.
func TestOfferDeclined(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.offer()
	p.become("Oskar")
	p.press(".side a", "contoso")
	p.press(".message button", "Decline relationship")
	p.see("dialog", "not linked as one")
	p.press("dialog button", "Close")
	p.become("Carol")
	p.press(".message button", "Decline relationship")
	p.see("dialog", "no way to take back")
	p.judge("Carol says why she declines")
	p.write("dialog input:not([type=hidden]), dialog textarea", "Teams is run by somebody else.")
	p.press("dialog .end button.primary", "Decline")
	p.miss("dialog", "")
	p.see(".message", "relationship declined")
	p.see(".message", "Teams is run by somebody else.")
	p.judge("Carol declined")
	p.become("Dee")
	p.press("#home-tab", "")
	p.see(".home", "its link works until")
	p.judge("the Home tab of a bot admin")
}
