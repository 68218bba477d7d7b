package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// approvalPicture is the docs' picture of the page on which a contact decides.
const approvalPicture = "../../docs/approval-page.png"

// TestApprovalPage has Carol open the link of a request whose role can raise its own
// rights, sign in, look and approve.
func TestApprovalPage(t *testing.T) {
	_, url := newWorld(t)
	p := open(t, url)
	p.become("Bo")
	p.press(".side a", "contoso")
	p.see(".where", "contoso")
	p.write("#text", `/access request contoso "Helpdesk Administrator" for 2h because phone of Kim was lost, INC-4711`)
	p.press("#send", "")
	p.see(".message", "was sent to the contacts of Contoso")
	p.become("Carol")
	p.see(".message", "INC-4711")
	p.see(".message a", "Approve")
	p.judge("Carol is asked to sign in")
	link := value[string](p, `(`+within(".message a", "Approve")+`).at(-1).href`)

	m := visit(t, link)
	m.see("h1", "Decide on request")
	m.judge("before the sign-in")
	m.press("button", "Sign in with Microsoft")
	m.see("h1", "Pick an account")
	m.press("button", "Carol")
	m.see("h1", "asks for access to Contoso")
	m.judge("what is asked for")
	if *update {
		m.do("make it narrower", chromedp.EmulateViewport(760, 900))
		m.shoot(approvalPicture)
		m.look(wide, light)
	}
	m.press("summary", "Approve less")
	m.judge("what can be taken out")
	m.press("button", "Approve")
	m.see(".state", "approved")
	m.judge("approved")
	p.see(".message", "access in force")
}
